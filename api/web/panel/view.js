// The whole panel from its state: what kind of contact this is, what to propose, what else can be looked up.

import { fill, h } from "./build.js";
import { ACTS, picker, proposalRow } from "./proposal.js";

const GRAVE_NAMES = new Set(["store", "record", "customer", "history"]);
const [GRAVE, MINOR] = [true, false];

export function draw(view) {
  const { state, words } = view;
  if (!state.decision) return [notices(view), h("div.skeleton", { "aria-hidden": "true" }, h("i"), h("i"), h("i"))];
  const { proposals } = state.decision;
  return [
    mode(view),
    notices(view),
    leaving(view),
    h("h2.hidden", null, words.first),
    proposals.length
      ? h("ol.proposals", null, proposals.slice(0, 3).map((proposal, place) => proposalRow(proposal, place === state.selected, view)))
      : h("p.nothing", null, words.nothing),
    lacking(MINOR, view),
    tools(view),
    state.drawer && state.drawer.kind === "whynot" && whyNot(view),
    state.drawer && state.drawer.kind === "help" && help(view),
  ];
}

function mode({ state, words }) {
  const { mode: id, mode_text: text, evidence, reopens_when: reopens } = state.decision;
  return h(
    "header.mode",
    { "data-mode": id, "aria-label": words.mode },
    h("h2", null, text),
    evidence.length > 0 && h("ul.evidence", null, evidence.map((reason) => h("li", null, reason.text))),
    reopens && h("p.reopens", null, reopens),
  );
}

// What is not as it should be, in words; and advice that waits until the agent wants it.
function notices(view) {
  const { state, words, act } = view;
  const rows = [];
  if (state.waiting)
    rows.push(h("div.notice", { "data-tone": "new" }, h("span", null, words.fresh), h("button", { "data-key": "fresh", "aria-keyshortcuts": "r", onclick: act.fresh }, words.fresh_show, h("kbd", { "aria-hidden": "true" }, "r"))));
  else if (state.expired)
    rows.push(h("div.notice", null, h("span", null, words.expired), h("button", { "data-key": "refresh-old", "aria-keyshortcuts": "r", onclick: act.refresh }, words.refresh, h("kbd", { "aria-hidden": "true" }, "r"))));
  if (state.problem) {
    const kept = state.decision && state.problem.kind === "away" ? ` ${words.kept_shown}` : "";
    rows.push(h("div.notice", { "data-tone": "bad", "data-problem": state.problem.kind }, fill(words[state.problem.kind], state.problem) + kept));
  }
  if (state.unsaved) rows.push(h("div.notice", { "data-tone": "bad", "data-problem": "unsaved" }, state.unsaved === 1 ? words.unsaved : fill(words.unsaved_many, { count: state.unsaved })));
  if (state.refused) rows.push(h("div.notice", { "data-tone": "bad", "data-problem": "refused" }, fill(words.refused, { detail: state.refused })));
  if (state.decision) rows.push(lacking(GRAVE, view));
  return rows.some(Boolean) && h("div.notices", null, rows);
}

// What the answer had to do without: above the advice when it may be wrong for that, else quietly below.
function lacking(grave, { state, words, labels }) {
  const found = state.decision.degraded.map((what) => what.split(/:(.*)/s)).filter(([name]) => GRAVE_NAMES.has(name) === grave);
  const named = (detail) => detail && (labels.facts[detail.replace(/^customer\./, "")] || detail.replace(/^customer\./, "").replaceAll("_", " "));
  const said = found.map(([name, detail]) => fill(words.degraded[name] || words.degraded.other, { what: named(detail) || name }));
  if (!said.length) return null;
  const title = h("strong", null, words.degraded.title);
  return grave ? h("div.notice.degraded", { "data-tone": "mind" }, title, h("ul", null, said.map((text) => h("li", null, text)))) : h("p.degraded.minor", null, title, ": ", said.join(" · "));
}

// Why the customer wants to leave: known, likely, or to be picked.
function leaving(view) {
  const { state, words, write, act, labels } = view;
  const { motive } = state.decision;
  if (!motive) return null;
  if (state.drawer && state.drawer.kind === "motive") return picker(state.drawer, view);
  const label = motive.value && (labels.motives.find((choice) => choice.value === motive.value) || { label: motive.value }).label;
  const source = fill(words.motive_source[motive.source], { percent: write.percent(motive.probability) });
  return h(
    "div.leaving",
    null,
    h("span", null, `${words.leaves_because}: `, label && h("strong", null, label), ` ${label ? `(${source})` : source}`),
    h("button.quiet", { "data-key": "motive", "aria-keyshortcuts": "m", onclick: act.motive }, label ? words.change : words.ask_motive, h("kbd", { "aria-hidden": "true" }, "m")),
  );
}

function tools({ words, state, act }) {
  const open = state.drawer && state.drawer.kind;
  const tool = (kind, key, text) =>
    h("button.quiet", { "data-key": kind, "aria-keyshortcuts": key, "aria-expanded": String(open === kind), onclick: act[kind] }, text, h("kbd", { "aria-hidden": "true" }, key));
  return h("nav.tools", { "aria-label": words.help }, tool("whynot", "/", words.whynot), tool("help", "?", words.help));
}

// Search over what was held back: the action, the rule that stopped it, and what would lift it.
function whyNot({ state, words, labels, act }) {
  const list = h("ul.vetoes", { id: "vetoes", tabindex: "0", "aria-label": words.whynot });
  const count = h("p.hint", { role: "status" });
  const input = h("input", { type: "search", id: "whynot-input", "data-key": "whynot-input", autocomplete: "off", "aria-controls": "vetoes", value: state.drawer.query, oninput: () => find(input.value) });
  const titles = new Map(labels.actions.map((action) => [action.action_id, action.title]));
  const vetoes = (state.full ? state.full.vetoes : []).map((veto) => ({ ...veto, title: titles.get(veto.action_id) || veto.action_id }));
  find(state.drawer.query);
  return h("section.drawer", { role: "search", "aria-label": words.whynot }, h("label", { for: "whynot-input" }, words.whynot_search), h("div.row", null, input, h("button.quiet", { "data-key": "back", onclick: act.close }, words.close, h("kbd", { "aria-hidden": "true" }, "Esc"))), count, list);

  function find(query) {
    state.drawer.query = query;
    if (!state.full) {
      count.textContent = state.fullFailed ? words.not_looked_up : words.looking;
      return;
    }
    const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
    const wanted = plain(query).split(/\s+/).filter(Boolean);
    const fits = (text) => wanted.every((word) => plain(text).includes(word));
    const found = vetoes.filter((veto) => fits(`${veto.title} ${veto.action_id} ${veto.text} ${veto.rule}`));
    const proposed = wanted.length && state.decision.proposals.some((proposal) => fits(`${proposal.title} ${proposal.action_id}`));
    count.textContent = found.length ? fill(words.whynot_count, { count: found.length }) : proposed ? words.whynot_proposed : words.whynot_none;
    list.replaceChildren(...found.slice(0, 50).map((veto) => h("li", null, h("strong", null, veto.title), h("span", null, veto.text), veto.would_be_offered_if && h("span.would", null, `${words.would_be} ${veto.would_be_offered_if.text}`))));
  }
}

function help({ words, act }) {
  const rows = [["1 2 3", words.keys.pick], ...ACTS.map(([kind, key]) => [key, words.keys[kind]]), ["m", words.keys.motive], ["e", words.keys.worth], ["/", words.keys.whynot], ["r", words.keys.fresh], ["Esc", words.keys.close], ["?", words.keys.help]];
  return h("section.drawer", { "aria-label": words.help }, h("p", null, words.help_text), h("dl.keys", null, rows.map(([key, text]) => h("div", null, h("dt", null, key.split(" ").map((one) => h("kbd", null, one))), h("dd", null, text)))), h("button.quiet", { "data-key": "back", onclick: act.close }, words.close, h("kbd", { "aria-hidden": "true" }, "Esc")));
}
