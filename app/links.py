"""A link names its snapshot: who follows it sees what its sender saw, as long as that is there."""

from __future__ import annotations

import streamlit as st

from app import snapshot
from store.errors import SesatlasError

PARAMETER, PINNED = "snapshot", "pinned_snapshot"


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
    if "link_followed" not in st.session_state:
        st.session_state["link_followed"] = True
        _follow_first(st.query_params.get(PARAMETER, ""), current.number)
    st.query_params[PARAMETER] = str(snapshot.current().number)


def _follow_first(asked: str, current: int) -> None:
    there = {str(one.number) for one in snapshot.store().snapshots()}
    if asked in there and int(asked) != current:
        st.session_state[PINNED] = int(asked)
    elif asked and asked not in there:
        st.session_state["snapshot_gone"] = asked[:20]


def tell() -> None:
    """Say above the page where what is shown is not the current state, or not what the link meant."""
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
