// What a key does: the letters act on the open proposal, the digits choose.

import { ACTS } from "./proposal.js";

// The thing to do, or nothing. `options` are the numbered buttons that are shown.
export function keyed(key, state, act, options) {
  if (key === "Escape") return state.drawer && act.back;
  if (!state.decision) return null;
  if (/^[1-9]$/.test(key)) {
    const place = Number(key) - 1;
    if (options.length) return options[place] && (() => options[place].click());
    return place < Math.min(state.decision.proposals.length, 3) ? () => act.choose(place) : null;
  }
  const noted = ACTS.find(([, letter]) => letter === key.toLowerCase());
  if (noted) return state.drawer ? null : () => act.note(noted[0]);
  const fresh = state.waiting ? act.fresh : state.expired ? act.refresh : null;
  return { m: act.motive, e: act.worth, "/": act.whynot, "?": act.help, r: fresh }[key] || null;
}
