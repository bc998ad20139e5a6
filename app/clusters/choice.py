"""Which clustering the clouds show: the first of the leaderboard, or the one chosen in it or by a link."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app.builds import waiting
from app.cache import tables
from app.clusters import leaderboard
from app.ui import address, escape, show
from app.ui.show import CLUSTERING_TITLES

CLUSTERING = "clustering"


def draw(dataset: str, requested: str | None, above: Any, below: Any) -> pd.Series | None:
    """Draw the leaderboard below the clouds and the chosen clustering in a line above them.

    Parameters
    ----------
    dataset : str
    requested : str or None
        What the address asks for, in ``?clustering=``.
    above, below : container

    Returns
    -------
    Series or None
        The store's row of the clustering; None where there is none (yet).
    """
    rows = tables.clusterings(dataset)
    titles = CLUSTERING_TITLES | {"view": show.view_titles(rows["view"].unique().tolist())}
    with below:
        found = _chosen(rows, dataset, requested, titles)
    with above:
        if found is None:
            waiting.line("clusterings")
            return None
        if requested and requested not in set(rows["clustering_id"]) and requested.startswith(f"{dataset}."):
            st.caption(
                f":orange[This snapshot holds no clustering {escape.code(requested)}; the first one is shown.]"
            )
        st.markdown(leaderboard.headline(rows, found, titles))
    return rows[rows["clustering_id"] == found].iloc[0]


def requested() -> str | None:
    """What the address asks for, or what was chosen here before for whoever comes from another page."""
    return address.asked(CLUSTERING, remember="dataset" not in st.query_params)


def _chosen(
    rows: pd.DataFrame, dataset: str, requested: str | None, titles: leaderboard.Titles
) -> str | None:
    found = leaderboard.draw(rows, requested, key=address.table_key(CLUSTERING, requested), titles=titles)
    if found is None and requested and requested.startswith(f"{dataset}."):
        return None  # it stays in the address: a build may be on its way to it
    address.keep(CLUSTERING, found)
    return found
