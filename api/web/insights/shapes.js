// How each figure is drawn and in which unit its values are. What it means stands in the words, by the same name.

export const SECTIONS = {
  results: ["acceptance", "net_saves"],
  talks: ["modes", "nothing", "starved"],
  saves: ["held"],
  staying: ["cohorts", "lock_in"],
  proof: ["experiments"],
  cost: ["exploration", "levers"],
  fair: ["fair_quiet", "fair_tenure", "fair_vulnerable"],
  watch: ["churn_calibration", "acceptance_calibration", "drift"],
};

export const SHAPES = {
  acceptance: { draw: "lines", unit: "share" },
  net_saves: { draw: "lines", unit: "share", series: ["all"] },
  modes: { draw: "stack", unit: "share", wide: true },
  nothing: { draw: "bars", unit: "share", beside: "series", wide: true },
  starved: { draw: "bars", unit: "share", beside: "rule", wide: true },
  held: { draw: "grid", unit: "share", wide: true },
  cohorts: { draw: "grid", unit: "share", wide: true },
  lock_in: { draw: "intervals", unit: "ratio", compared: 1, doubled: true, wide: true },
  experiments: { draw: "intervals", unit: "points", compared: 0, wide: true },
  exploration: { draw: "columns", unit: "euros" },
  levers: { draw: "columns", unit: "euros" },
  fair_quiet: { draw: "columns", unit: "euros", axis: "fifths", wide: true },
  fair_tenure: { draw: "columns", unit: "euros" },
  fair_vulnerable: { draw: "columns", unit: "euros" },
  churn_calibration: { draw: "lines", unit: "share" },
  acceptance_calibration: { draw: "lines", unit: "share" },
  drift: { draw: "bars", unit: "index", limit: 0.25, most: 12, wide: true },
};

// Of experiments each measure has its own unit; only differences of shares stand on one axis.
export function unitOf(name, point) {
  if (name !== "experiments") return point.series === "difference" ? "more_euros" : SHAPES[name].unit;
  if (point.at === "withheld") return "index";
  const unit = String(point.about.unit);
  return unit.startsWith("EUR") ? "more_euros" : unit.startsWith("share") ? "points" : "number";
}

// The points that are drawn: what is counted over everything stands in the tiles and the table.
export function drawn(name, points) {
  const { series, draw, most } = SHAPES[name];
  const some = points.filter((point) => {
    if (series && !series.includes(point.series)) return false;
    if (name === "experiments") return unitOf(name, point) === "points" || String(point.about.unit).startsWith("saves");
    return point.at !== "all" || draw === "grid";
  });
  return most ? some.slice(0, most) : some;
}

// A series and a place as they are named together; in experiments the arm belongs to the series.
export const lineOf = (name, point) => (name === "experiments" && point.about.arm ? `${point.series}: ${point.about.arm}` : point.series);
