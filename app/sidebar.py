"""The store's state in the sidebar of every page; it notices a new snapshot by itself."""

from __future__ import annotations

import streamlit as st

from app import builds, snapshot
from store.errors import SesatlasError

LOOK_S = 2.0


def draw() -> None:
    """Draw the state of the store, and keep it up to date while the page is open."""
    with st.sidebar:
        _state(_number())


def _number() -> int | None:
    """The current snapshot's number; None for an empty store and for one that cannot be read."""
    try:
        current = snapshot.store().current()
    except SesatlasError:
        return None
    return current.number if current else None


@st.fragment(run_every=LOOK_S)
def _state(drawn: int | None) -> None:
    # The page was drawn from snapshot `drawn`. Once another one is current, all of it is drawn anew.
    if _number() != drawn:
        st.rerun()
    run = builds.latest(snapshot.store())
    if run and run.running:
        st.progress(run.share, text=builds.in_words(run))
    if drawn is None:
        st.caption("The store is empty.")
        return
    datasets = snapshot.datasets()
    synthetic = int(datasets.loc[datasets["synthetic"], "clips"].sum())
    total = int(datasets["clips"].sum())
    st.caption(f"**Snapshot {drawn}**, {snapshot.current().published_at:%d %b %Y, %H:%M}")
    st.caption(
        f"{total:,} clips in {len(datasets)} collections"
        + (f", {synthetic:,} synthetic" if synthetic else "")
    )
    failed = int(datasets["failures"].sum())
    if failed:
        st.caption(f":orange[{failed:,} files failed]: see Pipeline")
