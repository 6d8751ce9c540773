// The question: what the desktop wrote into the attributes, and what was learnt in the panel since.

export const ATTRIBUTES = [
  "contact",
  "customer",
  "channel",
  "direction",
  "intent",
  "subject",
  "queue",
  "agent",
  "authority",
  "customer-lang",
  "lang",
  "endpoint",
];

function languageOf(element) {
  return (element.getAttribute("lang") || document.documentElement.lang || "en").slice(0, 2).toLowerCase();
}

export function questionOf(element, { motive, motiveSource, facts }) {
  const read = (name) => element.getAttribute(name) || undefined;
  const figure = (name) => (Number.isFinite(Number(read(name))) ? Number(read(name)) : undefined);
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
      agent: read("agent") && { agent_id: read("agent"), authority: figure("authority") },
    },
    facts: Object.keys(facts).length ? facts : undefined,
    language: languageOf(element),
  };
}
