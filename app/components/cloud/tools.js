// Hands on a scene: turn, move, zoom, pinch, draw round, click, keys.

import { warmUp } from "./sound.js";

const STILL_PX = 4; // less is a click with an unsteady hand
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function listen(pane) {
  const { element, cloud } = pane;
  const fingers = new Map();
  let doing = null; // {kind, from, line, moved} while something is held down

  const place = (event) => {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left - element.clientLeft, event.clientY - box.top - element.clientTop];
  };

  const begin = (event) => {
    if (event.target.closest(".tools")) return;
    element.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, place(event));
    const drawing = !pane.depth && pane.tool !== "pan" && event.button === 0;
    const moving = event.button !== 0 || (pane.depth && event.shiftKey);
    const kind = fingers.size > 1 ? "pinch" : drawing ? pane.tool : moving ? "pan" : "drag";
    doing = { kind, from: place(event), line: [place(event)], moved: kind === "pinch" };
    warmUp();
    if (pane.depth) cloud.turn(false);
    pane.hint.classList.add("gone");
    cloud.hover(null);
  };

  const move = (event) => {
    if (!doing) {
      if (!event.target.closest(".tools")) cloud.hover(pane, ...place(event));
      return;
    }
    const [x, y] = place(event);
    const [fromX, fromY] = doing.from;
    if (!doing.moved && Math.hypot(x - fromX, y - fromY) < STILL_PX) return;
    doing.moved = true;
    element.classList.add("held");
    if (doing.kind === "pinch") pinch(event.pointerId, [x, y]);
    else if (doing.kind === "box" || doing.kind === "lasso") draw([x, y]);
    else {
      const last = doing.line.at(-1);
      pane.touch(() => pane.camera[doing.kind](x - last[0], y - last[1], pane.width, pane.height));
      doing.line = [[x, y]];
    }
  };

  const pinch = (id, now) => {
    const before = fingers.get(id);
    const other = [...fingers].find(([one]) => one !== id)?.[1];
    fingers.set(id, now);
    if (!before || !other) return;
    const ratio = Math.hypot(now[0] - other[0], now[1] - other[1])
      / Math.max(1, Math.hypot(before[0] - other[0], before[1] - other[1]));
    const middle = [(now[0] + other[0] - pane.width) / 2, (now[1] + other[1] - pane.height) / 2];
    pane.touch(() => {
      pane.camera.zoomAt(ratio, ...middle, pane.width, pane.height);
      pane.camera.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2, pane.width, pane.height);
    });
  };

  const draw = ([x, y]) => {
    const [left, top] = doing.from;
    if (doing.kind === "lasso") doing.line.push([x, y]);
    else doing.line = [[left, top], [x, top], [x, y], [left, y]];
    pane.overlay.outline(doing.line);
  };

  const end = (event) => {
    fingers.delete(event.pointerId);
    if (!doing) return;
    const { kind, line, moved } = doing;
    if (!fingers.size || kind !== "pinch") doing = null;
    element.classList.remove("held");
    pane.overlay.outline(null);
    if (event.type === "pointercancel") return;
    if (!moved && event.button === 0) cloud.click(pane, ...place(event), event.timeStamp);
    else if (moved && (kind === "box" || kind === "lasso")) cloud.selecting.select(pane.enclosed(line), event);
  };

  const wheel = (event) => {
    event.preventDefault(); // the page stays where it is
    const [x, y] = place(event);
    const step = event.deltaY * (event.deltaMode ? 16 : 1) * (event.ctrlKey ? 0.01 : 0.0015);
    pane.touch(() => pane.camera.zoomAt(
      Math.exp(-Math.max(-0.5, Math.min(0.5, step))), x - pane.width / 2, y - pane.height / 2, pane.width, pane.height));
    cloud.hover(pane, x, y);
  };

  const key = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== element) return;
    const arrow = ARROWS[event.key];
    const zoom = { "+": 1.2, "=": 1.2, "-": 1 / 1.2 }[event.key];
    if (arrow) pane.touch(() => pane.camera.drag(...arrow.map((way) => way * (pane.depth ? 12 : -30)), pane.width, pane.height));
    else if (zoom) pane.touch(() => pane.camera.zoomAt(zoom, 0, 0, pane.width, pane.height));
    else if (event.key === "0") pane.touch(() => pane.camera.reset());
    else if (event.key === "Escape") cloud.selecting.clear();
    else return;
    event.preventDefault();
  };

  const again = (event) => {
    // Twice on a point is twice that point; twice beside them is back to the beginning.
    if (!event.target.closest(".tools") && pane.n && pane.pick(...place(event)) < 0) pane.touch(() => pane.camera.reset());
  };

  element.addEventListener("pointerdown", begin);
  element.addEventListener("pointermove", move);
  element.addEventListener("pointerup", end);
  element.addEventListener("pointercancel", end);
  element.addEventListener("pointerleave", () => cloud.hover(null));
  element.addEventListener("wheel", wheel, { passive: false });
  element.addEventListener("keydown", key);
  element.addEventListener("dblclick", again);
  element.addEventListener("contextmenu", (event) => event.preventDefault());
}
