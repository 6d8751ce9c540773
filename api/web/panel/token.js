// The token in use, and who is asked for another one: a provider, or else the page that hears behoud:token.

import { pause } from "./wire.js";

const NOTICE = 1000; // milliseconds without a token before the agent is told

export class Token {
  #value = "";
  #provider = null;
  #waiting = [];

  // `want()` tells the page that a token is needed; `miss()` that it is late.
  constructor(want, miss) {
    this.want = want;
    this.miss = miss;
  }

  get value() {
    return this.#value;
  }

  set value(value) {
    this.#value = String(value || "");
    if (this.#value) for (const wake of this.#waiting.splice(0)) wake(this.#value);
  }

  get provider() {
    return this.#provider;
  }

  set provider(value) {
    this.#provider = value;
    if (this.#waiting.length) this.#ask();
  }

  // Promises another token than `old`. Whoever else waits gets the same: one is asked for at a time.
  renewed(old) {
    if (this.#value && this.#value !== old) return Promise.resolve(this.#value);
    this.#value = "";
    const first = !this.#waiting.length;
    const promise = new Promise((wake) => this.#waiting.push(wake));
    if (first) this.#ask();
    return promise;
  }

  async #ask() {
    setTimeout(() => this.#waiting.length && this.miss(), NOTICE);
    if (!this.#provider) this.want();
    for (let attempt = 0; this.#provider && this.#waiting.length; attempt += 1) {
      const value = await Promise.resolve().then(this.#provider).catch(() => "");
      if (value) this.value = value;
      else await pause(attempt);
    }
  }
}
