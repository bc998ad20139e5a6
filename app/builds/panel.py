"""Starting a build from a page and watching it, whoever started it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.builds import process as builds
from app.cache import snapshot
from pipeline.clips import Dataset
from pipeline.datasets import DATASETS

READERS: dict[str, Dataset] = {name: one for name, one in DATASETS.items() if not one.synthetic}
"""The kinds of collections a person can add."""
LOOK_S = 1.0
PROCESS = "build_process"


def start_button(
    words: str, arguments: Sequence[str], *, primary: bool = False, disabled: bool = False
) -> None:
    """A button that starts a build; it rests while one is at work."""
    busy = _starting() or snapshot.store().is_building()
    if st.button(
        words,
        type="primary" if primary else "secondary",
        disabled=busy or disabled,
        icon=":material/play_arrow:",
    ):
        begin(arguments)
        st.rerun()  # the buttons drawn above this one must rest as well


def begin(arguments: Sequence[str], command: str = "build") -> None:
    st.session_state[PROCESS] = builds.start(snapshot.store(), arguments, command)


def _starting() -> bool:
    """Whether a build started on this page still works, with the store's lock in its hands or not yet."""
    process = st.session_state.get(PROCESS)
    return process is not None and process.poll() is None


def progress() -> None:
    """The build at work, live; or why the last one ended early."""
    process = st.session_state.get(PROCESS)
    if at_work():
        _live()
        return
    refused = builds.refusal(snapshot.store(), process)
    failure = builds.failure(snapshot.store())
    if refused:
        st.error(refused, icon=":material/error:")
    elif failure:
        st.info(failure, icon=":material/info:")


def go_on() -> None:
    """A button that goes on with a build that did not finish; nothing where all is well."""
    store = snapshot.store()
    if not at_work() and builds.failure(store):
        start_button("Go on with the build", builds.going_on(store))


def at_work() -> bool:
    """Whether a build works, or one that was started on this page is about to."""
    run = builds.latest(snapshot.store())
    return _starting() or (run is not None and run.running)


@st.fragment(run_every=LOOK_S)
def _live() -> None:
    store, process = snapshot.store(), st.session_state.get(PROCESS)
    run = builds.latest(store)
    if not (run and run.running) and not _starting():
        st.rerun()
    with st.container(border=True):
        if run and run.running:
            st.progress(run.share, text=builds.in_words(run))
            left = builds.time_left(run)
            if left:
                st.caption(left)
        else:
            st.progress(0.0, text="The build is starting ...")
        if st.button(
            "Stop", icon=":material/stop:", help="Finished clips are kept: the next build goes on from there."
        ):
            builds.stop(store, process)
