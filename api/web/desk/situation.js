// What can be changed while a conversation goes on: intent, channel, direction and how busy the others are.

import { select } from "./element.js";
import { called, word } from "./words.js";

const QUEUES = { quiet: "0.4", ordinary: "0.7", busy: "0.9", full: "1.1" };
const CHANNELS = ["voice", "chat", "whatsapp", "email", "web", "app", "shop", "sms"];
const INTENTS = ["billing", "complaint", "fault", "interest", "moving"]; // beside those the policy names

// `alter(name, value, cause)` is called with each change and what it is in words.
export function drawSituation(form, talk, named, alter) {
 const known = [...named];
 for (const value of [talk.intent, ...INTENTS])
  if (value && !known.some((intent) => intent.value === value)) known.push({ value, label: called("intent", value) });
 const options = {
  intent: [{ value: "", label: word("intent.none") }, ...known],
  channel: CHANNELS.map((value) => ({ value, label: called("channel", value) })),
  direction: ["inbound", "outbound"].map((value) => ({ value, label: called("situation", value) })),
  queue: Object.entries(QUEUES).map(([name, value]) => ({ value, label: called("situation", name) })),
 };
 const boxes = Object.entries(options).map(([name, choices]) => {
  const label = called("situation", name);
  const chosen = name === "queue" ? nearest(talk.queue) : talk[name];
  const changed = (value) => alter(name, value, `${label}: ${choices.find((choice) => choice.value === value).label}`);
  return select(name, label, choices, chosen, changed);
 });
 form.replaceChildren(...boxes);
 form.setAttribute("aria-label", word("situation.title"));
 form.hidden = false;
}

const nearest = (load) => Object.values(QUEUES).reduce((best, one) => (Math.abs(one - load) < Math.abs(best - load) ? one : best));
