// A colour for each state, from the theme, and words in it that can be read.

import { css, mixed, theme } from "../cloud/colours.js";
import { FIXED } from "./fixed.js";

// No yellow of the theme can be seen on white.
const AMBER = { light: [160, 118, 0], dark: [240, 228, 66] };
const READABLE = 4.6; // WCAG 2.2, 1.4.3, and a little more: colours are rounded

function luminance(colour) {
  const [r, g, b] = colour.map((v) => (v <= 10.31475 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function readable(colour, background, text) {
  for (let share = 0; share < 1; share += 0.05) {
    const found = mixed(colour, text, share);
    if (contrast(found, background) >= READABLE) return found;
  }
  return text;
}

// Fits FIXED.states and, after them, waiting.
export const KINDS = ["none", "unsure", "first", "second", "waiting"];
export const kindOf = (state) => KINDS[FIXED.states.indexOf(state)] ?? "waiting";

export class Colouring {
  constructor(root) {
    this.root = root;
  }

  // Whether the theme has changed since it was last asked.
  changed() {
    const found = theme(this.root);
    const now = JSON.stringify(found);
    if (now === this.known) return false;
    this.known = now;
    const { background, text, grey, dark, categories } = found;
    const [first, second] = categories.length > 1 ? categories : [[0, 114, 178], [213, 94, 0]];
    this.of = { none: grey, unsure: AMBER[dark ? "dark" : "light"], first, second, waiting: grey };
    this.text = css(text);
    for (const kind of KINDS) {
      const tint = mixed(background, this.of[kind], 0.12);
      this.root.style.setProperty(`--${kind}`, css(this.of[kind]));
      this.root.style.setProperty(`--${kind}-tint`, css(tint));
      this.root.style.setProperty(`--${kind}-words`, css(readable(this.of[kind], tint, text)));
    }
    return true;
  }

  css(kind) {
    return css(this.of[kind]);
  }
}
