"""Pipeline: start and follow builds; their history, failures, and the differences between two snapshots."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import permissions
from app.builds import history, panel
from app.builds.panel import READERS
from app.cache import snapshot
from app.ui import escape


def build_section() -> None:
    why = permissions.reason()
    if why is not None:
        st.info(why, icon=":material/lock:")
        panel.progress()
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        panel.start_button("Refresh everything", [], primary=True, disabled=is_empty())
        panel.start_button("Add the demo", ["--dataset", "demo"])
    with st.expander("Add a collection, or change its folder", icon=":material/library_add:"):
        add_form()
    panel.progress()


def add_form() -> None:
    reader = READERS[st.selectbox("Kind", list(READERS), format_func=lambda one: READERS[one].title)]
    st.caption(f"Expected: {reader.layout}  \n{reader.how_to_get}")
    path = st.text_input("Folder on the machine that runs Sesatlas", key="folder_to_add").strip()
    alias = st.text_input("Name in the store (optional)", key="name_to_add").strip()
    there = is_folder(path)
    if path and not there:
        st.warning(f"There is no folder {escape.code(path)} on that machine.", icon=":material/folder_off:")
    source = f"{reader.name}:{alias}={path}" if alias else f"{reader.name}={path}"
    panel.start_button("Add it", ["--dataset", source], disabled=not there)


def is_folder(path: str) -> bool:
    permissions.require()
    try:
        return bool(path) and Path(path).expanduser().is_dir()
    except (OSError, RuntimeError):  # forbidden, too long a name, or the home of nobody
        return False


def is_empty() -> bool:
    return snapshot.store().current() is None


st.title("Pipeline", anchor=False)
fault = history.fault()
if fault:
    st.error(escape.sentence(fault), icon=":material/error:")
    history.way_back()
else:
    st.header("Build", anchor=False)
    build_section()
    if is_empty():
        invite = " Add the demo or your own collection above." if permissions.may_change() else ""
        st.info(f"The store is empty.{invite}", icon=":material/info:")
    else:
        history.draw()
