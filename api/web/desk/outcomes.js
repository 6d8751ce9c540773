// What became of each proposal in each contact: of the outcomes told of it, the one that says most.

const ORDER = ["shown", "spoken", "deferred", "skipped", "declined", "accepted", "withdrawn", "kept", "relapsed"];
const says = (outcome) => ORDER.indexOf(outcome.kind);

// The newest first, as they come.
export function became(outcomes) {
 const found = new Map();
 for (const outcome of outcomes) {
  const key = `${outcome.contact_id} ${outcome.action_id}`;
  const known = found.get(key);
  if (!known || says(outcome) > says(known)) found.set(key, outcome);
 }
 return [...found.values()];
}

// A question that was taken was answered.
export const kindOf = ({ kind, action_kind: action }) => (kind === "accepted" && action === "question" ? "answered" : kind);
