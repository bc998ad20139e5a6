"""All clusterings of a collection in one table, best first, and why the first is first."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from app import board
from app.leaderboard_columns import COLUMNS, FILTERS, in_words

HIGHEST_PX = 250
"""Five rows and a bit: the clouds below are to be seen on the first screen as well."""


def shown(clusterings: pd.DataFrame, titles: Mapping[str, str] | None = None) -> pd.DataFrame:
    """The table as it is shown.

    Parameters
    ----------
    clusterings : DataFrame
        As the store gives them; see ``clusterings`` in its README.
    titles : mapping of str to str
        Names for people of views, spaces and methods; who is not in it keeps the short name.

    Returns
    -------
    DataFrame
        Indexed by ``clustering_id``, best rank first, the columns of ``COLUMNS``.
    """
    titles = titles or {}
    table = clusterings.set_index("clustering_id").sort_values("rank", kind="stable", na_position="last")
    table["told"] = [in_words(one) for one in table["parameters"]]
    table["noise_percent"] = 100 * table["noise"] / table["clips"].clip(lower=1)
    table["space"] = [
        titles.get(name, name) + ("" if pd.isna(dimension) else f", {int(dimension)}-D")
        for name, dimension in zip(table["space"], table["space_dimension"], strict=True)
    ]
    for column in ("view", "method"):
        table[column] = [titles.get(one, one) for one in table[column]]
    return table[list(COLUMNS)]


def heading(row: pd.Series) -> str:
    """A row of :func:`shown` as a name: method, parameters, view, space."""
    told = f" ({row['told']})" if row["told"] else ""
    return f"{row['method']}{told} on {row['view']}, {row['space']}"


def filtered(table: pd.DataFrame, kept: Mapping[str, list[str]]) -> pd.DataFrame:
    """Rows whose columns are among the values asked for; an empty list asks for all."""
    for column, values in kept.items():
        if values:
            table = table[table[column].isin(values)]
    return table


def draw(
    clusterings: pd.DataFrame,
    chosen: str | None = None,
    *,
    key: str,
    titles: Mapping[str, str] | None = None,
) -> str | None:
    """Draw the table; the id of the clustering chosen in it.

    Parameters
    ----------
    clusterings : DataFrame
        As for :func:`shown`.
    chosen : str or None
        What is chosen so far, e.g. in the URL; without it, or where the store does not hold it, the first.
    key : str
        A prefix, unique on the page.
    """
    if clusterings.empty:
        st.info(
            "The store holds no clustering of this collection.",
            icon=":material/bubble_chart:",
        )
        return None
    table = shown(clusterings, titles)
    first = str(table.index[0])
    chosen = chosen if chosen in table.index else first
    why = clusterings.loc[clusterings["clustering_id"] == first, "why"].fillna("").iloc[0]
    st.markdown(f"**First: {heading(table.iloc[0])}.** {why}")
    kept = filtered(table, _filters(table, key))
    st.caption(f"{len(kept):,} of {len(table):,} clusterings. Tick a row to see it; click a heading to sort.")
    if kept.empty:
        return chosen
    return board.choose(kept, COLUMNS, chosen, key=key, highest_px=HIGHEST_PX)


def _filters(table: pd.DataFrame, key: str) -> dict[str, list[str]]:
    kept = {}
    with st.popover("Filter", icon=":material/filter_list:"):
        for column, name in FILTERS.items():
            options = sorted(table[column].unique().tolist())
            if len(options) > 1:
                kept[column] = st.multiselect(name, options, key=f"{key}_{column}", placeholder="all")
    return kept
