// Figures as tables: of every figure one that can be downloaded, and of two of them the picture itself.

import { h } from "/panel/build.js";
import { SHAPES, lineOf, unitOf } from "./shapes.js";
import { aboutText, tells } from "./tip.js";
import { between, called, count, figure, word } from "./words.js";

const unique = (list) => [...new Set(list)];
const placed = (at) => (at === "all" ? word("all") : called(at));

// Series down, places across, each cell with its value and shade.
export function grid(name, points) {
  const places = unique(points.map((point) => point.at)), rows = unique(points.map((point) => point.series));
  const unit = SHAPES[name].unit, months = name === "cohorts";
  const head = h("tr", {}, h("th", { scope: "col" }, h("span.unseen", {}, word(`figures.${name}.title`))), places.map((at) => h("th", { scope: "col" }, months ? word("axes.months", { n: at }) : called(at))));
  const body = rows.map((series) => {
    const own = points.filter((point) => point.series === series);
    const { until, started } = own[0].about;
    const label = months && series !== "already" && until !== series ? word("month_and", { first: called(series), last: called(until) }) : called(series);
    const cells = places.map((at) => {
      const point = own.find((one) => one.at === at);
      if (!point) return h("td.none", {}, "");
      const look = `td.heat${point.about.mature === false ? ".young" : ""}`;
      const cell = h(look, {});
      cell.append(tells(h("span.cell", { role: "note" }, h("strong", {}, figure(point.value, unit, 0)), h("small", {}, count(point.n))), name, point));
      cell.style.setProperty("--heat", `${Math.round(100 * point.value)}%`);
      return cell;
    });
    return h(`tr${series === "no_save" ? ".apart" : ""}`, {}, h("th", { scope: "row" }, label, months ? h("small", {}, count(started)) : null), cells);
  });
  const made = h("table.grid", {}, h("thead", {}, head), h("tbody", {}, body));
  made.style.minWidth = `${9 + 4.6 * places.length}rem`;
  return h("div.scroll", { tabindex: 0, role: "group", "aria-label": word(`figures.${name}.title`) }, made);
}

export function table(name, points) {
  const said = word(`figures.${name}`), keys = unique(points.flatMap((point) => Object.keys(point.about)));
  const heads = ["", "", said.value, word("interval95"), `${word("n")}: ${said.of}`, ...keys.map((key) => word(`about.${key}`))];
  const rows = points.map((point) => {
    const unit = unitOf(name, point);
    const cells = [placed(point.at), figure(point.value, unit), between(point, unit), count(point.n), ...keys.map((key) => (key in point.about ? aboutText(key, point.about[key], unit) : ""))];
    return h("tr", {}, h("th", { scope: "row" }, name === "experiments" ? lineOf(name, point) : called(point.series)), cells.map((text) => h("td", {}, text)));
  });
  return h("div.scroll", { tabindex: 0, role: "group", "aria-label": said.title }, h("table.plain", {}, h("thead", {}, h("tr", {}, heads.map((text) => (text ? h("th", { scope: "col" }, text) : h("td", {}))))), h("tbody", {}, rows)));
}

// RFC 4180, with ids beside names; a text that a spreadsheet would calculate is quoted against it.
export function csv(name, points) {
  const keys = unique(points.flatMap((point) => Object.keys(point.about)));
  const heads = ["figure", "series", "series_name", "at", "at_name", "value", "low", "high", "n", ...keys];
  const rows = points.map((point) => [name, point.series, called(point.series), point.at, placed(point.at), point.value, point.low, point.high, point.n, ...keys.map((key) => point.about[key])]);
  return [heads, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function download(name, points) {
  const link = h("a", { href: URL.createObjectURL(new Blob(["\ufeff", csv(name, points)], { type: "text/csv" })), download: `${name}.csv` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
