// The token in use for one contact, and who is asked for another one: a provider, or else the page that hears behoud:token.

import { pause, sleep } from "./wire.js";

const NOTICE = 1000; // milliseconds without a token before the agent is told
const PATIENCE = 30000; // milliseconds until a provider is asked again: he may have to ask the agent

export class Token {
  #value = "";
  #proven = false; // it has opened something
  #guessed = false; // given without being asked for, perhaps for another contact, and it has not opened this one
  #mine = false; // some token has opened something of this contact
  #tried = ""; // left over from the contact before
  #spare = ""; // given since: for when this one dies, or for the contact that comes next
  #elsewhere = ""; // opens nothing here: it may be for the contact that comes next
  #refused = "";
  #waiting = [];
  #asking = false;

  // `page`: provider() gives the provider or null, want() tells that a token is needed, late() that it is late, met() that one works.
  constructor(page) {
    this.page = page;
  }

  get value() {
    return this.#value;
  }

  // What the page gives without naming a contact may be meant for its next one: one that works stays in use until it dies, and where
  // one did work, what is given instead is a guess.
  give(value, named = true) {
    this.#accept(value, !named && this.#mine);
  }

  // One that the contact before did not need.
  guess(value) {
    this.#tried = value;
    this.#accept(value, true);
  }

  // The one that was given and not needed here, or has opened nothing here yet.
  handOver() {
    const guess = this.#guessed && this.#value !== this.#tried ? this.#value : "";
    const value = this.#spare || this.#elsewhere || guess;
    this.#spare = this.#elsewhere = "";
    return value;
  }

  // It opened something; `bound`: something of this contact, which no other contact's token does.
  worked(value, bound) {
    if (value === this.#value) {
      this.#proven = true;
      if (bound) {
        this.#guessed = false;
        this.#mine = true;
      }
    }
    this.page.met();
  }

  // Whether what `used` was refused may be tried with another one: that one was, or is, a guess.
  replaceable(used) {
    const may = Boolean(this.#spare) || this.#value !== used || this.#guessed;
    if (may && used !== this.#tried) this.#elsewhere = used;
    return may;
  }

  late() {
    this.page.late();
  }

  // Somebody waits for one who has not gone meanwhile.
  get #wanted() {
    this.#waiting = this.#waiting.filter(({ signal }) => !signal || !signal.aborted);
    return this.#waiting.length > 0;
  }

  // Promises another token than `old`. Whoever else waits gets the same: one is asked for at a time, and for nobody whose `signal` says
  // that he has gone.
  renewed(old, signal) {
    if (this.#value && this.#value !== old) return Promise.resolve(this.#value);
    if (old) this.#refused = old;
    this.#use(this.#spare, true);
    this.#spare = "";
    if (this.#value) return Promise.resolve(this.#value);
    const first = !this.#wanted;
    const promise = new Promise((wake) => this.#waiting.push({ wake, signal }));
    if (first) this.ask();
    return promise;
  }

  // Ask who can give one, as long as somebody waits. One that was just refused is none.
  async ask() {
    if (this.#asking || !this.#wanted) return;
    this.#asking = true;
    setTimeout(() => this.#wanted && this.late(), NOTICE);
    if (!this.page.provider()) this.page.want();
    for (let attempt = 0; this.page.provider() && this.#wanted; attempt += 1) {
      const given = Promise.resolve().then(this.page.provider()).then((value) => this.#take(value), () => {});
      await Promise.race([given, sleep(PATIENCE)]);
      if (!this.#wanted) break;
      if (attempt) this.late();
      await pause(attempt);
    }
    this.#asking = false;
  }

  // What a provider promised, however late.
  #take(value) {
    if (value && this.#wanted && String(value) !== this.#refused) this.#use(String(value));
  }

  #accept(value, guessed) {
    if (value && value === this.#refused) return;
    if (value && this.#proven && !this.#wanted) this.#spare = value === this.#value ? "" : value;
    else this.#use(value, guessed);
  }

  #use(value, guessed = false) {
    this.#value = value;
    this.#guessed = guessed;
    this.#proven = false;
    if (value) for (const { wake } of this.#waiting.splice(0)) wake(value);
  }
}
