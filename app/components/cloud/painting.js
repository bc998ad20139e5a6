// From what is known to what is seen: where the scenes lie, and their points and marks.

import { LARGER } from "./overlay.js";

const STACKED_PX = 700;
const share = (colour) => colour.map((value) => value / 255);

// Side by side, or one below the other where it is narrow. Tells whether the canvas had to change.
export function fitted(cloud) {
  const { stage, canvas, panes, data } = cloud;
  const across = stage.clientWidth;
  stage.classList.toggle("narrow", across < STACKED_PX);
  stage.classList.toggle("stacked", across < STACKED_PX && panes.length > 1);
  const height = across < STACKED_PX ? Math.min(data.height, Math.max(280, across)) : data.height;
  panes.forEach((pane) => pane.fit(height));
  cloud.ratio = Math.min(window.devicePixelRatio || 1, 2);
  const [width, tall] = [across, stage.clientHeight].map((value) => Math.round(value * cloud.ratio));
  if (canvas.width === width && canvas.height === tall) return false;
  Object.assign(canvas, { width, height: tall });
  cloud.redraw();
  return true;
}

export function painted(cloud, stride) {
  const { data, look, ratio, renderer, marks } = cloud;
  const { lit } = cloud.selecting;
  const above = marks.links.map((index) => ({ index, larger: LARGER.linked }));
  if (marks.chosen !== null) above.push({ index: marks.chosen, larger: LARGER.chosen });
  const shared = {
    missing: data.colouring.none,
    noise: data.clusters?.none ?? 0,
    symbols: data.symbols && Boolean(data.clusters),
    grey: share(look.grey),
    background: share(look.background),
    dimming: lit !== null,
  };
  for (const pane of cloud.panes.filter((one) => one.dirty && one.width)) {
    pane.dirty = false;
    const matrix = pane.project();
    const order = pane.sort(lit, stride);
    const own = { depths: pane.camera.depths(pane.width, pane.height), size: pane.pointSize() * ratio };
    renderer.order(pane.index, order);
    renderer.draw(pane.index, pane.place(ratio, cloud.canvas.height), matrix, { ...shared, ...own }, order.length, above);
    pane.overlay.update(marks);
  }
}
