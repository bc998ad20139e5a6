// Colours as [red, green, blue] from 0 to 255: the theme's own for few categories, more by farthest choice,
// a trimmed viridis for numbers.

import { clamp } from "./dom.js";

// Viridis (Smith and van der Walt, 2015) at every eighth.
const VIRIDIS = [
  [68, 1, 84], [71, 45, 123], [59, 82, 139], [44, 114, 142], [33, 145, 140],
  [40, 174, 128], [94, 201, 98], [173, 220, 48], [253, 231, 37],
];

export function theme(root) {
  const style = getComputedStyle(root);
  const of = (name) => style.getPropertyValue(`--st-${name}`).trim();
  const background = parsed(of("background-color")) ?? [255, 255, 255];
  const text = parsed(of("text-color")) ?? [31, 41, 51];
  const dark = lightness(background) < 0.5;
  const named = of("chart-categorical-colors").match(/#[0-9a-f]{6}|rgba?\([^)]*\)/gi) ?? [];
  return {
    dark,
    background,
    text,
    primary: parsed(of("primary-color")) ?? [10, 106, 143],
    grey: mixed(background, text, dark ? 0.42 : 0.36),
    categories: named.map(parsed).filter(Boolean),
  };
}

function parsed(text) {
  if (/^#[0-9a-f]{6}/i.test(text)) return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
  const numbers = text.match(/[\d.]+/g);
  return numbers && numbers.length >= 3 ? numbers.slice(0, 3).map(Number) : null;
}

export function mixed(from, to, share) {
  return from.map((value, at) => Math.round(value + (to[at] - value) * share));
}

export const css = (colour) => `rgb(${colour.join(",")})`;

// OKLab (Ottosson, 2020): distances there are about what eyes see.
function toLab(colour) {
  const [r, g, b] = colour.map((v) => (v <= 10.31475 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

const lightness = (colour) => toLab(colour)[0];

function fromLab(L, a, b) {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  if (linear.some((v) => v < -0.001 || v > 1.001)) return null;
  return linear.map((v) => Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * clamp(v, 0, 1) ** (1 / 2.4) - 0.055)));
}

function candidates(dark) {
  const found = [];
  const levels = dark ? [0.58, 0.66, 0.74, 0.82, 0.9] : [0.36, 0.43, 0.5, 0.57, 0.64];
  for (const level of levels) {
    for (const chroma of [0.06, 0.1, 0.14, 0.18, 0.22]) {
      for (let hue = 0; hue < 360; hue += 10) {
        const turn = (hue * Math.PI) / 180;
        const colour = fromLab(level, chroma * Math.cos(turn), chroma * Math.sin(turn));
        if (colour) found.push(colour);
      }
    }
  }
  return found;
}

// The theme's colours, then always the one farthest from all that are taken.
export function palette(count, look) {
  const taken = look.categories.slice(0, count);
  if (taken.length === count) return taken;
  const free = candidates(look.dark);
  const labs = free.map(toLab);
  const away = (lab, other) => Math.hypot(lab[0] - other[0], lab[1] - other[1], lab[2] - other[2]);
  const grey = toLab(look.grey);
  const nearest = labs.map((lab) => Math.min(away(lab, grey), ...taken.map((one) => away(lab, toLab(one)))));
  while (taken.length < count) {
    const best = nearest.indexOf(Math.max(...nearest));
    taken.push(free[best]);
    labs.forEach((lab, at) => { nearest[at] = Math.min(nearest[at], away(lab, labs[best])); });
    // Once all are taken they come round again.
    if (Math.max(...nearest) <= 0) nearest.fill(1);
  }
  return taken;
}

// The end that fades into the background is left off; high values stand out from it.
export function ramp(look) {
  const steps = [];
  for (let i = 0; i < 255; i += 1) {
    const share = look.dark ? 0.1 + 0.9 * (i / 254) : 0.88 * (1 - i / 254);
    const at = Math.min(share * 8, 7.9999);
    steps.push(mixed(VIRIDIS[Math.floor(at)], VIRIDIS[Math.floor(at) + 1], at % 1));
  }
  return steps;
}

export function coloursOf(colouring, look) {
  return colouring.names ? palette(colouring.names.length, look) : ramp(look);
}
