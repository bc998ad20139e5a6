"""Pipeline: start and watch builds, see their history, their failures, and what changed between two."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from app import build_panel, show, snapshot
from app.catalog import READERS, Reader

HISTORY = {
    "build_id": "build",
    "status": "status",
    "snapshot": "snapshot",
    "started_at": "started",
    "seconds": "seconds",
    "clips": "clips",
    "added": "added",
    "updated": "updated",
    "removed": "removed",
    "failed": "failed",
    "vectors_computed": "vectors computed",
    "vectors_reused": "vectors reused",
}


def build_section() -> None:
    st.header("Build", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        build_panel.start_button("Refresh everything", [], primary=True, disabled=is_empty())
        build_panel.start_button("Add the demo", ["--dataset", "demo"])
    with st.expander("Add or move a collection", icon=":material/library_add:"):
        add_form()
    build_panel.progress()


def add_form() -> None:
    reader: Reader = st.selectbox("Kind", READERS, format_func=lambda one: one.title)
    st.caption(f"Expected: {reader.layout}  \n{reader.how_to_get}")
    path = st.text_input("Folder on this machine", placeholder="/home/me/recordings")
    alias = st.text_input("Name in the store (may stay empty)", placeholder=reader.name)
    folder = Path(path).expanduser()
    if path and not folder.is_dir():
        st.warning(f"There is no folder {folder} on this machine.", icon=":material/folder_off:")
    word = f"{reader.name}:{alias}={folder}" if alias else f"{reader.name}={folder}"
    build_panel.start_button("Add it", ["--dataset", word], disabled=not path or not folder.is_dir())


def history_section() -> None:
    st.header("History", anchor=False)
    builds = snapshot.builds()
    table = builds[list(HISTORY)].rename(columns=HISTORY)
    st.dataframe(table, hide_index=True, height="content")
    show.download(table, "builds")


def failures_section() -> None:
    st.header("Failures", anchor=False)
    failures = snapshot.failures()
    if failures.empty:
        st.success("Every file became a clip.", icon=":material/check_circle:")
        return
    st.markdown(f"{len(failures):,} files are not in the store. Mend them and refresh.")
    st.dataframe(failures, hide_index=True)
    show.download(failures, "failures")


def snapshots_section() -> None:
    st.header("Snapshots", anchor=False)
    store, now = snapshot.store(), snapshot.current().number
    known = store.snapshots()
    rows = [(one.number, one.published_at, one.size_bytes / 1e6, "current" if one.number == now else "") for one in known]
    table = pd.DataFrame(rows[::-1], columns=["snapshot", "published", "size (MB)", ""])
    st.dataframe(table, hide_index=True, height="content", column_config={"size (MB)": st.column_config.NumberColumn(format="%.1f")})
    numbers = [one.number for one in known]
    if len(numbers) < 2:
        st.caption("With the next build there will be two to compare.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        old = st.selectbox("Compare", numbers, index=len(numbers) - 2, key="old", bind="query-params")
        new = st.selectbox("with", numbers, index=len(numbers) - 1, key="new", bind="query-params")
        if st.button(f"Make snapshot {old} the current one", disabled=old == now, icon=":material/history:"):
            store.use(old)
            st.rerun()
    if old == new:
        st.info("Choose two different snapshots to compare.", icon=":material/info:")
    else:
        difference_between(old, new)


def difference_between(old: int, new: int) -> None:
    difference = snapshot.difference(old, new)
    if difference.empty:
        st.info(f"Snapshots {old} and {new} hold the same clips, views and failures.", icon=":material/info:")
        return
    for name, table in {"clips": difference.clips, "views": difference.views, "failures": difference.failures}.items():
        if not table.empty:
            st.markdown(f"**{len(table):,} {name} differ**")
            st.dataframe(table, hide_index=True)
            show.download(table, f"diff_{old}_{new}_{name}")


def is_empty() -> bool:
    return snapshot.store().current() is None


st.title("Pipeline", anchor=False)
build_section()
if is_empty():
    st.info("The store is empty. Add the demo or a collection of your own above.", icon=":material/info:")
else:
    history_section()
    failures_section()
    snapshots_section()
