"""Clusters: see the space of a collection, turn it, click a point and hear it; and which groups to trust."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.builds import waiting
from app.cache import tables
from app.clusters import choice, clouds, sections, selection
from app.error_boundary import error_boundary
from app.ui import address, escape, filters, show

NOT_YET = "This collection has no pictures and no clusterings yet. Start a build on the Pipeline page: it makes them."


@st.fragment
def draw_clouds(dataset: pd.Series, clustering: pd.Series | None) -> None:
    """The clouds and what is below them: a click draws these anew, and nothing else."""
    with error_boundary("Clusters"):
        _draw_clouds(dataset, clustering)
    address.write()


def _draw_clouds(dataset: pd.Series, clustering: pd.Series | None) -> None:
    state = clouds.draw(dataset, clustering)
    if state is None:
        _explain_missing(dataset)
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
    sections.SECTIONS[section](state, clustering)


def _explain_missing(dataset: pd.Series) -> None:
    gaps = tables.gaps(str(dataset["dataset"]))
    if gaps.empty:
        waiting.draw("pca", NOT_YET, ":material/scatter_plot:")
        return
    why = escape.sentence(gaps["reason"].value_counts().index[0])
    st.info(
        f"There is no picture and no clustering of {show.counted(int(dataset['clips']), 'clip')}. {why}",
        icon=":material/scatter_plot:",
    )
    with st.expander("View by view", icon=":material/table:"):
        st.dataframe(gaps[["view", "what", "reason"]], hide_index=True)


st.title("Clusters", anchor=False)
requested = choice.requested()
if "dataset" not in st.query_params:  # from another page: what was picked here before is so still
    selection.come_back()
with st.container(horizontal=True, vertical_alignment="bottom"):
    dataset = filters.choose_dataset()
    show.synthetic_mark(bool(dataset["synthetic"]))
# The clouds stand above the table that says what they show, and always in the same place of the page: moved by a
# line that comes or goes, they would be made anew, and their camera and sound with them.
above, middle, below = st.container(), st.container(), st.container()
clustering = choice.draw(str(dataset["dataset"]), requested, above, below)
with middle:
    draw_clouds(dataset, clustering)
