"""Live: speak, and see what the voice network hears."""

from __future__ import annotations

import streamlit as st

from app.live import microphone_way

st.title("Live", anchor=False)
microphone_way.draw()
