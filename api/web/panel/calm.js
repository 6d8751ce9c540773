// What is not meant is not noted: a key that is held down, words typed into the wrong window, the second half of a double click,
// and whatever comes in the moment after another proposal opened.
//
// A key that notes something is held for a moment, and dropped when another one follows: who writes goes on, who notes waits. Half of
// all writers need 240 ms from one letter to the next, fast ones 120 (Dhakal and others, 2018). Nothing waits for what was said or
// accepted, so those are held longer; what asks for the next step may not take long.

export const BRIEFLY = 140; // milliseconds a key is held that opens a list, picks from it, or asks for the next step
export const LONGER = 400; // and one on which nothing waits
const MOVED = 300; // milliseconds in which nobody has read what opened
const WRITING = 400; // milliseconds from a letter to the next of somebody who writes
const STOPPED = 900; // milliseconds until somebody who wrote has stopped

const MODIFIERS = new Set(["Shift", "CapsLock", "AltGraph", "Dead"]);

export class Calm {
  #until = 0; // when what opened by itself has been read
  #typing = 0; // when who writes has stopped
  #letter = -WRITING; // when a letter did something
  #held = null; // {run, leads, timer}

  // Another proposal opened by itself.
  moved() {
    this.#until = performance.now() + MOVED;
    this.drop();
  }

  // A letter that means nothing here: somebody may be writing.
  stray(event) {
    if (event.key.length === 1 && event.key !== " ") this.#writes();
  }

  // Whether a key does nothing now.
  swallows(event) {
    const { key, repeat } = event;
    if (MODIFIERS.has(key)) return false;
    const written = key.length === 1;
    const digit = /\d/.test(key);
    if (repeat && (written || key === "Enter")) return this.#stop(event);
    if (key === "Escape") {
      this.#typing = 0; // nobody who writes presses it
      if (this.holds) {
        this.drop();
        return this.#stop(event); // it took that back: nothing else is to close for it
      }
    }
    const goesOn = written || key === "Enter" || key === "Backspace";
    const picks = digit && (!this.#held || this.#held.leads);
    if (goesOn && (performance.now() < this.#typing || ((this.#held || this.#lately) && !picks))) {
      this.drop();
      this.#writes();
      return this.#stop(event);
    }
    this.flush();
    return written && this.#early ? this.#stop(event) : false;
  }

  // Do this unless somebody turns out to be writing. `leads`: to a list, from which a digit may pick at once.
  hold(event, { run, held, leads }) {
    if (/^[a-z]$/i.test(event.key)) this.#letter = performance.now();
    if (held) this.#held = { run, leads, timer: setTimeout(() => this.flush(), held) };
    else run();
  }

  // Whether something is about to be done.
  get holds() {
    return this.#held !== null;
  }

  // Do now what is held.
  flush() {
    const held = this.#held;
    this.drop();
    if (held) held.run();
  }

  // Clicks with a key count nothing (detail 0): those of a space between two words, too.
  click(event) {
    const button = event.target.closest("button");
    const written = event.detail === 0 && (this.#early || this.#lately);
    if (!event.isTrusted || !button) return;
    if (!(event.detail > 1 || written)) {
      this.flush();
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  get #lately() {
    return performance.now() - this.#letter < WRITING;
  }

  #writes() {
    this.#typing = performance.now() + STOPPED;
  }

  // Forget what is held.
  drop() {
    clearTimeout((this.#held || {}).timer);
    this.#held = null;
  }

  #stop(event) {
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  get #early() {
    return performance.now() < Math.max(this.#until, this.#typing);
  }
}
