"""The clips of a selection as a table with a player in every row; a chosen row is the clip in full."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from app import filters, listen, show, snapshot

ROWS = 20
"""Rows a page: each carries its sound along, so a page stays near one megabyte."""
COLUMNS = {
    "clip_id": "clip",
    "label": "label",
    "label_group": "group",
    "fold": "fold",
    "split": "split",
    "speaker": "speaker",
    "sex": "sex",
    "dialect": "dialect",
    "sentence": "sentence",
    "duration_s": "duration (s)",
    "rms_dbfs": "level (dBFS)",
    "silence_share": "silence",
    "bandwidth_hz": "bandwidth (Hz)",
    "sample_rate_hz": "rate (Hz)",
}


def draw(selection: filters.Selection) -> str | None:
    """Draw one page of the table; the clip chosen in it or named by ``?clip=``."""
    clips, pages = selection.clips, math.ceil(len(selection.clips) / ROWS)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        there = [column for column in COLUMNS if clips[column].notna().any()]
        order = st.selectbox(
            "Sort by", there, format_func=COLUMNS.get, key="sort", bind="query-params", width=220
        )
        falling = st.toggle("Largest first", key="falling", bind="query-params")
        number = st.number_input(f"Page of {pages}", 1, pages, key="page", bind="query-params", width=140)
        show.download(clips, f"{selection.name}_clips")
    ordered = clips.sort_values(order, ascending=not falling, kind="stable")
    rows = ordered.iloc[(number - 1) * ROWS : number * ROWS]
    chosen = _table(rows[there], [_preview(selection, row) for _, row in rows.iterrows()], number)
    if chosen is not None:
        st.query_params["clip"] = chosen
    st.caption("Double-click :material/play_circle: to hear a row; tick a row to see the clip in full.")
    named = st.query_params.get("clip")
    return named if named in set(clips["clip_id"]) else str(rows["clip_id"].iloc[0])


def _preview(selection: filters.Selection, row: pd.Series) -> str | None:
    path = listen.recording(pd.Series({**row, "root": selection.dataset["path"]}))
    return snapshot.preview(str(path), str(row["content_hash"]))


def _table(rows: pd.DataFrame, sounds: list[str | None], number: int) -> str | None:
    table = rows.rename(columns=COLUMNS)
    table.insert(0, "listen", sounds)
    state = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"clips_{number}",
        column_config={
            "listen": st.column_config.AudioColumn("listen", width="small", pinned=True),
            "duration (s)": st.column_config.NumberColumn(format="%.2f"),
            "level (dBFS)": st.column_config.NumberColumn(format="%.1f"),
            "silence": st.column_config.ProgressColumn(min_value=0, max_value=1, format="percent"),
            "bandwidth (Hz)": st.column_config.NumberColumn(format="%d"),
        },
    )
    picked = state["selection"]["rows"]
    return str(rows["clip_id"].iloc[picked[0]]) if picked else None
