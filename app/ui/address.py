"""A link names its snapshot: who follows it sees what its sender saw, as long as that is there."""

from __future__ import annotations

import streamlit as st

from app.cache import snapshot
from store.errors import SesatlasError

PARAMETER, PINNED, PENDING = "snapshot", snapshot.LINKED, "links_pending"


def follow() -> None:
    """Show the snapshot that the link asks for, and keep the shown one in the URL; call it in every run.

    Without a link to an older one a session follows the current snapshot as builds publish new ones.
    """
    try:
        current = snapshot.store().current()
    except SesatlasError:  # the page itself says what is wrong
        return
    if current is None:
        return
    _let_go_of_a_deleted_one()
    if "link_followed" not in st.session_state:
        st.session_state["link_followed"] = True
        _follow_first(st.query_params.get(PARAMETER, ""), current.number)
    later(PARAMETER, str(snapshot.current().number))


def _follow_first(asked: str, current: int) -> None:
    there = {str(one.number) for one in snapshot.store().snapshots()}
    if asked in there and int(asked) != current:
        st.session_state[PINNED] = int(asked)
    elif asked and asked not in there:
        st.session_state["snapshot_gone"] = asked[:20]


def later(name: str, value: str) -> None:
    """Put a value into the URL with the next :func:`write`."""
    st.session_state.setdefault(PENDING, {})[name] = value


def write() -> None:
    """All values at once: each on its own would be one more step for the browser's way back."""
    pending = st.session_state.pop(PENDING, {})
    if any(st.query_params.get(name) != value for name, value in pending.items()):
        st.query_params.update(pending)


def _let_go_of_a_deleted_one() -> None:
    pinned = st.session_state.get(PINNED)
    if pinned is not None and not snapshot.store().at(pinned).path.exists():
        _unpin()
        st.session_state["snapshot_gone"] = str(pinned)


def tell() -> None:
    """Say above the page where what is shown is not the current state, or not what the link meant."""
    with st.container():  # always one: what comes or goes in it moves nothing below it
        _tell()


def _tell() -> None:
    gone = st.session_state.get("snapshot_gone")
    if gone:
        st.warning(
            f"The link is to snapshot {gone}, which this store no longer has. Below is the current one: "
            "figures may differ from what its sender saw.",
            icon=":material/history:",
        )
        # Said on the first page only: on the next one nobody thinks of the link any more.
        del st.session_state["snapshot_gone"]
    if PINNED in st.session_state:
        with st.container(horizontal=True, vertical_alignment="center"):
            number = st.session_state[PINNED]
            st.info(f"You look at snapshot {number}, as the link says; it is not the current one.")
            st.button("Show the current one", on_click=_unpin)


def _unpin() -> None:
    st.session_state.pop(PINNED, None)
