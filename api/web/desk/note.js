// What a bot did in a contact before an agent took it over, from what the service remembers of it.

import { make } from "./element.js";
import { became, kindOf } from "./outcomes.js";
import { called, word } from "./words.js";

export function noteOf(card, contact, named) {
 const told = became(card.outcomes.filter((outcome) => outcome.contact_id === contact && outcome.channel !== "voice"));
 const motive = card.events.find((event) => event.contact_id === contact && event.motive)?.motive;
 const lines = told.reverse().map((outcome) =>
  make("li", { class: outcome.kind }, make("span", { class: "head" }, outcome.title), make("span", { class: "chip" }, called("outcome", kindOf(outcome)))),
 );
 return [
  make(
   "section", { class: "note" },
   make("h3", {}, word("note.title")),
   motive ? make("p", {}, word("note.motive", { motive: named(motive) ?? motive })) : null,
   lines.length ? make("ul", {}, lines) : make("p", { class: "quiet" }, word("note.nothing")),
  ),
 ];
}
