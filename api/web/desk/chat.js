// The bot in a chat, and the customer who talks with it. It asks what any bot asks, POST /v1/decisions?render=1, says what comes
// back as it came, and tells what was tapped. Ids are read as docs/channels.md writes them.

import { make } from "./element.js";
import { newContact, Refused } from "./service.js";
import { word, words } from "./words.js";

const OUTCOMES = { take: "accepted", answer: "accepted", none: "declined" };

export class Chat {
 constructor(place, service, { answered, handedOver, failed }) {
  Object.assign(this, { place, service, answered, handedOver, failed });
  this.work = Promise.resolve();
  this.clear();
 }

 clear() {
  this.customer = null;
  this.contact = null;
  this.place.replaceChildren(make("p", { class: "quiet" }, word("chat.none")));
 }

 // A customer who has not written yet.
 offer(customer) {
  this.customer = customer;
  this.contact = null;
  const starts = Object.entries(words.said.chat.start).map(([, text]) =>
   make("button", { type: "button", onclick: () => this.start(text) }, text),
  );
  this.place.replaceChildren(make("p", { class: "quiet" }, word("chat.intro")), make("div", { class: "answers" }, starts));
 }

 async start(text) {
  this.contact = newContact("chat");
  this.intent = null;
  this.subject = null;
  this.log = make("div", { class: "log", role: "log", "aria-label": word("chat.log"), tabindex: "0" });
  this.answers = make("div", { class: "answers", role: "group", "aria-label": word("chat.answers") });
  this.text = make("input", { name: "text", autocomplete: "off", maxlength: "500" });
  this.send = make("button", {});
  this.named = make("span", { class: "unseen" });
  this.form = make(
   "form",
   {
    class: "say",
    onsubmit: (event) => {
     event.preventDefault();
     const said = this.text.value.trim();
     this.text.value = "";
     if (said) this.says(said);
    },
   },
   make("label", {}, this.named, this.text),
   this.send,
  );
  this.over = make("div", { class: "over" });
  this.left = false;
  this.speak();
  this.place.replaceChildren(this.log, this.answers, this.form, this.over);
  this.text.focus();
  await this.says(text);
 }

 // The buttons of a chat that goes on, in the language of the desk; what was said stays as it was said.
 speak() {
  this.log.setAttribute("aria-label", word("chat.log"));
  this.answers.setAttribute("aria-label", word("chat.answers"));
  this.named.textContent = this.text.placeholder = word("chat.message");
  this.send.textContent = word("chat.send");
  const [does, said] = this.left ? [() => this.offer(this.customer), "chat.again"] : [() => this.handOver(), "chat.hand_over"];
  this.over.replaceChildren(make("button", { type: "button", class: this.left ? null : "main", onclick: does }, word(said)));
 }

 // Words of the customer: a wish to leave, a bill, a fault, or nothing that this bot knows.
 async says(text) {
  const lower = text.toLowerCase();
  const has = (kind) => words.said.chat[kind].some((part) => lower.includes(part));
  if (has("leaving")) this.intent = words.leaving ?? "cancel";
  else if (has("fault")) [this.intent, this.subject] = ["fault", "internet"];
  else if (has("billing")) [this.intent, this.subject] = ["billing", "bill"];
  this.show(text, "customer");
  await this.busy(() => this.proposes());
 }

 async taps({ id, title }) {
  this.show(title, "customer");
  const [meaning, decision, ...rest] = id.split("|");
  if (meaning === "person") return this.handOver();
  await this.busy(async () => {
   const meant = this.proposals.filter((p) => p.action_id === rest[0] || rest[0].split(".").includes(String(p.rank)));
   await this.tells(decision, meant, OUTCOMES[meaning]);
   if (meaning === "take") return this.show(word("chat.thanks"), "bot");
   if (meaning === "none") return this.proposes();
   const { question } = meant[0];
   const { value } = question.answers[Number(rest[1])];
   return this.proposes(question.motive ? { motive: value, motive_source: "stated" } : {}, question.fact ? { [question.fact]: value } : {});
  });
 }

 async proposes(said = {}, facts = {}) {
  const contact = { contact_id: this.contact, channel: "chat", language: words.language, speaker: "bot", ...said };
  if (this.intent) contact.intent = this.intent;
  if (this.subject) contact.subject = this.subject;
  const question = { customer_id: this.customer, contact, facts };
  const decision = await this.asks("/v1/decisions?render=1", question);
  this.proposals = decision.proposals;
  this.show(decision.render.text, "bot");
  this.offers(decision.render.choices);
  if (decision.render.shown === null) return;
  const ranks = decision.render.shown.split("|")[2].split(".");
  await this.tells(decision.decision_id, decision.proposals.filter((p) => ranks.includes(String(p.rank))), "shown");
 }

 // What became of proposals. An id of its own for each makes that telling it again does no harm.
 async tells(decision, proposals, kind) {
  if (!proposals.length) return;
  const at = new Date().toISOString();
  const outcomes = proposals.map((p) => ({
   outcome_id: `${decision}-${p.rank}-${kind}`, decision_id: decision, action_id: p.action_id, kind, at,
   ...(kind === "declined" ? { reason: "unknown" } : {}),
  }));
  await this.asks("/v1/outcomes", { outcomes });
 }

 // With a token of this contact alone; one that is over is replaced.
 async asks(path, body) {
  if (this.tokenOf !== this.contact) await this.sign();
  try {
   return await this.service.post(path, body, this.token);
  } catch (error) {
   if (!(error instanceof Refused) || error.status !== 401) throw error;
   await this.sign();
   return this.service.post(path, body, this.token);
  }
 }

 async sign() {
  this.token = await this.service.contactToken(this.contact, this.customer);
  this.tokenOf = this.contact;
 }

 // One thing after the other, however fast the customer types.
 busy(work) {
  const { contact, answers } = this;
  // What could be tapped before can be tapped again when it did not get through.
  if (!this.waiting?.isConnected) this.before = [...answers.querySelectorAll("button")];
  const { before } = this;
  const waiting = make("p", { class: "quiet" }, word("chat.typing"));
  this.waiting = waiting;
  answers.replaceChildren(waiting);
  this.work = this.work.then(async () => {
   if (contact !== this.contact) return;
   try {
    await work();
    this.answered();
   } catch (error) {
    if (waiting.isConnected) answers.replaceChildren(...before, make("p", { class: "quiet" }, word("chat.failed")));
    this.failed(error);
   }
   waiting.remove();
  });
  return this.work;
 }

 offers(choices) {
  const buttons = choices.map((choice) => make("button", { type: "button", onclick: () => this.taps(choice) }, choice.title));
  this.answers.replaceChildren(...buttons);
 }

 show(text, who) {
  const line = make("p", { class: who }, make("span", { class: "unseen" }, `${word(who === "bot" ? "chat.bot" : "chat.you")}: `), text);
  const before = this.log.lastElementChild;
  this.log.append(line);
  // A long answer is read from its beginning, below what it answers.
  this.log.scrollTop = (who === "bot" && before ? before : line).offsetTop - this.log.offsetTop - 4;
 }

 // The same contact goes on with an agent: what was said in it stays with the service.
 handOver() {
  this.show(word("chat.handed"), "bot");
  this.answers.replaceChildren();
  this.form.remove();
  this.left = true;
  this.speak();
  this.handedOver({ contact: this.contact, intent: this.intent, subject: this.subject });
 }
}
