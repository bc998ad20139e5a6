// A picture that moves to the left, with what stands still around it: title, scales, and the canvas in their middle.

import { clamp, element } from "../cloud/dom.js";

export const BAR_PX = 8; // of CSS: the bar under a picture, and how far below it lies
export const GAP_PX = 6;
const SHARPEST = 2; // device pixels in one of CSS, at most: more cost time and show nothing

const placed = (name, share) => ({ style: `${name}: ${(100 * share).toFixed(2)}%` });

export class Plot {
  constructor(name, { title, seconds, every, label }) {
    this.seconds = seconds;
    this.canvas = element("canvas", { role: "img", "aria-label": label });
    this.context = this.canvas.getContext("2d");
    this.area = element("div", { class: "area" }, this.canvas);
    this.upward = element("div", { class: "upward", "aria-hidden": "true" });
    const times = [];
    for (let ago = seconds; ago > 0; ago -= every) {
      times.push(element("span", placed("left", 1 - ago / seconds), `−${ago}`));
    }
    times.push(element("span", placed("left", 1), "now"));
    const along = element("div", { class: "along", "aria-hidden": "true" }, ...times);
    this.element = element("figure", { class: `plot ${name}` },
      element("figcaption", {}, title), this.upward, this.area, along);
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.area);
  }

  // Words beside the canvas: [share of the height from below, text].
  mark(marks) {
    this.upward.replaceChildren(...marks.map(([share, text]) => element("span", placed("bottom", share), text)));
  }

  resize() {
    this.ratio = clamp(window.devicePixelRatio || 1, 1, SHARPEST);
    this.canvas.width = Math.round(this.canvas.clientWidth * this.ratio);
    this.canvas.height = Math.round(this.canvas.clientHeight * this.ratio);
    this.painted = null;
    this.resized?.();
  }

  // Clean and true where there is something to do: not for less than a pixel of CSS, or when nothing is seen.
  begin(shown, changed) {
    const { width, height } = this.canvas;
    const moved = this.painted === null || Math.abs(shown - this.painted) * width >= this.seconds * this.ratio;
    if (!width || !(changed || moved)) return false;
    this.painted = shown;
    this.context.clearRect(0, 0, width, height);
    return true;
  }

  x(time, shown) {
    return this.canvas.width * (1 - (shown - time) / this.seconds);
  }

  free() {
    this.sizes.disconnect();
  }
}
