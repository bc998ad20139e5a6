// The log-mel of the last seconds, painted once, each column at its number modulo their count.

import { clamp } from "../cloud/dom.js";
import { FIXED } from "./fixed.js";

const COUNT = 2 ** Math.ceil(Math.log2((FIXED.pictureS + 2) / FIXED.columnS));

function shades() {
  const stops = FIXED.colourMap;
  return Array.from({ length: 256 }, (_, level) => {
    const at = (level / 255) * (stops.length - 1);
    const from = clamp(Math.floor(at), 0, stops.length - 2);
    return stops[from].map((value, i) => Math.round(value + (stops[from + 1][i] - value) * (at - from)));
  });
}

export class Columns {
  constructor() {
    this.ring = new OffscreenCanvas(COUNT, FIXED.bands);
    this.context = this.ring.getContext("2d");
    this.column = this.context.createImageData(1, FIXED.bands);
    this.column.data.fill(255);
    this.shades = shades();
    this.forget();
  }

  forget() {
    this.context.clearRect(0, 0, COUNT, FIXED.bands);
    this.voiced = new Uint8Array(COUNT);
    this.oldest = this.next = 0; // numbers of the first column that is kept, and of the one awaited
  }

  // The columns of a tick; those known already are passed over, those that never came stay blank.
  take({ first, columns, voiced }) {
    const count = voiced.length;
    if (first + count <= this.next) return false;
    const levels = Uint8Array.from(atob(columns), (letter) => letter.charCodeAt(0));
    if (first - this.next > COUNT || this.next === 0) {
      this.forget();
      this.oldest = this.next = first;
    }
    for (; this.next < first; this.next += 1) this.blank(this.next % COUNT);
    for (; this.next < first + count; this.next += 1) {
      const at = this.next - first;
      this.paint(this.next % COUNT, levels.subarray(at * FIXED.bands, (at + 1) * FIXED.bands));
      this.voiced[this.next % COUNT] = Number(voiced[at]);
    }
    this.oldest = Math.max(this.oldest, this.next - COUNT);
    return true;
  }

  blank(place) {
    this.context.clearRect(place, 0, 1, FIXED.bands);
    this.voiced[place] = 0;
  }

  paint(place, levels) {
    const { data } = this.column;
    levels.forEach((level, band) => data.set(this.shades[level], 4 * (FIXED.bands - 1 - band)));
    this.context.putImageData(this.column, place, 0);
  }

  // Stretches of the ring without a break, from one number to another: {number, place, count}.
  pieces(from, to) {
    const first = Math.max(from, this.oldest);
    const last = Math.min(to, this.next);
    if (last <= first) return [];
    const place = first % COUNT;
    const count = Math.min(last - first, COUNT - place);
    const pieces = [{ number: first, place, count }];
    if (count < last - first) pieces.push({ number: first + count, place: 0, count: last - first - count });
    return pieces;
  }

  // First and one past the last number of each stretch of voice.
  stretches(from, to) {
    const found = [];
    for (let at = Math.max(from, this.oldest); at < Math.min(to, this.next); at += 1) {
      if (!this.voiced[at % COUNT]) continue;
      if (found.length && found.at(-1)[1] === at) found.at(-1)[1] = at + 1;
      else found.push([at, at + 1]);
    }
    return found;
  }
}
