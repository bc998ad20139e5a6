"""Clips in rows with a player each, a page at a time: those of a selection, sorted, or some in a given order."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from app.cache import snapshot
from app.components.clip_rows.clip_rows import clip_rows
from app.ui import address, clip, escape, filters, show
from app.ui import clip as listen
from pipeline.fields import Field, with_role

ROWS = 20
"""Rows a page: each carries its sound along, so a page stays near one megabyte."""
CLIP = Field(title="Clip")
SORT, SORT_BOX = "sort", "sort_box"
"""In the URL, by what the table is sorted; and the box that chooses it."""


def draw(selection: filters.Selection, more: Mapping[str, Field] | None = None, *, below: bool = True) -> str:
    """Draw one page of the table; the clip chosen in it, or named by ``?clip=``, or its first.

    Parameters
    ----------
    more : mapping of str to Field, optional
        Further columns of the selection's clips to show.
    below : bool
        Whether the chosen clip is shown in full below the table.
    """
    clips = selection.clips
    known = columns(clips) | dict(more or {})
    rows, there = _page(selection, known)
    named = st.query_params.get("clip")
    chosen = named if named and named in set(clips["clip_id"]) else str(rows["clip_id"].iloc[0])
    if below and named and named.startswith(f"{selection.name}/") and named != chosen:
        _explain_missing(selection, named)
    sounds = [clip.mp3_url(row, selection.dataset["path"]) for _, row in rows.iterrows()]
    clip_rows(
        _cells(rows, {name: known[name] for name in there}),
        rows["clip_id"].tolist(),
        sounds,
        chosen=chosen,
        on_choose=_choose,
        key="clip_rows",
    )
    what = "shows the clip in full below" if below else "chooses the clip"
    st.caption(f"▶ plays a row, a click on it {what}; arrow keys walk, space plays.")
    return chosen


def _explain_missing(selection: filters.Selection, named: str) -> None:
    # Otherwise who follows a link would take another clip for the one they were sent.
    if named in set(snapshot.clips(selection.name)["clip_id"]):
        reason = f"{escape.code(named)} does not pass these filters"
    else:
        reason = f"The store holds no clip {escape.code(named)}"
    st.caption(f":orange[{reason}; below is another one.]")


def _choose(clip_id: str) -> None:
    st.query_params["clip"] = clip_id


def _page(selection: filters.Selection, known: Mapping[str, Field]) -> tuple[pd.DataFrame, list[str]]:
    """The rows of the page that is asked for, in the order that is asked for, and the columns to show."""
    clips, pages = selection.clips, math.ceil(len(selection.clips) / ROWS)
    there = [name for name in known if clips[name].notna().any() and not _twice(selection, name)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = _order({name: known[name].heading for name in there})
        falling = st.toggle("Largest first", key="falling", bind="query-params")
        number = st.number_input(f"Page (of {pages})", 1, pages, key="page", bind="query-params", width=140)
        show.download(clips, f"{selection.name}_clips")
    ordered = clips.sort_values(order, ascending=not falling, kind="stable")
    return ordered.iloc[(number - 1) * ROWS : number * ROWS], there


def _order(headings: Mapping[str, str]) -> str:
    """The column to sort by, kept in the URL by its name, which outlives its heading."""
    names, shown = list(headings), st.session_state.get(SORT)
    requested = st.query_params.get(SORT, shown)
    if SORT_BOX not in st.session_state or requested != shown or st.session_state[SORT_BOX] not in headings:
        st.session_state[SORT_BOX] = _named(str(requested), headings)
    order = str(st.selectbox("Sort by", names, format_func=headings.__getitem__, key=SORT_BOX, width=220))
    if order != names[0] or SORT in st.query_params:
        address.later(SORT, order)
        st.session_state[SORT] = order
    return order


def _named(requested: str, headings: Mapping[str, str]) -> str:
    """The column that is meant: by its name, by its heading, as links had it before, or the same score of this view."""
    by_heading = {heading: name for name, heading in headings.items()}
    score = requested.rpartition(":")[0]
    same = next((name for name in headings if score and name.rpartition(":")[0] == score), None)
    if requested in headings:
        return requested
    return by_heading.get(requested) or same or next(iter(headings))


def _twice(selection: filters.Selection, column: str) -> bool:
    # Where the label is the sex, as in TIMIT, one column tells it.
    return column == "sex" and selection.dataset["label_name"] == "sex"


def columns(clips: pd.DataFrame) -> dict[str, Field]:
    """The columns that a table of clips can show."""
    return {"clip_id": CLIP} | with_role("table", clips.columns)


def cells(values: pd.Series, field: Field) -> list[str]:
    """The values of a column as they stand in a table."""
    return [field.text(one) if pd.notna(one) else "" for one in values]


def _cells(rows: pd.DataFrame, fields: Mapping[str, Field]) -> pd.DataFrame:
    return pd.DataFrame(
        {field.heading: cells(rows[name], field) for name, field in fields.items()}, dtype="string"
    )


ROWS_OF_IDS = 10
"""Rows a page: each carries its sound along."""


def draw_ids(
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
        By their id, with the folder of their recordings: see :func:`app.experiments.seen.clips_of`. A clip that is
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
    pages, page = math.ceil(len(clip_ids) / ROWS_OF_IDS), page_key(key)
    number = min(int(st.session_state.get(page, 1)), pages)
    if pages > 1:
        st.session_state[page] = number
        number = int(st.number_input(f"Page (of {pages})", 1, pages, key=page, width=140))
    part = list(clip_ids[(number - 1) * ROWS_OF_IDS : number * ROWS_OF_IDS])
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
    return listen.mp3_url(clip)
