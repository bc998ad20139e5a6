"""The clips a person has picked: kept in the session, in the link, and under a name beside the snapshots.

What is saved under a name outlives every build.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app import permissions
from app.cache import snapshot
from app.components.cloud import data
from app.ui import escape, show
from store.annotations import (
    MAX_NAME_LENGTH,
    Selection,
    delete_selection,
    load_selection,
    load_selections,
    save_selection,
)
from store.errors import SesatlasError

LONGEST_LINK = 1_500
"""Characters of a picked set in a URL; a longer one has to be saved under a name to be linked to."""
KEY, PARAMETER, SAVED = "picked", "picked", "saved"
WRITTEN = "picked_written"
"""What this session last wrote into the URL: where another text stands there, somebody has gone back."""


def mask(dataset: str, clip_ids: Sequence[str]) -> NDArray[np.bool_] | None:
    """Which of ``clip_ids`` are picked, bool, shape ``(n,)``; None where nothing is.

    The first time in a session, and after the browser's back and forward, it is read from ``?picked=``.
    """
    text = st.query_params.get(PARAMETER, "")
    if KEY not in st.session_state or text != st.session_state.get(WRITTEN, ""):
        st.session_state[KEY] = (dataset, _from_link(clip_ids))
        st.session_state[WRITTEN] = st.query_params.get(PARAMETER, "")
    owner, ids = st.session_state[KEY]
    if owner != dataset:
        put(dataset, clip_ids, None)
        return None
    found = of_ids(clip_ids, ids)
    return found if found.any() else None


def any_of(dataset: str) -> bool:
    """Whether clips of this dataset are picked, here or by the link."""
    owner, ids = st.session_state.get(KEY, (dataset, st.query_params.get(PARAMETER, "")))
    return owner == dataset and bool(ids)


def of_ids(clip_ids: Sequence[str], chosen: Collection[str]) -> NDArray[np.bool_]:
    """Which of ``clip_ids`` are among ``chosen``; not by NumPy's `isin`, which compares texts one with every other."""
    return pd.Series(clip_ids, dtype=object).isin(list(chosen)).to_numpy(dtype=bool)


def put(dataset: str, clip_ids: Sequence[str], chosen: NDArray[np.bool_] | None) -> None:
    """Pick these and no others; None or an empty mask lets all go."""
    st.query_params.pop(SAVED, None)  # the name of others
    if chosen is None or not chosen.any():
        st.session_state[KEY] = (dataset, frozenset())
        _write("")
        return
    st.session_state[KEY] = (dataset, frozenset(np.asarray(clip_ids, dtype=object)[chosen].tolist()))
    text = f"{_stamp(clip_ids)}.{data.encode(chosen)}"
    _write(text if len(text) <= LONGEST_LINK else "")


def come_back() -> None:
    """Put the picked clips into the URL again for whoever comes from another page; call it before `mask`."""
    if st.session_state.get(WRITTEN):
        st.query_params[PARAMETER] = st.session_state[WRITTEN]


def _write(text: str) -> None:
    st.session_state[WRITTEN] = text
    if text:
        st.query_params[PARAMETER] = text
    else:
        st.query_params.pop(PARAMETER, None)


def is_linked() -> bool:
    """Whether the URL leads to the picked clips; many, in no order, would make it too long."""
    return PARAMETER in st.query_params or SAVED in st.query_params


def _from_link(clip_ids: Sequence[str]) -> frozenset[str]:
    text = st.query_params.get(PARAMETER, "")
    if not text:
        return frozenset()
    stamp, _, encoded = text.partition(".")
    if stamp != _stamp(clip_ids):
        return _refused("The clips picked in this link are of another state of the collection.")
    try:
        chosen = data.decode(encoded, len(clip_ids))
    except SesatlasError as error:
        return _refused(f"The clips picked in this link cannot be read: {error}.")
    return frozenset(np.asarray(clip_ids, dtype=object)[chosen].tolist())


def _refused(why: str) -> frozenset[str]:
    st.warning(f"{escape.sentence(why)} Nothing is picked now.", icon=":material/link_off:")
    st.query_params.pop(PARAMETER, None)
    return frozenset()


def _stamp(clip_ids: Sequence[str]) -> str:
    """Bits mean clips by their place: in another list of clips they would mean other clips."""
    return hashlib.sha256("\n".join(clip_ids).encode()).hexdigest()[:6]


def save_form(dataset: str, clip_ids: Sequence[str], marks: Sequence[str]) -> None:
    """A name, a note and a button; nothing for who may not save."""
    if not permissions.may_change():
        return
    with (
        st.form("save_selection", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        name = st.text_input("Save these clips under a name", max_chars=MAX_NAME_LENGTH)
        note = st.text_input("Note (may stay empty)")
        saved = st.form_submit_button("Save", icon=":material/bookmark_add:")
    if not saved:
        return
    try:
        permissions.require()
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
        st.warning(escape.sentence(error), icon=":material/bookmark_remove:")
        return
    st.query_params[SAVED] = one.name
    marked = f", {show.counted(len(marks), 'mark')} with them" if marks else ""
    st.success(
        f"'{escape.markdown(one.name)}' is saved: {show.counted(len(clip_ids), 'clip')}{marked}.",
        icon=":material/bookmark:",
    )


def load_box(dataset: str, clip_ids: Sequence[str]) -> None:
    """The saved selections of this collection, to pick again or to forget."""
    known, faults = load_selections(snapshot.store())
    for fault in faults:
        st.caption(f":orange[{escape.sentence(fault)}]")
    own = {one.name: one for one in known if one.dataset == dataset}
    if not own:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Saved selections", list(own), format_func=lambda one: _describe(own[one]), key="saved_box"
        )
        st.button(
            "Pick them", on_click=pick_saved, args=(dataset, clip_ids, name), icon=":material/bookmark:"
        )
        if permissions.may_change():
            st.button("Forget it", on_click=_forget, args=(name,), icon=":material/bookmark_remove:")


def follow_saved(dataset: str, clip_ids: Sequence[str]) -> None:
    """Pick what ``?saved=`` names, the first time in a session."""
    name = st.query_params.get(SAVED, "")
    if not name or st.session_state.get("saved_followed"):
        return
    st.session_state["saved_followed"] = True
    if PARAMETER not in st.query_params:
        pick_saved(dataset, clip_ids, name)


def pick_saved(dataset: str, clip_ids: Sequence[str], name: str) -> None:
    """Pick a saved selection's clips, and say which are not there any more."""
    try:
        one = load_selection(snapshot.store(), name)
    except SesatlasError as error:
        st.warning(escape.sentence(error), icon=":material/link_off:")
        return
    if one.dataset != dataset:
        st.warning(
            f"'{escape.markdown(name)}' is a selection of the collection '{escape.markdown(one.dataset)}'. "
            "Choose that one."
        )
        return
    mask = of_ids(clip_ids, one.clip_ids)
    put(dataset, clip_ids, mask)
    st.query_params[SAVED] = name
    gone = len(one.clip_ids) - int(mask.sum())
    if gone:
        st.warning(
            f"{show.counted(gone, 'clip')} of '{escape.markdown(name)}' {'is' if gone == 1 else 'are'} no longer in "
            "the store.",
            icon=":material/info:",
        )


def _forget(name: str) -> None:
    try:
        permissions.require()
        delete_selection(snapshot.store(), name)
    except SesatlasError as error:
        st.warning(escape.sentence(error))
    if st.query_params.get(SAVED) == name:
        st.query_params.pop(SAVED, None)


def _describe(one: Selection) -> str:
    words = f"{one.name} ({show.counted(len(one.clip_ids), 'clip')}, {one.saved_at:%d %b %Y})"
    return f"{words}: {one.note}" if one.note else words
