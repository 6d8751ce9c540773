// What a key does, and how long it is held first: the letters act on the open proposal, the digits choose.

import { BRIEFLY, LONGER } from "./calm.js";
import { ACTS } from "./proposal.js";

const at = (run, held = 0, leads = false) => run && { run, held, leads };

// {run, held, leads} as for Calm.hold, or nothing. `options` are the numbered buttons that are shown; `lists(kind)` tells whether
// noting that asks for something first.
export function keyed(key, state, act, options, lists) {
  if (key === "Escape") return at(state.drawer && act.back);
  if (!state.decision) return null;
  if (/^[1-9]$/.test(key)) {
    const place = Number(key) - 1;
    if (options.length) return at(options[place] && (() => options[place].click()), BRIEFLY);
    return place < Math.min(state.decision.proposals.length, 3) ? at(() => act.choose(place)) : null;
  }
  const [kind] = ACTS.find(([, letter]) => letter === key.toLowerCase()) || [];
  if (kind) {
    if (state.drawer) return null;
    const leads = lists(kind);
    return at(() => act.note(kind), leads || kind === "deferred" ? BRIEFLY : LONGER, leads);
  }
  const fresh = state.waiting ? act.fresh : state.expired ? act.refresh : null;
  return at({ m: act.motive, e: act.worth, "/": act.whynot, "?": act.help, r: fresh }[key.toLowerCase()]);
}
