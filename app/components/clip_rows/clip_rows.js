// A table of clips: a play button in every row, the arrow keys to walk, a click to choose one.
// data = { columns: [{name, number}], rows: [{id, sound, cells}], chosen }

const audio = new Audio();
const BEGINS = "sesatlas:sound"; // sent when any player of the page begins: all others fall silent
window.addEventListener(BEGINS, (event) => event.detail !== audio && silence());
let playing = null; // the button whose sound is heard; one at a time, whichever table it is in

function show(button, on) {
  button.textContent = on ? "❚❚" : "▶";
  button.setAttribute("aria-pressed", String(on));
}

function silence() {
  audio.pause();
  if (playing) show(playing, false);
  playing = null;
}

function toggle(button, sound) {
  const again = playing === button;
  silence();
  if (again || !sound) return;
  audio.src = sound;
  window.dispatchEvent(new CustomEvent(BEGINS, { detail: audio }));
  audio.play().then(() => {
    playing = button;
    show(button, true);
  }).catch(() => button.classList.add("broken"));
}

audio.addEventListener("ended", silence);

function cell(text, tag, number) {
  const element = document.createElement(tag);
  element.textContent = text;
  if (number) element.className = "number";
  return element;
}

function playButton(row) {
  const button = document.createElement("button");
  show(button, false);
  button.disabled = !row.sound;
  button.title = row.sound ? "Play or pause" : "This recording cannot be read any more";
  button.setAttribute("aria-label", `Play ${row.id}`);
  button.onclick = (event) => {
    event.stopPropagation();
    toggle(button, row.sound);
  };
  const place = document.createElement("td");
  place.append(button);
  return place;
}

function walk(event, line) {
  const to = { ArrowDown: line.nextElementSibling, ArrowUp: line.previousElementSibling }[event.key];
  if (to) to.focus();
  if (event.key === "Enter") line.click();
  if (event.key === " ") line.querySelector("button").click();
  if (to || event.key === " " || event.key === "Enter") event.preventDefault();
}

function build(table, data, choose) {
  const head = document.createElement("tr");
  head.append(cell("", "th"), ...data.columns.map((one) => cell(one.name, "th", one.number)));
  const lines = data.rows.map((row) => {
    const line = document.createElement("tr");
    line.tabIndex = 0;
    line.dataset.clip = row.id;
    line.append(playButton(row), ...row.cells.map((text, at) => cell(text, "td", data.columns[at].number)));
    line.onclick = () => choose(row.id);
    line.onkeydown = (event) => walk(event, line);
    return line;
  });
  table.replaceChildren(head, ...lines);
}

export default function ({ data, parentElement, setStateValue }) {
  const table = parentElement.querySelector("table");
  const shown = data.rows.map((row) => row.id).join("\n");
  // Streamlit calls this at every rerun; rebuilding would cut off the sound that is playing.
  if (table.shown !== shown) {
    silence();
    build(table, data, (id) => setStateValue("chosen", id));
    table.shown = shown;
  }
  for (const line of table.querySelectorAll("tr[data-clip]")) {
    line.classList.toggle("chosen", line.dataset.clip === data.chosen);
  }
  return silence;
}
