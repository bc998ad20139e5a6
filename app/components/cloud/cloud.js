// The whole: scenes over the same clips; what is hovered, chosen and lit is so in all of them.

import { Address, read, written } from "./address.js";
import { coloursOf, theme } from "./colours.js";
import { element, grouped } from "./dom.js";
import { load } from "./loading.js";
import { showLegend } from "./legend.js";
import { MANY, Motion } from "./motion.js";
import { fitted, painted } from "./painting.js";
import { Pane } from "./pane.js";
import { Renderer } from "./renderer.js";
import { Selecting } from "./selecting.js";
import { Sound } from "./sound.js";
import { Tip } from "./tip.js";

export class Cloud {
  constructor(root) {
    Object.assign(this, { root, panes: [], chosen: null, hovered: null, pointer: null, serial: 0, n: 0 });
    this.canvas = element("canvas", { role: "img" });
    this.renderer = new Renderer(this.canvas);
    this.tip = new Tip();
    this.stage = element("div", { class: "stage" }, this.canvas, this.tip.element);
    this.legend = element("div", { class: "legend" });
    this.selecting = new Selecting(this);
    root.replaceChildren(this.stage, element("div", { class: "below" }, this.legend, this.selecting.element));
    this.sound = new Sound(root);
    this.address = new Address();
    this.motion = new Motion(this);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.stage);
    this.canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    this.canvas.addEventListener("webglcontextrestored", () => this.restore());
  }

  // What a run of the page brings. Nothing of it is drawn before all of it is here.
  async apply(data, tell) {
    this.tell = tell;
    if (this.data && this.data.ids !== data.ids) this.sound.heard.clear();
    const heard = this.sound.offer(data.chosen, data.sound, data.chosen_id);
    const serial = (this.serial += 1);
    const loaded = await load(data);
    if (data.n > MANY) await heard; // painting that many can keep a machine without graphics card from playing
    if (serial !== this.serial || this.freed) return; // a later run has overtaken this one
    const before = this.data;
    Object.assign(this, { data, n: data.n, look: theme(this.root) });
    this.shape(data, loaded);
    this.colour(data, loaded, before);
    // What the page has not changed stays as a hand has left it.
    if (!before || before.chosen !== data.chosen || before.ids !== data.ids) this.chosen = data.chosen;
    if (!before || before.selected !== data.selected || before.n !== data.n) this.selecting.adopt(loaded.selected);
    this.address.show();
    this.report();
    this.resize();
    const shown = JSON.stringify([this.drawn, data.scenes, this.chosen, data.chosen, data.links]);
    if (shown !== this.shown) this.redraw();
    else this.mark(); // the trail may have gone on
    this.shown = shown;
    this.root.dataset.chosen = data.chosen_id ?? "";
    this.root.dataset.ready = "true";
  }

  shape(data, { points }) {
    const dimensions = data.scenes.map((scene) => scene.dimension).join();
    const anew = dimensions !== this.dimensions;
    if (anew) {
      this.panes.forEach((pane) => pane.element.remove());
      this.panes = data.scenes.map((spec, index) => new Pane(this, index, spec));
      this.stage.append(...this.panes.map((pane) => pane.element));
      this.dimensions = dimensions;
    }
    this.panes.forEach((pane, index) => {
      pane.describe(data.scenes[index], data.n);
      if (pane.url === data.scenes[index].points) return;
      pane.load(points[index], data.scenes[index].points);
      this.renderer.points(index, pane.positions);
    });
    if (anew) this.arrive();
  }

  arrive() { // by the camera of the address, or else turning gently
    const known = this.address.text && read(this.address.text, this.panes.map((pane) => pane.camera)).some(Boolean);
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (known) this.panes.forEach((pane) => pane.hint.classList.add("gone"));
    else this.address.text = "";
    this.turn(this.data.turning && !known && !calm && this.n > 1 && !this.root.dataset.ready);
  }

  colour(data, { codes, clusters }, before) {
    Object.assign(this, { codes, clusters });
    const drawn = JSON.stringify([data.n, data.symbols, data.symbols && data.clusters, data.colouring, this.look]);
    if (drawn === this.drawn) return; // not even the legend, where a hand may be
    this.drawn = drawn;
    if (before?.colouring.codes !== data.colouring.codes) this.renderer.codes(0, codes);
    this.renderer.codes(1, clusters ?? new Uint8Array(data.n));
    this.colours = coloursOf(data.colouring, this.look);
    this.renderer.colours(this.colours);
    this.canvas.setAttribute("aria-label", `${grouped(data.n)} clips, coloured by ${data.colouring.title}`);
    showLegend(this.legend, {
      colouring: data.colouring, codes, colours: this.colours, grey: this.look.grey,
      symbols: data.symbols && data.clusters?.codes === data.colouring.codes,
      select: (code, event) => this.selecting.select(this.selecting.having(code), event),
      preview: (code) => this.selecting.glimpse(code),
    });
  }

  click(pane, x, y, at) {
    const index = this.n ? pane.pick(x, y) : -1;
    if (index < 0) return;
    const known = this.sound.click(index, at);
    this.chosen = index;
    this.mark(); // the points themselves are painted again when the neighbours are here
    // Heard again, and the page has nothing new to show.
    if (!known || index !== this.data.chosen) this.tell("chosen", index);
  }

  hover(pane, x, y) {
    this.pointer = pane && { pane, x, y };
    this.motion.wake();
  }

  lookUnderPointer() {
    const { pane, x, y } = this.pointer ?? {};
    const index = pane && this.n && pane.width ? pane.pick(x, y) : -1;
    const found = index < 0 ? null : index;
    this.panes.forEach((one) => one.element.classList.toggle("over", one === pane && found !== null));
    if (found === null) this.tip.hide();
    else {
      const [left, top] = pane.at(found);
      this.tip.show(found, [left + pane.left, top + pane.top], this.stage, this.data);
    }
    if (found === this.hovered) return;
    this.hovered = found;
    this.mark();
  }

  mark() {
    this.panes.forEach((pane) => pane.width && pane.overlay.update(this.marks));
  }

  get marks() {
    const links = this.chosen === this.data.chosen ? this.data.links : [];
    return { chosen: this.chosen, links, hovered: this.hovered };
  }

  turn(on) {
    this.motion.turn(on);
  }

  // The page hears of the first move only: from then on it shows no other picture unasked.
  report() {
    const scenes = this.panes.map((pane) => pane.spec.name).join();
    if (!this.data.report || this.touched !== scenes || this.reported === scenes) return;
    this.reported = scenes;
    this.tell("touched", true);
  }

  moved() { // by a hand
    this.touched = this.panes.map((pane) => pane.spec.name).join();
    this.report();
    this.address.later(written(this.panes.map((pane) => pane.camera)));
    this.motion.moving = true;
    this.motion.wake();
  }

  relit() {
    if (this.n) this.renderer.codes(2, this.selecting.lit ?? new Uint8Array(this.n));
    this.redraw();
  }

  redraw() {
    this.panes.forEach((pane) => { pane.dirty = true; });
    this.motion.wake();
  }

  resize() {
    if (this.data && fitted(this)) this.paint(); // now: a canvas that has changed its size is empty
  }

  paint(stride = 1) {
    if (this.data && !this.renderer.gl.isContextLost()) painted(this, stride);
  }

  restore() { // the browser had taken the graphics memory away
    this.renderer.prepare();
    this.panes.forEach((pane) => this.renderer.points(pane.index, pane.positions));
    this.drawn = null;
    this.colour(this.data, this, null);
    this.relit();
  }

  free() {
    this.freed = true;
    for (const one of [this.motion, this.sound, this.address, this.renderer]) one.free();
    this.observer.disconnect();
  }
}
