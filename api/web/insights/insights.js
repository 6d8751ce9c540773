// The insights: figures the offline job computed, drawn for who is answerable for the whole.

import { h } from "/panel/build.js";
import { drawAll, forgetPictures, picture } from "./charts.js";
import { SECTIONS, SHAPES, unitOf } from "./shapes.js";
import { download, grid, table } from "./tables.js";
import { tells } from "./tip.js";
import { LANGUAGES, between, count, day, figure, firstLanguage, speak, word, words } from "./words.js";

const KEPT = "behoud-insights-token";
const AGAIN = 20_000; // ms between two looks for newer figures
const at = (id) => document.getElementById(id);
const OLD = 3 * 86_400_000; // ms: who looks every day has missed some days
let known = null, etag = null, written = null, problem = null;

// The token comes in the fragment, which no server sees, and leaves the address bar at once.
function token() {
  const given = location.hash.slice(1);
  if (/^b[th]_/.test(given)) {
    sessionStorage.setItem(KEPT, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(KEPT);
}

async function load() {
  const key = token();
  if (!key) return show("door");
  const headers = { Authorization: `Bearer ${key}`, ...(etag ? { "If-None-Match": etag } : {}) };
  let answer;
  try {
    answer = await fetch("/v1/insights", { headers, credentials: "omit", cache: "no-store" });
  } catch {
    return known ? null : show("away");
  }
  if (answer.status === 304) return null;
  const said = await answer.json().catch(() => ({}));
  if (answer.status === 404) return show("nothing");
  if (answer.status === 401 || answer.status === 403) {
    sessionStorage.removeItem(KEPT);
    known = etag = null;
    return show("door", said.detail);
  }
  if (!answer.ok) return known ? null : show("away");
  etag = answer.headers.get("etag");
  written = Date.parse(answer.headers.get("last-modified"));
  known = said;
  return show(null);
}

function show(what, detail = "") {
  problem = what && { what, detail };
  render();
}

function render() {
  document.title = `${word("title")} · Behoud`;
  at("skip").textContent = word("skip");
  forgetPictures();
  at("bar").replaceChildren(...bar());
  at("figures").replaceChildren(...(problem ? [emptiness(problem)] : known ? page() : [h("p.quiet", {}, word("loading"))]));
  at("end").replaceChildren(...(problem || !known ? [] : ending()));
  at("figures").setAttribute("aria-busy", String(!problem && !known));
  drawAll();
}

function bar() {
  const languages = LANGUAGES.map((language) => h("button", { type: "button", lang: language, "aria-pressed": String(language === words.language), onclick: () => speak(language).then(render) }, language.toUpperCase()));
  return [
    h("h1", {}, h("span.mark", { "aria-hidden": "true" }), "Behoud ", h("small", {}, word("title"))),
    h("div.tools", {}, h("button", { type: "button", onclick: () => print() }, word("print")), h("div.languages", { role: "group", "aria-label": word("language") }, languages)),
  ];
}

function emptiness({ what, detail }) {
  if (what === "door") {
    const field = h("input", { id: "token", type: "password", autocomplete: "off", spellcheck: "false", required: true });
    const open = (event) => {
      event.preventDefault();
      sessionStorage.setItem(KEPT, field.value.trim());
      load();
    };
    return h("section.empty", {}, h("h2", {}, word("door.title")), h("p", {}, word("door.text")), detail ? h("p.bad", { role: "alert" }, word("door.refused", { why: detail })) : null, h("form", { onsubmit: open }, h("label", { for: "token" }, word("door.token")), h("div.row", {}, field, h("button.main", { type: "submit" }, word("door.open")))), h("p", {}, word("door.make")), h("pre", {}, "python -m api token create --insights --agent NAME"));
  }
  if (what === "away") return h("section.empty", {}, h("p", { role: "status" }, word("nothing.away")));
  return h("section.empty", {}, h("h2", {}, word("nothing.title")), h("p", {}, word("nothing.text")), h("pre", {}, "python -m training insights --data DIR --bundle B \\\n  --catalogue F --policy F --out var/insights.json"));
}

function page() {
  words.names = known.names;
  words.currency = known.currency;
  const figures = Object.fromEntries(known.figures.map((one) => [one.id, one]));
  const links = Object.keys(SECTIONS).map((name) => h("li", {}, h("a", { href: `#${name}` }, word(`sections.${name}`)[0])));
  const said = { customers: count(known.customers), contacts: count(known.contacts), decisions: count(known.decisions) };
  const period = known.since ? word("period", { since: day(known.since), until: day(known.until) }) : word("period_open", { until: day(known.until) });
  return [
    h("div.lead", {}, h("p.period", {}, period), h("p.quiet", {}, word("counted", said))),
    Date.now() - written > OLD ? h("p.bad", { role: "status" }, word("old", { days: count(Math.floor((Date.now() - written) / 86_400_000)) })) : "",
    h("section", { "aria-label": word("glance") }, h("ul.tiles", {}, tiles(figures))),
    h("nav", { "aria-label": word("contents") }, h("ul", {}, links)),
    ...Object.entries(SECTIONS).map(([name, list]) => {
      const [title, lead] = word(`sections.${name}`);
      return h("section", { id: name, "aria-labelledby": `${name}-title` }, h("h2", { id: `${name}-title` }, title), h("p.quiet", {}, lead), h("div.cards", {}, list.map((one) => card(figures[one]))));
    }),
  ];
}

const TILES = [["acceptance_offer", "acceptance", "offers"], ["acceptance_save", "acceptance", "saves"], ["net_saves", "net_saves", "all"], ["fair_quiet", "fair_quiet", "difference"], ["exploration", "exploration", "total"]];

function tiles(figures) {
  return TILES.map(([name, from, series]) => {
    const point = figures[from].points.find((one) => one.series === series && one.at === "all");
    if (!point) return h("li.tile.none", {}, h("p.name", {}, word(`tiles.${name}`)), h("p.value", {}, "–"), h("p.quiet", {}, word("tiles.none")));
    const unit = unitOf(from, point);
    const shown = tells(h("div", { role: "note" }, h("p.name", {}, word(`tiles.${name}`)), h("p.value", {}, figure(point.value, unit)), h("p.quiet", {}, between(point, unit)), h("p.quiet", {}, `${word("n")} = ${count(point.n)}`)), from, point);
    return h("li.tile", {}, shown);
  });
}

function card(one) {
  const said = word(`figures.${one.id}`), shape = SHAPES[one.id];
  const head = [h("h3", {}, said.title), h("p.quiet", {}, said.lead)];
  if (one.missing) return h(`article.card.missing${shape.wide ? ".wide" : ""}`, {}, head, missing(one.missing));
  const drawing = shape.draw === "grid" ? grid(one.id, one.points) : picture(one.id, one.points);
  const withheld = one.points.filter((point) => point.at === "withheld").map((point) => h("p.bad", {}, `${point.series}: ${word("series.withheld")} (p = ${figure(point.value, "index", 4)})`));
  return h(`article.card${shape.wide ? ".wide" : ""}`, {}, head, withheld, drawing, one.left_out ? h("p.quiet", {}, word("left_out", { count: count(one.left_out) })) : "", h("details", {}, h("summary", {}, word("as_table")), table(one.id, one.points)), h("dl.meaning", {}, h("dt", {}, word("definition")), h("dd", {}, said.definition), h("dt", {}, word("interval95")), h("dd", {}, said.interval)), h("button.csv", { type: "button", "aria-label": word("csv_of", { title: said.title }), onclick: () => download(one.id, one.points) }, word("csv")));
}

function missing(why) {
  const [text, remedy] = word(`missing.${why}`);
  const parts = remedy.split("`").map((part, number) => (number % 2 ? h("code", {}, part) : part));
  return h("div.hole", {}, h("p", {}, h("strong", {}, word("no_data"))), h("p", {}, text), h("p.quiet", {}, parts));
}

function ending() {
  const short = (version) => version.replace(/^sha256:/, "").slice(0, 12);
  return [
    h("p", {}, word("few")),
    known.unreadable ? h("p", {}, word("unreadable", { count: count(known.unreadable) })) : "",
    Number.isNaN(written) ? "" : h("p", {}, word("written", { day: day(written) })),
    h("p", {}, word("versions", { tables: short(known.tables), bundle: short(known.bundle) })),
  ];
}

let width = 0, waiting = 0;
addEventListener("resize", () => {
  if (innerWidth === width) return;
  width = innerWidth;
  clearTimeout(waiting);
  waiting = setTimeout(drawAll, 150);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
matchMedia("print").addEventListener("change", drawAll);
addEventListener("hashchange", load);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && load());

await speak(firstLanguage());
render();
await load();
setInterval(() => document.visibilityState === "visible" && load(), AGAIN);
