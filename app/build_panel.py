"""Starting a build from a page and watching it, whoever started it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import builds, snapshot
from pipeline.clips import Dataset
from pipeline.datasets import DATASETS

READERS: list[Dataset] = [dataset for dataset in DATASETS.values() if not dataset.synthetic]
"""The kinds of collections a person can add."""
LOOK_S = 1.0
PROCESS = "build_process"


def start_button(
    words: str, arguments: Sequence[str], *, primary: bool = False, disabled: bool = False
) -> None:
    """A button that starts a build; it rests while one is at work."""
    busy = snapshot.store().is_building()
    if st.button(
        words,
        type="primary" if primary else "secondary",
        disabled=busy or disabled,
        icon=":material/play_arrow:",
    ):
        begin(arguments)


def begin(arguments: Sequence[str]) -> None:
    st.session_state[PROCESS] = builds.start(snapshot.store(), arguments)


def progress() -> None:
    """The build at work, live; or why the one started here ended early."""
    process = st.session_state.get(PROCESS)
    run = builds.latest(snapshot.store())
    at_work = (process is not None and process.poll() is None) or (run is not None and run.running)
    if at_work:
        _live()
    refused = builds.refusal(snapshot.store(), process)
    if refused:
        st.error(refused, icon=":material/error:")


@st.fragment(run_every=LOOK_S)
def _live() -> None:
    store, process = snapshot.store(), st.session_state.get(PROCESS)
    run = builds.latest(store)
    if not (run and run.running) and (process is None or process.poll() is not None):
        st.rerun()
    with st.container(border=True):
        if run and run.running:
            st.progress(run.share, text=builds.in_words(run))
        else:
            st.progress(0.0, text="The build is starting ...")
        if st.button(
            "Stop", icon=":material/stop:", help="Finished clips are kept: the next build goes on from there."
        ):
            builds.stop(store)
