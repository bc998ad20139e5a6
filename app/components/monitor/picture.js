// The log-mel that scrolls by, and a bar under it where there is voice.

import { BAR_PX, GAP_PX, Plot } from "./axes.js";
import { Columns } from "./columns.js";
import { FIXED } from "./fixed.js";

// Streamlit may take the monitor off the page and put it back at once: the seconds before that are still there.
let kept = { session: null, columns: null };

export class Picture {
  constructor() {
    this.plot = new Plot("picture", {
      title: "Log-mel spectrogram (Hz, seconds before now)",
      seconds: FIXED.pictureS,
      every: 2,
      label: `Log-mel spectrogram of the last ${FIXED.pictureS} seconds, with a bar under each stretch of voice`,
    });
    this.plot.resized = () => this.scale();
    this.element = this.plot.element;
  }

  scale() {
    const height = this.plot.canvas.clientHeight;
    const below = (BAR_PX + GAP_PX) / height;
    const ticks = FIXED.ticks.map(([hz, share]) => [below + (1 - below) * share, hz.toLocaleString("en-GB")]);
    this.plot.mark([[BAR_PX / 2 / height, "voice"], ...ticks]);
  }

  begin(session) {
    if (kept.session !== session) kept = { session, columns: new Columns() };
    this.columns = kept.columns;
    this.changed = true;
  }

  take(data) {
    if (this.columns.take(data)) this.changed = true;
  }

  paint(shown, colouring) {
    const { plot, columns } = this;
    if (!plot.begin(shown, this.changed)) return;
    this.changed = false;
    const { context, canvas, ratio } = plot;
    const high = canvas.height - (BAR_PX + GAP_PX) * ratio;
    const from = Math.floor((shown - FIXED.pictureS) / FIXED.columnS);
    const to = Math.ceil(shown / FIXED.columnS);
    for (const { number, place, count } of columns.pieces(from, to)) {
      const left = plot.x(number * FIXED.columnS, shown);
      const right = plot.x((number + count) * FIXED.columnS, shown);
      context.drawImage(columns.ring, place, 0, count, FIXED.bands, left, 0, right - left, high);
    }
    context.fillStyle = colouring.text;
    for (const [first, last] of columns.stretches(from, to)) {
      const left = plot.x(first * FIXED.columnS, shown);
      context.fillRect(left, canvas.height - BAR_PX * ratio, plot.x(last * FIXED.columnS, shown) - left, BAR_PX * ratio);
    }
  }

  free() {
    this.plot.free();
  }
}
