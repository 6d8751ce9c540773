// <behoud-panel contact="call-1" customer="C-1" channel="voice" lang="nl">: what to propose to this customer now.
//
// Three rules hold the whole together:
//   * one new fact, one new question: an attribute, an answer, a motive or an outcome asks once, and nothing asks by itself;
//   * what the agent looks at stays: advice that he did not ask for waits behind a button while he is in the panel;
//   * what the agent clicked is never lost: it has an id at once and is sent until the service has it.
// docs/panel.md says how to embed it.

import { fill, writer } from "./panel/build.js";
import { ACTS } from "./panel/proposal.js";
import { sheet } from "./panel/style.js";
import { draw } from "./panel/view.js";
import { Ledger, Refusal, Wire, pause } from "./panel/wire.js";

const HERE = new URL(".", import.meta.url);
const SENT = new Set(["chat", "whatsapp", "sms", "email"]); // there "shown" would mean that the customer has it
const ASKED = ["contact", "customer", "channel", "direction", "intent", "subject", "queue", "agent", "authority", "customer-lang", "lang", "endpoint"];
const OVER = new Set(["accepted", "declined", "deferred", "skipped", "answered"]); // no longer to be proposed now
const SOON = 1500; // milliseconds an outcome may take before the panel goes on without it
const NOTICE = 1000; // milliseconds without a token before the agent is told

// Until its words have come, the panel can say this much.
const WORDLESS = { away: "Geen antwoord · No answer", denied: "Geen toegang · No access: {detail}", token: "…" };

const fresh = () => ({
  decision: null, // what is shown
  waiting: null, // what came meanwhile and was not asked for
  full: null, // the same decision with every veto and term
  fullFailed: false,
  selected: 0,
  done: new Map(), // what became of actions in this contact
  facts: {}, // what the customer answered
  motive: null,
  motiveSource: null,
  drawer: null,
  worth: null, // the action whose euro terms are open
  problem: null,
  expired: false,
  unsaved: 0,
  refused: "",
});

class BehoudPanel extends HTMLElement {
  static observedAttributes = ASKED;

  #root = this.attachShadow({ mode: "open" });
  #main = document.createElement("article");
  #live = document.createElement("p");
  #token = "";
  #state = fresh();
  #words = null;
  #labels = null;
  #write = null;
  #spoken = ""; // the language of the three above
  #wire = null;
  #ledger = null;
  #asking = 0; // the number of the latest question; older answers are dropped
  #planned = false;
  #shown = new Set();
  #expiry = 0;
  #provider = null;
  #tokenWanted = [];
  #act = this.#acts();

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet];
    this.#main.tabIndex = -1;
    this.#live.className = "hidden";
    this.#live.setAttribute("role", "status");
    this.#live.setAttribute("aria-live", "polite");
    this.#root.append(this.#main, this.#live);
    this.#root.addEventListener("keydown", (event) => this.#key(event));
  }

  get token() {
    return this.#token;
  }

  set token(value) {
    this.#token = String(value || "");
    if (!this.#token) return;
    for (const wake of this.#tokenWanted.splice(0)) wake(this.#token);
    const { problem } = this.#state;
    if (problem && problem.kind === "token") this.#change({ problem: null });
    if (problem && problem.kind === "denied") this.#plan();
  }

  // A function that promises a fresh token. Without one, the event behoud:token asks the page to set `token`.
  get tokenProvider() {
    return this.#provider;
  }

  set tokenProvider(value) {
    this.#provider = value;
    if (this.#tokenWanted.length) this.#wantToken();
  }

  // The decision that is shown.
  get decision() {
    return this.#state.decision;
  }

  focus(options) {
    this.#main.focus(options);
  }

  // Ask again, for a fact the panel was not told of.
  refresh() {
    this.#plan();
  }

  connectedCallback() {
    for (const name of ["token", "tokenProvider"]) {
      // Set before this script came, it hides the accessor.
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    this.#draw();
    this.#plan();
  }

  disconnectedCallback() {
    this.#asking += 1;
    clearTimeout(this.#expiry);
  }

  attributeChangedCallback(name, before, now) {
    if (before === now) return;
    if (name === "contact" || name === "customer") {
      const { unsaved, refused } = this.#state;
      this.#state = { ...fresh(), unsaved, refused };
      this.#shown.clear();
      this.#draw();
    }
    if (this.isConnected) this.#plan();
  }

  // --- asking -------------------------------------------------------------------------------------------------

  // Attributes set one after the other are one question.
  #plan() {
    if (this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      if (this.isConnected) this.#ask(false);
    });
  }

  // `wanted`: the agent did something in the panel and waits for the answer.
  async #ask(wanted) {
    if (!this.getAttribute("contact") || !this.getAttribute("customer")) return;
    const number = (this.#asking += 1);
    const late = () => number !== this.#asking;
    this.#busy(true);
    this.#connect();
    for (let attempt = 0; !late(); attempt += 1) {
      try {
        const [decision] = await Promise.all([this.#wire.call("/v1/decisions", this.#question()), this.#speak()]);
        if (late()) return;
        performance.mark("behoud:answer");
        this.#busy(false);
        this.#state.problem = null;
        this.#receive(decision, wanted);
        return;
      } catch (error) {
        if (late()) return;
        const denied = error instanceof Refusal && !error.passing;
        this.#state.problem = { kind: denied ? "denied" : "away", detail: error.message };
        this.#draw();
        if (denied) {
          this.#busy(false);
          return;
        }
        await pause(attempt);
      }
    }
  }

  #busy(is) {
    this.#main.setAttribute("aria-busy", String(is));
  }

  #connect() {
    const endpoint = (this.getAttribute("endpoint") || HERE.origin).replace(/\/$/, "");
    if (this.#wire && this.#wire.endpoint === endpoint) return;
    this.#wire = new Wire(endpoint, () => this.#token, (old) => this.#renew(old));
    this.#ledger = new Ledger(this.#wire, () => this.#count());
  }

  // Another token than `old`: the provider's, or the one that is set after behoud:token. One is asked for at a time.
  #renew(old) {
    if (this.#token && this.#token !== old) return Promise.resolve(this.#token);
    const first = !this.#tokenWanted.length;
    const promise = new Promise((wake) => this.#tokenWanted.push(wake));
    if (first) this.#wantToken();
    return promise;
  }

  async #wantToken() {
    this.#token = "";
    setTimeout(() => this.#tokenWanted.length && this.#change({ problem: { kind: "token" } }), NOTICE);
    if (!this.#provider) this.#tell("behoud:token", {});
    for (let attempt = 0; this.#provider && this.#tokenWanted.length; attempt += 1) {
      const value = await Promise.resolve().then(this.#provider).catch(() => "");
      if (value) this.token = value;
      else await pause(attempt);
    }
  }

  #question() {
    const read = (name) => this.getAttribute(name) || undefined;
    const figure = (name) => (read(name) === undefined || Number.isNaN(Number(read(name))) ? undefined : Number(read(name)));
    const { motive, motiveSource, facts } = this.#state;
    const agent = read("agent") && { agent_id: read("agent"), authority: figure("authority") };
    return {
      customer_id: read("customer"),
      contact: {
        contact_id: read("contact"),
        channel: read("channel") || "voice",
        direction: read("direction"),
        intent: read("intent"),
        subject: read("subject"),
        queue_load: figure("queue"),
        language: read("customer-lang"),
        motive: motive || undefined,
        motive_source: motiveSource || undefined,
        agent,
      },
      facts: Object.keys(facts).length ? facts : undefined,
      language: this.#language(),
    };
  }

  #language() {
    return (this.getAttribute("lang") || document.documentElement.lang || "en").slice(0, 2).toLowerCase();
  }

  // The panel's own words and the provider's, once a language.
  async #speak() {
    const language = this.#language();
    if (this.#spoken === language) return;
    const ours = async (wanted) => {
      const answer = await fetch(new URL(`panel/${wanted}.json`, HERE), { credentials: "omit" });
      return answer.ok ? answer.json() : wanted === "en" ? Promise.reject(new Error(String(answer.status))) : ours("en");
    };
    const words = ours(language).then((found) => {
      this.#words = found;
      this.#draw();
    });
    const labels = this.#wire.call(`/v1/panel?lang=${language}`);
    await words;
    this.#labels = await labels;
    this.#write = writer(language, this.#labels.currency, this.#labels.timezone);
    this.#spoken = language;
  }

  // --- what came ----------------------------------------------------------------------------------------------

  #receive(decision, wanted) {
    const state = this.#state;
    const before = state.decision;
    const same = before && before.decision_id === decision.decision_id;
    const order = (one) => `${one.mode} ${one.proposals.map((proposal) => proposal.action_id).join(" ")}`;
    const moves = before && !same && order(before) !== order(decision);
    if (moves && !wanted && this.#engaged()) {
      state.waiting = decision;
      this.#draw();
      this.#announce(this.#words.fresh);
      return;
    }
    this.#show(decision, !before || moves || wanted);
  }

  // Whether the agent is at work in the panel: what he looks at may not move then.
  #engaged() {
    const said = [...this.#state.done.values()].includes("spoken");
    return said || Boolean(this.#state.drawer) || this.matches(":hover") || this.#root.activeElement !== null;
  }

  #show(decision, moved) {
    const state = this.#state;
    Object.assign(state, { decision, waiting: null, full: null, fullFailed: false, expired: false });
    if (moved) {
      const open = decision.proposals.slice(0, 3).findIndex((proposal) => !OVER.has(state.done.get(proposal.action_id)));
      Object.assign(state, { selected: open, drawer: null, worth: null });
    }
    this.#draw(moved);
    if (moved) this.#announceDecision();
    this.#measure();
    this.#expire(decision);
    this.#tell("behoud:decision", { decision });
    this.#report(decision);
  }

  // From the answer, and from the click that asked for it, to the picture.
  #measure() {
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        performance.mark("behoud:visible");
        for (const [name, from] of [["behoud:paint", "behoud:answer"], ["behoud:next", "behoud:click"]]) {
          performance.clearMeasures(name);
          if (performance.getEntriesByName(from).length) performance.measure(name, from, "behoud:visible");
          performance.clearMarks(from);
        }
        performance.clearMarks("behoud:visible");
        channel.port1.close();
      };
      channel.port2.postMessage(0);
    });
  }

  // Old advice says so; it is not replaced by itself.
  #expire(decision) {
    clearTimeout(this.#expiry);
    const left = Date.parse(decision.valid_until) - Date.now() - this.#wire.skew;
    this.#expiry = setTimeout(() => {
      this.#state.expired = true;
      this.#draw();
    }, Math.min(Math.max(left, 0), 2 ** 31 - 1));
  }

  // The agent sees it: reported once a decision, and not where that would mean that the customer has it.
  #report(decision) {
    if (SENT.has(this.getAttribute("channel")) || this.#shown.has(decision.decision_id) || this.#unkept(decision)) return;
    this.#shown.add(decision.decision_id);
    for (const proposal of decision.proposals.slice(0, 3)) this.#note(decision, proposal.action_id, "shown", {});
  }

  #unkept(decision) {
    return decision.degraded.includes("record");
  }

  // --- what the agent does ------------------------------------------------------------------------------------

  #acts() {
    return {
      select: (place) => this.#change({ selected: place, drawer: null }),
      note: (kind) => this.#noted(kind),
      answer: (proposal, answer) => this.#answered(proposal, answer),
      close: () => this.#change({ drawer: null }),
      motive: () => this.#pickMotive(),
      worth: () => this.#openWorth(),
      whynot: () => this.#openWhyNot(),
      help: () => this.#change({ drawer: this.#drawer() === "help" ? null : { kind: "help" } }),
      fresh: () => this.#state.waiting && this.#show(this.#state.waiting, true),
      refresh: () => this.#ask(true),
    };
  }

  #drawer() {
    return this.#state.drawer && this.#state.drawer.kind;
  }

  #change(to) {
    Object.assign(this.#state, to);
    this.#draw();
  }

  #current() {
    const { decision, selected } = this.#state;
    return decision && decision.proposals[selected];
  }

  #noted(kind) {
    const proposal = this.#current();
    if (!proposal || OVER.has(this.#state.done.get(proposal.action_id))) return;
    const labels = this.#labels;
    const ends = labels.actions.some((action) => action.cancels && action.action_id === proposal.action_id);
    if (kind === "declined") this.#pick(proposal, this.#words.ask_declined, labels.decline_reasons, (choice) => this.#became(proposal, kind, { reason: choice.value }));
    else if (kind === "skipped") this.#pick(proposal, this.#words.ask_skipped, labels.skip_reasons, (choice) => this.#became(proposal, kind, { reason: choice.value }));
    else if (kind === "accepted" && ends) this.#pick(proposal, this.#words.ask_exit, labels.exit_reasons, (choice) => this.#became(proposal, kind, { reason: choice.value, motive: choice.motive }), this.#words.exit_needed);
    else if (kind === "accepted" && proposal.question) this.#pick(proposal, this.#words.ask_answer, proposal.question.answers, (answer) => this.#answered(proposal, answer));
    else this.#became(proposal, kind, {});
  }

  #pick(proposal, title, choices, pick, hint) {
    this.#change({ drawer: { kind: "reason", action: proposal.action_id, title, choices, pick, hint } });
    this.#focus("[data-place='1']");
  }

  #pickMotive() {
    const { decision } = this.#state;
    if (!decision || !decision.motive) return;
    const pick = (choice) => {
      performance.mark("behoud:click");
      Object.assign(this.#state, { motive: choice.value, motiveSource: "picked", drawer: null });
      this.#draw();
      this.#ask(true);
    };
    this.#change({ drawer: { kind: "motive", title: this.#words.ask_motive, choices: this.#labels.motives, chosen: decision.motive.value, pick } });
    this.#focus("[data-place='1']");
  }

  // An answer is a new fact, or the motive from the customer's own mouth.
  #answered(proposal, answer) {
    const { question } = proposal;
    if (question.motive) Object.assign(this.#state, { motive: answer.value, motiveSource: "stated" });
    else this.#state.facts = { ...this.#state.facts, [question.fact]: answer.value };
    this.#became(proposal, "accepted", question.motive ? { motive: answer.value } : {}, "answered");
  }

  // What became of a proposal. What the customer heard and did not take, and what he answered, asks for the next step;
  // the others leave everything where it is.
  async #became(proposal, kind, more, done = kind) {
    performance.mark("behoud:click");
    const state = this.#state;
    const { decision } = state;
    state.done.set(proposal.action_id, done);
    state.drawer = null;
    if (kind === "skipped") state.selected = this.#nextOpen();
    this.#draw();
    this.#announce(fill(this.#words.announce_saved, { what: this.#words.done[done] }));
    this.#focus(`[data-key="p${state.selected + 1}"]`);
    const taken = this.#unkept(decision) ? false : this.#note(decision, proposal.action_id, kind, more);
    if (kind !== "declined" && kind !== "deferred" && done !== "answered") return;
    this.#busy(true);
    const soon = await Promise.race([taken, new Promise((wake) => setTimeout(() => wake("late"), SOON))]);
    if (state !== this.#state) return;
    if (soon === true || done === "answered") {
      this.#ask(true);
      return;
    }
    // The service does not know it and would propose the same again: go on with what is here, and ask once it knows.
    this.#busy(false);
    this.#change({ selected: this.#nextOpen() });
    if ((await taken) && state === this.#state) this.#ask(false);
  }

  #nextOpen() {
    const { decision, done } = this.#state;
    return decision.proposals.slice(0, 3).findIndex((proposal) => !OVER.has(done.get(proposal.action_id)));
  }

  #note(decision, action_id, kind, more) {
    const outcome = { outcome_id: `panel-${crypto.randomUUID()}`, decision_id: decision.decision_id, action_id, kind, at: this.#wire.now(), ...more };
    const taken = this.#ledger.note(outcome);
    this.#count();
    if (kind !== "shown") taken.then((saved) => saved && this.#tell("behoud:outcome", { outcome }));
    return taken;
  }

  // Only what is late is told: what is on its way for a moment is nobody's worry.
  #count() {
    const { waiting, late, refused } = this.#ledger;
    const unsaved = late ? waiting.filter((row) => row.outcome.kind !== "shown").length : 0;
    if (unsaved !== this.#state.unsaved || refused !== this.#state.refused) this.#change({ unsaved, refused });
  }

  async #openWorth() {
    const proposal = this.#current();
    if (!proposal) return;
    const open = this.#state.worth !== proposal.action_id;
    this.#change({ worth: open ? proposal.action_id : null });
    if (open) this.#lookUp();
  }

  #openWhyNot() {
    if (!this.#state.decision) return;
    if (this.#drawer() === "whynot") {
      this.#change({ drawer: null });
      return;
    }
    this.#change({ drawer: { kind: "whynot", query: "" } });
    this.#focus("#whynot-input");
    this.#lookUp();
  }

  // The whole decision, with every veto and term, when somebody asks.
  async #lookUp() {
    const { decision, full } = this.#state;
    if (full) return;
    const found = await this.#wire.call(`/v1/decisions/${decision.decision_id}?detail=full`).catch(() => null);
    if (this.#state.decision === decision) this.#change({ full: found, fullFailed: !found });
  }

  // --- keys ---------------------------------------------------------------------------------------------------

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const typing = event.target.localName === "input";
    if (typing && event.key !== "Escape") return;
    const run = this.#keyed(event.key);
    if (!run) return;
    event.preventDefault();
    event.stopPropagation();
    run();
  }

  #keyed(key) {
    const state = this.#state;
    const act = this.#act;
    if (key === "Escape") return state.drawer && (() => (act.close(), this.#focus(`[data-key="p${state.selected + 1}"]`)));
    if (!state.decision || !this.#words || !this.#labels) return null;
    const options = this.#main.querySelectorAll("[data-place]");
    if (/^[1-9]$/.test(key)) {
      const place = Number(key) - 1;
      if (state.drawer && options.length) return options[place] && (() => options[place].click());
      return place < Math.min(state.decision.proposals.length, 3) ? () => (act.select(place), this.#focus(`[data-key="p${place + 1}"]`)) : null;
    }
    const noted = ACTS.find(([, letter]) => letter === key.toLowerCase());
    if (noted) return state.drawer ? null : () => act.note(noted[0]);
    return { m: act.motive, e: act.worth, "/": act.whynot, "?": act.help, r: state.waiting ? act.fresh : state.expired ? act.refresh : null }[key] || null;
  }

  // --- the picture --------------------------------------------------------------------------------------------

  #draw(arrived = false) {
    const main = this.#main;
    const held = this.#root.activeElement && this.#root.activeElement.dataset.key;
    const had = this.#root.activeElement !== null;
    main.classList.toggle("arrived", arrived);
    if (!this.#words) {
      const state = { ...fresh(), problem: this.#state.problem };
      main.replaceChildren(...draw({ state, words: WORDLESS }).filter(Boolean));
      return;
    }
    main.setAttribute("aria-label", this.#words.panel);
    const customerLanguage = this.getAttribute("customer-lang") || (this.#labels && this.#labels.languages[0]);
    const view = { state: this.#state, words: this.#words, labels: this.#labels, write: this.#write, act: this.#act, customerLanguage };
    main.replaceChildren(...draw(view).flat(Infinity).filter(Boolean));
    if (had && !(held && this.#focus(`[data-key="${CSS.escape(held)}"]`))) main.focus({ preventScroll: true });
  }

  #focus(selector) {
    const found = this.#main.querySelector(selector);
    if (found) found.focus({ preventScroll: selector.startsWith("[data-key") });
    return found;
  }

  #announceDecision() {
    const { decision, selected } = this.#state;
    const proposal = decision.proposals[selected];
    const text = proposal ? this.#words.announce : this.#words.announce_none;
    this.#announce(fill(text, { mode: decision.mode_text, title: proposal && proposal.title, say: proposal && proposal.say }));
  }

  #announce(text) {
    this.#live.textContent = text;
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

customElements.define("behoud-panel", BehoudPanel);
