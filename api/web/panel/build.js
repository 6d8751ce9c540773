// Building the page: nodes from data. Text is only ever text: nothing here reads HTML.

// h("p.note", {id: "x", onclick: f}, "text", node, ...) ; null, false and "" are left out.
export function h(name, attributes, ...children) {
  const [tag, ...classes] = name.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "value") node.value = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return node;
}

// fill("{count} held back", {count: 3})
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

// How this language and currency write numbers and days.
export function writer(spoken, currency, timezone) {
  const language = spoken === "en" ? "en-GB" : spoken; // days before months, as everywhere in Europe
  const form = (options) => new Intl.NumberFormat(language, options);
  const euros = form({ style: "currency", currency });
  const share = form({ style: "percent", maximumFractionDigits: 0 });
  const day = { day: "numeric", month: "long", year: "numeric" };
  const clock = { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", timeZone: timezone };
  const local = new Intl.DateTimeFormat("en-CA", { timeZone: timezone });
  return {
    // Some languages would put the sign between symbol and figure, where nobody sees it.
    euros: (amount) => `${amount < 0 ? "−\u2009" : ""}${euros.format(Math.abs(amount))}`,
    signed: (amount) => `${amount < 0 ? "−" : amount > 0 ? "+" : ""}\u2009${euros.format(Math.abs(amount))}`.trim(),
    percent: (part) => share.format(part),
    moment: (at) => moment(new Date(at)),
    termEnd: (from, months) => termEnd(local.format(new Date(from)), months),
  };

  function moment(at) {
    const parts = new Intl.DateTimeFormat("en-GB", { ...clock, hourCycle: "h23" }).formatToParts(at);
    const read = (type) => parts.find((part) => part.type === type).value;
    const { hour, minute, ...wholeDay } = clock;
    const endOfDay = read("hour") === "23" && read("minute") === "59";
    return new Intl.DateTimeFormat(language, endOfDay ? wholeDay : clock).format(at);
  }

  // The last day of a term of so many months: 31 August and six months is 28 February.
  function termEnd(today, months) {
    const [year, month, date] = today.split("-").map(Number);
    const last = new Date(Date.UTC(year, month - 1 + months + 1, 0)).getUTCDate();
    const end = Date.UTC(year, month - 1 + months, Math.min(date, last));
    return new Intl.DateTimeFormat(language, { ...day, timeZone: "UTC" }).format(end);
  }
}
