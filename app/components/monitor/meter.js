// How loud it is, the peak of the last moments, and a word when the sound is cut off.

import { clamp, element } from "../cloud/dom.js";

const LOWEST = -60;
const place = (dbfs) => clamp(1 - dbfs / LOWEST, 0, 1);
const written = (dbfs) => (dbfs < LOWEST ? "below " : "") + signed(Math.max(dbfs, LOWEST));
const signed = (dbfs) => `${dbfs < 0 ? "−" : ""}${Math.abs(Math.round(dbfs))}`;

export class Meter {
  constructor() {
    this.told = element("strong", {});
    this.clipped = element("span", { class: "clipped" }, "clipped");
    this.level = element("div", { class: "level" });
    this.peak = element("div", { class: "peak" });
    const ticks = [LOWEST, -40, -20, 0].map((dbfs) => element("span", { style: `left: ${100 * place(dbfs)}%` },
      dbfs === 0 ? "0 dBFS" : written(dbfs)));
    this.element = element("div", { class: "meter", role: "meter", "aria-label": "Level in dBFS",
      "aria-valuemin": LOWEST, "aria-valuemax": 0 },
      element("div", { class: "head" }, element("span", {}, "Level"), this.clipped, this.told),
      element("div", { class: "track" }, this.level, this.peak),
      element("div", { class: "scale", "aria-hidden": "true" }, ...ticks));
  }

  show({ level_dbfs: level, peak_dbfs: peak, clipped }) {
    const heard = level > LOWEST || peak > LOWEST;
    const told = heard ? `${written(level)} dBFS, peak ${written(peak)}` : "silence";
    if (this.told.textContent !== told) this.told.textContent = told;
    this.level.style.transform = `scaleX(${place(level).toFixed(3)})`;
    this.peak.style.transform = `translateX(${(100 * place(peak)).toFixed(1)}%)`;
    this.peak.hidden = peak <= LOWEST;
    this.clipped.hidden = !clipped;
    this.element.setAttribute("aria-valuenow", Math.round(clamp(level, LOWEST, 0)));
    this.element.setAttribute("aria-valuetext", clipped ? `${told}, clipped` : told);
  }
}
