// <behoud-panel contact="call-1" customer="C-1" channel="voice" lang="nl">: what to propose to this customer now.
//
// Three rules hold the whole together:
//   * one new fact, one new question: an attribute, an answer, a motive or an outcome asks once, and nothing asks by itself;
//   * what the agent looks at stays: advice that he did not ask for waits behind a button while he is in the panel;
//   * what the agent clicked is never lost: it has an id at once and is sent until the service has it.
// docs/panel.md says how to embed it.

import { fill } from "./panel/build.js";
import { Calm } from "./panel/calm.js";
import { keyed } from "./panel/keys.js";
import { freshId, recorded, stored } from "./panel/ledger.js";
import { Line } from "./panel/line.js";
import { ATTRIBUTES, questionOf } from "./panel/question.js";
import { Speech, WORDLESS, ownWords } from "./panel/speech.js";
import { sheet } from "./panel/style.js";
import { answered, built, clicked } from "./panel/timing.js";
import { draw } from "./panel/view.js";
import { Refusal, pause } from "./panel/wire.js";

const HERE = new URL(".", import.meta.url);
const MOST = 3; // proposals that are shown
const BY_MOUTH = new Set(["voice", "shop"]); // elsewhere "shown" means that the customer has it
const OVER = new Set(["accepted", "declined", "deferred", "skipped", "answered"]); // no longer to be proposed now
const FINAL = new Set(["accepted", "answered"]); // another word can correct the others
const ASKS = new Set(["declined", "deferred", "answered"]); // the customer goes on from there: what is next?
const LONGEST = 2000; // milliseconds a button may be pressed before the picture changes under it
const UNREAD = 400; // milliseconds in which nobody has read a notice that came
const SOON = 1500; // milliseconds an outcome may take before the panel goes on without it

const fresh = () => ({
  decision: null, // what is shown
  waiting: null, // what came meanwhile and was not asked for
  full: null, // the same decision with every veto and term
  fullFailed: false,
  selected: 0, // the place of the open proposal; -1: none is left
  done: new Map(), // what became of actions in this contact
  taken: new Map(), // the decisions in which they were accepted
  reported: new Set(), // decisions whose showing was reported
  facts: {}, // what the customer answered
  motive: null,
  motiveSource: null,
  drawer: null, // the list, search or help that is open
  worth: null, // the action whose euro terms are open
  problem: null,
  expired: false,
  unsaved: 0,
  latest: new Map(), // the last outcome of each action
  lost: new Set(), // actions whose last outcome the service did not take
  refused: "",
});

class BehoudPanel extends HTMLElement {
  static observedAttributes = ATTRIBUTES;

  #root = this.attachShadow({ mode: "open" });
  #main = document.createElement("article");
  #live = document.createElement("p");
  #state = fresh();
  #speech = new Speech();
  #lines = new Map(); // to the service, by contact: this one's, and those with outcomes still to deliver
  #line = null;
  #given = ""; // a token for the contact that the attributes will name when all are set
  #provider = null;
  #planned = false;
  #due = true; // what is shown does not answer the latest question
  #asking = 0; // the number of the latest question; older answers are dropped
  #gone = new AbortController(); // for what is asked of this contact, once it is for nobody any more
  #poor = 0; // how many answers in a row had to do without the store
  #wanted = false; // whether the agent waits for its answer
  #expiry = 0;
  #questions = new WeakMap(); // what each decision was the answer to
  #leaving = null; // the action from which the next step is on its way, unless the agent opens it again
  #acted = 0; // how often the agent did something
  #advised = false; // some advice was shown before
  #late = ""; // the ids of what is not saved yet
  #press = 0; // the timer while a button is pressed
  #owed = false; // the picture is to be drawn when it is let go
  #notices = ""; // what they say
  #unread = 0; // the timer while they have just come
  #calm = new Calm();
  #act = this.#acts();

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet];
    this.#main.tabIndex = -1;
    this.#live.className = "hidden";
    this.#live.setAttribute("role", "status");
    this.#root.append(this.#main, this.#live);
    this.#root.addEventListener("keydown", (event) => this.#key(event));
    this.#root.addEventListener("mousedown", (event) => this.#hold(event));
    this.#root.addEventListener("click", () => this.#letGo(), { capture: true });
    this.#root.addEventListener("click", (event) => this.#calm.click(event), { capture: true });
  }

  get token() {
    return this.#given || (this.#line ? this.#line.token.value : "");
  }

  set token(value) {
    this.#given = String(value || "");
    queueMicrotask(() => this.#connect());
    this.#planDenied();
  }

  // A token for {contact, customer}: the one that is shown, or an earlier one whose outcomes still wait for one.
  giveToken(value, { contact, customer }) {
    const meant = ({ bound }) => bound.contact === contact && bound.customer === customer;
    const shown = meant({ bound: this.#bound }) && this.#connect(); // now: the page may name another contact in its next line
    const lines = shown ? [shown] : [...this.#lines.values()].filter(meant);
    if (value) for (const line of lines) line.token.give(String(value));
    if (shown) this.#planDenied();
  }

  // Another token may open what the last one did not.
  #planDenied() {
    const { problem } = this.#state;
    if (problem && problem.kind === "denied") this.#plan();
  }

  get #bound() {
    return { contact: this.getAttribute("contact"), customer: this.getAttribute("customer") };
  }

  // A function that promises a fresh token for {contact, customer}. Without one, the event behoud:token, with the same two, asks the
  // page to call `giveToken`, or to set `token` for the contact that is shown.
  get tokenProvider() {
    return this.#provider;
  }

  set tokenProvider(value) {
    this.#provider = value;
    for (const line of this.#lines.values()) line.token.ask();
  }

  // The decision that is shown.
  get decision() {
    return this.#state.decision;
  }

  // Ask again, for a fact the panel cannot see.
  refresh() {
    this.#plan();
  }

  focus(options) {
    this.#main.focus(options);
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
    for (const line of this.#lines.values()) line.token.ask(); // outside, the page may not have heard it
    if (this.#due || this.#poor) this.#plan();
    else this.#expire(this.#state.decision); // it was only moved
  }

  disconnectedCallback() {
    this.#stop();
  }

  attributeChangedCallback(name, before, now) {
    if (before === now) return;
    if (name === "contact" || name === "customer") {
      this.#state = { ...fresh(), unsaved: this.#state.unsaved };
      this.#wanted = false;
      this.#stop();
      this.#draw();
    }
    this.#plan();
  }

  // What is under way is for nobody any more.
  #stop() {
    this.#asking += 1;
    this.#gone.abort();
    this.#gone = new AbortController();
    clearTimeout(this.#expiry);
    this.#calm.drop();
    this.#letGo();
    this.#busy(false);
  }

  // --- asking -------------------------------------------------------------------------------------------------

  // Attributes set one after the other are one question.
  #plan() {
    this.#due = true;
    if (this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      if (this.isConnected) this.#ask(false);
    });
  }

  // `wanted`: the agent did something in the panel and waits for the answer.
  async #ask(wanted) {
    this.#due = true;
    this.#wanted ||= wanted;
    if (!this.isConnected) return; // once it is in a page again
    const line = this.#connect();
    if (!line) {
      this.#missUnnamed();
      return;
    }
    const number = (this.#asking += 1);
    const late = () => number !== this.#asking;
    const { signal } = this.#gone;
    const call = (path, body) => line.wire.call(path, body, signal);
    this.#busy(true);
    for (let attempt = 0; !late(); attempt += 1) {
      try {
        const question = questionOf(this, this.#state);
        const words = this.#speech.learn(question.language, HERE, call, () => this.#draw());
        const [decision] = await Promise.all([call("/v1/decisions", question), words]);
        if (late()) return;
        answered();
        this.#busy(false);
        this.#state.problem = null;
        this.#questions.set(decision, question);
        this.#receive(decision);
        this.#mend(decision);
        return;
      } catch (error) {
        if (late()) return;
        const denied = error instanceof Refusal && !error.passing;
        const kind = denied ? "denied" : error.status === 429 ? "busy" : "away";
        this.#busy(false);
        this.#trouble({ kind, detail: error.message, seconds: error.seconds });
        if (denied) return;
        await pause(attempt);
      }
    }
  }

  // What the store could not tell or keep is asked again, by itself, until it can.
  async #mend(decision) {
    this.#poor = stored(decision) ? 0 : this.#poor + 1;
    if (!this.#poor) return;
    const number = this.#asking;
    await pause(this.#poor);
    if (number === this.#asking) this.#ask(false);
  }

  // Who sets this up sees what is missing.
  async #missUnnamed() {
    const missing = ["contact", "customer"].filter((name) => !this.getAttribute(name));
    const found = this.#speech.words || (await ownWords(questionOf(this, this.#state).language, HERE).catch(() => null));
    const words = (this.#speech.words ||= found); // others may have come meanwhile
    if (words && !this.getAttribute(missing[0])) this.#trouble({ kind: "unnamed", what: words[missing[0]] });
  }

  // The line of the contact that the attributes name by now; a token that was set since is for it.
  #connect() {
    const { contact, customer } = this.#bound;
    if (!contact || !customer) return null;
    const endpoint = (this.getAttribute("endpoint") || HERE.href).replace(/\/$/, "");
    const key = JSON.stringify([endpoint, contact, customer]);
    const before = this.#line;
    const line = (this.#line = this.#lines.get(key) || this.#newLine(endpoint, { contact, customer }));
    if (line !== before) {
      for (const [old, { delivered }] of this.#lines) if (delivered) this.#lines.delete(old);
      this.#lines.set(key, line);
      const guess = before ? before.token.handOver() : "";
      if (guess && !this.#given) line.token.guess(guess);
      line.token.ask();
    }
    if (this.#given) line.token.give(this.#given, false);
    this.#given = "";
    return line;
  }

  #newLine(endpoint, bound) {
    const shown = () => line === this.#line;
    const met = () => shown() && (this.#state.problem || {}).kind === "token" && this.#change({ problem: null });
    const page = {
      provider: () => this.#provider && (() => this.#provider(bound)),
      want: () => this.#tell("behoud:token", { ...bound }),
      late: () => {
        line.ledger.tarry();
        if (shown()) this.#trouble({ kind: "token" });
      },
      met,
    };
    const line = new Line(endpoint, bound, page, (refusal) => this.#count(refusal, shown()));
    return line;
  }

  #busy(is) {
    if (!is) this.#leaving = null;
    this.#main.setAttribute("aria-busy", String(is));
  }

  // --- what came ----------------------------------------------------------------------------------------------

  #receive(decision) {
    this.#due = false;
    const wanted = this.#wanted;
    this.#wanted = false;
    const before = this.#state.decision;
    const order = (one) => [one.mode, ...one.proposals.map((proposal) => proposal.action_id)].join(" ");
    const moves = !before || order(before) !== order(decision);
    if (before && moves && !wanted && this.#engaged()) {
      if (!this.#state.waiting) this.#announce(this.#speech.words.fresh);
      this.#change({ waiting: decision });
    } else this.#show(decision, moves || wanted);
  }

  // Whether the agent is at work in the panel: what he looks at may not move then.
  #engaged() {
    const { decision, done, drawer } = this.#state;
    const said = decision.proposals.some((proposal) => done.get(proposal.action_id) === "spoken");
    return said || this.#calm.holds || Boolean(drawer) || this.matches(":hover") || this.#root.activeElement !== null;
  }

  // `moved`: it is another advice, and the first of it that is open stands open; else only texts may have changed.
  #show(decision, moved) {
    const before = (this.#open() || {}).action_id;
    const state = this.#state;
    Object.assign(state, { decision, waiting: null, fullFailed: false, expired: false });
    if (moved) Object.assign(state, { selected: this.#firstOpen(), drawer: null, worth: null });
    const looking = state.worth || this.#drawerIs("whynot");
    if (!looking) state.full = null;
    this.#settle(before);
    this.#advised = true;
    this.#draw(moved);
    built();
    if (moved) this.#announceAdvice();
    this.#expire(decision);
    this.#tell("behoud:decision", { decision });
    this.#report(decision);
    if (looking) this.#lookUp();
  }

  // Old advice says so; it is not replaced by itself.
  #expire(decision) {
    clearTimeout(this.#expiry);
    const left = Date.parse(decision.valid_until) - Date.now() - this.#line.wire.skew;
    this.#expiry = setTimeout(() => this.#change({ expired: true }), Math.min(Math.max(left, 0), 2 ** 31 - 1));
  }

  // The agent sees it: reported once a decision, and not where that would mean that the customer has it.
  #report(decision) {
    const { reported } = this.#state;
    if (!BY_MOUTH.has(this.getAttribute("channel") || "voice") || reported.has(decision.decision_id) || !recorded(decision)) return;
    reported.add(decision.decision_id);
    for (const proposal of decision.proposals.slice(0, MOST)) this.#send(decision, proposal, "shown", {});
  }

  // --- what the agent does ------------------------------------------------------------------------------------

  #acts() {
    const acts = {
      select: (place) => {
        this.#leaving = null;
        this.#change({ selected: place, drawer: null });
      },
      choose: (place) => {
        this.#act.select(place);
        this.#focusOpen();
      },
      note: (kind) => this.#note(kind),
      answer: (proposal, answer) => this.#answer(proposal, answer),
      close: () => this.#change({ drawer: null }),
      back: () => {
        this.#change({ drawer: null });
        this.#focusOpen();
      },
      motive: () => this.#askMotive(),
      worth: () => this.#openWorth(),
      whynot: () => this.#openWhyNot(),
      help: () => this.#change({ drawer: this.#drawerIs("help") ? null : { kind: "help" } }),
      fresh: () => this.#state.waiting && this.#show(this.#state.waiting, true), // it may have gone while this was pressed
      refresh: () => this.#ask(true),
      undo: (proposal) => this.#undo(proposal),
    };
    // Who goes on to something else no longer waits for the answer to what he did before.
    const counted = (act) => (...given) => {
      this.#goOn();
      act(...given);
    };
    return Object.fromEntries(Object.entries(acts).map(([name, act]) => [name, counted(act)]));
  }

  #goOn() {
    this.#acted += 1;
    this.#wanted = false;
  }

  // The click on what became of the open proposal; some need a reason first.
  #note(kind) {
    const proposal = this.#open();
    const before = proposal && this.#state.done.get(proposal.action_id);
    const stands = before && !this.#state.lost.has(proposal.action_id); // what was refused may be noted again
    if (!proposal || (stands && (before === kind || FINAL.has(before)))) return;
    if (this.#leaving === proposal.action_id) return; // the next step is on its way
    const { words, labels } = this.#speech;
    const became = (more) => this.#became(proposal, kind, more);
    const reason = (choice) => became({ reason: choice.value });
    if (kind === "declined") this.#pick(proposal, words.ask_declined, labels.decline_reasons, reason);
    else if (kind === "skipped") this.#pick(proposal, words.ask_skipped, labels.skip_reasons, reason);
    else if (!this.#asksFirst(kind, proposal)) became({});
    else if (proposal.question)
      this.#pick(proposal, words.ask_answer, proposal.question.answers, (answer) => this.#answer(proposal, answer));
    else {
      const ending = (choice) => became({ reason: choice.value, motive: choice.motive });
      this.#pick(proposal, words.ask_exit, labels.exit_reasons, ending, words.exit_needed);
    }
  }

  // Whether noting this asks for something first.
  #asksFirst(kind, proposal) {
    if (kind === "accepted") return Boolean(proposal && (proposal.question || this.#ends(proposal)));
    return kind === "declined" || kind === "skipped";
  }

  // Accepting it ends the contract.
  #ends(proposal) {
    return this.#speech.labels.actions.some((action) => action.cancels && action.action_id === proposal.action_id);
  }

  // An acceptance that was noted by mistake, or that the customer took back: the agent notes anew what became of it.
  #undo(proposal) {
    const { taken, decision } = this.#state;
    this.#became(proposal, "withdrawn", {}, "withdrawn", taken.get(proposal.action_id) || decision);
  }

  #pick(proposal, title, choices, choose, hint) {
    const pick = (choice) => {
      this.#goOn();
      choose(choice);
    };
    this.#change({ drawer: { kind: "reason", action: proposal.action_id, title, choices, pick, hint } });
    this.#focusOn("[data-place='1']");
  }

  #askMotive() {
    const { decision } = this.#state;
    if (!decision || !decision.motive) return;
    const pick = (choice) => {
      this.#goOn();
      clicked();
      this.#change({ motive: choice.value, motiveSource: "picked", drawer: null });
      this.#ask(true);
    };
    const { words, labels } = this.#speech;
    const chosen = decision.motive.value;
    this.#change({ drawer: { kind: "motive", title: words.ask_motive, choices: labels.motives, chosen, pick } });
    this.#focusOn("[data-place='1']");
  }

  // An answer is a new fact, or the motive from the customer's own mouth.
  #answer(proposal, answer) {
    const { question } = proposal;
    const state = this.#state;
    if (question.motive) Object.assign(state, { motive: answer.value, motiveSource: "stated" });
    else state.facts = { ...state.facts, [question.fact]: answer.value };
    this.#became(proposal, "accepted", question.motive ? { motive: answer.value } : {}, "answered");
  }

  // What became of a proposal of a decision. What the customer heard and did not take, and what he answered, asks for the next
  // step; the others leave everything where it is.
  async #became(proposal, kind, more, done = kind, decision = this.#state.decision) {
    const asks = ASKS.has(done);
    if (asks) clicked();
    const state = this.#state;
    if (done === "withdrawn") state.done.delete(proposal.action_id);
    else state.done.set(proposal.action_id, done);
    if (done === "accepted") state.taken.set(proposal.action_id, decision);
    state.drawer = null;
    if (kind === "skipped") this.#goToNext();
    const { ledger } = this.#line;
    const saved = this.#send(decision, proposal, kind, more);
    const kept = recorded(decision);
    if (!kept) ledger.tarry();
    this.#draw();
    const { words } = this.#speech;
    this.#announce(fill(kept ? words.announce_saved : words.announce_unsaved, { what: words.done[done] }));
    this.#focusOpen();
    if (!asks) return;
    this.#busy(true);
    this.#leaving = proposal.action_id;
    const acted = this.#acted;
    const soon = !kept ? "late" : await Promise.race([saved, new Promise((wake) => setTimeout(() => wake("late"), SOON))]);
    if (state !== this.#state) return;
    if (soon === true || done === "answered") {
      this.#ask(acted === this.#acted);
      return;
    }
    // The service does not know it and would propose the same again: go on with what is here, and ask once it knows.
    this.#busy(false);
    if (soon === "late") ledger.tarry();
    if (acted === this.#acted) this.#goToNext();
    this.#draw();
    if ((await saved) && state === this.#state) this.#ask(acted === this.#acted);
  }

  // Promises whether the service has taken it.
  #send(decision, proposal, kind, more) {
    const outcome = {
      outcome_id: freshId(),
      decision_id: decision.decision_id,
      action_id: proposal.action_id,
      kind,
      at: this.#line.wire.now(),
      ...more,
    };
    const saved = this.#line.ledger.note(outcome, recorded(decision) ? null : this.#questions.get(decision));
    if (kind === "shown") return saved;
    const state = this.#state;
    state.latest.set(proposal.action_id, outcome);
    state.lost.delete(proposal.action_id);
    if (!state.lost.size) state.refused = "";
    saved.then((taken) => {
      if (taken) this.#tell("behoud:outcome", { outcome });
      else if (state.latest.get(proposal.action_id) === outcome) {
        if (kind === "withdrawn") state.done.set(proposal.action_id, "accepted"); // which stands, then
        else state.lost.add(proposal.action_id);
      }
      if (!taken && state === this.#state) this.#draw();
    });
    return saved;
  }

  // Only what is late is told: what is on its way for a moment is nobody's worry.
  #count(refusal, here) {
    const rows = [...this.#lines.values()].flatMap((line) => line.ledger.overdue);
    const unsaved = rows.length;
    const late = rows.map((row) => row.outcome.outcome_id).join();
    const { words } = this.#speech;
    const before = this.#state.unsaved;
    const refused = refusal && fill(here ? words.refused : words.refused_before, { detail: refusal });
    if (late === this.#late && !refused) return;
    this.#late = late;
    if (refused || unsaved > before) this.#announce(refused || words.unsaved);
    this.#change({ unsaved, ...(refused && { refused }) });
  }

  // --- what the agent looks up --------------------------------------------------------------------------------

  #openWorth() {
    const proposal = this.#open();
    if (!proposal || !proposal.value) return;
    const open = this.#state.worth !== proposal.action_id;
    this.#change({ worth: open ? proposal.action_id : null });
    if (open) this.#lookUp();
  }

  #openWhyNot() {
    if (this.#drawerIs("whynot")) {
      this.#act.back();
      return;
    }
    this.#change({ drawer: { kind: "whynot", query: "" } });
    this.#focusOn("#whynot-input");
    this.#lookUp();
  }

  // The whole decision, with every veto and term, when somebody asks.
  async #lookUp() {
    const { decision, full } = this.#state;
    if (!decision || (full && full.decision_id === decision.decision_id)) return;
    const path = `/v1/decisions/${decision.decision_id}?detail=full`;
    const found = await this.#line.wire.call(path, undefined, this.#gone.signal).catch(() => null);
    if (this.#state.decision === decision) this.#change({ full: found, fullFailed: !found });
  }

  // --- the picture --------------------------------------------------------------------------------------------

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
    if (event.target.localName === "input" && event.key !== "Escape") return;
    if (this.#calm.swallows(event)) return;
    const options = this.#main.querySelectorAll("[data-place]");
    const found = keyed(event.key, this.#state, this.#act, options, (kind) => this.#asksFirst(kind, this.#open()));
    if (!found) {
      this.#calm.stray(event);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    this.#calm.hold(event, found);
  }

  #open() {
    const { decision, selected } = this.#state;
    return decision && decision.proposals[selected];
  }

  // The first that can still be proposed. What ends the contract opens by itself only where the service puts it first.
  #firstOpen() {
    const { decision, done } = this.#state;
    const proposals = decision.proposals.slice(0, MOST);
    return proposals.findIndex((one, place) => !OVER.has(done.get(one.action_id)) && (place === 0 || !this.#ends(one)));
  }

  // The next of what is here, without a word from the service: never the end of the contract.
  #goToNext() {
    const before = (this.#open() || {}).action_id;
    const selected = this.#firstOpen();
    const next = this.#state.decision.proposals[selected];
    this.#state.selected = next && this.#ends(next) ? -1 : selected;
    this.#settle(before);
  }

  // Another proposal opened by itself: what is clicked or pressed in this moment was meant for the one before.
  #settle(before) {
    const now = (this.#open() || {}).action_id;
    if (this.#advised && before !== now) this.#calm.moved();
  }

  // What is pressed stays until it is let go: a click is lost when its button is replaced meanwhile.
  #hold(event) {
    if (event.button !== 0 || event.detail > 1 || !event.target.closest("button")) return;
    clearTimeout(this.#press);
    this.#press = setTimeout(() => this.#letGo(), LONGEST);
    this.#calm.flush(); // what a key noted before comes first, and what follows from it does not come under the press
    this.#goOn();
    addEventListener("mouseup", () => setTimeout(() => this.#letGo()), { once: true, capture: true }); // after its click
  }

  #letGo() {
    clearTimeout(this.#press);
    this.#press = 0;
    if (this.#owed) queueMicrotask(() => this.#owed && this.#draw());
  }

  #drawerIs(kind) {
    return this.#state.drawer !== null && this.#state.drawer.kind === kind;
  }

  #change(to) {
    Object.assign(this.#state, to);
    this.#draw();
  }

  #trouble(problem) {
    const before = this.#state.problem;
    if (before && before.kind === problem.kind && before.detail === problem.detail) return;
    const { words } = this.#speech;
    this.#announce(fill((words || WORDLESS)[problem.kind], problem));
    this.#change({ problem });
  }

  // Built anew from the state, and the focus put back where it was.
  #draw(arrived = false) {
    this.#owed = this.#press !== 0;
    if (this.#owed) return;
    const main = this.#main;
    const { words, labels, write } = this.#speech;
    const held = this.#root.activeElement;
    const state = labels ? this.#state : { ...fresh(), problem: this.#state.problem };
    const customerLanguage = this.getAttribute("customer-lang") || (labels && labels.languages[0]);
    if (words) main.setAttribute("aria-label", words.panel);
    if (labels) main.lang = this.#live.lang = labels.language;
    main.classList.toggle("arrived", arrived);
    const unsaved = new Set(this.#line ? this.#line.ledger.overdue.map((row) => row.outcome.action_id) : []);
    const view = { state, unsaved, words: words || WORDLESS, labels, write, act: this.#act, customerLanguage };
    const { scrollTop } = main.querySelector("#vetoes") || {};
    main.replaceChildren(...draw(view).flat(Infinity).filter(Boolean));
    const list = scrollTop && main.querySelector("#vetoes");
    if (list) list.scrollTop = scrollTop;
    this.#noticed();
    if (!held) return;
    const again = held.dataset.key && this.#focusOn(`[data-key="${held.dataset.key}"]`);
    if (!again) main.focus({ preventScroll: true });
    else if (again.localName === "input") again.setSelectionRange(held.selectionStart, held.selectionEnd, held.selectionDirection);
  }

  // What stands over the picture by itself takes no click at first: it was meant for what is below.
  #noticed() {
    const main = this.#main;
    const { textContent: said = "" } = main.querySelector(".notices") || {};
    if (said === this.#notices) return;
    this.#notices = said;
    main.classList.toggle("unread", said !== "");
    clearTimeout(this.#unread);
    this.#unread = setTimeout(() => main.classList.remove("unread"), UNREAD);
  }

  #focusOn(selector) {
    const found = this.#main.querySelector(selector);
    if (found) found.focus({ preventScroll: selector.startsWith("[data-key") });
    return found;
  }

  #focusOpen() {
    return this.#focusOn(`[data-key="p${this.#state.selected + 1}"]`);
  }

  #announceAdvice() {
    const { words } = this.#speech;
    const { title, say } = this.#open() || {};
    const mode = this.#state.decision.mode_text;
    this.#announce(title ? fill(words.announce, { mode, title, say }) : fill(words.announce_none, { mode }));
  }

  #announce(text) {
    this.#live.textContent = text;
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

if (!customElements.get("behoud-panel")) customElements.define("behoud-panel", BehoudPanel);
