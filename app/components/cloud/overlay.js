// Lines and words around the points: the box and its axes behind them, marks and the lasso before them.

import { clamp, drawn } from "./dom.js";
import { onScreen } from "./points.js";

const set = (shape, properties) => Object.entries(properties).forEach(([name, value]) => shape.setAttribute(name, value));
export const LARGER = { chosen: 1.5, linked: 1.25 };
const round = (value) => value.toFixed(1);

export class Overlay {
  constructor(pane) {
    this.pane = pane;
    this.box = drawn("path", { class: "box" });
    this.names = [0, 1, 2].map(() => drawn("text", { class: "axis" }));
    pane.back.append(this.box, ...this.names);
    this.links = drawn("path", { class: "links" });
    this.hover = drawn("circle", { class: "hovered" });
    this.trail = drawn("path", { class: "trail" });
    this.youHalo = drawn("circle", { class: "halo" });
    this.you = drawn("circle", { class: "you" });
    this.halo = drawn("circle", { class: "halo" });
    this.ring = drawn("circle", { class: "ring" });
    this.line = drawn("path", { class: "outline" });
    pane.front.append(this.links, this.trail, this.youHalo, this.you, this.hover, this.halo, this.ring, this.line);
  }

  outline(line) {
    this.line.setAttribute("d", line ? `M${line.map((point) => point.map(round).join(",")).join("L")}Z` : "");
  }

  update({ chosen, links, hovered }) {
    const { pane } = this;
    if (pane.depth) this.cage();
    else this.edges();
    this.walk(pane.cloud.data.trails?.[pane.index] ?? []);
    this.mark(this.hover, hovered, 1, 2.5);
    this.mark(this.halo, chosen, LARGER.chosen, 3.5);
    this.mark(this.ring, chosen, LARGER.chosen, 3.5);
    const from = chosen === null ? null : pane.at(chosen);
    const ends = from && from[2] > 0 ? links.map((one) => pane.at(one)).filter((at) => at[2] > 0) : [];
    this.links.setAttribute("d", ends.map((to) => `M${round(from[0])},${round(from[1])}L${round(to[0])},${round(to[1])}`).join(""));
  }

  // Where something that is no clip has been, and where it is now.
  walk(trail) {
    const steps = trail.map(([x, y, z]) => this.pane.seen(x, y, z ?? 0)).filter((at) => at[2] > 0);
    this.trail.setAttribute("d", steps.length > 1 ? `M${steps.map((at) => `${round(at[0])},${round(at[1])}`).join("L")}` : "");
    const last = steps.at(-1);
    for (const circle of [this.youHalo, this.you]) {
      set(circle, last ? { cx: round(last[0]), cy: round(last[1]), r: 7 } : { r: 0 });
    }
  }

  mark(circle, index, larger, apart) {
    const at = index === null ? null : this.pane.at(index);
    if (!at || at[2] <= 0) set(circle, { r: 0 });
    else set(circle, { cx: round(at[0]), cy: round(at[1]), r: round(this.pane.radius(at[2]) * larger + apart) });
  }

  edges() {
    const { width, height, spec } = this.pane;
    set(this.names[0], { x: width / 2, y: height - 9 });
    set(this.names[1], { x: 14, y: height / 2, transform: `rotate(-90 14 ${height / 2})` });
    this.names.forEach((name, axis) => { name.textContent = spec.axes[axis] ?? ""; });
  }

  // The three faces of the box that lie behind the points, and each axis named at an outer edge.
  cage() {
    const { pane } = this;
    const towards = pane.camera.axes()[2];
    const behind = towards.map((value) => (value > 0 ? -1 : 1));
    const corner = (signs) => {
      const [x, y, z] = signs.map((sign, axis) => sign * pane.half[axis] * 1.04);
      return onScreen(pane.matrix, x, y, z, pane.width, pane.height);
    };
    const lines = [];
    const middle = corner([0, 0, 0]);
    for (let axis = 0; axis < 3; axis += 1) {
      const outer = [];
      for (const one of [-1, 1]) {
        for (const two of [-1, 1]) {
          const [a, b] = [(axis + 1) % 3, (axis + 2) % 3];
          const hidden = Number(one === behind[a]) + Number(two === behind[b]);
          const ends = [-1, 1].map((side) => {
            const signs = [0, 0, 0];
            [signs[axis], signs[a], signs[b]] = [side, one, two];
            return corner(signs);
          });
          if (hidden && ends.every((end) => end[2] > 0.02)) {
            lines.push(`M${ends.map((end) => `${round(end[0])},${round(end[1])}`).join("L")}`);
            if (hidden === 1) outer.push(ends);
          }
        }
      }
      this.name(axis, outer, middle);
    }
    this.box.setAttribute("d", lines.join(""));
  }

  name(axis, outer, middle) {
    const text = this.names[axis];
    text.textContent = outer.length ? this.pane.spec.axes[axis] ?? "" : "";
    if (!text.textContent) return;
    // Floor axes at the lower edge, the upright one at the left.
    const centres = outer.map(([p, q]) => [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2]);
    const value = (at) => (axis === 2 ? -at[0] : at[1]);
    const [x, y] = centres.reduce((best, at) => (value(at) > value(best) ? at : best));
    const away = Math.hypot(x - middle[0], y - middle[1]) || 1;
    const [dx, dy] = [(x - middle[0]) / away, (y - middle[1]) / away];
    const anchor = Math.abs(dx) < 0.3 ? "middle" : dx > 0 ? "start" : "end";
    // Not past the picture's edge, as far as the words' length can be guessed.
    const length = 7 * text.textContent.length * { start: 0, middle: 0.5, end: 1 }[anchor];
    const most = this.pane.width - 6 - 7 * text.textContent.length + length;
    set(text, { x: round(clamp(x + dx * 10, 6 + length, most)), y: round(y + dy * 12 + 4), "text-anchor": anchor });
  }
}
