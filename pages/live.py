"""Live: speak, and see what the voice network hears; or give it a recording."""

from __future__ import annotations

import streamlit as st

from app.cache import tables
from app.live import metrics, microphone_tab, recording_tab

MICROPHONE, RECORDING = "Microphone", "Recording or file"
PRIVATE = "Nothing is stored, nothing leaves the machine that runs Sesatlas: sound is analysed in memory and forgotten."

st.title("Live", anchor=False)
st.caption(f":material/lock: {PRIVATE}")
way = st.segmented_control(
    "Listen to",
    [MICROPHONE, RECORDING],
    default=MICROPHONE,
    required=True,
    key="live_way",
    bind="query-params",
)
ear, parameters = tables.voice_model(), tables.voice_parameters()
if way == MICROPHONE:
    microphone_tab.draw(ear, parameters)
else:
    recording_tab.draw(ear, parameters)
metrics.in_use(parameters)
