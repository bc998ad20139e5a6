"""Live: speak, and see what the voice network hears; or give it a recording."""

from __future__ import annotations

import streamlit as st

from app import learned
from app.live import microphone_way, tables

MICROPHONE, RECORDING, FILE, EXAMPLE = "Microphone", "Recording", "File", "Example"
PRIVATE = (
    "Nothing is stored, nothing leaves the machine that runs this program: sound is heard in memory and forgotten."
)


st.title("Live", anchor=False)
st.caption(f":material/lock: {PRIVATE}")
way = st.segmented_control(
    "Listen to",
    [MICROPHONE, RECORDING, FILE, EXAMPLE],
    default=MICROPHONE,
    required=True,
    key="live_way",
    bind="query-params",
)
if way == MICROPHONE:
    microphone_way.draw()
tables.in_use(learned.voice_parameters())
