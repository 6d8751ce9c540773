// What is not meant is not noted: a key that is held down, a word typed into the wrong window, the second half of a double click,
// and whatever comes in the moment after another proposal opened.

const MOVED = 300; // milliseconds in which nobody has read what opened
const TYPING = 500; // milliseconds between two letters of somebody who writes

export class Calm {
  #until = 0;
  #typing = 0;

  // Another proposal opened by itself.
  moved() {
    this.#until = performance.now() + MOVED;
  }

  // A letter that means nothing here: somebody may be writing.
  stray(event) {
    if (event.key.length === 1 && event.key !== " ") this.#typing = performance.now() + TYPING;
  }

  // Whether a key does nothing now.
  swallows(event) {
    const letter = event.key.length === 1;
    const { repeat } = event;
    if (letter && performance.now() < this.#typing) this.#typing = performance.now() + TYPING;
    else if (!(repeat && (letter || event.key === "Enter")) && !(letter && this.#early)) return false;
    event.preventDefault();
    return true;
  }

  // Clicks with a key count nothing (detail 0): those of a space between two words, too.
  click(event) {
    const button = event.target.closest("button");
    if (!button || !(event.detail > 1 || (event.detail === 0 && this.#early))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  get #early() {
    return performance.now() < Math.max(this.#until, this.#typing);
  }
}
