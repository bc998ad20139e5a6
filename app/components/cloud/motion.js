// When something is painted: after a change, and on and on while the cloud turns by itself.

const TURN_PER_S = 0.1; // radians
const STEP_MS = 30;
const SLOW_MS = 120; // where a frame takes longer, turning by itself would only keep the machine busy
const PATIENCE = 10;
export const MANY = 20_000;
const FLUID_MS = 45;
const REST_MS = 180;

export class Motion {
  constructor(cloud) {
    Object.assign(this, { cloud, on: false, visible: true, asked: 0, last: 0, slow: 0, stride: 1, pace: 0 });
    this.watcher = new IntersectionObserver(([entry]) => {
      this.visible = entry.isIntersecting;
      this.wake();
    });
    this.watcher.observe(cloud.stage);
  }

  turn(on) {
    if (on !== this.on) Object.assign(this, { on, slow: 0, last: 0 });
    this.mark();
    this.wake();
  }

  mark() {
    const buttons = this.cloud.stage.querySelectorAll('[data-tool="turn"]');
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(this.on)));
  }

  wake() {
    this.asked ||= requestAnimationFrame((now) => this.frame(now));
  }

  // Under a hand it holds still: a point that walks away is hard to hit.
  get running() {
    return this.on && this.visible && !this.cloud.pointer?.pane.depth;
  }

  frame(now) {
    this.asked = 0;
    if (this.cloud.freed) return;
    if (this.running) this.step(now);
    else this.last = 0;
    this.cloud.lookUnderPointer();
    this.cloud.paint(this.thinned(now));
    if (this.running) this.wake();
  }

  // Where frames take long, many points are thinned out while they move, and come back when they rest.
  thinned(now) {
    if (this.cloud.n < MANY || !this.moving) return 1;
    const passed = now - this.painted;
    this.painted = now;
    this.moving = false;
    if (passed < 400) this.pace = this.pace ? 0.7 * this.pace + 0.3 * passed : passed;
    if (this.pace > FLUID_MS) this.stride = Math.min(4, this.stride + 1);
    else if (this.pace < FLUID_MS / 2) this.stride = Math.max(1, this.stride - 1);
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.settle(), REST_MS);
    return this.stride;
  }

  settle() {
    if (this.stride === 1 || this.cloud.freed) return;
    this.cloud.panes.forEach((pane) => { pane.dirty = true; });
    this.cloud.paint(1);
  }

  step(now) {
    const passed = this.last ? now - this.last : STEP_MS;
    if (passed < STEP_MS) return;
    this.slow = passed > SLOW_MS ? this.slow + 1 : 0;
    this.last = now;
    if (this.slow > PATIENCE) this.turn(false);
    for (const pane of this.cloud.panes.filter((one) => one.depth)) {
      pane.camera.yaw += (TURN_PER_S * Math.min(passed, 200)) / 1000;
      pane.dirty = true;
    }
    this.moving = true;
  }

  free() {
    cancelAnimationFrame(this.asked);
    clearTimeout(this.rest);
    this.watcher.disconnect();
  }
}
