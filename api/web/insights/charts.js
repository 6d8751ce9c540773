// Pictures of figures, drawn with Chart.js: lines with bands, columns and bars with whiskers, intervals. Every point can be reached by pointer and by arrow keys.

import { h } from "/panel/build.js";
import { SHAPES, drawn, lineOf } from "./shapes.js";
import { asSentence, hideTip, showTip } from "./tip.js";
import { called, figure, word } from "./words.js";

const charts = new Map();
const NARROW = 520;

// The colours of the style sheet: by day, by night, and on paper by day.
function palette() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  return {
    ink: colour("--ink"), quiet: colour("--quiet"), line: colour("--line"), card: colour("--card"),
    series: Array.from({ length: 8 }, (_, number) => colour(`--c${number}`)),
  };
}

const faded = (colour, share) => `color-mix(in srgb, ${colour} ${share}%, transparent)`;

// The ends of intervals, and the points in them, over what Chart.js has drawn.
const whiskers = {
  id: "whiskers",
  afterDatasetsDraw(chart) {
    const { ctx } = chart;
    chart.data.datasets.forEach((dataset, number) => {
      if (!dataset.whisk || !chart.isDatasetVisible(number)) return;
      const across = chart.options.indexAxis === "y", scale = across ? chart.scales.x : chart.scales.y;
      chart.getDatasetMeta(number).data.forEach((element, index) => {
        const point = dataset.points[index];
        if (!point) return;
        const at = across ? element.y : element.x, on = dataset.on ?? ((value) => value);
        ctx.save();
        ctx.strokeStyle = ctx.fillStyle = dataset.whisk;
        ctx.lineWidth = 1.5;
        if (point.low !== null && !dataset.dots) {
          const [low, high] = [point.low, point.high].map((value) => scale.getPixelForValue(on(value)));
          const path = across ? [[low, at, high, at], [low, at - 3, low, at + 3], [high, at - 3, high, at + 3]] : [[at, low, at, high], [at - 3, low, at + 3, low], [at - 3, high, at + 3, high]];
          ctx.beginPath();
          for (const [x1, y1, x2, y2] of path) ctx.moveTo(x1, y1), ctx.lineTo(x2, y2);
          ctx.stroke();
        }
        if (dataset.dots) {
          ctx.beginPath();
          ctx.arc(scale.getPixelForValue(on(point.value)), at, 4.5, 0, 2 * Math.PI);
          ctx.fill();
        }
        ctx.restore();
      });
    });
    const { compared } = chart.options;
    if (compared === undefined) return;
    const x = chart.scales.x.getPixelForValue(compared), { top, bottom } = chart.chartArea;
    if (x < chart.chartArea.left || x > chart.chartArea.right) return;
    ctx.save();
    ctx.strokeStyle = chart.options.ink;
    ctx.setLineDash([4, 3]);
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, bottom);
    ctx.stroke();
    ctx.restore();
  },
};

const unique = (list) => [...new Set(list)];
const find = (points, series, at, name) => points.find((point) => lineOf(name, point) === series && point.at === at) ?? null;

function lines(name, points, colours) {
  const places = unique(points.map((point) => point.at)).sort(), series = unique(points.map((point) => point.series));
  const datasets = series.flatMap((one, number) => {
    const found = places.map((at) => find(points, one, at, name)), colour = colours.series[number];
    const band = found.some((point) => point && point.low !== null);
    const plain = { pointRadius: 0, borderWidth: 0, fill: false, band: true };
    return [
      ...(band ? [{ ...plain, data: found.map((point) => point?.low ?? null) }, { ...plain, data: found.map((point) => point?.high ?? null), fill: "-1", backgroundColor: faded(colour, 16) }] : []),
      { label: called(one), data: found.map((point) => point?.value ?? null), points: found, borderColor: colour, backgroundColor: colour, borderWidth: 2.5, pointRadius: 3.5, pointHoverRadius: 6, tension: 0.25, borderDash: one === "foretold" ? [6, 4] : [], pointStyle: number % 2 ? "rectRot" : "circle" },
    ];
  });
  return { type: "line", data: { labels: places.map(called), datasets } };
}

function stack(name, points, colours) {
  const places = unique(points.map((point) => point.at)).sort(), series = unique(points.map((point) => point.series));
  const datasets = series.map((one, number) => {
    const found = places.map((at) => find(points, one, at, name)), colour = colours.series[number % 8];
    return { label: called(one), data: found.map((point) => point?.value ?? 0), points: found, backgroundColor: colour, borderColor: colours.card, borderWidth: 1, barPercentage: 0.95, categoryPercentage: 0.9 };
  });
  return { type: "bar", data: { labels: places.map(called), datasets }, stacked: true };
}

function columns(name, points, colours) {
  const places = unique(points.map((point) => point.at)), series = unique(points.map((point) => point.series));
  const datasets = series.map((one, number) => {
    const found = places.map((at) => find(points, one, at, name)), colour = colours.series[number];
    return { label: called(one), data: found.map((point) => point?.value ?? null), points: found, backgroundColor: faded(colour, 78), borderRadius: 4, whisk: colours.ink, maxBarThickness: 56 };
  });
  return { type: "bar", data: { labels: places.map(called), datasets } };
}

function bars(name, points, colours) {
  const { beside } = SHAPES[name];
  const labels = points.map((point) => [called(point.at), beside === "rule" ? called(String(point.about.rule)) : beside === "series" ? called(point.series) : ""].filter((text, number, all) => text && all.indexOf(text) === number));
  const dataset = { data: points.map((point) => point.value), points, backgroundColor: faded(colours.series[0], 78), borderRadius: 4, whisk: colours.ink, maxBarThickness: 20 };
  return { type: "bar", data: { labels, datasets: [dataset] }, across: true };
}

// A thin bar from end to end of each interval with the value in it; ratios stand on a scale of doublings.
function intervals(name, points, colours) {
  const places = unique(points.map((point) => point.at)), series = unique(points.map((point) => lineOf(name, point)));
  const on = SHAPES[name].doubled ? Math.log2 : (value) => value;
  const grade = (at) => points.find((point) => point.at === at)?.about.grade;
  const datasets = series.map((one, number) => {
    const found = places.map((at) => find(points, one, at, name)), colour = colours.series[number];
    return { label: name === "experiments" ? one : called(one), data: found.map((point) => (point ? [on(point.low), on(point.high)] : null)), points: found, backgroundColor: faded(colour, 45), barPercentage: 0.16, whisk: colour, dots: true, on, categoryPercentage: 0.8 };
  });
  const labels = places.map((at) => [grade(at) ? `${called(at)} (${grade(at)})` : called(at)]);
  return { type: "bar", data: { labels, datasets }, across: true };
}

const DRAW = { lines, stack, columns, bars, intervals };

const wrapped = (texts, wide) =>
  texts.flatMap((text) => {
    const rows = [""];
    for (const part of text.split(" ")) {
      if (rows.at(-1) && (rows.at(-1) + " " + part).length > wide) rows.push(part);
      else rows[rows.length - 1] = rows.at(-1) ? `${rows.at(-1)} ${part}` : part;
    }
    return rows.slice(0, 3);
  });

function options(name, made, colours, narrow) {
  const { unit, doubled, compared, limit, axis } = SHAPES[name];
  const shown = (value) => figure(doubled ? 2 ** value : value, unit, unit === "share" || unit === "points" ? (Math.abs(value) < 0.1 && value !== 0 ? 1 : 0) : unit === "euros" ? (Math.abs(value) < 10 && value % 1 ? 1 : 0) : 2);
  const values = { grid: { color: colours.line }, border: { display: false }, ticks: { color: colours.quiet, callback: (value) => shown(value), maxTicksLimit: narrow ? 4 : 7 }, beginAtZero: !doubled, stacked: made.stacked, ...(made.stacked ? { max: 1 } : {}) };
  const places = { grid: { display: false }, border: { color: colours.line }, stacked: made.stacked, ticks: { color: made.across ? colours.ink : colours.quiet, autoSkip: !made.across, maxRotation: 0 }, ...(axis ? { title: { display: true, text: word(`axes.${axis}`), color: colours.quiet } } : {}) };
  if (doubled) values.ticks.stepSize = 1;
  const ends = made.data.datasets.flatMap((dataset) => (dataset.points ?? []).map((point) => point?.high ?? 0));
  if (!made.stacked && !doubled) values.suggestedMax = Math.max(...ends, (limit ?? 0) * 1.1);
  const many = made.data.datasets.filter((dataset) => dataset.label).length > 1;
  return {
    animation: false, maintainAspectRatio: false, events: [], normalized: true, indexAxis: made.across ? "y" : "x", ink: colours.ink,
    compared: limit ?? (compared === undefined ? undefined : doubled ? Math.log2(compared) : compared),
    font: { family: "inherit" },
    scales: made.across ? { x: values, y: places } : { x: places, y: values },
    plugins: {
      tooltip: { enabled: false },
      legend: { display: many, position: "top", align: "start", labels: { color: colours.ink, usePointStyle: true, boxHeight: 7, padding: 14, filter: (item, data) => !data.datasets[item.datasetIndex].band } },
    },
  };
}

// The picture of a figure with its points, in a box that can be walked through.
export function picture(name, points) {
  const some = drawn(name, points);
  if (!some.length) return null;
  const canvas = h("canvas", { "aria-hidden": "true" });
  const title = word(`figures.${name}.title`);
  const heard = h("p.unseen", { "aria-live": "polite" });
  const box = h("div.plot", { tabindex: 0, role: "group", "aria-label": word("chart_of", { title, keys: word("keys") }) }, canvas, heard);
  const rows = { bars: some.length * 2.9 + 2.5, intervals: unique(some.map((point) => point.at)).length * (1 + 0.75 * unique(some.map((point) => lineOf(name, point))).length) + 4.5 }[SHAPES[name].draw];
  if (rows) box.style.height = `${rows}rem`;
  charts.set(name, { box, canvas, some, chart: null });
  walk(name, box, heard);
  return box;
}

// Everything anew, for another width, scheme or medium.
export function drawAll() {
  for (const [name, entry] of charts) {
    entry.chart?.destroy();
    const colours = palette(), narrow = entry.box.clientWidth < NARROW;
    const made = DRAW[SHAPES[name].draw](name, entry.some, colours);
    if (made.across) made.data.labels = made.data.labels.map((texts) => wrapped(texts, narrow ? 18 : 38));
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = parseFloat(getComputedStyle(document.documentElement).fontSize) * (narrow ? 0.74 : 0.83);
    entry.chart = new Chart(entry.canvas, { type: made.type, data: made.data, options: options(name, made, colours, narrow), plugins: [whiskers] });
  }
}

export function forgetPictures() {
  for (const { chart } of charts.values()) chart?.destroy();
  charts.clear();
}

function walk(name, box, heard) {
  let place = 0;
  const chartOf = () => charts.get(name).chart;
  const stops = () =>
    chartOf().data.datasets.flatMap((dataset, datasetIndex) => (dataset.points ?? []).map((point, index) => ({ datasetIndex, index, point }))).filter((stop) => stop.point);
  const show = ({ datasetIndex, index, point }) => {
    const chart = chartOf(), element = chart.getDatasetMeta(datasetIndex).data[index];
    chart.setActiveElements([{ datasetIndex, index }]);
    chart.draw();
    const { left, top } = chart.canvas.getBoundingClientRect(), { x, y } = element.tooltipPosition(true);
    showTip(name, point, left + x, top + y);
    return point;
  };
  const hide = () => {
    hideTip();
    chartOf()?.setActiveElements([]);
    chartOf()?.draw();
  };
  box.addEventListener("pointermove", (event) => {
    const chart = chartOf(), across = chart.options.indexAxis === "y", mode = SHAPES[name].draw === "stack" ? "point" : "nearest";
    const near = chart.getElementsAtEventForMode(event, mode, { intersect: mode === "point", axis: across ? "y" : "xy" }, true).find(({ datasetIndex, index }) => chart.data.datasets[datasetIndex].points?.[index]);
    if (near) show({ ...near, point: chart.data.datasets[near.datasetIndex].points[near.index] });
    else hide();
  });
  box.addEventListener("pointerleave", hide);
  box.addEventListener("blur", hide);
  box.addEventListener("focus", () => {
    if (box.matches(":focus-visible")) heard.textContent = asSentence(name, show(stops()[place]));
  });
  box.addEventListener("keydown", (event) => {
    const all = stops();
    const next = { ArrowRight: place + 1, ArrowDown: place + 1, ArrowLeft: place - 1, ArrowUp: place - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    place = (next + all.length) % all.length;
    heard.textContent = asSentence(name, show(all[place]));
  });
}
