// All that one run of the page needs, from the server or from before.

import { codesOf, fetched, unpacked } from "./fetched.js";

export async function load(data) {
  const [codes, clusters, selected, ...points] = await Promise.all([
    codesOf(data.colouring),
    data.symbols && data.clusters ? codesOf(data.clusters) : null,
    data.selected ? fetched(data.selected, "bytes").then((buffer) => unpacked(buffer, data.n)) : null,
    ...data.scenes.map((scene) => fetched(scene.points, "bytes")),
  ]);
  return { codes, clusters, selected, points };
}
