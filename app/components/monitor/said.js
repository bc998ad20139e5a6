// The state in words, with a sign of its own shape beside it. Screen readers are told when it changes.

import { element } from "../cloud/dom.js";
import { kindOf } from "./colouring.js";

export const sign = (kind) => element("span", { class: "sign", "data-kind": kind, "aria-hidden": "true" });

export class Said {
  constructor() {
    this.words = element("div", { class: "words" });
    this.why = element("div", { class: "why" });
    this.sign = sign("waiting");
    this.element = element("div", { class: "said", "aria-live": "polite", "aria-atomic": "true" },
      this.sign, element("div", {}, this.words, this.why));
  }

  // Only what differs is written: a live region would be read out again.
  show({ state, words, why }) {
    const { dataset } = this.element;
    if (dataset.state === state && this.words.textContent === words && this.why.textContent === why) return;
    dataset.state = state;
    dataset.kind = kindOf(state);
    this.sign.dataset.kind = dataset.kind;
    this.words.textContent = words;
    this.why.textContent = why;
  }
}
