// How the panel looks: one constructed sheet, so that a page needs to allow no style of ours. Sizes follow the panel's own width.

const LIGHT = `
  --paper: #ffffff; --soft: #f5f6f8; --line: #dfe3e8; --edge: #7d8794; --ink: #15191e; --muted: #545e6a;
  --accent: #1d55c4; --accent-soft: #edf3ff; --on-accent: #ffffff;
  --good: #0a6640; --good-soft: #e8f6ee; --mind: #7d4700; --mind-soft: #fff5e3; --bad: #a3172c; --bad-soft: #fdeef0;
  --shadow: 0 1px 2px rgb(16 24 40 / 6%), 0 4px 14px rgb(16 24 40 / 7%);
  color-scheme: light;`;
const DARK = `
  --paper: #14171c; --soft: #1c2128; --line: #2d343d; --edge: #77828f; --ink: #eaedf1; --muted: #a6b0bc;
  --accent: #8fb6ff; --accent-soft: #1b2a45; --on-accent: #0c1422;
  --good: #6fd6a0; --good-soft: #14301f; --mind: #f0bd6c; --mind-soft: #33270f; --bad: #ff9aa8; --bad-soft: #3a181d;
  --shadow: 0 1px 2px rgb(0 0 0 / 40%), 0 4px 14px rgb(0 0 0 / 30%);
  color-scheme: dark;`;

const RULES = `
:host { display: block; container-type: inline-size; background: var(--paper); color: var(--ink); ${LIGHT}
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; text-align: start; }
@media (prefers-color-scheme: dark) { :host(:not([theme="light"])) { ${DARK} } }
:host([theme="dark"]) { ${DARK} }
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
article { padding: 12px; outline: none; overflow-wrap: anywhere; }
h2, h3, h4, p, ul, ol, dl, dd, blockquote, fieldset { margin: 0; padding: 0; border: 0; font: inherit; min-width: 0; }
ul, ol { list-style: none; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
kbd { font: 600 11px/1 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; color: var(--muted); border: 1px solid var(--line);
  border-radius: 4px; padding: 2px 4px; background: var(--paper); min-width: 18px; text-align: center; flex: none; }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; border-radius: 8px; text-align: inherit; overflow-wrap: break-word; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
article:focus-visible { outline: none; box-shadow: inset 0 0 0 1px var(--accent); }
.head:focus-visible { outline-offset: -2px; }

/* What kind of contact this is. */
.mode { padding: 2px 2px 12px 12px; border-inline-start: 4px solid var(--accent); margin-bottom: 12px; padding-block: 2px; }
.mode h2 { font-size: 17px; font-weight: 650; line-height: 1.3; letter-spacing: -.01em; }
.evidence { color: var(--muted); font-size: 14px; }
.evidence li { display: inline; }
.evidence li:not(:last-child)::after { content: " · "; }
.reopens { font-size: 14px; margin-top: 4px; }
.mode[data-mode="fix_first"], .mode[data-mode="payment_care"] { border-color: var(--mind); }
.mode[data-mode="save"], .mode[data-mode="proceed_to_cancel"] { border-color: var(--bad); }
.mode[data-mode="welcome"], .mode[data-mode="win_back"] { border-color: var(--good); }

/* What the customer took is said in the same room: nothing below moves. */
.mode[data-settled] h2 { display: grid; }
.mode[data-settled] h2 > * { grid-area: 1 / 1; }
.mode[data-settled] :is([aria-hidden], .evidence, .reopens) { visibility: hidden; }
.mode[data-settled="stays"] { border-color: var(--good); }
.mode[data-settled="leaves"] { border-color: var(--line); }

.notices { display: grid; gap: 6px; position: sticky; bottom: 0; padding-block: 8px 4px; background: var(--paper); }
.unread .notices { pointer-events: none; }
.notice { display: flex; align-items: center; gap: 10px; justify-content: space-between; padding: 8px 10px; border-radius: 8px;
  background: var(--soft); font-size: 14px; }
.notice.degraded { display: block; margin-bottom: 12px; }
.notice ul { padding-inline-start: 16px; list-style: disc; }
.notice strong { font-weight: 600; }
.notice[data-tone="new"] { background: var(--accent-soft); color: var(--accent); font-weight: 600; }
.notice[data-tone="mind"] { background: var(--mind-soft); color: var(--mind); }
.notice[data-tone="bad"] { background: var(--bad-soft); color: var(--bad); }
.notice button { flex: none; background: var(--accent); color: var(--on-accent); padding: 5px 10px; font-weight: 600; display: flex; gap: 8px; align-items: center; }

.degraded.minor { font-size: 13px; color: var(--muted); padding: 10px 4px 0; }
.degraded.minor strong { font-weight: 600; }
.leaving { display: flex; gap: 2px 10px; align-items: center; justify-content: space-between; font-size: 14px; color: var(--muted); margin: -4px 0 10px; padding-inline-start: 2px; }
.leaving strong { color: var(--ink); font-weight: 600; }
.quiet { display: inline-flex; gap: 7px; align-items: center; color: var(--accent); font-size: 14px; padding: 5px 6px; margin-inline: -6px; min-height: 28px; white-space: nowrap; flex: none; }
.quiet:hover { background: var(--soft); }

/* Proposals. */
.proposals { display: grid; gap: 8px; }
.proposal { border: 1px solid var(--line); border-radius: 12px; background: var(--paper); }
.proposal[data-open="true"] { border-color: transparent; box-shadow: 0 0 0 1px var(--accent), var(--shadow); }
.head { display: flex; gap: 10px; align-items: center; width: 100%; padding: 10px 12px; border-radius: 12px; min-height: 44px; }
.head:hover { background: var(--soft); }
.proposal[data-open="true"] .head { padding-bottom: 4px; }
.proposal[data-open="true"] .head:hover { background: none; }
.proposal[data-open="true"] .head > kbd { background: var(--accent); color: var(--on-accent); border-color: var(--accent); }
.head .title { flex: 1; min-width: 0; display: flex; flex-direction: column; }
.name { font-weight: 600; line-height: 1.3; overflow-wrap: anywhere; }
.proposal[data-open="true"] .name { font-size: 16px; }
.kind { font-size: 12px; color: var(--muted); }
.change { font-weight: 600; white-space: nowrap; font-variant-numeric: tabular-nums; font-size: 14px; }
.mark { font-size: 13px; font-weight: 600; color: var(--muted); white-space: nowrap; }
.mark[data-done="accepted"], .mark[data-done="answered"] { color: var(--good); }
.mark[data-done="spoken"] { color: var(--accent); }
.proposal[data-done="declined"]:not([data-open="true"]) .name, .proposal[data-done="skipped"]:not([data-open="true"]) .name { font-weight: 400; color: var(--muted); }
.body { padding: 4px 12px 12px; display: grid; gap: 10px; }
.say { font-size: 18px; line-height: 1.42; letter-spacing: -.006em; padding: 10px 12px; background: var(--accent-soft); border-radius: 10px; text-wrap: pretty; }
.why { font-size: 14px; color: var(--muted); display: grid; gap: 2px; }
.why li { padding-inline-start: 18px; position: relative; }
.why li::before { content: ""; position: absolute; inset-inline-start: 3px; top: .52em; width: 6px; height: 6px; border-radius: 50%; background: var(--accent); }
.terms { font-size: 14px; display: flex; flex-wrap: wrap; gap: 6px; }
.deal { display: grid; gap: 10px; }
.terms li { padding: 3px 9px; border-radius: 13px; background: var(--soft); }
.terms li span { color: var(--muted); }
.terms li[data-tone="good"] { background: var(--good-soft); color: var(--good); font-weight: 600; }
.terms li[data-tone="bad"] { background: var(--bad-soft); color: var(--bad); font-weight: 600; }
.terms li[data-tone="mind"] { background: var(--mind-soft); color: var(--mind); font-weight: 600; }
.terms .bill { flex-basis: 100%; background: none; padding: 0 2px; display: flex; flex-wrap: wrap; gap: 2px 7px; align-items: baseline; font-variant-numeric: tabular-nums; }
.bill s { color: var(--muted); }
.bill strong { font-size: 19px; font-weight: 650; letter-spacing: -.01em; }
.bill span { color: var(--muted); }
.bill .change[data-tone="good"] { color: var(--good); }
.bill .change[data-tone="bad"] { color: var(--ink); }
.bill .later { flex-basis: 100%; }
.disclosures { font-size: 14px; border-inline-start: 3px solid var(--mind); padding-inline-start: 10px; }
.disclosures h4 { font-weight: 600; color: var(--mind); }
.disclosures li + li { margin-top: 2px; }

.acts { display: flex; flex-wrap: wrap; gap: 5px; }
.act, .option { border: 1px solid var(--edge); padding: 7px 9px; min-height: 38px; display: flex; gap: 6px; align-items: center; justify-content: space-between; font-size: 14px; font-weight: 500; background: var(--paper); }
.act { flex: 1 1 auto; white-space: nowrap; }
.act:hover, .option:hover { border-color: var(--accent); background: var(--accent-soft); }
.act:active, .option:active { transform: translateY(1px); }
.act[data-act="accepted"] { background: var(--accent); color: var(--on-accent); border-color: var(--accent); font-weight: 600; }
.act[data-act="accepted"]:hover { filter: brightness(1.08); }
.act[data-act="accepted"] kbd { background: none; color: inherit; border-color: currentColor; }
.act[aria-pressed="true"] { border-color: var(--accent); background: var(--accent-soft); color: var(--accent); }
.picker { display: grid; gap: 6px; justify-items: start; padding: 10px 12px; border-radius: 10px; background: var(--soft); }
.leaving + .proposals, .picker + h2 + .proposals { margin-top: 8px; }
.options { width: 100%; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(140px, 100%), 1fr)); gap: 6px; }
.options legend { font-weight: 600; padding: 0 0 6px; }
.option { justify-content: flex-start; }
.option[aria-pressed="true"] { border-color: var(--accent); color: var(--accent); }
.hint { font-size: 14px; color: var(--muted); }
.carried { display: grid; gap: 4px; justify-items: start; padding: 10px 12px; border-radius: 10px; background: var(--good-soft); color: var(--good); }
.carried a { color: inherit; }
.worth { justify-self: start; font-size: 13px; }
.value { display: grid; gap: 8px; }
.figures { font-size: 14px; display: grid; gap: 8px; }
.bars { display: grid; gap: 4px; font-variant-numeric: tabular-nums; }
.bars > div { display: grid; grid-template-columns: minmax(90px, 34%) 1fr; gap: 8px; align-items: center; }
.bars dt { color: var(--muted); }
.bars dd { display: grid; grid-template-columns: 1fr 84px; gap: 8px; align-items: center; text-align: end; }
.bar { display: block; height: 10px; position: relative; background: linear-gradient(var(--line), var(--line)) center / 1px 100% no-repeat; }
.bar::before { content: ""; position: absolute; inset-block: 1px; border-radius: 2px; width: calc(var(--part) * 50%); background: var(--good); left: 50%; }
.bar[data-tone="bad"]::before { background: var(--bad); left: auto; right: 50%; }

.nothing { padding: 18px 12px; color: var(--muted); border: 1px dashed var(--line); border-radius: 12px; text-align: center; }
.tools { display: flex; gap: 4px 18px; flex-wrap: wrap; padding: 10px 6px 0; }
.drawer { margin-top: 8px; padding: 12px; border-radius: 12px; background: var(--soft); display: grid; grid-template-columns: minmax(0, 1fr); gap: 8px; font-size: 14px; }
.drawer label { font-weight: 600; }
.drawer .quiet { justify-self: start; }
.row { display: flex; gap: 14px; align-items: center; }
.row input { flex: 1; min-width: 0; font: inherit; color: inherit; padding: 7px 10px; border: 1px solid var(--edge); border-radius: 8px; background: var(--paper); }
.vetoes { display: grid; gap: 8px; max-height: 340px; overflow: auto; }
.vetoes li { display: grid; padding: 8px 10px; border-radius: 8px; background: var(--paper); }
.vetoes strong { font-weight: 600; }
.vetoes span { color: var(--muted); }
.vetoes .would { color: var(--ink); margin-top: 2px; }
.keys { display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); gap: 6px; }
.keys div { display: flex; gap: 8px; align-items: center; }
.keys dt { display: flex; gap: 3px; min-width: 62px; }

.skeleton { display: grid; gap: 10px; }
.skeleton i { height: 46px; border-radius: 12px; background: var(--soft); }
.skeleton i:nth-child(2) { height: 190px; }
article[aria-busy="true"] .proposals { opacity: .55; transition: opacity .15s .12s; }
.arrived .proposal[data-open="true"] { animation: arrive .18s ease-out; }
@keyframes arrive { from { opacity: .2; transform: translateY(4px); } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
@container (min-width: 560px) { article { padding: 16px; } .act { flex: none; } }
@container (min-width: 860px) {
  .body { grid-template-columns: 3fr 2fr; grid-template-rows: auto auto auto 1fr; column-gap: 20px; align-items: start; }
  .body > * { grid-column: 1; }
  .body > .deal { grid-column: 2; grid-row: 1 / span 4; }
}
@media (forced-colors: active) { .proposal[data-open="true"], .act[data-act="accepted"] { border: 2px solid Highlight; } .bar::before { forced-color-adjust: none; } }
`;

export const sheet = new CSSStyleSheet();
sheet.replaceSync(RULES);
