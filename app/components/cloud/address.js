// The camera in the page's address, without a run of the page.
//
// Streamlit pushes a new entry whenever the query it knows differs from the one that is shown, and it never
// knows ours: each run would drop the camera and leave one more entry to go back through. So while a cloud is
// shown, a push that differs by the camera alone is no push, and any other one takes the camera along.

import { Orbit } from "./camera.js";

const NAME = "camera=";

const others = (search) => search.replace(/^\?/, "").split("&").filter((part) => part && !part.startsWith(NAME));

// Without the snapshot: what a build publishes while one looks is no step to go back through.
const meaning = (search) => String(others(search).filter((part) => !part.startsWith("snapshot=")));

export function cameraInAddress() {
  const parts = window.location.search.replace(/^\?/, "").split("&");
  return decodeURIComponent(parts.find((part) => part.startsWith(NAME))?.slice(NAME.length) ?? "");
}

export class Address {
  constructor() {
    this.page = window.location.pathname;
    this.text = cameraInAddress();
    this.own = { push: history.pushState, replace: history.replaceState };
    const [push, replace] = [this.own.push.bind(history), this.own.replace.bind(history)];
    this.replace = replace;
    this.patched = (state, unused, url) => {
      const to = this.kept(url);
      if (to === null) push(state, unused, url);
      else if (to !== window.location.pathname + window.location.search) {
        const same = meaning(new URL(to, document.baseURI).search) === meaning(window.location.search);
        (same ? replace : push)(state, unused, to);
      }
    };
    this.patchedReplace = (state, unused, url) => replace(state, unused, this.kept(url) ?? url);
    history.pushState = this.patched;
    history.replaceState = this.patchedReplace;
    this.show = () => this.write(this.text);
    window.addEventListener("popstate", this.show);
  }

  // The same address with our camera in it; null where it leads away from this page.
  kept(url) {
    if (!url || this.freed) return null;
    const to = new URL(url, document.baseURI);
    if (to.pathname !== this.page || to.origin !== window.location.origin) return null;
    const parts = [...others(to.search), ...(this.text ? [NAME + this.text] : [])];
    return `${to.pathname}${parts.length ? "?" : ""}${parts.join("&")}${to.hash}`;
  }

  later(text) {
    this.text = text;
    clearTimeout(this.timer);
    this.timer = setTimeout(this.show, 300);
  }

  write(text) {
    if (window.location.pathname !== this.page || !text || text === cameraInAddress()) return;
    this.text = text;
    this.replace(history.state, "", this.kept(window.location.href));
  }

  free() {
    clearTimeout(this.timer);
    window.removeEventListener("popstate", this.show);
    // Somebody who has wrapped ours since still calls it: from now on it only passes on.
    this.freed = true;
    if (history.pushState === this.patched) history.pushState = this.own.push;
    if (history.replaceState === this.patchedReplace) history.replaceState = this.own.replace;
  }
}

// "3d_35_22_1.2_2d_0.1_-0.3_2": short, and nothing in it needs escaping in an address.
export function written(cameras) {
  return cameras.map((one) => [one instanceof Orbit ? "3d" : "2d", ...one.state()].join("_")).join("_");
}

export function read(text, cameras) {
  const views = text.split(/_?(?=[23]d_)/).map((part) => part.replace(/_$/, "").split("_"));
  return cameras.map((camera) => {
    const kind = camera instanceof Orbit ? "3d" : "2d";
    const at = views.findIndex((view) => view[0] === kind);
    return at >= 0 && camera.restore(views.splice(at, 1)[0].slice(1).map(Number));
  });
}
