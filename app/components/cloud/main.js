// Called by Streamlit for each run of the page that changes the data, and for each change of the theme.

import { Cloud } from "./cloud.js";
import { element } from "./dom.js";
import { written } from "./address.js";

const NO_WEBGL = "This browser shows no WebGL2, with which the cloud is drawn. "
  + "Switch on hardware acceleration in its settings, or open this page in a recent Firefox, Chrome or Safari.";
const NOT_LOADED = "The points did not arrive from the server. Load the page again; if it stays so, look at the "
  + "terminal in which the dashboard runs.";

function say(root, words) {
  root.querySelector(".word")?.remove();
  root.append(element("p", { class: "word", role: "alert" }, words));
}

function begin(root) {
  const cloud = new Cloud(root);
  // For browser tests: where a point is, and what is looked at. Asked for, the cloud holds still.
  const held = (scene) => {
    cloud.turn(false);
    return cloud.panes.find((pane) => pane.spec.name === scene) ?? cloud.panes[scene];
  };
  root.cloud = {
    screen(scene, index) {
      const pane = held(scene);
      const box = pane.element.getBoundingClientRect();
      const [x, y] = pane.at(index);
      return [box.left + pane.element.clientLeft + x, box.top + pane.element.clientTop + y];
    },
    uncovered: (scene) => held(scene).uncovered(),
    camera: () => written(cloud.panes.map((pane) => pane.camera)),
    instance: cloud,
  };
  return cloud;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".cloud");
  let cloud = root.cloud?.instance;
  if (!cloud || cloud.freed) {
    try {
      cloud = begin(root);
    } catch (error) {
      console.warn(error);
      say(root, NO_WEBGL);
      return () => {};
    }
  }
  cloud.apply(data, setTriggerValue).then(
    () => root.querySelector(".word")?.remove(),
    (error) => {
      console.warn(error);
      say(root, NOT_LOADED);
    },
  );
  // Streamlit also calls this when the next run of a fragment comes before this one's script was there.
  return () => setTimeout(() => root.isConnected || cloud.free());
}
