// What the colours mean: categories with counts, to click on, or a bar from low to high.

import { css } from "./colours.js";
import { drawn, element, grouped } from "./dom.js";
import { SHAPES } from "./shaders.js";
import { number } from "./tip.js";

// The shapes of the points once more, in a box of 12 by 12.
const MARKS = [
  "M6 1a5 5 0 1 0 .01 0z", "M2 2h8v8H2z", "M6 1 11 10H1z", "M6 .5 11.500 6 6 11.500.5 6z", "M6 11 1 2h10z",
  "m3 1.500 3 3 3-3L10.500 3l-3 3 3 3L9 10.500l-3-3-3 3L1.500 9l3-3-3-3z",
  "M6 1a5 5 0 1 0 .01 0zm0 3a2 2 0 1 1-.01 0z", "M4.500 1h3v3.500H11v3H7.500V11h-3V7.500H1v-3h3.500z",
];

function swatch(colour, mark) {
  const path = drawn("path", { d: MARKS[mark], fill: css(colour), "fill-rule": "evenodd" });
  return drawn("svg", { class: "swatch", viewBox: "0 0 12 12", "aria-hidden": "true" }, path);
}

function entry(name, colour, mark, count, code, on) {
  const button = element("button", { type: "button", class: "entry", "data-code": code, title: `Select: ${name}` },
    swatch(colour, mark), element("span", { class: "name" }, name), element("span", { class: "count" }, grouped(count)));
  button.addEventListener("click", (event) => on.select(code, event));
  button.addEventListener("pointerenter", () => on.preview(code));
  button.addEventListener("pointerleave", () => on.preview(null));
  return button;
}

export function countsOf(codes, names, missing) {
  const counts = new Array(names.length).fill(0);
  let none = 0;
  for (let i = 0; i < codes.length; i += 1) {
    if (codes[i] === missing) none += 1;
    else counts[codes[i]] += 1;
  }
  return [counts, none];
}

function categories(colouring, codes, colours, grey, symbols, on) {
  const [counts, none] = countsOf(codes, colouring.names, colouring.none);
  const list = element("div", { class: "entries", role: "group", "aria-label": colouring.title });
  colouring.names.forEach((name, code) => {
    if (counts[code]) list.append(entry(name, colours[code], symbols ? code % SHAPES : 0, counts[code], code, on));
  });
  if (none) list.append(entry(colouring.missing, grey, 0, none, colouring.none, on));
  return list;
}

function bar(colouring, codes, colours, grey, on) {
  const [low, high] = [number(colouring.low), `${number(colouring.high)} ${colouring.unit}`.trim()];
  const stops = colours.filter((_, at) => at % 16 === 0 || at === 254).map(css);
  const strip = element("div", { class: "strip", role: "img", "aria-label": `from ${low} to ${high}` });
  strip.style.background = `linear-gradient(to right, ${stops.join(",")})`;
  const row = element("div", { class: "bar" }, element("span", {}, low), strip, element("span", {}, high));
  const none = codes.reduce((sum, code) => sum + Number(code === colouring.none), 0);
  if (none) row.append(entry(colouring.missing, grey, 0, none, colouring.none, on));
  return row;
}

export function showLegend(place, { colouring, codes, colours, grey, symbols, ...on }) {
  const kept = place.querySelector(".entries")?.scrollTop ?? 0;
  const body = colouring.names
    ? categories(colouring, codes, colours, grey, symbols, on)
    : bar(colouring, codes, colours, grey, on);
  place.replaceChildren(element("div", { class: "heading" }, colouring.title), body);
  body.scrollTop = kept;
}
