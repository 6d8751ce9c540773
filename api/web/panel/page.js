// The panel as a page in a frame: what a desktop puts into the address becomes attributes, and what happens is told to the
// frame's parent, when that is of an origin the service allows.

import "../panel.js";
import { ownWords } from "./speech.js";

// Names that desktops have for the same thing, ours first.
const NAMES = {
  contact: [
    "contact",
    "conversationId",
    "gcConversationId",
    "pcConversationId",
    "contactId",
    "ticketId",
    "caseId",
    "interactionId",
  ],
  customer: ["customer", "customerId", "externalContactId"],
  channel: ["channel", "mediaType"],
  lang: ["lang", "langTag", "gcLangTag", "pcLangTag", "locale", "language"],
  agent: ["agent", "agentId", "userId"],
  intent: ["intent"],
  direction: ["direction"],
  subject: ["subject"],
  queue: ["queue"],
  authority: ["authority"],
  "customer-lang": ["customer-lang"],
  theme: ["theme"],
};
const CHANNELS = { call: "voice", callback: "voice", message: "chat", webchat: "chat", telephony: "voice", task: "web" };

const given = new URLSearchParams(location.search);
const read = (names) => names.map((name) => given.get(name)).find(Boolean);
const listed = document.querySelector("meta[name=behoud-origins]").content.split(" ").filter(Boolean);
const allowed = new Set([location.origin, ...listed]);
const parentOrigin = read(["origin", "gcHostOrigin"]);
const panel = document.querySelector("behoud-panel");

const page = new CSSStyleSheet();
page.replaceSync("html { background: canvas; } body { margin: 0; } h1 { position: absolute; clip-path: inset(50%); margin: 0; }");
document.adoptedStyleSheets = [page];

// A token may stand behind the #, which is sent to no server; it is taken away at once.
const token = new URLSearchParams(location.hash.slice(1)).get("token");
if (token) {
  panel.token = token;
  history.replaceState(null, "", location.pathname + location.search);
}

addEventListener("message", (event) => {
  if (event.source !== parent || !allowed.has(event.origin)) return;
  const said = event.data;
  if (!said || said.type !== "behoud:token" || typeof said.token !== "string") return;
  if (said.contact && said.customer) panel.giveToken(said.token, said);
  else panel.token = said.token;
});

if (parent !== window && allowed.has(parentOrigin))
  for (const type of ["behoud:decision", "behoud:outcome", "behoud:token"])
    panel.addEventListener(type, (event) => parent.postMessage({ type, ...event.detail }, parentOrigin));

for (const [attribute, names] of Object.entries(NAMES)) {
  const value = read(names);
  const plain = value && value.toLowerCase();
  const meant = { channel: CHANNELS[plain] || plain, direction: plain }[attribute] || value;
  if (meant) panel.setAttribute(attribute, meant);
}
const language = (panel.getAttribute("lang") || "en").slice(0, 2).toLowerCase();
document.documentElement.lang = language;

// Who sets this up sees at once what the address lacks.
if (!panel.hasAttribute("contact") || !panel.hasAttribute("customer")) {
  const note = document.createElement("p");
  note.textContent = (await ownWords(language, location.href)).incomplete;
  panel.replaceWith(note);
}
