"""The history of builds, the files that failed, the snapshots, and how two of them differ."""

from __future__ import annotations

from contextlib import suppress

import pandas as pd
import streamlit as st

from app import permissions
from app.cache import snapshot
from app.ui import show
from store.errors import StoreError
from store.text import visible

COLUMNS = {
    "snapshot": "snapshot",
    "status": "status",
    "started_at": "started",
    "seconds": "seconds",
    "clips": "clips",
    "added": "added",
    "updated": "updated",
    "removed": "removed",
    "failed": "failed",
    "vectors_computed": "vectors computed",
    "vectors_reused": "vectors reused",
    "build_id": "build",
}


def draw() -> None:
    """All of it, a header above each part."""
    parts = {"History": builds, "Failures": failures, "Notes": notes, "Snapshots": snapshots}
    for title, part in parts.items():
        st.header(title, anchor=False)
        part()


def builds() -> None:
    """Every build up to this snapshot, newest first."""
    table = snapshot.builds()[list(COLUMNS)].rename(columns=COLUMNS)
    st.dataframe(table, hide_index=True, height="content")
    show.download(table, "builds")


def failures() -> None:
    """Every file that is not in the store, with the reason."""
    table = snapshot.failures()
    if table.empty:
        st.success("No file failed.", icon=":material/check_circle:")
        return
    st.markdown(f"{show.counted(len(table), 'file')} could not be read. Fix or remove them, then refresh.")
    table = table.assign(
        relative_path=table["relative_path"].map(visible), reason=table["reason"].map(visible)
    )
    table = table.rename(columns={"dataset": "collection", "relative_path": "file"})
    st.dataframe(table, hide_index=True, column_config={"reason": st.column_config.TextColumn(width="large")})
    show.download(table, "failures")


def fault() -> str | None:
    """Why nobody knows which snapshot is the current one; None where that is known, or the store is empty."""
    try:
        snapshot.store().current()
    except StoreError as error:
        return str(error)
    return None


def way_back() -> None:
    """Snapshots to choose from where none is the current one."""
    numbers = [one.number for one in snapshot.store().snapshots()]
    if numbers and permissions.may_change():
        _switch(numbers)


def notes() -> None:
    """What builds noted of the collections: what was left out, which tables were not used, what was inferred."""
    rows = [
        (row["dataset"], visible(note)) for _, row in snapshot.datasets().iterrows() for note in row["notes"]
    ]
    if not rows:
        st.caption("There is nothing to note of any collection.")
        return
    table = pd.DataFrame(rows, columns=["collection", "note"])
    st.dataframe(table, hide_index=True, column_config={"note": st.column_config.TextColumn(width="large")})


def snapshots() -> None:
    """The published snapshots, a way back to an older one, and the differences between two."""
    current = snapshot.store().current()
    now = current.number if current else None
    states = {st.session_state.get(snapshot.LINKED): "shown, from a link"} | {now: "current"}
    known = snapshot.store().snapshots()
    rows = []
    for one in reversed(known):
        with suppress(FileNotFoundError):  # a build drops what it published halfway
            published_at = one.published_at.replace(tzinfo=None)
            rows.append((one.number, published_at, one.size_bytes / 1e6, states.get(one.number, "")))
    table = pd.DataFrame(rows, columns=["snapshot", "published", "size (MB)", "state"])
    sizes = {"size (MB)": st.column_config.NumberColumn(format="%.1f")}
    st.dataframe(table, hide_index=True, height="content", column_config=sizes)
    numbers = [one.number for one in known]
    if len(numbers) < 2:
        st.caption("After the next build there will be two to compare.")
        return
    if permissions.may_change():
        _switch([number for number in numbers if number != now])
    _compare(numbers)


def _switch(others: list[int]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox("Other snapshot", others[::-1], width=320)
        busy = snapshot.store().is_building()
        if st.button(f"Make {number} the current one", disabled=busy, icon=":material/history:"):
            permissions.require()
            with snapshot.store().lock():
                snapshot.store().use(number)
            st.rerun()


def _compare(numbers: list[int]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        last = len(numbers) - 1
        old = st.selectbox("Compare", numbers, index=last - 1, key="old", bind="query-params", width=150)
        new = st.selectbox("with", numbers, index=last, key="new", bind="query-params", width=150)
    if old == new:
        st.info("Choose two different snapshots to compare.", icon=":material/info:")
        return
    found = snapshot.difference(old, new)
    if found.empty:
        st.info(
            f"Snapshots {old} and {new} have the same clips, views, failures, analyses and experiments.",
            icon=":material/info:",
        )
    for name, table in found.tables.items():
        if not table.empty:
            st.markdown(f"**{len(table):,} {name} differ** from snapshot {old} to {new}")
            st.dataframe(table, hide_index=True)
            show.download(table, f"from_{old}_to_{new}_{name}")
