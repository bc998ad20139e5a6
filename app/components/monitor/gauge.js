// How likely which of the two is: a needle between them, and the band in which neither is likely enough.

import { element } from "../cloud/dom.js";
import { kindOf } from "./colouring.js";

export const voiceOf = (name) => kindOf(`${name}-like voice`);

// A hundred percent would be a promise.
export const percent = (share) => (share > 0.99 ? "over 99 %" : `${Math.round(100 * share)} %`);

export function likelier(probability, [first, second]) {
  const name = probability >= 0.5 ? first : second;
  return `${name}-like ${percent(Math.max(probability, 1 - probability))}`;
}

export class Gauge {
  constructor() {
    this.told = element("strong", {});
    this.ends = [element("span", {}), element("span", {})];
    this.parts = ["low", "band", "high"].map((name) => element("div", { class: name }));
    this.needle = element("div", { class: "needle" });
    this.limits = [element("span", {}), element("span", {})];
    this.element = element("div", { class: "gauge", role: "meter", "aria-valuemin": 0, "aria-valuemax": 100 },
      element("div", { class: "head" }, element("span", {}, "Probability"), this.told),
      element("div", { class: "track" }, ...this.parts, this.needle),
      element("div", { class: "ends" }, this.ends[1], element("span", { class: "limits" }, ...this.limits), this.ends[0]));
  }

  show({ probability, sure_from: sureFrom, classes }) {
    this.scale(sureFrom, classes);
    const known = probability !== null;
    const told = known ? likelier(probability, classes) : "–";
    if (this.told.textContent !== told) this.told.textContent = told;
    this.needle.hidden = !known;
    if (known) this.needle.style.transform = `translateX(${(100 * probability).toFixed(1)}%)`;
    if (known) this.element.setAttribute("aria-valuenow", Math.round(100 * probability));
    else this.element.removeAttribute("aria-valuenow");
    this.element.setAttribute("aria-valuetext", known ? told : "no voice to tell");
  }

  scale(sureFrom, [first, second]) {
    const now = `${sureFrom} ${first} ${second}`;
    if (this.known === now) return;
    this.known = now;
    const [low, band, high] = this.parts;
    low.style.flexGrow = high.style.flexGrow = 1 - sureFrom;
    band.style.flexGrow = 2 * sureFrom - 1;
    low.style.setProperty("--own", `var(--${voiceOf(second)})`);
    high.style.setProperty("--own", `var(--${voiceOf(first)})`);
    this.ends[0].textContent = `${first}-like`;
    this.ends[1].textContent = `${second}-like`;
    this.limits[0].textContent = `not sure below ${percent(sureFrom)}`;
    this.element.setAttribute("aria-label", `Probability from ${second}-like, 0, to ${first}-like, 100`);
  }
}
