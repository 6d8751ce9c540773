// The card that says what a figure is: shown on hover and on focus, gone with Escape.

import { h } from "/panel/build.js";
import { lineOf, unitOf } from "./shapes.js";
import { between, called, count, figure, word, words } from "./words.js";

const tip = () => document.getElementById("tip");

// A figure in words: what it is of, its value and interval, how many it was counted on, and what it means.
export function told(name, point) {
  const unit = unitOf(name, point);
  const said = words.said.figures[name];
  const series = called(point.series), place = point.at === "all" ? word("all") : called(point.at);
  return {
    of: [...new Set([name === "experiments" ? lineOf(name, point) : series, place])].join(" · "),
    value: figure(point.value, unit),
    interval: between(point, unit),
    n: `${word("n")} = ${count(point.n)} ${said.of}`,
    more: Object.entries(point.about).map(([key, value]) => [word(`about.${key}`), aboutText(key, value, unit)]),
    definition: said.definition,
    how: said.interval,
  };
}

export function aboutText(key, value, unit) {
  if (value === null) return "";
  if (typeof value === "boolean") return word(`series.${value}`);
  if (typeof value === "string") return key === "unit" ? value : key === "kind" ? word(`kinds.${value}`) : called(value);
  if (key === "of_all" || key === "used" || key === "stayed") return figure(value, "share");
  if (key.startsWith("more")) return figure(value, "points", 0);
  if (key === "control" || key === "treatment") return figure(value, unit === "points" ? "share" : unit === "more_euros" ? "euros" : unit);
  if (key === "a_thousand") return figure(value, "euros");
  if (key === "p" || key === "sample_ratio" || key === "by_chance") return figure(value, "index", 4);
  return count(value);
}

export const asSentence = (name, point) => {
  const { of, value, interval, n } = told(name, point);
  return `${of}: ${value} ${interval}, ${n}`;
};

// Beside a place in the window, inside it whatever happens.
export function showTip(name, point, x, y) {
  const said = told(name, point);
  const card = tip();
  const parts = [
    h("p.of", {}, said.of),
    h("p.value", {}, h("strong", {}, said.value), " ", said.interval),
    h("p", {}, said.n),
    said.more.length ? h("dl", {}, said.more.filter(([, text]) => text !== "").map(([term, text]) => [h("dt", {}, term), h("dd", {}, text)])) : null,
    h("p.quiet", {}, said.definition),
    h("p.quiet", {}, said.interval ? `${word("interval95")}: ${said.how}` : ""),
  ];
  card.replaceChildren(...parts.filter(Boolean));
  card.hidden = false;
  const { width, height } = card.getBoundingClientRect();
  const left = x + 14 + width > innerWidth ? x - width - 14 : x + 14;
  card.style.left = `${Math.max(6, Math.min(left, innerWidth - width - 6))}px`;
  card.style.top = `${Math.max(6, Math.min(y + 14, innerHeight - height - 6))}px`;
}

export const hideTip = () => {
  tip().hidden = true;
};

// An element that tells of one point.
export function tells(node, name, point) {
  node.tabIndex = 0;
  node.setAttribute("aria-label", asSentence(name, point));
  const beside = () => {
    const { left, bottom } = node.getBoundingClientRect();
    showTip(name, point, left, bottom - 10);
  };
  node.addEventListener("pointerenter", beside);
  node.addEventListener("pointerleave", hideTip);
  node.addEventListener("focus", beside);
  node.addEventListener("blur", hideTip);
  return node;
}

addEventListener("keydown", (event) => event.key === "Escape" && hideTip());
addEventListener("scroll", hideTip, { passive: true });
