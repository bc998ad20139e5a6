"""All clusterings of a collection in one table, best first, and the chosen one in a line."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from app.clusters.leaderboard_columns import COLUMNS, FILTERS, in_words
from app.ui import show
from app.ui import show as board

HIGHEST_PX = 460
"""Eleven rows; the table scrolls."""
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
STEADY = {
    0.9: "Nearly the same clusters come back",
    0.7: "Much the same clusters come back",
    0.5: "Roughly the same clusters come back",
    -1.0: "Other clusters come back",
}
"""From which stability on this is said."""
BORNE_OUT_BITS = 0.5


Titles = Mapping[str, Mapping[str, str]]
"""Names for people by column (``view``, ``space``, ``method``); what is not in it keeps the short name."""


def shown(clusterings: pd.DataFrame, titles: Titles | None = None) -> pd.DataFrame:
    """The table as it is shown.

    Parameters
    ----------
    clusterings : DataFrame
        As the store gives them; see ``clusterings`` in its README.
    titles : Titles, optional

    Returns
    -------
    DataFrame
        Indexed by ``clustering_id``, best rank first, the columns of ``COLUMNS``.
    """
    named = {column: (titles or {}).get(column, {}) for column in ("view", "space", "method")}
    # Those that share a rank come in the order of their places, which a rule has given them.
    table = clusterings.set_index("clustering_id").sort_values("place", kind="stable", na_position="last")
    table["told"] = [in_words(one) for one in table["parameters"]]
    table["rank"] = places(table["rank"])
    table["noise_percent"] = 100 * table["noise"] / table["clips"].clip(lower=1)
    table["space"] = [
        named["space"].get(name, name) + ("" if pd.isna(dimension) else f", {int(dimension)}-D")
        for name, dimension in zip(table["space"], table["space_dimension"], strict=True)
    ]
    for column in ("view", "method"):
        table[column] = [named[column].get(one, one) for one in table[column]]
    return table[list(COLUMNS)]


def heading(row: pd.Series) -> str:
    """A row of :func:`shown` as a name: method, parameters, view, space."""
    told = f" ({row['told']})" if row["told"] else ""
    return f"{row['method']}{told} on {row['view']}, {row['space']}"


def places(ranks: pd.Series) -> list[str | None]:
    """Ranks as places: ``1``, or ``1=`` where several share it. As wide as the widest, so that they sort as text."""
    shared = ranks.duplicated(keep=False)
    told = [
        None if pd.isna(rank) else f"{int(rank)}{'=' if both else ''}"
        for rank, both in zip(ranks, shared, strict=True)
    ]
    digits = max((len(one.rstrip("=")) for one in told if one), default=0)
    return [one and " " * (digits - len(one.rstrip("="))) + one for one in told]


def headline(clusterings: pd.DataFrame, chosen: str, titles: Titles | None = None) -> str:
    """The chosen clustering in a line of Markdown: its place, its name, its clusters, what speaks for it."""
    table = shown(clusterings, titles)
    row = clusterings.set_index("clustering_id").loc[chosen]
    if pd.isna(row["rank"]):
        place, sharing = "Unranked, one", 0
    else:
        sharing = int((clusterings["rank"] == row["rank"]).sum()) - 1
        place = "First" if row["rank"] == 1 else f"Place {table.loc[chosen, 'rank'].strip()}"
    size = show.counted(int(row["clusters"]), "cluster")
    name = f"**{place} of {len(table):,}: {heading(table.loc[chosen])}, {size}.**"
    return " ".join(filter(None, [name, speaks_for(row), _shared(sharing)]))


def speaks_for(row: pd.Series) -> str:
    """What makes a clustering worth a look, by the numbers that rank it; why it has no place, where it has none."""
    if pd.isna(row["rank"]) or str(row["why"]).startswith("Out of the running"):
        return str(row["why"] or "")
    told = []
    if pd.notna(row["stability"]):
        words = next(words for least, words in STEADY.items() if row["stability"] >= least)
        told.append(f"{words} when some of the clips are left out (stability {row['stability']:.2f})")
    if pd.notna(row["generalisation"]):
        told.append(f"they carry over to clips held out ({row['generalisation']:.2f})")
    if pd.notna(row["agreement"]):
        words = "bear them out" if row["agreement"] >= BORNE_OUT_BITS else "say little of them"
        told.append(f"other views {words} ({row['agreement']:.2f} bits a clip)")
    elif pd.notna(row["silhouette"]):
        told.append(f"its silhouette is {row['silhouette']:.2f}")
    sentence = told[0] if len(told) == 1 else f"{', '.join(told[:-1])}, and {told[-1]}" if told else ""
    return f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""


def _shared(others: int) -> str:
    if not others:
        return ""
    count = NUMBERS[others].capitalize() if others < len(NUMBERS) else f"{others:,}"
    return f"{count} {'other shares' if others == 1 else 'others share'} this place."


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
    titles: Titles | None = None,
) -> str | None:
    """Draw the table; the id of the clustering chosen in it, None where there is none to choose.

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
        return None
    table = shown(clusterings, titles)
    chosen = chosen if chosen in table.index else str(table.index[0])
    st.header("All clusterings", anchor=False)
    kept = filtered(table, _filters(table, key))
    st.caption(
        f"{len(kept):,} of {len(table):,} clusterings. Tick a row to see it in the clouds above; click a heading "
        "to sort."
    )
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
