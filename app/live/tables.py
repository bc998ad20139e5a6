"""What a live session came to: time per state, and how long each step takes."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.live.sitting import Sitting


def draw(sitting: Sitting) -> None:
    left, right = st.columns(2)
    with left:
        st.markdown("**Share of time**")
        st.dataframe(sitting.history.shares(), hide_index=True, key="live_shares")
    with right:
        st.markdown("**How long it takes**")
        st.dataframe(sitting.latency(), hide_index=True, key="live_latency")
