// What the page itself says, and how it writes figures, in the language it is in. Another language is a file.

import { fill } from "/panel/build.js";

export const LANGUAGES = ["nl", "en"];
const LOCALES = { nl: "nl-NL", en: "en-GB" };
const KEPT = "behoud-insights-language";

export const words = { language: "en", locale: "en-GB", said: {}, names: {}, currency: "EUR" };

export function firstLanguage() {
  const kept = sessionStorage.getItem(KEPT);
  if (LANGUAGES.includes(kept)) return kept;
  return LANGUAGES.find((language) => navigator.language.startsWith(language)) ?? "en";
}

export async function speak(language) {
  const answer = await fetch(`/insights/words.${language}.json`);
  words.said = await answer.json();
  words.language = language;
  words.locale = LOCALES[language];
  sessionStorage.setItem(KEPT, language);
  document.documentElement.lang = language;
}

// The words at a path such as `door.title`, with {names} filled.
export function word(path, values = {}) {
  const text = path.split(".").reduce((said, step) => said?.[step], words.said);
  return typeof text === "string" ? fill(text, values) : (text ?? path);
}

// What an id is called: as the page has it, as the company's documents have it, or the id itself made readable.
export function called(id) {
  const { series, bands } = words.said;
  const own = (texts) => (Object.hasOwn(texts, id) ? texts[id] : undefined); // "constructor" is an id too
  const named = own(words.names);
  if (/^\d{4}-\d\d$/.test(id)) return month(id);
  if (named) return named[words.language] ?? Object.values(named)[0];
  return own(series) ?? own(bands) ?? sentence(id.replace(/[_-]/g, " "));
}

export const sentence = (text) => text.charAt(0).toLocaleUpperCase(words.locale) + text.slice(1);

export function month(id, form = "short") {
  const [year, number] = id.split("-").map(Number);
  const options = { month: form, year: "numeric", timeZone: "UTC" };
  return new Intl.DateTimeFormat(words.locale, options).format(Date.UTC(year, number - 1));
}

export const day = (text) =>
  new Intl.DateTimeFormat(words.locale, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(text));

const form = (value, options) => new Intl.NumberFormat(words.locale, options).format(value);
export const count = (value) => form(value, { maximumFractionDigits: 0 });

// A value in the figure's unit: a share as a percentage, euros, a ratio, an index. `digits` where a default will not do.
export function figure(value, unit, digits) {
  if (value === null || value === undefined) return "";
  const minus = (text) => text.replace("-", "−");
  if (unit === "share" || unit === "points") {
    const shown = form(value, { style: "percent", minimumFractionDigits: digits ?? 1, maximumFractionDigits: digits ?? 1, signDisplay: unit === "points" ? "exceptZero" : "auto" });
    return minus(shown);
  }
  if (unit === "euros" || unit === "more_euros") {
    const exact = Math.abs(value) < 100 ? 2 : 0;
    return minus(form(value, { style: "currency", currency: words.currency, minimumFractionDigits: digits ?? exact, maximumFractionDigits: digits ?? exact, signDisplay: unit === "more_euros" ? "exceptZero" : "auto" }));
  }
  return minus(form(value, { maximumFractionDigits: digits ?? (Math.abs(value) < 0.1 ? 4 : Math.abs(value) >= 100 ? 0 : 2) }));
}

export const between = (point, unit) =>
  point.low === null ? "" : `[${figure(point.low, unit)}; ${figure(point.high, unit)}]`;
