// A recording and its stretches: a click on a row, or on a bar or mark of a Plotly chart, plays from there.
// data = { url, chart, columns: [{name, number}], rows: [{start_s, end_s, cells}] }
// chart is the key of the Streamlit chart; the first customdata of its points is where to play from, in seconds.

const SOUND = "sesatlas:sound"; // sent when a player begins: all others fall silent
const LOOK_MS = 400; // Streamlit may draw a chart late, or anew; there is no event for that

function cell(text, tag, number) {
  const element = document.createElement(tag);
  element.textContent = text;
  if (number) element.className = "number";
  return element;
}

class Player {
  constructor(root) {
    this.audio = root.querySelector("audio");
    this.table = root.querySelector("table");
    this.audio.onplay = () => window.dispatchEvent(new CustomEvent(SOUND, { detail: this.audio }));
    this.audio.ontimeupdate = () => this.follow();
    this.hush = (event) => event.detail !== this.audio && this.audio.pause();
    window.addEventListener(SOUND, this.hush);
    this.clicked = (event) => this.play(event.points?.[0]?.customdata?.[0]);
    this.looking = setInterval(() => this.attach(), LOOK_MS);
  }

  begin(data) {
    Object.assign(this, { url: data.url, rows: data.rows, chart: data.chart });
    this.audio.src = data.url;
    const head = document.createElement("tr");
    head.append(...data.columns.map((one) => cell(one.name, "th", one.number)));
    this.lines = data.rows.map((row) => {
      const line = document.createElement("tr");
      line.tabIndex = 0;
      line.dataset.at = row.start_s;
      line.append(...row.cells.map((text, at) => cell(text, "td", data.columns[at].number)));
      line.onclick = () => this.play(row.start_s);
      line.onkeydown = (event) => this.key(event, line, row);
      return line;
    });
    this.table.replaceChildren(head, ...this.lines);
    this.attach();
  }

  key(event, line, row) {
    const to = { ArrowDown: line.nextElementSibling, ArrowUp: line.previousElementSibling }[event.key];
    if (to) to.focus();
    if (event.key === "Enter") this.play(row.start_s);
    if (event.key === " ") this.audio.paused ? this.audio.play() : this.audio.pause();
    if (to || event.key === " " || event.key === "Enter") event.preventDefault();
  }

  play(from_s) {
    if (!(from_s >= 0)) return; // a point that is no stretch
    this.audio.currentTime = from_s;
    this.audio.play().catch(() => {}); // the player's own button says that it does not play
  }

  follow() {
    const now = this.audio.currentTime;
    this.lines.forEach((line, at) => {
      const here = this.rows[at].start_s <= now && now < this.rows[at].end_s;
      if (here && !line.classList.contains("now")) {
        const list = this.table.parentElement; // scrolled itself: scrollIntoView would move the page as well
        const low = line.offsetTop - list.clientHeight + 2 * line.offsetHeight;
        if (list.scrollTop < low || list.scrollTop > line.offsetTop - 2 * line.offsetHeight) list.scrollTop = low;
      }
      line.classList.toggle("now", here);
    });
    this.point(now);
  }

  attach() {
    const found = document.querySelector(`.st-key-${this.chart} .js-plotly-plot`);
    if (!found?.on || found === this.plot) return;
    this.plot?.removeListener?.("plotly_click", this.clicked);
    this.plot = found;
    found.on("plotly_click", this.clicked);
  }

  // A line in the chart where the sound is.
  point(now_s) {
    const layout = this.plot?._fullLayout;
    const axis = layout?.xaxis;
    if (!axis?.d2p) return;
    this.pointer ??= Object.assign(document.createElement("div"), { className: "sesatlas-pointer" });
    const at = axis.d2p(1000 * now_s); // the axis counts milliseconds
    const { t, b } = layout._size;
    Object.assign(this.pointer.style, {
      position: "absolute", width: "2px", pointerEvents: "none", background: "currentColor", opacity: 0.8,
      top: `${t}px`, bottom: `${b}px`, left: `${axis._offset + at}px`,
      display: at >= 0 && at <= axis._length ? "block" : "none",
    });
    if (this.pointer.parentElement !== this.plot) this.plot.append(this.pointer);
  }

  end() {
    clearInterval(this.looking);
    window.removeEventListener(SOUND, this.hush);
    this.plot?.removeListener?.("plotly_click", this.clicked);
    this.pointer?.remove();
    this.audio.pause();
    this.audio.removeAttribute("src");
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".recording");
  // Streamlit calls this at every rerun, and the sound that plays must not be cut.
  const player = (root.player ??= new Player(root));
  if (player.url !== data.url) player.begin(data);
  return () => {
    player.end();
    root.player = undefined;
  };
}
