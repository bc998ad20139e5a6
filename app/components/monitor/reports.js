// When each tick was on the screen, told to Python in batches: only numbers and times.

const EVERY_MS = 3_000;
const MOST = 60;

export class Reports {
  constructor() {
    this.hides = 0;
    this.hid = () => { this.hides += 1; };
    document.addEventListener("visibilitychange", this.hid);
    this.forget(null);
  }

  forget(session) {
    Object.assign(this, { session, rows: [], last: null, told: Date.now() });
  }

  // A tick has just been written to the page; tell: what to call with a report.
  note({ number, ms }, tell) {
    if (number === this.last || document.hidden) return;
    this.last = number;
    const { session, hides } = this;
    // A frame begins, and is painted before the next task.
    requestAnimationFrame(() => setTimeout(() => {
      // In a hidden tab the frame comes when somebody returns: that is no delay.
      if (session !== this.session || hides !== this.hides) return;
      this.rows = [...this.rows.slice(1 - MOST), [number, ms, Date.now()]];
      if (Date.now() - this.told >= EVERY_MS) this.send(tell);
    }));
  }

  send(tell) {
    const { session, rows } = this;
    this.told = Date.now();
    this.rows = [];
    tell({ session, rows, reported_ms: this.told });
  }

  free() {
    document.removeEventListener("visibilitychange", this.hid);
    this.session = null;
  }
}
