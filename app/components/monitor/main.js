// Called by Streamlit at every tick, and at each change of the theme.
// data = { session, state, words, why, classes, probability, sure_from, level_dbfs, peak_dbfs, clipped, now_s, first,
// columns, voiced, decisions, sent }, see monitor_data.py; FIXED (fixed.js, which monitor.py makes) is what never changes.
// To Python: drawn = { session, rows: [[number, sent_ms, drawn_ms], ...], reported_ms }.

import { Monitor } from "./monitor.js";

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".monitor");
  const monitor = (root.monitor ??= new Monitor(root));
  monitor.take(data, (told) => setStateValue("drawn", told));
  // Streamlit also calls this when the next tick comes before this one's script was there. Only what is off the page
  // is over: with the monitor the last seconds of sound would be lost.
  return () => setTimeout(() => {
    if (root.isConnected) return;
    monitor.free();
    root.monitor = undefined;
  });
}
