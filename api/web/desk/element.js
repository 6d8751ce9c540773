// Elements made of data. Text goes in as text, so that nothing a customer or a catalogue says is ever read as markup.

export function make(tag, properties = {}, ...children) {
 const made = document.createElement(tag);
 for (const [name, value] of Object.entries(properties)) {
  if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
  else if (value === true) made.setAttribute(name, "");
  else if (value !== false && value != null) made.setAttribute(name, value);
 }
 made.append(...children.flat().filter((child) => child != null && child !== false));
 return made;
}

export const at = (id) => document.getElementById(id);

// A choice of one: options are {value, label}.
export function select(name, label, options, chosen, changed) {
 const box = make("select", { name, onchange: (event) => changed(event.target.value) });
 for (const option of options) box.append(make("option", { value: option.value }, option.label));
 box.value = chosen ?? "";
 return make("label", {}, make("span", {}, label), box);
}

const SVG = "http://www.w3.org/2000/svg";

// A few bars, as high as their values; what is not known has none.
export function bars(values, label) {
 const width = 14, height = 28, most = Math.max(...values.map((value) => value ?? 0), 1e-9);
 const svg = document.createElementNS(SVG, "svg");
 svg.setAttribute("viewBox", `0 0 ${values.length * width} ${height}`);
 svg.setAttribute("class", "bars");
 svg.setAttribute("role", "img");
 svg.setAttribute("aria-label", label);
 values.forEach((value, place) => {
  const bar = document.createElementNS(SVG, "rect");
  const high = value == null ? 0 : Math.max(2, (height * value) / most);
  for (const [name, size] of Object.entries({ x: place * width + 1, y: height - high, width: width - 4, height: high, rx: 2 }))
   bar.setAttribute(name, size);
  svg.append(bar);
 });
 return svg;
}
