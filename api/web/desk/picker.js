// Choosing a customer: some of them by id, more on request, or anybody by his id.

import { make } from "./element.js";
import { word } from "./words.js";

export class Picker {
 constructor(dialog, service, chosen) {
  this.dialog = dialog;
  this.service = service;
  this.chosen = chosen;
 }

 async open(language) {
  this.language = language;
  this.list = make("ul", { class: "customers" });
  this.more = make("button", { type: "button", onclick: () => this.load() }, word("picker.more"));
  const id = make("input", { name: "id", autocomplete: "off", required: true, maxlength: "128", spellcheck: "false" });
  const form = make(
   "form",
   {
    onsubmit: (event) => {
     event.preventDefault();
     this.take(id.value.trim());
    },
   },
   make("label", {}, make("span", {}, word("picker.id")), id),
   make("button", { class: "main" }, word("picker.go")),
  );
  const close = make("button", { type: "button", class: "plain", onclick: () => this.dialog.close() }, word("picker.close"));
  this.dialog.replaceChildren(
   make("div", { class: "head" }, make("h2", { id: "picker-title" }, word("picker.title")), close),
   form,
   this.list,
   this.more,
  );
  this.dialog.showModal();
  this.next = "";
  await this.load();
 }

 async load() {
  const page = await this.service.get("/v1/desk/customers", { limit: 12, after: this.next, language: this.language });
  const made = page.customers.map(({ customer_id: id, holdings }) =>
   make(
    "li", {},
    make(
     "button", { type: "button", onclick: () => this.take(id) },
     make("strong", {}, id),
     make("small", {}, holdings.map((held) => held.name).join(", ") || word("card.nothing")),
    ),
   ),
  );
  this.list.append(...made);
  this.next = page.next;
  this.more.hidden = page.next == null;
  if (page.customers.length && this.list.children.length > made.length) made[0].firstChild.focus();
 }

 take(id) {
  this.dialog.close();
  this.chosen(id);
 }
}
