// One scene: its points, its camera, and the part of the page it is seen through.

import { Orbit, Plane } from "./camera.js";
import { drawn, element, grouped, iconButton } from "./dom.js";
import { Overlay } from "./overlay.js";
import { backToFront, litLast, nearest, onScreen, scaled, screened, shuffled, within } from "./points.js";
import { listen } from "./tools.js";

const PICK_PX = 10;
const HINTS = {
  3: "Drag to turn · wheel to zoom · shift-drag to move · click to hear",
  2: "Drag to move · wheel to zoom · click to hear · lasso or box to select",
};

export class Pane {
  constructor(cloud, index, spec) {
    Object.assign(this, { cloud, index, spec, tool: "pan", dirty: true });
    this.depth = spec.dimension === 3;
    this.camera = this.depth ? new Orbit() : new Plane();
    this.back = drawn("svg", { class: "back", "aria-hidden": "true" });
    this.front = drawn("svg", { class: "front", "aria-hidden": "true" });
    this.title = element("div", { class: "title" });
    this.tools = element("div", { class: "tools", role: "toolbar", "aria-label": "Tools of this picture" });
    this.hint = element("div", { class: "hint" }, HINTS[spec.dimension]);
    this.element = element("div", { class: "pane", tabindex: "0", role: "application", "data-scene": spec.name },
      this.back, this.front, this.title, this.hint, this.tools);
    this.overlay = new Overlay(this);
    this.tools.append(...this.buttons());
    this.use("pan");
    listen(this);
  }

  buttons() {
    const zoom = (factor) => () => this.touch(() => this.camera.zoomAt(factor, 0, 0, this.width, this.height));
    const last = [
      iconButton("closer", "Zoom in (+)", zoom(1.3)),
      iconButton("farther", "Zoom out (-)", zoom(1 / 1.3)),
      iconButton("reset", "Reset the view (0)", () => this.touch(() => this.camera.reset())),
    ];
    if (this.depth) return [iconButton("turn", "Turn by itself", () => this.cloud.turn(!this.cloud.turning)), ...last];
    const says = { pan: "Move", box: "Select with a box", lasso: "Select with a lasso" };
    return [...Object.entries(says).map(([name, label]) => iconButton(name, label, () => this.use(name))), ...last];
  }

  use(tool) {
    this.tool = tool;
    this.element.dataset.tool = tool;
    for (const button of this.tools.querySelectorAll('[data-tool="pan"], [data-tool="box"], [data-tool="lasso"]')) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    }
  }

  describe(spec, n) {
    this.spec = spec;
    this.title.textContent = spec.title;
    this.element.dataset.scene = spec.name;
    const what = `${spec.title}: ${grouped(n)} clips in ${spec.dimension} dimensions.`;
    const keys = this.depth ? "Arrow keys turn" : "Arrow keys move";
    this.element.setAttribute("aria-label", `${what} ${keys}, plus and minus zoom, 0 resets, Escape clears the selection.`);
  }

  load(buffer, url) {
    const { positions, reach } = scaled(buffer, this.spec.half);
    const half = this.spec.half.map((one) => Math.max(one, 0.02)); // all on one line is no line to look at
    const other = this.loaded !== undefined && this.loaded !== this.spec.name;
    Object.assign(this, { positions, half, url, loaded: this.spec.name });
    // The box's corners lie farther out than the points, and a cut box looks like a mistake.
    Object.assign(this.camera, this.depth ? { reach: Math.max(reach, Math.hypot(...half)) } : { half });
    // Where one looked in another projection means nothing in this one; from which side still does. The same
    // projection with points of a new build is looked at as before.
    if (other) Object.assign(this.camera, this.depth ? { zoom: 1, target: [0, 0, 0] } : { x: 0, y: 0, zoom: 1 });
    this.n = positions.length / 3;
    this.sorted = null;
    this.order = this.depth ? new Uint32Array(this.n) : shuffled(this.n);
  }

  touch(change) { // what a person does to the view
    this.hint.classList.add("gone");
    change();
    if (this.depth) this.cloud.turn(false);
    this.dirty = true;
    this.cloud.moved();
  }

  fit(height) {
    this.element.style.height = `${height}px`;
    const { clientWidth: width, clientHeight, offsetLeft, offsetTop, clientLeft, clientTop } = this.element;
    Object.assign(this, { width, height: clientHeight, left: offsetLeft + clientLeft, top: offsetTop + clientTop });
  }

  place(ratio, canvasHeight) { // in the canvas: device pixels from its lower left
    const [x, y, width, height] = [this.left, this.top, this.width, this.height].map((value) => Math.round(value * ratio));
    return { x, y: canvasHeight - y - height, width, height };
  }

  project() {
    this.matrix = this.camera.project(this.width, this.height);
    return this.matrix;
  }

  sort(lit, stride) { // the indices to paint, in that order
    if (!this.depth) return this.flat(lit, stride);
    const depths = this.camera.depths(this.width, this.height);
    return this.order.subarray(0, backToFront(this.positions, this.matrix, depths, lit, this.order, stride));
  }

  flat(lit, stride) { // the same from frame to frame
    if (this.sorted?.lit !== lit) this.sorted = { lit, order: litLast(this.order, lit) };
    const { order } = this.sorted;
    return stride === 1 ? order : order.filter((_, at) => at % stride === 0);
  }

  // CSS pixels across.
  pointSize() {
    const plain = Math.min(11, Math.max(2.5, 10.5 - 3 * (Math.log10(this.n) - 2.6)));
    const small = Math.min(1, Math.min(this.width, this.height) / 420);
    return Math.max(2.2, plain * Math.max(0.75, small)) * Math.min(3, Math.max(1, this.camera.zoom) ** 0.3);
  }

  radius(away) { // of a point that far off, as the shader has it
    const depth = this.camera.depths(this.width, this.height)[2];
    return (this.pointSize() / 2) * (depth ? Math.min(2.5, Math.max(0.5, depth / away)) : 1);
  }

  at(index) {
    const [x, y, z] = this.positions.subarray(3 * index, 3 * index + 3);
    return this.seen(x, y, z);
  }

  seen(x, y, z) {
    return onScreen(this.project(), x, y, z, this.width, this.height);
  }

  pick(x, y) {
    const depth = this.depth ? this.camera.depths(this.width, this.height)[2] : 0;
    const how = { radius: this.pointSize() / 2 + 1, depth, reach: PICK_PX, lit: this.cloud.selecting.lit };
    return nearest(screened(this.positions, this.project(), this.width, this.height), x, y, how);
  }

  uncovered() { // the points that a click on their middle would meet
    const all = screened(this.positions, this.project(), this.width, this.height);
    return [...Array(this.n).keys()].filter((index) => this.pick(all[3 * index], all[3 * index + 1]) === index);
  }

  enclosed(line) {
    return within(screened(this.positions, this.project(), this.width, this.height), line);
  }
}
