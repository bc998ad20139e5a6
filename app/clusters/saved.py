"""Picked clips under a name: saved beside the snapshots, so that they outlive every build."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.cache import snapshot
from app.clusters import selection
from app.ui import show
from store.annotations import (
    MAX_NAME_LENGTH,
    Selection,
    delete_selection,
    load_selection,
    load_selections,
    save_selection,
)
from store.errors import SesatlasError

PARAMETER = selection.SAVED


def save_form(dataset: str, clip_ids: Sequence[str], marks: Sequence[str]) -> None:
    """A name, a note and a button."""
    with (
        st.form("save_selection", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        name = st.text_input("Save these clips under a name", max_chars=MAX_NAME_LENGTH)
        note = st.text_input("Note (may stay empty)")
        asked = st.form_submit_button("Save", icon=":material/bookmark_add:")
    if not asked:
        return
    try:
        one = Selection(
            name=name.strip(),
            dataset=dataset,
            clip_ids=tuple(clip_ids),
            snapshot=snapshot.current().number,
            note=note.strip(),
            marks=tuple(marks),
        )
        save_selection(snapshot.store(), one)
    except SesatlasError as error:
        st.warning(str(error), icon=":material/bookmark_remove:")
        return
    st.query_params[PARAMETER] = one.name
    marked = f", {show.counted(len(marks), 'mark')} with them" if marks else ""
    st.success(
        f"'{one.name}' is saved: {show.counted(len(clip_ids), 'clip')}{marked}.", icon=":material/bookmark:"
    )


def load_box(dataset: str, clip_ids: Sequence[str]) -> None:
    """The saved selections of this collection, to pick again or to forget."""
    known, faults = load_selections(snapshot.store())
    for fault in faults:
        st.caption(f":orange[{fault}]")
    own = {one.name: one for one in known if one.dataset == dataset}
    if not own:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Saved selections", list(own), format_func=lambda one: _told(own[one]), key="saved_box"
        )
        st.button("Pick them", on_click=pick, args=(dataset, clip_ids, name), icon=":material/bookmark:")
        st.button("Forget it", on_click=_forget, args=(name,), icon=":material/bookmark_remove:")


def follow(dataset: str, clip_ids: Sequence[str]) -> None:
    """Pick what ``?saved=`` names, the first time in a session."""
    name = st.query_params.get(PARAMETER, "")
    if not name or st.session_state.get("saved_followed"):
        return
    st.session_state["saved_followed"] = True
    if selection.PARAMETER not in st.query_params:
        pick(dataset, clip_ids, name)


def pick(dataset: str, clip_ids: Sequence[str], name: str) -> None:
    """Pick a saved selection's clips, and say which are not there any more."""
    try:
        one = load_selection(snapshot.store(), name)
    except SesatlasError as error:
        st.warning(str(error), icon=":material/link_off:")
        return
    if one.dataset != dataset:
        st.warning(f"'{name}' is a selection of the collection '{one.dataset}'. Choose that one.")
        return
    mask = selection.of_ids(clip_ids, one.clip_ids)
    selection.put(dataset, clip_ids, mask)
    st.query_params[PARAMETER] = name
    gone = len(one.clip_ids) - int(mask.sum())
    if gone:
        st.warning(
            f"{show.counted(gone, 'clip')} of '{name}' {'is' if gone == 1 else 'are'} no longer in the store.",
            icon=":material/info:",
        )


def _forget(name: str) -> None:
    try:
        delete_selection(snapshot.store(), name)
    except SesatlasError as error:
        st.warning(str(error))
    if st.query_params.get(PARAMETER) == name:
        st.query_params.pop(PARAMETER, None)


def _told(one: Selection) -> str:
    told = f"{one.name} ({show.counted(len(one.clip_ids), 'clip')}, {one.saved_at:%d %b %Y})"
    return f"{told}: {one.note}" if one.note else told
