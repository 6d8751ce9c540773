// The whole panel from its state: what kind of contact this is, what to propose, what else can be looked up.

import { fill, h } from "./build.js";
import { ACTS, keyHint, picker, proposalRow } from "./proposal.js";

// What an answer may be wrong for; the rest of what it had to do without makes it only less good.
const GRAVE = new Set(["store", "record", "customer", "history"]);
const FOUND = 50; // rows of a search that are shown

export function draw(view) {
  const { state, words } = view;
  if (!state.decision) return [notices(view), h("div.skeleton", { "aria-hidden": "true" }, h("i"), h("i"), h("i"))];
  const proposals = state.decision.proposals.slice(0, 3);
  const rows = proposals.map((proposal, place) => proposalRow(proposal, place === state.selected, view));
  return [
    mode(view),
    lacking(true, view),
    leaving(view),
    h("h2.hidden", null, words.first),
    rows.length > 0 ? h("ol.proposals", null, rows) : h("p.nothing", null, words.nothing),
    lacking(false, view),
    tools(view),
    state.drawer && state.drawer.kind === "whynot" && whyNot(view),
    state.drawer && state.drawer.kind === "help" && help(view),
    notices(view),
  ];
}

function mode({ state, words, labels }) {
  const { mode: id, mode_text: text, evidence, reopens_when: reopens } = state.decision;
  const settled = whatWasSettled(state, words, labels);
  return h(
    "header.mode",
    { "data-mode": id, "data-settled": settled && settled.how, "aria-label": words.mode },
    h("h2", null, h("span", { "aria-hidden": settled && "true" }, text), settled && h("span", null, settled.text)),
    evidence.length > 0 && h("ul.evidence", null, evidence.map((reason) => h("li", null, reason.text))),
    reopens && h("p.reopens", null, reopens),
  );
}

// Who took a proposal to stay, or ended the contract, no longer wants what the head said; the service is not asked again for that.
function whatWasSettled({ decision, done, taken }, words, labels) {
  const accepted = (one) => done.get(one.action_id) === "accepted" && taken.get(one.action_id) === decision;
  const ends = (one) => labels.actions.some((action) => action.cancels && action.action_id === one.action_id);
  const found = decision.proposals.filter(accepted);
  if (found.some(ends)) return { how: "leaves", text: words.leaves };
  const save = found.find((one) => one.kind === "save");
  return save ? { how: "stays", text: fill(words.stays, save) } : null;
}

// --- what is not as it should be, in words; and advice that waits until the agent wants it ---------------------

// They come and go by themselves: at the foot, and in sight, so that nothing moves for them.

function notices(view) {
  const { state, words, act } = view;
  const { problem } = state;
  const kept = state.decision && problem && problem.kind === "away" ? ` ${words.kept_shown}` : "";
  const unsaved = state.unsaved === 1 ? words.unsaved : fill(words.unsaved_many || "", { count: state.unsaved });
  const rows = [
    state.waiting && offered("new", words.fresh, "fresh", words.fresh_show, act.fresh),
    state.expired && !state.waiting && offered("old", words.expired, "refresh-old", words.refresh, act.refresh),
    problem && wrong(problem.kind, fill(words[problem.kind], problem) + kept),
    state.unsaved > 0 && wrong("unsaved", unsaved),
    state.refused && wrong("refused", state.refused),
  ].filter(Boolean);
  return rows.length > 0 && h("div.notices", null, rows);
}

function offered(tone, text, key, button, run) {
  const taking = h("button", { "data-key": key, "aria-keyshortcuts": "r", onclick: run }, button, keyHint("r"));
  return h("div.notice", { "data-tone": tone }, h("span", null, text), taking);
}

const wrong = (kind, text) => h("div.notice", { "data-tone": "bad", "data-problem": kind }, text);

// What the answer had to do without: above the advice when it may be wrong for that, else quietly below.
function lacking(grave, { state, words, labels }) {
  const parts = state.decision.degraded.map((what) => what.split(/:(.*)/s));
  const found = parts.filter(([name]) => GRAVE.has(name) === grave);
  if (!found.length) return null;
  const past = (path) => path.startsWith("history.") && words.degraded.past;
  const called = (path) => labels.facts[path] || past(path) || path.split(".").at(-1).replaceAll("_", " ");
  const said = found.map(([name, detail]) => {
    const what = detail ? called(detail.replace(/^customer\./, "")) : name;
    return fill(words.degraded[name] || words.degraded.other, { what });
  });
  const title = h("strong", null, words.degraded.title);
  if (!grave) return h("p.degraded.minor", null, title, ": ", said.join(" · "));
  const list = h("ul", null, said.map((text) => h("li", null, text)));
  return h("div.notice.degraded", { "data-tone": "mind" }, title, list);
}

// Why the customer wants to leave: known, likely, or to be picked.
function leaving(view) {
  const { state, words, write, act, labels } = view;
  const { motive } = state.decision;
  if (!motive) return null;
  if (state.drawer && state.drawer.kind === "motive") return picker(state.drawer, view);
  const known = labels.motives.find((choice) => choice.value === motive.value);
  const label = known ? known.label : motive.value;
  const source = fill(words.motive_source[motive.source], { percent: write.percent(motive.probability) });
  return h(
    "div.leaving",
    null,
    h("span", null, `${words.leaves_because}: `, label && h("strong", null, label), label ? ` (${source})` : source),
    h(
      "button.quiet",
      { "data-key": "motive", "aria-keyshortcuts": "m", onclick: act.motive },
      label ? words.change : words.ask_motive,
      keyHint("m"),
    ),
  );
}

// --- what can be looked up -------------------------------------------------------------------------------------

function tools({ words, state, act }) {
  const open = state.drawer && state.drawer.kind;
  const tool = (kind, key, text) =>
    h(
      "button.quiet",
      { "data-key": kind, "aria-keyshortcuts": key, "aria-expanded": String(open === kind), onclick: act[kind] },
      text,
      keyHint(key),
    );
  return h("nav.tools", { "aria-label": words.tools }, tool("whynot", "/", words.whynot), tool("help", "?", words.help));
}

const closing = (words, act) => h("button.quiet", { "data-key": "back", onclick: act.back }, words.close, keyHint("Esc"));

// Search over what was held back: the action, the rule that stopped it, and what would lift it.
function whyNot({ state, words, labels, act }) {
  const list = h("ul.vetoes", { id: "vetoes", "data-key": "vetoes", tabindex: "0", "aria-label": words.whynot });
  const count = h("p.hint", { role: "status" });
  const input = h("input", {
    type: "search",
    id: "whynot-input",
    "data-key": "whynot-input",
    autocomplete: "off",
    "aria-controls": "vetoes",
    value: state.drawer.query,
    oninput: () => find(input.value),
  });
  const titles = new Map(labels.actions.map((action) => [action.action_id, action.title]));
  const vetoes = state.full ? state.full.vetoes : [];
  find(state.drawer.query);
  return h(
    "section.drawer",
    { role: "search", "aria-label": words.whynot },
    h("label", { for: "whynot-input" }, words.whynot_search),
    h("div.row", null, input, closing(words, act)),
    count,
    list,
  );

  function find(query) {
    state.drawer.query = query;
    if (!state.full) {
      count.textContent = state.fullFailed ? words.not_looked_up : words.looking;
      return;
    }
    const wanted = plain(query).split(/\s+/).filter(Boolean);
    const fits = (...texts) => wanted.every((word) => plain(texts.join(" ")).includes(word));
    const title = (veto) => titles.get(veto.action_id) || veto.action_id;
    const found = vetoes.filter((veto) => fits(title(veto), veto.action_id, veto.text, veto.rule));
    const proposed = wanted.length > 0 && state.decision.proposals.some((one) => fits(one.title, one.action_id));
    const none = proposed ? words.whynot_proposed : words.whynot_none;
    count.textContent = found.length ? fill(words.whynot_count, { count: found.length }) : none;
    list.replaceChildren(...found.slice(0, FOUND).map((veto) => vetoRow(veto, title(veto), words)));
  }
}

// Without accents and capitals.
const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

function vetoRow(veto, title, words) {
  const would = veto.would_be_offered_if;
  return h(
    "li",
    null,
    h("strong", null, title),
    h("span", null, veto.text),
    would && h("span.would", null, `${words.would_be} ${inside(would.text)}`),
  );
}

// A sentence within a sentence starts small; an abbreviation stays as it is.
const inside = (text) => (/^\p{Lu}\p{Ll}/u.test(text) ? text[0].toLowerCase() + text.slice(1) : text);

function help({ words, act }) {
  const rows = [
    ["1 2 3", words.keys.pick],
    ...ACTS.map(([kind, key]) => [key, words.keys[kind]]),
    ["m", words.keys.motive],
    ["e", words.keys.worth],
    ["/", words.keys.whynot],
    ["r", words.keys.fresh],
    ["Esc", words.keys.close],
    ["?", words.keys.help],
  ];
  const row = ([keys, text]) =>
    h("div", null, h("dt", null, keys.split(" ").map((key) => h("kbd", null, key))), h("dd", null, text));
  return h(
    "section.drawer",
    { "aria-label": words.help },
    h("p", null, words.help_text),
    h("dl.keys", null, rows.map(row)),
    closing(words, act),
  );
}
