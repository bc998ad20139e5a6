"""What a person has corrected on the Live page: a list to hear, to take along, and to forget."""

from __future__ import annotations

import streamlit as st

from app.cache import learned
from app.live import corrections
from app.live.corrections import Correction
from app.ui import show
from models.decisions import State
from models.vad import RATE_HZ
from pipeline.audio.decode import to_wav_bytes

KEY = "live_corrections"
PRIVATE = (
    "They and their sound are in this program's memory alone, and gone with the page, unless you export them."
)


def kept() -> list[Correction]:
    """The corrections of this browser tab."""
    found: list[Correction] = st.session_state.setdefault(KEY, [])
    return found


def add(correction: Correction) -> None:
    """Keep one more; the oldest makes room where there are too many."""
    kept().append(correction)
    del kept()[: -corrections.MOST]


def others(said: State) -> list[State]:
    """What a decision may have had to be instead."""
    return [one for one in State if one is not said]


def draw() -> None:
    """Draw the list; nothing where there is none."""
    mine = kept()
    if not mine:
        return
    classes = learned.voice_ear().classes
    st.subheader("Corrections", anchor=False)
    st.markdown(f"You have corrected {show.counted(len(mine), 'decision')}.")
    told = corrections.table(mine, classes)
    st.dataframe(told, hide_index=True, key="live_corrections_table")
    number = st.selectbox(
        "Hear one",
        range(len(mine)),
        format_func=lambda at: f"{at + 1}: {mine[at].should}, said {mine[at].said}",
    )
    if number is not None and number < len(mine):
        st.audio(to_wav_bytes(mine[number].sound, RATE_HZ), format="audio/wav")
    with st.container(horizontal=True):
        st.download_button(
            "Export with sound (ZIP)",
            data=lambda: corrections.archive(mine, classes),
            file_name="sesatlas_corrections.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",  # the page would run anew, and Streamlit forget what it is to make the file of
        )
        st.button("Forget them", icon=":material/delete:", on_click=mine.clear)
    st.caption(PRIVATE)
