// All parts of the monitor, given each tick.

import { element } from "../cloud/dom.js";
import { Colouring } from "./colouring.js";
import { FIXED } from "./fixed.js";
import { Flow } from "./flow.js";
import { Gauge } from "./gauge.js";
import { Meter } from "./meter.js";
import { Minute } from "./minute.js";
import { Picture } from "./picture.js";
import { Reports } from "./reports.js";
import { Said } from "./said.js";

export class Monitor {
  constructor(root) {
    this.root = root;
    this.colouring = new Colouring(root);
    Object.assign(this, { said: new Said(), gauge: new Gauge(), meter: new Meter() });
    Object.assign(this, { picture: new Picture(), minute: new Minute(), reports: new Reports() });
    const style = element("style", {}, FIXED.style);
    const now = element("div", { class: "now" },
      this.said.element, element("div", { class: "levels" }, this.gauge.element, this.meter.element));
    root.replaceChildren(style, element("div", { class: "parts" }, now, this.picture.element, this.minute.element));
    this.flow = new Flow(root, (shown) => this.paint(shown));
  }

  take(data, tell) {
    if (data.session !== this.session) this.begin(data.session);
    if (this.colouring.changed()) this.picture.changed = this.minute.changed = true;
    for (const part of [this.said, this.gauge, this.meter]) part.show(data);
    for (const part of [this.picture, this.minute]) part.take(data);
    this.flow.tick(data.now_s);
    this.root.dataset.number = data.sent.number;
    if (this.flow.visible) this.reports.note(data.sent, tell);
  }

  begin(session) {
    this.session = this.root.dataset.session = session;
    this.picture.begin(session);
    this.flow.forget();
    this.reports.forget(session);
  }

  paint(shown) {
    this.picture.paint(shown, this.colouring);
    this.minute.paint(shown, this.colouring);
  }

  free() {
    for (const part of [this.flow, this.reports, this.picture, this.minute]) part.free();
  }
}
