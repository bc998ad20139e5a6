"""Starting a build from a page, and following the running one, whoever started it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import permissions
from app.builds import process
from app.cache import snapshot
from app.ui import escape
from pipeline.clips import Dataset
from pipeline.datasets import DATASETS
from pipeline.runtime.events import is_request

READERS: dict[str, Dataset] = {name: one for name, one in DATASETS.items() if not one.synthetic}
"""The kinds of collections a person can add."""
LOOK_S = 1.0
PROCESS = "build_process"


def start_button(
    label: str, arguments: Sequence[str], *, primary: bool = False, disabled: bool = False
) -> None:
    """A button that starts a build; disabled while one is running, and not there for who may not start one."""
    if not permissions.may_change():
        return
    busy = _starting() or snapshot.store().is_building()
    if st.button(
        label,
        type="primary" if primary else "secondary",
        disabled=busy or disabled,
        icon=":material/play_arrow:",
    ):
        begin(arguments)
        st.rerun()  # the buttons drawn above this one must be disabled as well


def begin(arguments: Sequence[str], command: str = "build") -> None:
    """Start a build, or another command that logs the same events.

    Raises
    ------
    NotAllowedError
        This reader may not.
    """
    permissions.require()
    st.session_state[PROCESS] = process.start(snapshot.store(), arguments, command)


def _starting() -> bool:
    """Whether a build started on this page is still running, whether or not it holds the store's lock yet."""
    started = st.session_state.get(PROCESS)
    return started is not None and started.poll() is None


def progress() -> None:
    """The running build, live; or why the last one failed."""
    if at_work():
        _live()
        return
    refused = process.refusal(snapshot.store(), st.session_state.get(PROCESS))
    failure = process.failure(snapshot.store())
    if refused:
        st.error(escape.sentence(refused), icon=":material/error:")
    elif failure:
        st.info(escape.sentence(failure), icon=":material/info:")


def resume_button() -> None:
    """A button that continues a build that did not finish; nothing where all is well."""
    store = snapshot.store()
    if not at_work() and process.can_resume(store):
        start_button("Continue the build", process.resume_arguments(store))


def at_work() -> bool:
    """Whether a build is running, or one that was started on this page is about to."""
    run = process.latest(snapshot.store())
    return _starting() or (run is not None and run.running)


@st.fragment(run_every=LOOK_S)
def _live() -> None:
    store = snapshot.store()
    run = process.latest(store)
    if not (run and run.running) and not _starting():
        st.rerun()
    with st.container(border=True):
        if run and run.running:
            st.progress(run.share, text=escape.markdown(process.describe(run)))
            left = process.time_left(run)
            if left:
                st.caption(escape.markdown(left))
        else:
            st.progress(0.0, text="The build is starting ...")
        keeps_nothing = run is not None and run.running and is_request(run.build_id)
        help_text = (
            "Nothing is changed then." if keeps_nothing
            else "Finished clips are kept: the next build continues from there."
        )  # fmt: skip
        if permissions.may_change() and st.button("Stop", icon=":material/stop:", help=help_text):
            permissions.require()
            process.stop(store, st.session_state.get(PROCESS))
