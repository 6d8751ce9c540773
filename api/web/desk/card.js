// The customer's card: what he has, what is known of him, and what happened.

import { bars, make } from "./element.js";
import { became, kindOf } from "./outcomes.js";
import { called, day, euro, headed, moment, number, word } from "./words.js";

const FACTS = 6, LINES = 5;
const TROUBLE = new Set(["complaint_opened", "outage", "missed_payment"]);
const GOOD = new Set(["accepted", "kept"]), BAD = new Set(["declined", "relapsed", "withdrawn"]);

// `named` is what the policy calls a motive, an intent or a reason, undefined where it has no name for it.
export function cardOf(card, named) {
 return [
  make(
   "div", { class: "who" },
   make("p", { class: "id" }, card.customer_id),
   make("p", { class: "price" }, make("strong", {}, euro(card.monthly_price)), " ", word("card.month")),
  ),
  block("card.holdings", holdings(card.holdings)),
  block("card.facts", facts(card)),
  card.consents.length ? block("card.consents", consents(card.consents)) : null,
  card.history_lost ? make("p", { class: "problem", role: "note" }, word("card.lost")) : null,
  card.history_lost ? null : block("card.events", lines(card.events, (one) => event(one, named), "card.no_events")),
  card.history_lost ? null : block("card.outcomes", lines(became(card.outcomes), (one) => outcome(one, named), "card.no_outcomes")),
 ].filter(Boolean);
}

// A fresh card in the place of the old one: what was opened stays open, and the focus where it was.
export function redraw(place, card) {
 const held = place.contains(document.activeElement) && document.activeElement.parentElement.dataset.key;
 const open = [...place.querySelectorAll("details[open]")].map((details) => details.dataset.key);
 place.replaceChildren(...card);
 for (const details of place.querySelectorAll("details")) {
  details.open = open.includes(details.dataset.key);
  if (details.dataset.key === held) details.firstElementChild.focus();
 }
}

const block = (title, ...inside) => make("section", { class: "block" }, make("h3", {}, word(title)), ...inside);

function holdings(held) {
 if (!held.length) return make("p", { class: "quiet" }, word("card.nothing"));
 return make(
  "ul", { class: "held" },
  held.map((one) =>
   make(
    "li", {},
    make("span", {}, one.name),
    one.since ? make("small", {}, word("card.since", { day: day(one.since) })) : null,
    one.price == null ? null : make("span", { class: "amount" }, euro(one.price)),
   ),
  ),
 );
}

function facts({ facts: known, trends }) {
 const rows = known.map((fact) =>
  row(headed(fact.name), fact.text, fact.until ? word("card.until", { day: day(fact.until) }) : null),
 );
 const drawn = trends.map(({ name, values }) => {
  const told = values.map((value) => (value == null ? "–" : number(value))).join(", ");
  return make("div", { class: "fact" }, make("dt", {}, headed(name)), make("dd", {}, bars(values, told), make("small", {}, told)));
 });
 const rest = rows.slice(FACTS);
 return [
  make("dl", { class: "facts" }, rows.slice(0, FACTS), drawn),
  rest.length
   ? make("details", { "data-key": "facts" }, make("summary", {}, word("card.more", { count: known.length })), make("dl", { class: "facts" }, rest))
   : null,
 ];
}

const row = (name, text, more) =>
 make("div", { class: "fact" }, make("dt", {}, name), make("dd", {}, text, more ? make("small", {}, more) : null));

const consents = (all) =>
 make(
  "ul", { class: "chips" },
  all.map(({ name, given }) =>
   make("li", { class: given ? "chip yes" : "chip no" }, `${headed(name)}: ${word(given ? "card.yes" : "card.no")}`),
  ),
 );

function lines(all, line, nothing) {
 if (!all.length) return make("p", { class: "quiet" }, word(nothing));
 const rest = all.slice(LINES);
 return [
  make("ol", { class: "lines" }, all.slice(0, LINES).map(line)),
  rest.length
   ? make("details", { "data-key": nothing }, make("summary", {}, word("card.earlier", { count: rest.length })), make("ol", { class: "lines" }, rest.map(line)))
   : null,
 ];
}

function event(one, named) {
 const about = [
  one.product ?? one.product_id,
  one.subject && called("subject", one.subject),
  one.intent && (named(one.intent) ?? called("intent", one.intent)),
  one.motive && (named(one.motive) ?? one.motive),
  one.channel && called("channel", one.channel),
  one.hours != null && word("card.hours", { hours: number(one.hours) }),
  one.score != null && word("card.score", { score: number(one.score) }),
  one.due && word("card.due", { day: day(one.due) }),
 ];
 return line(called("event", one.kind), about, one.at, TROUBLE.has(one.kind) ? "bad" : "");
}

function outcome(one, named) {
 const why = one.reason && one.reason !== "unknown" && (named(one.reason) ?? one.reason);
 const about = [called("outcome", kindOf(one)), why, called("channel", one.channel)];
 return line(one.title, about, one.at, GOOD.has(one.kind) ? "good" : BAD.has(one.kind) ? "bad" : "");
}

const line = (head, about, at, kind) =>
 make(
  "li", { class: kind },
  make("span", { class: "head" }, head),
  make("span", { class: "about" }, about.filter(Boolean).join(" · ")),
  make("time", { datetime: at }, moment(at)),
 );
