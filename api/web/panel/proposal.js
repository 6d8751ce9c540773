// One proposal: a row, or open with all an agent needs to say it and one click for what became of it.

import { fill, h } from "./build.js";

// What can be noted of a proposal, and the key for it.
export const ACTS = [
  ["spoken", "s"],
  ["accepted", "a"],
  ["declined", "d"],
  ["deferred", "n"],
  ["skipped", "k"],
];

// The key for it, for who sees; others hear it from aria-keyshortcuts.
export const keyHint = (key) => h("kbd", { "aria-hidden": "true" }, String(key));

export function proposalRow(proposal, open, view) {
  const { words, write, state, act } = view;
  const id = `p${proposal.rank}`;
  const done = state.done.get(proposal.action_id);
  const doubt = view.unsaved.has(proposal.action_id) ? words.mark_unsaved : state.lost.has(proposal.action_id) && words.mark_lost;
  const compared = proposal.comparison;
  const after = compared && write.signed(compared.price_after - compared.price_before);
  const head = h(
    "button.head",
    {
      id,
      "data-key": id,
      "aria-expanded": String(open),
      "aria-controls": `${id}-body`,
      onclick: () => act.select(proposal.rank - 1),
    },
    keyHint(proposal.rank),
    h("span.title", null, h("span.kind", null, words.kind[proposal.kind]), h("span.name", null, proposal.title)),
    done && h("span.mark", { "data-done": done }, words.done[done], doubt && ` (${doubt})`),
    !open && !done && after && h("span.change", null, after),
  );
  return h(
    "li.proposal",
    { "data-open": String(open), "data-done": done, "data-kind": proposal.kind, "data-action": proposal.action_id },
    h("h3", null, head),
    open && h("div.body", { id: `${id}-body`, role: "region", "aria-labelledby": id }, body(proposal, view)),
  );
}

function body(proposal, view) {
  const { words, state, customerLanguage: lang } = view;
  const said = new Set(state.decision.evidence.map((reason) => reason.code)); // what stands above already comes last
  const why = [false, true].flatMap((above) => proposal.why.filter(({ code }) => said.has(code) === above)).slice(0, 2);
  return [
    h("div.say", null, h("span.hidden", null, `${words.say}: `), h("p", { lang }, unbroken(proposal.say))),
    why.length > 0 && h("ul.why", { "aria-label": words.why }, rows(why.map((reason) => reason.text))),
    deal(proposal, view),
    foot(proposal, view),
    worth(proposal, view),
  ];
}

// What it is for the customer, and what he must be told of it.
function deal(proposal, view) {
  const parts = [
    terms(proposal, view),
    proposal.disclosures.length > 0 &&
      h(
        "div.disclosures",
        null,
        h("h4", null, view.words.also_say),
        h("ul", { lang: view.customerLanguage }, rows(proposal.disclosures)),
      ),
  ].filter(Boolean);
  return parts.length > 0 && h("div.deal", null, parts);
}

const rows = (texts) => texts.map((text) => h("li", null, text));

// An amount stays on one line.
const unbroken = (text) => text.replace(/([€$£]) (?=\d)/g, "$1\u00a0");

// What it means for the customer: the bill, his benefit, his term, what he gets and gives up, what is promised.
function terms(proposal, { words, write, state }) {
  const { comparison: compared, commitment, promise } = proposal;
  const facts = [];
  if (compared) {
    facts.push(bill(compared, words, write));
    const gain = compared.customer_benefit;
    if (Math.abs(gain) >= 0.01) {
      const text = fill(gain > 0 ? words.benefit_more : words.benefit_less, { amount: write.euros(Math.abs(gain)) });
      facts.push(h("li", { "data-tone": gain > 0 ? "good" : "bad" }, text));
    }
    const bundle = compared.bundle_benefit_change;
    if (Math.abs(bundle) >= 0.01) {
      const text = fill(bundle > 0 ? words.bundle_more : words.bundle_less, { amount: write.euros(Math.abs(bundle)) });
      facts.push(h("li", { "data-tone": bundle > 0 ? "good" : "bad" }, text));
    }
    for (const [label, parts] of [[words.lost, compared.lost], [words.gained, compared.gained]])
      if (parts.length) facts.push(h("li", null, h("span", null, `${label}: `), parts.map((part) => part.name).join(", ")));
  }
  const { months, resets_term: resets } = commitment;
  if (months > 0) {
    const date = write.termEnd(state.decision.decided_at, months);
    const text = fill(resets ? words.term : words.term_stays, { months, date });
    facts.push(h("li", { "data-tone": "mind" }, text));
  } else if (compared) facts.push(h("li", null, words.no_term));
  if (promise) facts.push(h("li", { "data-tone": "mind" }, fill(words.promised, { date: write.moment(promise.by) })));
  return facts.length > 0 && h("ul.terms", null, facts);
}

function bill(compared, words, write) {
  const { price_before: before, price_after: after, price_after_discount: later, discount_months: months } = compared;
  const tone = after < before ? "good" : after > before ? "bad" : null;
  return h(
    "li.bill",
    null,
    h("span.hidden", null, `${words.price} ${words.now} `),
    h("s", null, write.euros(before)),
    h("span", { "aria-hidden": "true" }, "→"),
    h("span.hidden", null, ` ${words.after} `),
    h("strong", null, write.euros(after)),
    h("span", null, words.month),
    tone && h("span.change", { "data-tone": tone }, write.signed(after - before)),
    months > 0 && h("span.later", null, fill(words.then, { months, price: write.euros(later) })),
  );
}

// The buttons; or the answers of a question; or the reasons to pick from; or what was done, and how to carry it out.
function foot(proposal, view) {
  const { words, state, act } = view;
  const done = state.done.get(proposal.action_id);
  const asked = state.drawer;
  if (asked && asked.action === proposal.action_id) return picker(asked, view);
  const lost = state.lost.has(proposal.action_id);
  if (done === "accepted" && !lost) return carriedOut(proposal, view);
  const question = proposal.question;
  const acts = ACTS.filter(([kind]) => !question || kind !== "accepted");
  const answers = (question ? question.answers : []).map((answer, place) => ({
    key: `answer-${place}`,
    label: answer.label,
    pick: () => act.answer(proposal, answer),
  }));
  return [
    done === "accepted" && carriedOut(proposal, view),
    question && options([words.ask_answer, " ", keyHint("a")], answers),
    h("div.acts", { role: "group", "aria-label": proposal.title }, acts.map(([kind, key]) => actButton(kind, key, done, view))),
  ];
}

function actButton(kind, key, done, { words, act }) {
  const pressed = kind === "spoken" ? String(done === "spoken") : null;
  return h(
    "button.act",
    {
      "data-key": `act-${kind}`,
      "data-act": kind,
      "aria-keyshortcuts": key,
      "aria-pressed": pressed,
      onclick: () => act.note(kind),
    },
    words.act[kind],
    keyHint(key),
  );
}

export function picker(asked, { words, act }) {
  const choices = asked.choices.map((choice, place) => ({
    key: `pick-${place}`,
    number: place + 1,
    label: choice.label,
    pick: () => asked.pick(choice),
    on: asked.chosen === undefined ? null : String(choice.value === asked.chosen),
  }));
  return h(
    "div.picker",
    null,
    asked.hint && h("p.hint", null, asked.hint),
    options([asked.title], choices),
    h("button.quiet", { "data-key": "back", onclick: act.back }, words.cancel, keyHint("Esc")),
  );
}

// With numbers, they can be picked by key.
function options(title, choices) {
  return h(
    "fieldset.options",
    null,
    h("legend", null, title),
    choices.map((choice) =>
      h(
        "button.option",
        { "data-key": choice.key, "data-place": choice.number, "aria-pressed": choice.on, onclick: choice.pick },
        choice.number && keyHint(choice.number),
        choice.label,
      ),
    ),
  );
}

const WEB = /^(https?:\/\/|\/)/i; // any other address is shown and not followed

const ENDINGS = new Set(["process", "question"]); // what they set in motion is not called back with a click

function carriedOut(proposal, { words, state, act }) {
  const { link, owner } = proposal.do || {}; // the process by its id is for the desktop
  const linked = () => h("a", { href: link, "data-key": "link", target: "_blank", rel: "noopener noreferrer" }, link);
  const how = link && WEB.test(link) ? linked() : h("strong", null, link || owner);
  return h(
    "div.carried",
    null,
    (link || owner) && h("p", null, `${words.carry_out}: `, how, link && owner && ` (${owner})`),
    h(
      "div.row",
      null,
      h("button.quiet", { "data-key": "refresh", onclick: act.refresh }, words.refresh),
      !ENDINGS.has(proposal.kind) && !state.lost.has(proposal.action_id) && h("button.quiet", { "data-key": "undo", onclick: () => act.undo(proposal) }, words.undo),
    ),
  );
}

// Euro terms, on demand: figures with a bar each, around zero.
function worth(proposal, { words, write, state, act }) {
  if (!proposal.value) return null;
  const open = state.worth === proposal.action_id;
  const toggle = h(
    "button.quiet.worth",
    { "data-key": "worth", "aria-expanded": String(open), "aria-keyshortcuts": "e", onclick: act.worth },
    words.worth,
    keyHint("e"),
  );
  return h("div.value", null, toggle, open && h("div.figures", null, figures(proposal, words, write, state)));
}

function figures(proposal, words, write, state) {
  const known = state.full && state.full.proposals.find((one) => one.action_id === proposal.action_id);
  const value = (known && known.value) || proposal.value;
  const summary = [
    fill(words.expected, { amount: write.signed(value.expected) }),
    value.low !== null && fill(words.range, { low: write.euros(value.low), high: write.euros(value.high) }),
    fill(words.chance, { percent: write.percent(value.p_accept) }),
  ];
  const note = h("p", null, summary.filter(Boolean).join(" · "));
  if (!value.terms) return [note, h("p.hint", null, state.fullFailed ? words.not_looked_up : words.looking)];
  const parts = Object.entries(value.terms).filter(([, amount]) => amount !== 0);
  const most = Math.max(...parts.map(([, amount]) => Math.abs(amount)));
  return [note, h("dl.bars", null, parts.map(([name, amount]) => barRow(words.terms[name] || name, amount, most, write)))];
}

function barRow(name, amount, most, write) {
  const bar = h("span.bar", { "aria-hidden": "true", "data-tone": amount < 0 ? "bad" : "good" });
  bar.style.setProperty("--part", String(Math.abs(amount) / most));
  return h("div", null, h("dt", null, name), h("dd", null, bar, h("span", null, write.signed(amount))));
}
