"""A leaderboard as a table of which one row is chosen: headings in groups, a word on each column."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

Column = tuple[str, str, str | None, str]
"""Group, name, printf format of a number (None for words), and what it means."""


def choose(
    table: pd.DataFrame, columns: Mapping[str, Column], chosen: str | None, *, key: str, highest_px: int
) -> str | None:
    """Draw the table; the index of the row chosen in it, ``chosen`` where none is.

    Parameters
    ----------
    table : DataFrame
        As it is shown; what is chosen goes by its index.
    columns : mapping of str to tuple
        Of each column of the table.
    chosen : str or None
        What is chosen so far; it may be no row of this table.
    key : str
        A prefix, unique on the page.
    """
    grouped = table.set_axis(pd.MultiIndex.from_tuples([columns[str(one)][:2] for one in table]), axis=1)
    # Chosen rows are told by number: of other rows, the same number would be another one.
    rows = hashlib.sha256("\n".join(map(str, table.index)).encode("utf-8")).hexdigest()[:12]
    default = [table.index.tolist().index(chosen)] if chosen in table.index else []
    event = st.dataframe(
        grouped,
        hide_index=True,
        height=min(highest_px, 2 * 36 + 35 * len(table)),
        column_config=_config(table, columns),
        key=f"{key}_table_{rows}",
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": default}},
        placeholder="",
    )
    picked = event["selection"]["rows"]
    return str(table.index[picked[0]]) if picked else chosen


def _config(table: pd.DataFrame, columns: Mapping[str, Column]) -> dict[Any, Any]:
    config: dict[Any, Any] = {}
    for number, column in enumerate(table, 1):  # the index, though hidden, is column 0
        _, name, form, meaning = columns[str(column)]
        if form:
            config[number] = st.column_config.NumberColumn(name, help=meaning, format=form)
        else:
            config[number] = st.column_config.TextColumn(name, help=meaning)
    return config
