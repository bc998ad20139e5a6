// One player for all clouds. It plays only what a click in this window asked for, never on arrival by a link.

const audio = new Audio();
audio.preload = "auto";
const BEGINS = "sesatlas:sound"; // sent when any player of the page begins: all others fall silent
window.addEventListener(BEGINS, (event) => event.detail !== audio && audio.pause());
let owner = null;
let warm = false;
const PATIENCE_MS = 300;

// A browser opens the loudspeaker with the first sound only, which takes a third of a second: while the first
// click is on its way to the server, there is time for that.
export function warmUp() {
  if (warm || !window.AudioContext) return;
  warm = true;
  const context = new AudioContext();
  setTimeout(() => context.close().catch(() => {}), 3_000);
}


export class Sound {
  constructor(root) {
    this.root = root;
    this.heard = new Map(); // index -> {url, id}: a second click needs no run of the page
    this.clear();
    this.asked = null; // {index, at}: a click whose sound has not come yet
    this.began = () => owner === this && this.mark();
    this.ended = () => owner === this && this.clear();
    audio.addEventListener("playing", this.began);
    for (const name of ["ended", "pause", "error"]) audio.addEventListener(name, this.ended);
  }

  // A click: at once if the sound is known. Tells whether it was.
  click(index, at) {
    this.stop();
    this.asked = { index, at };
    const known = this.heard.get(index);
    if (known) this.play(known);
    return Boolean(known);
  }

  // What a run of the page brought. Fulfilled when it is heard, or will not be soon.
  offer(index, url, id) {
    if (index === null || !this.asked || this.asked.index !== index) return null;
    if (!url) this.asked = null;
    if (!url || this.heard.has(index)) return null;
    const sound = { url, id };
    this.heard.set(index, sound);
    this.play(sound);
    return new Promise((done) => {
      audio.addEventListener("playing", done, { once: true });
      setTimeout(done, PATIENCE_MS);
    });
  }

  play({ url, id }) {
    owner = this;
    this.id = id;
    this.clicked = this.asked.at;
    this.asked = null;
    audio.src = new URL(url, document.baseURI).href;
    window.dispatchEvent(new CustomEvent(BEGINS, { detail: audio }));
    // A pause by the next click rejects this play; that is no failure.
    audio.play().catch(() => this.clear());
  }

  mark() {
    if (this.root.dataset.playing) return;
    this.root.dataset.playing = this.id;
    this.root.dataset.clickToSoundMs = (performance.now() - this.clicked).toFixed(0);
  }

  clear() {
    this.root.dataset.playing = "";
  }

  stop() {
    audio.pause();
    owner?.clear();
  }

  free() {
    if (owner === this) this.stop();
    audio.removeEventListener("playing", this.began);
    for (const name of ["ended", "pause", "error"]) audio.removeEventListener(name, this.ended);
    if (owner === this) owner = null;
  }
}
