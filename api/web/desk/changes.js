// What moved the answer: each new decision beside what was changed just before.

import { make } from "./element.js";
import { called, word } from "./words.js";

const KEPT = 8;

export class Changes {
 // `named` is what the policy calls a motive.
 constructor(place, named) {
  this.place = place;
  this.named = named;
  this.forget();
 }

 forget() {
  this.rows = [];
  this.decision = undefined;
  this.cause = word("changes.start");
  this.draw();
 }

 // What is being changed now; the next decision is because of it.
 because(cause) {
  this.cause = cause;
 }

 // What became of a proposal, or the answer to a question.
 became({ kind, action_id: id, motive }) {
  if (kind === "shown") return;
  const proposal = this.decision?.proposals.find((one) => one.action_id === id);
  const what = proposal?.question && kind === "accepted" ? "answered" : kind;
  const said = motive ? (this.named(motive) ?? motive) : called("outcome", what);
  this.because(`${proposal?.title ?? id}: ${said}`);
  if (proposal?.kind === "save" && kind === "accepted") this.kept();
 }

 kept() {
  this.rows.unshift({ cause: this.cause, kept: true });
  this.cause = undefined;
  this.draw();
 }

 decided(decision) {
  const before = this.decision;
  if (decision.decision_id === before?.decision_id) return;
  const motive = decision.motive?.value;
  const picked = motive && motive !== before?.motive?.value && (this.named(motive) ?? motive);
  const row = { cause: this.cause ?? (picked || word("changes.again")), mode: decision.mode_text, first: first(decision) };
  // The same may be called otherwise: what moved is known by its id.
  if (before) row.was = { first: first(before), moved: firstId(before) !== firstId(decision), turned: before.mode !== decision.mode };
  this.rows.unshift(row);
  this.rows.length = Math.min(this.rows.length, KEPT);
  this.decision = decision;
  this.cause = undefined;
  this.draw();
 }

 // The newest in sight, the earlier ones on request.
 draw() {
  if (!this.rows.length) {
   this.place.replaceChildren();
   return;
  }
  const [newest, ...earlier] = this.rows.map(line);
  const open = this.place.querySelector("details")?.open ?? false;
  this.place.replaceChildren(
   make("h3", { class: "unseen" }, word("changes.title")),
   make("ol", { class: "lines" }, newest),
   earlier.length
    ? make("details", { open }, make("summary", {}, word("card.earlier", { count: earlier.length })), make("ol", { class: "lines" }, earlier))
    : "",
  );
 }
}

const first = (decision) => decision.proposals[0]?.title ?? word("changes.nothing");
const firstId = (decision) => decision.proposals[0]?.action_id;

function line({ cause, kept, mode, first: now, was }) {
 if (kept) return make("li", { class: "good" }, make("span", { class: "head" }, make("span", { class: "cause" }, cause), " ", word("changes.kept")));
 const moved = was?.moved;
 const about = [was && !was.turned ? null : mode, moved ? word("changes.was", { title: was.first }) : null];
 return make(
  "li", { class: moved ? "moved" : "" },
  make("span", { class: "head" }, make("span", { class: "cause" }, cause), " ", word(was && !moved ? "changes.stays" : "changes.first", { title: now })),
  make("span", { class: "about" }, about.filter(Boolean).join(" · ")),
 );
}
