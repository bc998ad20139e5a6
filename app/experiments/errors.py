"""The clips behind a cell of the confusion matrix: a list with players, one of them beside its neighbours."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.experiments import confusion, mistaken_clip
from app.experiments import seen as experiment_seen
from app.experiments import summary as words
from app.experiments.confusion import ALL, Cell
from app.experiments.seen import Seen
from app.ui import clip_table

LIST = "mistakes"


def of_cell(table: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    """The clips of a cell, row or column, or all errors; wrong ones the surest first, right ones the least sure.

    Parameters
    ----------
    table : DataFrame
        ``truth``, ``predicted`` and ``confidence``, a row a tested clip.
    cell : tuple of str
        What it is and what it was taken for; ``ALL`` stands for any class, and then only errors are meant.
    """
    true, said = cell
    right = table["truth"] == table["predicted"]
    if true == said and true != ALL:
        return table[right & (table["truth"] == true)].sort_values("confidence", kind="stable")
    kept = ~right
    kept &= (table["truth"] == true) | (true == ALL)
    kept &= (table["predicted"] == said) | (said == ALL)
    return table[kept].sort_values("confidence", ascending=False, kind="stable")


def heading(cell: Cell, rows: int) -> str:
    """What a list of ``rows`` clips holds."""
    true, said = cell
    noun = "clip" if rows == 1 else "clips"
    if cell == (ALL, ALL):
        return f"{rows:,} errors, the most confident first" if rows != 1 else "The one error"
    if true == said:
        return f"{rows:,} {noun} of {true} told right, the least sure first"
    if said == ALL:
        return f"{rows:,} {noun} of {true} taken for something else"
    if true == ALL:
        return f"{rows:,} {noun} wrongly taken for {said}"
    return f"{rows:,} {noun} of {true} taken for {said}"


def draw(seen: Seen) -> None:
    """The matrix, the clips of its chosen cell, and the chosen clip beside what was learned from."""
    told = seen.told
    table = told.table

    def pick(cell: Cell) -> None:
        confusion.put(cell)
        st.session_state[clip_table.page_key(LIST)] = 1
        rows = of_cell(table, cell)
        if cell != (ALL, ALL) and len(rows):
            mistaken_clip.choose(str(rows["clip_id"].iloc[0]))
        else:
            st.query_params.pop(mistaken_clip.CLIP, None)

    counts = confusion.table(told.truth, told.predicted, told.classes)
    title = f"{seen.names.target(str(seen.experiment['target'])).capitalize()}: what was taken for what"
    cell = confusion.draw(counts, title, key="confusion", caption=seen.source, on_pick=pick)
    _clips(seen, of_cell(table, cell), cell)


def _clips(seen: Seen, rows: pd.DataFrame, cell: Cell) -> None:
    st.subheader(heading(cell, len(rows)), anchor=False)
    clip_id = mistaken_clip.chosen(seen)
    left, right = st.columns([3, 2])
    with left:
        _list(seen, rows, clip_id)
    with right:
        if clip_id is not None:
            mistaken_clip.draw(seen, clip_id)
        elif len(rows):
            st.info(
                "Click a row to hear its clip and to see what it was compared with.",
                icon=":material/touch_app:",
            )
    if clip_id is not None:
        mistaken_clip.draw_nearest(seen, clip_id)


def _list(seen: Seen, rows: pd.DataFrame, chosen: str | None) -> None:
    if rows.empty:
        st.caption("No clip lies here.")
        return
    known = rows.set_index("clip_id")
    voice = words.is_voice(seen.experiment)
    fold = "its speaker was" if voice else "tested in"
    clip_table.draw_ids(
        experiment_seen.clips_of(seen.dataset),
        rows["clip_id"].tolist(),
        lambda part, clips: _cells(known.loc[part], clips, fold),
        chosen=chosen,
        on_choose=mistaken_clip.choose,
        key=LIST,
    )
    beside = "the nearest of other speakers" if voice else "what the model had learned from"
    st.caption(f"▶ plays a row; a click on it shows the clip beside {beside}.")


def _cells(part: pd.DataFrame, clips: pd.DataFrame, fold: str) -> pd.DataFrame:
    told = {
        "it is": part["truth"].to_numpy(),
        "taken for": part["predicted"].to_numpy(),
        "sure": [words.percent(one) for one in part["confidence"]],
    }
    for column in ("speaker", "sentence"):
        if clips[column].notna().any():
            told[column] = clips[column].fillna("").to_numpy()
    told[fold] = part["fold"].to_numpy()
    told["clip"] = clip_table.short(part.index.tolist())
    return pd.DataFrame(told, dtype="string")
