"""What a live session comes to: time per state, how long each step takes, and by which network."""

from __future__ import annotations

import streamlit as st

from app.cache import tables
from app.live.metrics import BUFFER_MS, MOUTH_TO_SCREEN, PACKET_MS, Sitting
from models.decisions import StreamParameters

MS = st.column_config.NumberColumn(format="%.1f")
ON_THE_WAY = (
    "Each step counts in the decisions in which it was taken. Mouth to screen is from a sound at the microphone to its "
    "decision on the screen: the packet that the browser fills ({packet:g} ms) and those that wait to be put in order "
    "({buffer:g} ms) are taken as fixed, the rest is measured; the microphone's own driver and the network's delay are "
    "not in it. The clocks of browser and server are known apart to within {apart:.0f} ms."
)


def draw(sitting: Sitting) -> None:
    """Draw time per state and latency side by side."""
    left, right = st.columns(2)
    with left:
        st.subheader("Share of time", anchor=False)
        shares = sitting.history.shares()
        st.dataframe(
            shares,
            hide_index=True,
            key="live_shares",
            column_config={
                "seconds": st.column_config.NumberColumn("seconds", format="%.1f"),
                "share": st.column_config.ProgressColumn("share", min_value=0, max_value=1, format="percent"),
            },
        )
        st.caption(f"Of {shares['seconds'].sum():.0f} s of sound since you began.")
    with right:
        st.subheader("How long it takes", anchor=False)
        _latency(sitting)


def _latency(sitting: Sitting) -> None:
    latency = sitting.latency().rename(columns={"median_ms": "median (ms)", "p95_ms": "95th percentile (ms)"})
    st.dataframe(
        latency,
        hide_index=True,
        key="live_latency",
        height=38 + 35 * len(latency),
        column_config={"median (ms)": MS, "95th percentile (ms)": MS},
    )
    if latency.loc[latency["step"] == MOUTH_TO_SCREEN, "decisions"].any():
        apart_ms = max(1.0, sitting.clock.uncertainty_ms)
        st.caption(ON_THE_WAY.format(packet=PACKET_MS, buffer=BUFFER_MS, apart=apart_ms))


def in_use(parameters: StreamParameters) -> None:
    """Say which network decides, and from which probability on."""
    card = tables.voice_card()
    st.caption(
        f"Heard by the {'shipped' if card.shipped else 'own'} voice network "
        f"`{card.weights.stem}` ({card.short}, made {card.made}): an ECAPA-TDNN over the newest "
        f"{parameters.window_s:g} s of voice. A voice is named from {parameters.first_s:g} s of it on, where the "
        f'calibrated probability is {parameters.sure_from:.0%} or more; below that it says "not sure yet". '
        f"Whoever goes on after a pause of {parameters.forget_s:g} s, or clearly sounds otherwise, is heard afresh. "
        "The names are those of voices, not of people."
    )
