// Probability over the last minute: a line where there was voice, and a strip of the states under it.

import { element } from "../cloud/dom.js";
import { BAR_PX, GAP_PX, Plot } from "./axes.js";
import { KINDS } from "./colouring.js";
import { FIXED } from "./fixed.js";
import { percent, voiceOf } from "./gauge.js";
import { sign } from "./said.js";

const MARGIN_PX = 7; // of CSS: between a certain voice and the frame
const APART_S = 0.6; // decisions farther apart have nothing between them
const THIN = { none: 0.25, unsure: 0.6 }; // a voice's stretch is as high as the strip: not by colour alone

export class Minute {
  constructor() {
    this.rows = [];
    this.plot = new Plot("minute", {
      title: "The last minute: probability (seconds before now)",
      seconds: FIXED.historyS,
      every: 15,
      label: `Probability over the last ${FIXED.historyS} seconds, with gaps where nobody spoke`,
    });
    this.plot.resized = () => this.scale();
    this.band = element("div", { class: "band" });
    this.above = element("span", { class: "above" });
    this.below = element("span", { class: "below" });
    this.plot.area.prepend(this.band, this.above, this.below);
    this.legend = element("div", { class: "legend" });
    this.element = element("div", {}, this.plot.element, this.legend);
  }

  take({ decisions, classes, sure_from: sureFrom }) {
    this.rows = decisions;
    this.changed = true;
    const now = `${classes} ${sureFrom}`;
    if (now === this.known) return;
    this.known = now;
    this.sureFrom = sureFrom;
    this.above.textContent = `${classes[0]}-like`;
    this.below.textContent = `${classes[1]}-like`;
    const entries = [voiceOf(classes[0]), voiceOf(classes[1]), "unsure", "none"]
      .map((kind) => element("span", {}, sign(kind), FIXED.states[KINDS.indexOf(kind)]));
    const band = element("span", {}, element("span", { class: "swatch" }), `below ${percent(sureFrom)}: not sure`);
    this.legend.replaceChildren(...entries, band);
    this.scale();
  }

  scale() {
    const height = this.plot.canvas.clientHeight;
    if (!height || !this.sureFrom) return;
    const share = (probability) => 1 - this.y(probability, height, 1) / height;
    this.plot.mark([[share(1), "100 %"], [share(0.5), "50 %"], [share(0), "100 %"]]);
    this.band.style.bottom = `${100 * share(1 - this.sureFrom)}%`;
    this.band.style.height = `${100 * (share(this.sureFrom) - share(1 - this.sureFrom))}%`;
    this.below.style.bottom = `${BAR_PX + GAP_PX + MARGIN_PX}px`;
  }

  // Pixels from above.
  y(probability, height, ratio) {
    const high = height - (BAR_PX + GAP_PX + 2 * MARGIN_PX) * ratio;
    return MARGIN_PX * ratio + (1 - probability) * high;
  }

  paint(shown, colouring) {
    if (!this.plot.begin(shown, this.changed)) return;
    this.changed = false;
    KINDS.slice(0, FIXED.states.length).forEach((kind, state) => {
      this.plot.context.fillStyle = this.plot.context.strokeStyle = colouring.css(kind);
      this.strip(kind, state, shown);
      this.line(state, shown);
    });
  }

  since(at) {
    return at && this.rows[at][0] - this.rows[at - 1][0] < APART_S ? this.rows[at - 1] : null;
  }

  strip(kind, state, shown) {
    const { context, canvas, ratio } = this.plot;
    const high = BAR_PX * ratio * (THIN[kind] ?? 1);
    this.rows.forEach(([time, , own], at) => {
      if (own !== state) return;
      const left = this.plot.x(this.since(at)?.[0] ?? time - 0.25, shown);
      // One pixel more, or hairs of background would show between neighbours.
      context.fillRect(left, canvas.height - (BAR_PX * ratio + high) / 2, this.plot.x(time, shown) - left + 1, high);
    });
  }

  line(state, shown) {
    const { context, canvas, ratio } = this.plot;
    const place = ([time, probability]) => [this.plot.x(time, shown), this.y(probability, canvas.height, ratio)];
    const dots = new Path2D();
    const lines = new Path2D();
    this.rows.forEach((row, at) => {
      if (row[2] !== state || row[1] === null) return;
      const [x, y] = place(row);
      dots.moveTo(x, y);
      dots.arc(x, y, 1.6 * ratio, 0, 2 * Math.PI);
      const before = this.since(at);
      if (!before || before[1] === null) return;
      lines.moveTo(...place(before));
      lines.lineTo(x, y);
    });
    context.lineWidth = 2 * ratio;
    context.lineCap = "round";
    context.stroke(lines);
    context.fill(dots);
  }

  free() {
    this.plot.free();
  }
}
