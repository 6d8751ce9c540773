// What the desk itself says, and how it writes money, numbers and days, in the language it is in. Another language is a file.

export const LANGUAGES = ["nl", "en"];
const LOCALES = { nl: "nl-NL", en: "en-GB" };
const KEPT = "behoud-desk-language";

export const words = { language: "en", locale: "en-GB", said: {} };

export function firstLanguage() {
 const kept = sessionStorage.getItem(KEPT);
 if (LANGUAGES.includes(kept)) return kept;
 return LANGUAGES.find((language) => navigator.language.startsWith(language)) ?? "en";
}

export async function speak(language) {
 const answer = await fetch(`/desk/words.${language}.json`);
 words.said = await answer.json();
 words.language = language;
 words.locale = LOCALES[language];
 sessionStorage.setItem(KEPT, language);
 document.documentElement.lang = language;
}

// The words at a path such as `chat.start`, with {names} filled.
export function word(path, values = {}) {
 const text = path.split(".").reduce((said, step) => said[step], words.said);
 return text.replace(/{(\w+)}/g, (all, name) => values[name] ?? all);
}

// What a list such as `channel` calls a value; what it has no name for is called as it is.
export const called = (list, value) => words.said[list][value] ?? value;

export const euro = (amount) =>
 new Intl.NumberFormat(words.locale, { style: "currency", currency: words.currency ?? "EUR" }).format(amount);
export const number = (value) => new Intl.NumberFormat(words.locale, { maximumFractionDigits: 1 }).format(value);
export const day = (text) =>
 new Intl.DateTimeFormat(words.locale, { day: "numeric", month: "short", year: "numeric" }).format(new Date(text));
// Of today the time, of this year the day.
export function moment(text) {
 const at = new Date(text), now = new Date();
 const time = { hour: "2-digit", minute: "2-digit" }, date = { day: "numeric", month: "short" };
 const shown = at.toDateString() === now.toDateString() ? time : at.getFullYear() === now.getFullYear() ? date : { ...date, year: "numeric" };
 return new Intl.DateTimeFormat(words.locale, shown).format(at);
}

// What a sentence calls a thing, as the head of a line: without its article.
export function headed(name) {
 const bare = words.said.articles.reduce((text, article) => (text.startsWith(article) ? text.slice(article.length) : text), name);
 return bare.charAt(0).toLocaleUpperCase(words.locale) + bare.slice(1);
}
