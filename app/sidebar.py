"""The store's state in the sidebar of every page; it notices a new snapshot by itself."""

from __future__ import annotations

import streamlit as st

from app.builds import process
from app.cache import snapshot
from app.ui import show
from store.errors import SesatlasError

LOOK_S = 2.0
UNREADABLE = 0
"""In place of a snapshot's number; they begin with 1."""


def draw() -> None:
    """Draw the state of the store, and keep it up to date while the page is open."""
    with st.sidebar:
        current, at_work = _seen()
        # Of this run, not of this moment: what is published in between is drawn by the next run.
        _state(snapshot.pinned() or current, at_work)


def _seen() -> tuple[int | None, bool]:
    """The current snapshot's number, None for an empty store; and whether a build is at work."""
    run = process.latest(snapshot.store())
    at_work = run is not None and run.running
    try:
        current = snapshot.store().current()
    except SesatlasError:
        return UNREADABLE, at_work
    return (current.number if current else None), at_work


@st.fragment(run_every=LOOK_S)
def _state(drawn: int | None, at_work: bool) -> None:
    # The page was drawn from snapshot `drawn`. Once another one is current, or a build has begun or ended,
    # all of it is drawn anew.
    if _seen() != (drawn, at_work):
        st.rerun()
    run = process.latest(snapshot.store())
    if run and run.running:
        st.progress(run.share, text=process.in_words(run))
        left = process.time_left(run)
        if left:
            st.caption(left)
    if drawn is None:
        st.caption("The store is empty.")
        return
    try:
        _facts()
    except SesatlasError:  # the page itself says which and why
        st.caption(":orange[The store cannot be read.]")


def _facts() -> None:
    datasets = snapshot.datasets()
    synthetic = int(datasets.loc[datasets["synthetic"], "clips"].sum())
    total = int(datasets["clips"].sum())
    shown = snapshot.current()
    try:
        at = f", {shown.published_at:%d %b %Y, %H:%M}"
    except FileNotFoundError:  # deleted since; the next one is on its way here
        at = ""
    st.caption(f"**Snapshot {shown.number}**{at}")
    st.caption(
        f"{show.counted(total, 'clip')} in {show.counted(len(datasets), 'collection')}"
        + (f", {synthetic:,} synthetic" if synthetic else "")
    )
    failed = int(datasets["failures"].sum())
    if failed:
        st.caption(f":orange[{show.counted(failed, 'file')} failed]: see Pipeline")
