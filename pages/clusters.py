"""Clusters: see the space of a collection, turn it, click a point and hear it; and which groups to trust."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import atlas, boundary, filters, leaderboard, links, picked, pictures, results, sections, show
from app.registries import METHODS_AND_SPACES

NOT_YET = "This collection has no pictures and no clusterings yet. Start a build on the Pipeline page: it makes them."


def best(dataset: str, asked: str | None) -> pd.Series | None:
    """The leaderboard; the clustering chosen in it, which is kept in ``?clustering=``."""
    clusterings = results.clusterings(dataset)
    if clusterings.empty and results.projections(dataset).empty:
        return None  # said once, below
    if asked != st.session_state.get("clustering_written", asked):
        # The browser's back: a table forgets which row was clicked only when it is another table.
        st.session_state["boards"] = st.session_state.get("boards", 0) + 1
    if asked and asked not in set(clusterings["clustering_id"]) and asked.startswith(f"{dataset}."):
        st.caption(f":orange[This snapshot holds no clustering `{asked}`; the first one is shown.]")
    titles = METHODS_AND_SPACES | pictures.view_titles(clusterings["view"].unique().tolist())
    chosen = leaderboard.draw(
        clusterings, asked, key=f"board{st.session_state.get('boards', '')}", titles=titles
    )
    st.session_state["clustering_written"] = chosen
    if chosen is None:
        st.query_params.pop("clustering", None)
        return None
    links.later("clustering", chosen)
    row = clusterings[clusterings["clustering_id"] == chosen]
    if int(row["rank"].iloc[0]) != 1:  # its line may be far down the table
        told = leaderboard.heading(leaderboard.shown(row, titles).iloc[0])
        st.markdown(f"**Shown: {told}.** {row['why'].fillna('').iloc[0]}")
    return row.iloc[0]


@st.fragment
def clouds(dataset: pd.Series, clustering: pd.Series | None) -> None:
    """The clouds and what is below them: a click draws these anew, and nothing else."""
    with boundary.told("Clusters"):
        _clouds(dataset, clustering)
    links.write()


def _clouds(dataset: pd.Series, clustering: pd.Series | None) -> None:
    sight = atlas.see(dataset, clustering)
    if sight is None:
        _say_why_not(dataset)
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


def _say_why_not(dataset: pd.Series) -> None:
    gaps = results.gaps(str(dataset["dataset"]))
    if gaps.empty:
        st.info(NOT_YET, icon=":material/scatter_plot:")
        return
    why = gaps["reason"].value_counts().index[0]
    st.info(
        f"There is no picture and no clustering of {show.counted(int(dataset['clips']), 'clip')}. {why}",
        icon=":material/scatter_plot:",
    )
    with st.expander("View by view", icon=":material/table:"):
        st.dataframe(gaps[["view", "what", "reason"]], hide_index=True)


st.title("Clusters", anchor=False)
asked = st.query_params.get("clustering")
if "dataset" not in st.query_params:  # from another page: what was chosen here before is so still
    asked = st.session_state.get("clustering_written")
    picked.come_back()
with st.container(horizontal=True, vertical_alignment="bottom"):
    dataset = filters.choose_dataset()
    show.synthetic_mark(bool(dataset["synthetic"]))
clouds(dataset, best(str(dataset["dataset"]), asked))
