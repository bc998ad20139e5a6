// What is known of the clip under the cursor. It is asked for by the first hand that hovers: the names of
// 100,000 clips are megabytes.

import { element } from "./dom.js";
import { codesOf, fetched } from "./fetched.js";

export class Tip {
  constructor() {
    this.element = element("div", { class: "tip", role: "status" });
    this.hide();
  }

  hide() {
    this.element.hidden = true;
    this.index = null;
  }

  show(index, at, stage, data) {
    if (index !== this.index || data !== this.data) this.fill(index, data, () => this.place(at, stage));
    this.element.hidden = false;
    this.place(at, stage);
  }

  fill(index, data, then) {
    Object.assign(this, { index, data });
    const label = element("strong", {}, "…");
    this.element.replaceChildren(label);
    const others = [data.clusters, data.colouring].filter((one) => one && one.title !== data.labels.title);
    const rows = others.filter((one, at) => others.findIndex((other) => other.title === one.title) === at);
    Promise.all([data.labels, ...rows].map(codesOf)).then(async ([labels, ...codes]) => {
      const lines = rows.map((one, at) => element("div", {}, `${one.title}: ${valueOf(one, codes[at][index])}`));
      if (this.index !== index) return;
      label.textContent = valueOf(data.labels, labels[index]);
      this.element.append(...lines);
      then();
      const ids = await fetched(data.ids, "json");
      if (this.index !== index) return;
      this.element.append(element("code", {}, ids[index]));
      then();
    }).catch((error) => console.warn(error)); // hovering again asks again
  }

  place([x, y], stage) {
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const left = x + 16 + width > stage.clientWidth ? x - width - 16 : x + 16;
    const top = y + 14 + height > stage.clientHeight ? y - height - 14 : y + 14;
    this.element.style.transform = `translate(${Math.max(4, Math.round(left))}px, ${Math.max(4, Math.round(top))}px)`;
  }
}

function valueOf(colouring, code) {
  if (code === colouring.none) return colouring.missing;
  if (colouring.names) return colouring.names[code];
  return `${number(colouring.low + ((colouring.high - colouring.low) * code) / 254)} ${colouring.unit}`.trim();
}

export function number(value) {
  const size = Math.abs(value);
  if (size && (size < 0.001 || size >= 1e6)) return value.toExponential(2);
  return Number(value.toPrecision(size >= 1000 ? 4 : 3)).toLocaleString("en-GB");
}
