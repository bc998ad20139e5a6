"""Listening to a set of clips one after another: from the medoid to the rim, equally loud, with marks."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.cache import snapshot, sounds
from app.components.playlist.playlist import Row, Sound, playlist
from app.ui import clip as listen
from app.ui import show

BEHIND, AHEAD = 1, 7
"""Sounds that are sent around the row that plays: about half a megabyte for clips of five seconds."""
LONGEST = 1_000
"""Rows a list: more than a person hears in an hour."""


def draw(
    selection_name: str,
    dataset: str,
    clip_ids: Sequence[str],
    distances: Sequence[float] | NDArray[np.float32],
    *,
    key: str,
    marked: Sequence[str] = (),
) -> list[str]:
    """Draw the list and its player.

    Parameters
    ----------
    selection_name : str
        Marks are kept under it as long as the browser's page is open.
    dataset : str
    clip_ids, distances : sequence
        In the order to listen to them, and how far each is from the first.
    key : str
        A prefix, unique on the page.
    marked : sequence of str
        Clips that are marked from the start, e.g. of a selection that was saved.

    Returns
    -------
    list of str
        The clips of this list that are marked, in its order.
    """
    kept = f"{key}_marks_{selection_name}"
    marks = st.session_state.setdefault(kept, set(marked))
    clips = _known(dataset, clip_ids, distances)
    if clips.empty:
        st.info("There is no clip to listen to in this selection.", icon=":material/playlist_remove:")
        return []
    shown = clips.iloc[:LONGEST]
    name = list_name(selection_name, shown.index.tolist())
    at = _at(st.session_state.get(f"{key}_at"), name)

    def keep(ids: list[str]) -> None:
        st.session_state[kept] = (marks - set(shown.index)) | set(ids)

    def go(number: int) -> None:
        st.session_state[f"{key}_at"] = (name, number)

    playlist(
        [Row(str(one), listen.heading(clip), f"{clip['distance']:.3g}") for one, clip in shown.iterrows()],
        {number: _sound(shown.iloc[number]) for number in window(at, len(shown))},
        name=name,
        at=at,
        marks=[one for one in shown.index if one in marks],
        on_at=go,
        on_marks=keep,
        key=f"{key}_list",
    )
    return [one for one in clips.index if one in marks]


def window(at: int, rows: int) -> range:
    """The rows whose sounds are sent when row ``at`` plays."""
    return range(max(0, at - BEHIND), min(rows, at + AHEAD + 1))


def list_name(selection_name: str, clip_ids: Sequence[str]) -> str:
    """A name that any other list of clips does not have: by it the browser knows what it holds already."""
    text = "\n".join([selection_name, *clip_ids])
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def _at(kept: tuple[str, int] | None, name: str) -> int:
    # A row of another list is no row of this one.
    return kept[1] if kept and kept[0] == name else 0


def _known(
    dataset: str, clip_ids: Sequence[str], distances: Sequence[float] | NDArray[np.float32]
) -> pd.DataFrame:
    """The clips that are in the store, in their order, and what was left out in a caption."""
    order = pd.Series(np.asarray(distances, dtype=float), index=list(clip_ids), name="distance")
    clips = snapshot.clips(dataset).set_index("clip_id")
    there = order.index[order.index.isin(clips.index)]
    gone = len(order) - len(there)
    if gone:
        st.caption(f":orange[{show.counted(gone, 'clip')} of this selection not in the store any more.]")
    if len(there) > LONGEST:
        st.caption(f"The list holds the first {LONGEST:,} of {len(there):,} clips.")
    root = str(snapshot.datasets().set_index("dataset").loc[dataset, "path"])
    return clips.loc[there].assign(distance=order[there], root=root)


def _sound(clip: pd.Series) -> Sound:
    preview = _preview(str(listen.recording(clip)), str(clip["content_hash"]))
    if preview.url is None:
        return Sound(None, "", f"cannot be read: {preview.note}")
    level = "silent" if math.isinf(preview.lufs) else f"{preview.lufs:.1f} LUFS"
    return Sound(preview.url, level, preview.note)


def _preview(path: str, content_hash: str) -> sounds.NormalisedPreview:
    return snapshot.normalised_preview(path, content_hash)
