// Which moment is shown. Ticks come four times a second and not evenly; what is shown goes on evenly, a little behind
// them, and stands still when they end, when nobody sees it, and between them where motion is not wanted.

import { clamp } from "../cloud/dom.js";

const LAG_S = 0.4; // behind the first tick; later so far that the sound lasts from one tick to the next
const MOST_S = 1; // behind the newest sound: rather a halt than that
const TICKS = 8;
const PULL = 3; // a second: how soon it is back in step
const FRAME_MS = 30;

export class Flow {
  constructor(root, paint) {
    Object.assign(this, { paint, visible: true, asked: 0, last: 0, frames: 0 });
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.forget();
    this.seen = new IntersectionObserver((entries) => {
      this.visible = entries.at(-1).isIntersecting;
      this.wake();
    });
    this.seen.observe(root);
    this.woken = () => this.wake();
    document.addEventListener("visibilitychange", this.woken);
  }

  forget() {
    this.newest = this.shown = this.ahead = 0;
    this.late = []; // at each of the last ticks, how far this window's clock was past the newest sound, in seconds
  }

  tick(newest) {
    const now = performance.now() / 1000;
    if (newest > this.newest) {
      const began = !this.late.length || now - this.newest - this.late.at(-1) > MOST_S;
      this.late = began ? [now - newest + LAG_S] : [...this.late.slice(1 - TICKS), now - this.newest];
      Object.assign(this, { newest, ahead: newest - now });
    }
    this.wake();
  }

  wake() {
    if (this.asked || this.freed || !this.visible || document.hidden) return;
    this.asked = requestAnimationFrame((now) => this.frame(now));
  }

  frame(now) {
    this.asked = 0;
    if (this.freed) return;
    if (now - this.last >= FRAME_MS) {
      this.step(now);
      this.last = now;
      this.frames += 1;
      this.paint(this.shown);
    }
    if (this.shown < this.newest) this.wake();
  }

  step(now) {
    const due = Math.min(this.newest, now / 1000 + Math.max(-Math.max(...this.late), this.ahead - MOST_S));
    const behind = due - this.shown;
    if (this.still.matches) this.shown = this.newest;
    else if (Math.abs(behind) > MOST_S) this.shown = due;
    else this.shown += (Math.min(now - this.last, 100) / 1000) * clamp(1 + PULL * behind, 0.2, 3);
    this.shown = clamp(this.shown, 0, this.newest);
  }

  free() {
    this.freed = true;
    cancelAnimationFrame(this.asked);
    this.seen.disconnect();
    document.removeEventListener("visibilitychange", this.woken);
  }
}
