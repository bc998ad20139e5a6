"""Some clips in a given order, a page at a time, with a player in every row."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from app.cache import snapshot
from app.components.clip_rows.clip_rows import clip_rows
from app.ui import clip as listen

ROWS = 10
"""Rows a page: each carries its sound along."""


def draw(
    clips: pd.DataFrame,
    clip_ids: Sequence[str],
    cells: Callable[[list[str], pd.DataFrame], pd.DataFrame],
    *,
    chosen: str | None,
    on_choose: Callable[[str], None],
    key: str,
) -> None:
    """Draw one page of the clips.

    Parameters
    ----------
    clips : DataFrame
        By their id, with the folder of their recordings: see :func:`app.experiments.summary.clips_of`. A clip that is
        not in it has a row without a sound.
    clip_ids : sequence of str
        In the order to show them, one or more.
    cells : callable
        Given the clips of a page, and their rows in the same order, what is written in each row, in words.
    chosen : str or None
        The clip to mark.
    on_choose : callable
        Called with a clip's id when a person clicks its row.
    key : str
        Unique on the page.
    """
    pages, page = math.ceil(len(clip_ids) / ROWS), page_key(key)
    number = min(int(st.session_state.get(page, 1)), pages)
    if pages > 1:
        st.session_state[page] = number
        number = int(st.number_input(f"Page (of {pages})", 1, pages, key=page, width=140))
    part = list(clip_ids[(number - 1) * ROWS : number * ROWS])
    shown = clips.reindex(part)
    clip_rows(
        cells(part, shown),
        part,
        [_sound(clip) for _, clip in shown.iterrows()],
        chosen=chosen,
        on_choose=on_choose,
        key=key,
    )


def page_key(key: str) -> str:
    """Where the number of the page is kept: whoever brings other clips begins with the first."""
    return f"{key}_page"


def short(clip_ids: Sequence[str]) -> list[str]:
    """The clips' ids without the dataset's name, which is the same for all."""
    return [str(one).split("/", 1)[-1] for one in clip_ids]


def _sound(clip: pd.Series) -> str | None:
    if pd.isna(clip["content_hash"]):
        return None  # predicted once, and gone since, or never here
    return snapshot.preview(str(listen.recording(clip)), str(clip["content_hash"]))
