"""Marks on doubtful labels, and which clip is to be judged next."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.cache import snapshot
from app.cache.audited import Found
from app.ui import show
from store.annotations import Mark, delete_mark, load_marks, save_mark
from store.errors import SesatlasError

FAULT = "audit_marks_fault"


def with_marks(found: Found) -> pd.DataFrame:
    """The doubts with ``mark`` and ``marked_at``, empty where there is none; a changed label bears none."""
    try:
        given = load_marks(snapshot.store(), found.name)
    except SesatlasError as error:
        st.warning(str(error), icon=":material/bookmark_remove:")
        given = {}
    table = found.doubts
    own = [
        given[clip_id] if clip_id in given and given[clip_id].label == label else None
        for clip_id, label in zip(table["clip_id"], table["given"], strict=True)
    ]
    stale = sum(one.clip_id not in {mark.clip_id for mark in own if mark} for one in given.values())
    if stale:
        st.caption(
            f":orange[{show.counted(stale, 'mark')} of clips that are gone or have another label since.]"
        )
    return table.assign(
        mark=[one.mark if one else "" for one in own],
        marked_at=[f"{one.marked_at:%Y-%m-%d %H:%M}" if one else "" for one in own],
    )


def chosen(dataset: str, table: pd.DataFrame) -> int:
    """Which row is to be judged: the one that was clicked, else the first without a mark."""
    ids = table["clip_id"].tolist()
    kept = st.session_state.get(_key(dataset))
    if kept in ids:
        return ids.index(kept)
    return next((place for place, mark in enumerate(table["mark"]) if not mark), 0)


def mark(dataset: str, table: pd.DataFrame, place: int, word: str) -> None:
    """Store a mark, and go on to the next clip that has none."""
    row = table.iloc[place]
    one = Mark(clip_id=row["clip_id"], mark=word, label=row["given"], snapshot=snapshot.current().number)
    try:
        save_mark(snapshot.store(), dataset, one)
    except SesatlasError as error:
        st.session_state[FAULT] = str(error)
        return
    later = table.iloc[place + 1 :]
    left = later[later["mark"] == ""]
    choose(dataset, str((left if len(left) else table.iloc[[place]])["clip_id"].iloc[0]))


def clear(dataset: str, clip_id: str) -> None:
    """Take a mark away; the clip stays in view."""
    try:
        delete_mark(snapshot.store(), dataset, clip_id)
    except SesatlasError as error:
        st.session_state[FAULT] = str(error)
    choose(dataset, clip_id)


def choose(dataset: str, clip_id: str) -> None:
    """Bring a clip up to be judged."""
    st.session_state[_key(dataset)] = clip_id


def _key(dataset: str) -> str:
    return f"audit_doubt_at_{dataset}"
