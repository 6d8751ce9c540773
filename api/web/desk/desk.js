// The demo desk: one customer at a time, an agent's panel and a bot beside each other, and what moves their answers.

import { cardOf, redraw } from "./card.js";
import { Changes } from "./changes.js";
import { Chat } from "./chat.js";
import { at, make } from "./element.js";
import { noteOf } from "./note.js";
import { Picker } from "./picker.js";
import { drawSituation } from "./situation.js";
import { agentOf, deskToken, forgetToken, isToken, newContact, Refused, Service } from "./service.js";
import { called, firstLanguage, LANGUAGES, speak, word, words } from "./words.js";

const ABOUT = ["leaving", "bill", "payment", "complaint", "outage", "interest"];
const NUMBER = "behoud-desk-number";

let service, chat, changes, picker;
let choices = { intents: [] };
let labels = new Map();
const named = (value) => labels.get(value);
// The conversation the agent is in: {customer, contact, call, intent, subject, channel, direction, queue, handed}.
let talk = null;
let panel = null;

async function begin() {
 const token = deskToken();
 await speak(firstLanguage());
 drawWords();
 // Before anything else: what is pasted after the # on a page that stands open loads it anew, also when there was no token yet.
 addEventListener("hashchange", () => isToken(location.hash) && location.reload());
 if (!token) return problem(word("problem.no_token"));
 if (agentOf(token) === null) {
  forgetToken();
  return problem(word("problem.bad_token"));
 }
 service = new Service(token);
 changes = new Changes(at("changes"), named);
 chat = new Chat(at("bot"), service, { answered, handedOver, failed });
 picker = new Picker(at("picker"), service, (id) => guarded(() => pickUp(id)));
 at("next").addEventListener("click", () => guarded(nextCall));
 at("choose").addEventListener("click", () => guarded(() => picker.open(words.language)));
 await guarded(learnChoices);
 drawEmpty();
}

// --- conversations -------------------------------------------------------------------------------------------------

let ringing = false;
async function nextCall() {
 if (ringing) return;
 ringing = true;
 try {
  const counted = Number(sessionStorage.getItem(NUMBER) ?? 0);
  const call = await service.get("/v1/desk/next-call", { number: counted, about: at("about").value });
  sessionStorage.setItem(NUMBER, counted + 1);
  const wished = at("about").value;
  const { customer_id: customer, intent, subject, queue_load: load } = call;
  await converse({ customer, contact: newContact("call"), call, intent, subject, channel: "voice", direction: "inbound", queue: String(load) });
  if (wished && call.about !== wished) problem(word("problem.other_call", { wished: word(`about.${wished}`), about: word(`about.${call.about}`) }));
 } finally {
  ringing = false;
 }
}

async function pickUp(id) {
 await converse({ customer: id, contact: newContact("call"), channel: "voice", direction: "inbound", queue: "0.4" });
}

async function converse(next) {
 const card = await cardFor(next.customer);
 const moved = talk?.customer !== next.customer;
 talk = next;
 changes.forget();
 drawTalk(card);
 if (moved) chat.offer(talk.customer);
}

// The bot's contact goes on here, over the channel agents work in.
function handedOver({ contact, intent, subject }) {
 const { customer, queue } = talk;
 guarded(async () => {
  await converse({ customer, contact, intent, subject, channel: "voice", direction: "inbound", queue, handed: true });
  at("agent").focus();
 });
}

function answered() {
 problem("");
 refresh();
}

async function cardFor(customer) {
 const id = encodeURIComponent(customer);
 return service.get(`/v1/desk/customers/${id}`, { language: words.language });
}

let refreshing = 0;
function refresh() {
 clearTimeout(refreshing);
 refreshing = setTimeout(() => guarded(async () => {
  if (!talk) return;
  const { customer } = talk;
  const card = await cardFor(customer);
  if (away) problem("");
  if (talk.customer === customer) drawCard(card);
 }), 150);
}

// --- what is seen --------------------------------------------------------------------------------------------------

function drawWords() {
 for (const place of document.querySelectorAll("[data-word]")) place.textContent = word(place.dataset.word);
 document.title = `Behoud, ${word("desk")}`;
 const about = at("about"), chosen = about.value;
 about.replaceChildren(
  make("option", { value: "" }, word("about.any")),
  ...ABOUT.map((kind) => make("option", { value: kind }, word(`about.${kind}`))),
 );
 about.value = chosen;
 at("languages").setAttribute("aria-label", word("languages"));
 at("languages").replaceChildren(
  ...LANGUAGES.map((language) =>
   make(
    "button",
    { type: "button", lang: language, "aria-pressed": String(language === words.language), onclick: () => guarded(() => change(language)) },
    language.toUpperCase(),
   ),
  ),
 );
}

async function change(language) {
 await speak(language);
 drawWords();
 at("languages").querySelector("[aria-pressed=true]").focus();
 await learnChoices();
 if (!talk) return drawEmpty();
 drawTalk(await cardFor(talk.customer));
 if (chat.contact) chat.speak();
 else chat.offer(talk.customer);
}

function drawEmpty() {
 at("card").replaceChildren(make("p", { class: "quiet" }, word("card.none")));
 at("call").replaceChildren(make("p", { class: "quiet" }, word("call.waiting")));
 chat.clear();
}

function drawTalk(card) {
 problem("");
 drawCall(card);
 drawSituation(at("situation"), talk, choices.intents, alter);
 drawPanel();
 drawCard(card);
}

function drawCard(card) {
 redraw(at("card"), cardOf(card, named));
 at("note").replaceChildren(...(talk.handed ? noteOf(card, talk.contact, named) : []));
}

function drawCall(card) {
 const { call, handed } = talk;
 const title = handed ? word("call.handed") : call ? word("call.incoming", { number: call.number + 1 }) : word("call.chosen");
 const said = call ? [spoken(saying(call, card))] : [];
 if (call?.motive) said.push(make("p", { class: "asked" }, word("asked_why")), spoken(called("motive_says", call.motive)));
 at("call").replaceChildren(
  make("p", { class: "incoming" }, make("strong", {}, title), " ", make("span", {}, `${talk.customer} · ${talk.contact}`)),
  ...said,
 );
}

const spoken = (text) => make("blockquote", {}, text);

function saying(call, card) {
 if (call.about !== "interest") return word(`says.${call.about}`);
 const looked = card.events.find((event) => event.product_id === call.product_id)?.product;
 return looked ? word("says.interest", { product: looked }) : word("says.interest_any");
}

function alter(name, value, cause) {
 talk[name] = value;
 if (name === "intent") talk.subject = value === talk.call?.intent ? talk.call.subject : null;
 changes.because(cause);
 attribute();
}

function drawPanel() {
 if (panel?.dataset.contact !== talk.contact) {
  panel = document.createElement("behoud-panel");
  panel.dataset.contact = talk.contact;
  const { contact, customer } = talk;
  panel.tokenProvider = () => service.contactToken(contact, customer);
  panel.addEventListener("behoud:decision", (event) => {
   changes.decided(event.detail.decision);
   refresh();
  });
  panel.addEventListener("behoud:outcome", (event) => {
   changes.became(event.detail.outcome);
   refresh();
  });
  attribute();
  at("panel").replaceChildren(panel);
 } else attribute();
}

function attribute() {
 const said = {
  customer: talk.customer, contact: talk.contact, channel: talk.channel, direction: talk.direction, intent: talk.intent,
  subject: talk.subject, queue: talk.queue, agent: service.agent, lang: words.language, "customer-lang": words.language,
 };
 for (const [name, value] of Object.entries(said))
  if (!value) panel.removeAttribute(name);
  else if (panel.getAttribute(name) !== value) panel.setAttribute(name, value);
}

// --- what can go wrong -----------------------------------------------------------------------------------------------

async function learnChoices() {
 choices = await service.get("/v1/panel", { lang: words.language });
 const lists = [choices.intents, choices.motives, choices.decline_reasons, choices.skip_reasons, choices.exit_reasons];
 labels = new Map(lists.flat().map(({ value, label }) => [value, label]));
 words.currency = choices.currency;
}

async function guarded(work) {
 try {
  await work();
 } catch (error) {
  failed(error);
 }
}

const AGAIN = 2000;
// While the service does not answer, the card is asked for until it does: the notice goes when it is true no more.
let away = false;
function failed(error) {
 if (!(error instanceof Refused)) throw error;
 const kind = { 0: "away", 401: "expired", 404: "none", 503: "away" }[error.status] ?? "other";
 if (kind === "expired") forgetToken();
 if (!(away && kind === "away")) problem(word(`problem.${kind}`, { detail: error.message }));
 away = kind === "away";
 if (away && talk) setTimeout(() => away && refresh(), AGAIN);
}

function problem(text) {
 away = false;
 at("problem").textContent = text;
 at("problem").hidden = !text;
}

await begin();
