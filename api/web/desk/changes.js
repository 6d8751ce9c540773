// What moved the answer: each new decision beside what was changed just before.

import { make } from "./element.js";
import { word } from "./words.js";

const KEPT = 8;

export class Changes {
 constructor(place) {
  this.place = place;
  this.forget();
 }

 forget() {
  this.rows = [];
  this.first = undefined;
  this.decision = undefined;
  this.cause = word("changes.start");
  this.draw();
 }

 // What is being changed now; the next decision is because of it.
 because(cause) {
  this.cause = cause;
 }

 decided(decision) {
  if (decision.decision_id === this.decision) return;
  this.decision = decision.decision_id;
  const first = decision.proposals[0]?.title ?? word("changes.nothing");
  this.rows.unshift({ cause: this.cause ?? word("changes.again"), mode: decision.mode_text, first, was: this.first });
  this.rows.length = Math.min(this.rows.length, KEPT);
  this.first = first;
  this.cause = undefined;
  this.draw();
 }

 draw() {
  if (!this.rows.length) {
   this.place.replaceChildren();
   return;
  }
  const lines = this.rows.map(({ cause, mode, first, was }) => {
   const moved = was !== undefined && was !== first;
   return make(
    "li", { class: moved ? "moved" : "" },
    make("span", { class: "cause" }, cause),
    make("span", { class: "head" }, word(was === first ? "changes.stays" : "changes.first", { title: first })),
    make("span", { class: "about" }, moved ? `${mode} · ${word("changes.was", { title: was })}` : mode),
   );
  });
  this.place.replaceChildren(make("section", { class: "block" }, make("h3", {}, word("changes.title")), make("ol", { class: "lines" }, lines)));
 }
}
