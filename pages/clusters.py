"""Clusters: see the space of a collection, turn it, click a point and hear it; and which groups to trust."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import atlas, boundary, filters, leaderboard, pictures, results, sections, show
from app.registries import METHODS_AND_SPACES

NONE = (
    "The store holds no projection of this collection yet. Start a build on the Pipeline page: it makes "
    "them, or says below why it cannot."
)


def best(dataset: str) -> pd.Series | None:
    """The leaderboard; the clustering chosen in it, which is kept in ``?clustering=``."""
    clusterings = results.clusterings(dataset)
    asked = st.query_params.get("clustering")
    if asked and asked not in set(clusterings["clustering_id"]) and asked.startswith(f"{dataset}."):
        st.caption(f":orange[This snapshot holds no clustering `{asked}`; the first one is shown.]")
    titles = METHODS_AND_SPACES | pictures.view_titles(clusterings["view"].unique().tolist())
    chosen = leaderboard.draw(clusterings, asked, key="board", titles=titles)
    if chosen is None:
        st.query_params.pop("clustering", None)
        return None
    st.query_params["clustering"] = chosen
    return clusterings.set_index("clustering_id", drop=False).loc[[chosen]].iloc[0]


@st.fragment
def clouds(dataset: pd.Series, clustering: pd.Series | None) -> None:
    """The clouds and what is below them: a click draws these anew, and nothing else."""
    with boundary.told("Clusters"):
        _clouds(dataset, clustering)


def _clouds(dataset: pd.Series, clustering: pd.Series | None) -> None:
    sight = atlas.see(dataset, clustering)
    if sight is None:
        st.info(NONE, icon=":material/scatter_plot:")
        gaps = results.gaps(str(dataset["dataset"]))
        if len(gaps):
            st.dataframe(gaps[["view", "what", "reason"]], hide_index=True)
        return
    section = st.segmented_control(
        "Below the clouds",
        list(sections.SECTIONS),
        default="Clip",
        required=True,
        key="section",
        bind="query-params",
        label_visibility="collapsed",
    )
    sections.SECTIONS[section](sight, clustering)


st.title("Clusters", anchor=False)
with st.container(horizontal=True, vertical_alignment="bottom"):
    dataset = filters.choose_dataset()
    show.synthetic_mark(bool(dataset["synthetic"]))
clouds(dataset, best(str(dataset["dataset"])))
