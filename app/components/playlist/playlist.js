// A list of clips and one player: keys to walk, play and mark; at the end of a sound the next one begins.
// data = { name, rows: [{id, label, distance}], sounds: {number: {url, loudness, note}}, at, marks }
// To Python: at = { name, at }, the row whose neighbours' sounds are wanted; marks = { name, ids }, all marked
// clips. With the list's name in them, or the same values in another list would be no change to Streamlit.

const AHEAD = 3; // rows whose sounds are wanted before they are due
const NEXT = ["n", "ArrowDown", "ArrowRight"];
const PREVIOUS = ["p", "ArrowUp", "ArrowLeft"];
const KEYS = [["space", "play, pause"], ["n ↓ →", "next"], ["p ↑ ←", "previous"], ["m", "mark"]];
const SOUND = "sesatlas:sound"; // sent when a player begins: all others fall silent

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

class Playlist {
  constructor(root) {
    this.root = root;
    this.audio = this.find("audio");
    this.wanted = false; // a person wants to hear: a sound still on its way begins when it comes
    this.find(".previous").onclick = () => this.step(-1);
    this.find(".next").onclick = () => this.step(1);
    this.find(".play").onclick = () => this.toggle();
    this.find(".mark").onclick = () => this.mark(this.at);
    this.find(".bar").onclick = (event) => this.seek(event);
    // A click leaves the focus on the whole, so that space then plays and does not press the button again.
    root.onpointerdown = (event) => {
      if (!event.target.closest("button, .bar, tr[data-clip]")) return;
      event.preventDefault();
      root.focus({ preventScroll: true });
    };
    root.onkeydown = (event) => this.key(event);
    this.audio.onended = () => (this.at + 1 < this.rows.length ? this.step(1) : this.silence());
    this.audio.ontimeupdate = () => this.progress();
    this.audio.onplay = this.audio.onpause = () => this.show();
    for (const [key, what] of KEYS) {
      const pair = make("span");
      pair.append(make("kbd", "", key), ` ${what}`);
      this.find(".keys").append(pair, " ");
    }
    this.hush = (event) => event.detail !== this.audio && this.silence();
    window.addEventListener(SOUND, this.hush);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  begin(data) {
    this.silence();
    this.audio.removeAttribute("src");
    Object.assign(this, { name: data.name, rows: data.rows, sounds: {}, marks: new Set(data.marks) });
    this.at = Math.min(data.at, this.rows.length - 1);
    this.loaded = null;
    this.asked = this.at; // Python sends this window unasked
    this.build();
  }

  build() {
    const head = make("tr");
    for (const name of ["", "", "label", "clip", "distance", "loudness"]) head.append(make("th", "", name));
    head.lastChild.title = "Integrated loudness before it was made equal (ITU-R BS.1770)";
    this.lines = this.rows.map((row, at) => {
      const line = make("tr");
      line.dataset.clip = row.id;
      const star = make("button", "star");
      star.tabIndex = -1; // the key m does the same: a thousand stars are no way to tab through
      star.onclick = (event) => {
        event.stopPropagation();
        this.mark(at);
      };
      const first = make("td");
      first.append(star);
      const id = make("td", "id", row.id);
      id.title = row.id;
      line.append(first, make("td", "number", at + 1), make("td", "", row.label), id);
      line.append(make("td", "number", row.distance), make("td", "number loudness", ""));
      line.onclick = () => this.go(at, true);
      return line;
    });
    this.find("table").replaceChildren(head, ...this.lines);
  }

  receive(sounds) {
    for (const [at, sound] of Object.entries(sounds)) {
      this.sounds[at] = sound;
      this.lines[at].querySelector(".loudness").textContent = sound.loudness;
      this.lines[at].classList.toggle("broken", sound.url === null);
    }
    if (this.loaded !== this.at && this.sounds[this.at]) this.load();
    this.show();
  }

  go(at, wanted) {
    if (at < 0 || at >= this.rows.length) return;
    this.audio.pause();
    this.at = at;
    this.wanted = wanted;
    this.loaded = null;
    this.progress();
    if (this.sounds[at]) this.load();
    this.ask();
    this.show();
    this.reveal();
  }

  step(by) {
    this.go(this.at + by, this.wanted);
  }

  ask() {
    const last = Math.min(this.at + AHEAD, this.rows.length - 1);
    const lacking = !this.sounds[this.at] || !this.sounds[last];
    if (!lacking || this.asked === this.at) return;
    this.asked = this.at;
    this.tell("at", { name: this.name, at: this.at });
  }

  load() {
    const sound = this.sounds[this.at];
    this.loaded = this.at;
    if (sound.url === null) {
      this.wanted &&= this.at + 1 < this.rows.length;
      if (this.wanted) this.step(1);
      return;
    }
    this.audio.src = sound.url;
    if (this.wanted) this.play();
  }

  play() {
    window.dispatchEvent(new CustomEvent(SOUND, { detail: this.audio }));
    // Refused where nobody has clicked yet, and cut off where the next one is due already: neither is an error.
    this.audio.play().catch((error) => {
      if (error.name !== "AbortError") this.wanted = false;
      this.show();
    });
  }

  toggle() {
    if (this.wanted) return this.silence();
    this.wanted = true;
    if (this.loaded !== this.at) this.ask();
    else if (this.sounds[this.at].url !== null) this.play();
    else this.wanted = false;
    this.show();
  }

  silence() {
    this.wanted = false;
    this.audio.pause();
    if (this.rows) this.show();
  }

  mark(at) {
    const id = this.rows[at].id;
    if (!this.marks.delete(id)) this.marks.add(id);
    this.show();
    this.tell("marks", { name: this.name, ids: this.marked() });
  }

  marked() {
    return this.rows.map((row) => row.id).filter((id) => this.marks.has(id));
  }

  seek(event) {
    if (!(this.audio.duration > 0)) return;
    const box = this.find(".bar").getBoundingClientRect();
    this.audio.currentTime = ((event.clientX - box.left) / box.width) * this.audio.duration;
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // A button that was reached with the tab key is pressed by space, as everywhere.
    if (event.target.closest("button") && [" ", "Enter"].includes(event.key)) return;
    if (NEXT.includes(event.key)) this.step(1);
    else if (PREVIOUS.includes(event.key)) this.step(-1);
    else if (event.key === " ") this.toggle();
    else if (event.key === "m") this.mark(this.at);
    else return;
    event.preventDefault();
    event.stopPropagation(); // "m" and the arrows are keys of Streamlit and of the page as well
  }

  progress() {
    const share = this.loaded === this.at && this.audio.duration > 0 ? this.audio.currentTime / this.audio.duration : 0;
    this.find(".done").style.width = `${(100 * share).toFixed(1)}%`;
  }

  reveal() {
    // Not scrollIntoView: that would scroll the page as well.
    const list = this.find(".list");
    const line = this.lines[this.at];
    const head = this.find("th").offsetHeight;
    if (line.offsetTop < list.scrollTop + head) list.scrollTop = line.offsetTop - head;
    const below = line.offsetTop + line.offsetHeight - list.clientHeight;
    if (below > list.scrollTop) list.scrollTop = below;
  }

  show() {
    const row = this.rows[this.at];
    const sound = this.sounds[this.at];
    const playing = this.wanted && !this.audio.paused;
    this.root.dataset.playing = playing;
    this.root.dataset.at = this.at;
    this.root.dataset.marks = JSON.stringify(this.marked());
    const words = [`${this.at + 1} of ${this.rows.length}`, row.label, row.id].filter(Boolean);
    if (this.find(".now").textContent !== words.join(" · ")) this.find(".now").textContent = words.join(" · ");
    this.find(".note").textContent = sound ? sound.note : this.wanted ? "is being read …" : "";
    this.find(".play").setAttribute("aria-label", this.wanted ? "Pause" : "Play");
    this.find(".play").classList.toggle("on", this.wanted);
    this.find(".mark").setAttribute("aria-label", this.marks.has(row.id) ? "Unmark" : "Mark");
    this.find(".mark").classList.toggle("on", this.marks.has(row.id));
    this.find(".previous").disabled = this.at === 0;
    this.find(".next").disabled = this.at + 1 === this.rows.length;
    this.lines.forEach((line, at) => {
      const on = this.marks.has(line.dataset.clip);
      const star = line.querySelector(".star");
      if (star.classList.toggle("on", on) !== (star.textContent === "★")) star.textContent = on ? "★" : "☆";
      if (!star.textContent) star.textContent = "☆";
      star.setAttribute("aria-label", on ? "Unmark" : "Mark");
      line.classList.toggle("current", at === this.at);
    });
  }

  end() {
    this.silence();
    window.removeEventListener(SOUND, this.hush);
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".playlist");
  // Streamlit calls this at every rerun, and the sound that plays must not be cut.
  const list = (root.list ??= new Playlist(root));
  list.tell = setStateValue;
  if (list.name !== data.name) list.begin(data);
  list.receive(data.sounds);
  return () => {
    list.end();
    root.list = undefined;
  };
}
