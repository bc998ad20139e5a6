// Which clips are selected, and which are shown lit: those, or for a moment those of a legend's entry.

import { element, grouped } from "./dom.js";
import { counted, packed } from "./fetched.js";

export class Selecting {
  constructor(cloud) {
    this.cloud = cloud;
    this.mask = null;
    this.glimpsed = null;
    this.count = element("span", {});
    const clear = element("button", { type: "button" }, "Clear");
    clear.addEventListener("click", () => this.clear());
    this.element = element("div", { class: "selection", role: "status" }, this.count, clear);
    this.show(0);
  }

  get lit() {
    return this.glimpsed ?? this.mask;
  }

  having(code) {
    return Uint8Array.from(this.cloud.codes, (one) => Number(one === code));
  }

  // By hand: shift adds to what is selected, alt takes away from it.
  select(mask, { shiftKey, altKey } = {}) {
    const old = this.mask;
    let wanted = mask;
    if (old && shiftKey) wanted = mask.map((one, i) => one | old[i]);
    else if (altKey) wanted = mask.map((one, i) => Number(!one && (!old || old[i])));
    this.adopt(wanted);
    this.cloud.tell("selected", packed(wanted));
  }

  clear() {
    if (this.mask) this.select(new Uint8Array(this.cloud.n));
  }

  adopt(mask) {
    const count = mask ? counted(mask) : 0;
    this.mask = count ? mask : null;
    this.glimpsed = null;
    this.show(count);
    this.cloud.relit();
  }

  show(count) {
    this.element.hidden = !count;
    this.count.textContent = `${grouped(count)} selected`;
    this.cloud.root.dataset.selected = count;
  }

  glimpse(code) {
    this.glimpsed = code === null ? null : this.having(code);
    this.cloud.relit();
  }
}
