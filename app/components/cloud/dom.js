// Elements without HTML text: a label may be called "<img onerror=...>", and stays a label.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function element(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

export function drawn(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

const ICONS = {
  turn: "M20 12a8 8 0 1 1-2.3-5.6M20 3v4h-4",
  closer: "M12 5v14M5 12h14",
  farther: "M5 12h14",
  reset: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5M12 11v2M11 12h2",
  pan: "M12 3v18M3 12h18M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3",
  box: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M11 4h2M11 20h2M4 11v2M20 11v2",
  lasso: "M8 15.500c-3-.6-5-2.300-5-4.500C3 7.700 7 5 12 5s9 2.700 9 6-4 6-9 6c-.7 0-1.400 0-2-.2M8 13a2 2 0 1 0 .1 4M9.500 16c.5 2-.5 4-3 4.500",
};

export function iconButton(name, label, press) {
  const icon = drawn("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, drawn("path", { d: ICONS[name] }));
  const button = element("button", { type: "button", title: label, "aria-label": label, "data-tool": name }, icon);
  button.addEventListener("click", press);
  return button;
}

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

export const grouped = (count) => count.toLocaleString("en-GB");
