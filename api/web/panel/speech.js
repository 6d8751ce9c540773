// What the panel says, in one language: its own words, what the provider calls things, and how numbers and days are written.

import { writer } from "./build.js";

// Until its words have come, the panel can say this much.
export const WORDLESS = { away: "Geen antwoord · No answer", denied: "Geen toegang · No access: {detail}", token: "…", busy: "…", unnamed: "contact? customer?" };

// The panel's own words in this language, or else in English.
export async function ownWords(language, folder) {
  const answer = await fetch(new URL(`panel/${encodeURIComponent(language)}.json`, folder), { credentials: "omit" });
  if (answer.ok) return answer.json();
  if (language !== "en") return ownWords("en", folder);
  throw new Error(`no words: ${answer.status}`);
}

export class Speech {
  words = null;
  labels = null;
  write = null;
  #language = "";
  #meant = ""; // the latest that was asked for: what comes of an earlier one is dropped

  // Learn a language, once. `arrived` is called when the panel's own words are there; the provider's need a token.
  async learn(language, folder, call, arrived) {
    this.#meant = language;
    if (this.#language === language) return;
    const ours = ownWords(language, folder).then((words) => {
      if (this.#meant !== language || this.labels) return words;
      this.words = words;
      arrived();
      return words;
    });
    const [labels, words] = await Promise.all([call(`/v1/panel?lang=${encodeURIComponent(language)}`), ours]);
    if (this.#meant !== language) return;
    Object.assign(this, { words, labels });
    this.write = writer(language, labels.currency, labels.timezone);
    this.#language = language;
  }
}
