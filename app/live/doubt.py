"""\"That's wrong\": a click holds on to what is shown, a second one says what it was."""

from __future__ import annotations

import streamlit as st

from app.cache import tables
from app.live import corrections, corrections_panel
from app.live.metrics import Sitting

MICROPHONE = "microphone"


def draw(sitting: Sitting) -> None:
    """Draw the button, or, after a click on it, the choice; for a fragment that runs while one speaks."""
    if not sitting.doubted:
        st.button(
            "That's wrong",
            icon=":material/thumb_down:",
            disabled=not sitting.shown,
            on_click=_hold,
            args=[sitting],
            help=f"Holds on to what is shown now, with its last {corrections.SOUND_S:g} s of sound, so that you can "
            "say what it was.",
            key="live_wrong",
        )
        return
    last = sitting.doubted[-1]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        should = st.segmented_control(
            f'At {last.time_s:.1f} s it said "{last.state}". What was it?',
            corrections_panel.others(last.state),
            key=f"live_should_{sitting.name}_{last.time_s}",
        )
        st.button("Never mind", on_click=_let_go, args=[sitting], key="live_never_mind")
    if should is not None:
        network = tables.voice_card().short
        corrections_panel.add(corrections.of(MICROPHONE, sitting.doubted, should, network))
        _let_go(sitting)
        st.rerun()  # the whole page: the list of corrections is below


def _hold(sitting: Sitting) -> None:
    sitting.doubted = sitting.shown


def _let_go(sitting: Sitting) -> None:
    sitting.doubted = ()
