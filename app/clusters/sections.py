"""What stands below the clouds: the chosen clip, the picked clips, the clusters, and how far to believe them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.cache import tables
from app.clusters import condensed_tree, crosstab, pictures, quality, selection, selection_panel
from app.clusters.clouds import CloudState
from app.similar import search
from app.ui import clip


def chosen_clip(state: CloudState, clustering: pd.Series | None) -> None:
    """The chosen clip in full, and its nearest in the view itself."""
    if state.chosen is None:
        st.info("Click a point to hear its clip and see it here.", icon=":material/touch_app:")
        return
    clip.clip_in_full(state.ids[state.chosen])
    st.subheader("Nearest in the view itself", anchor=False)
    st.caption("Euclidean distance over the standardised columns, not over the picture; lines lead to them.")
    own = state.clips.iloc[state.chosen]
    label = str(own["label"]) if pd.notna(own["label"]) else None
    query = search.Query(own["clip_id"], own["content_hash"], label, own["clip_id"])
    hits = search.search(query, state.name, state.picture.view, "Euclidean").hits
    if len(hits):
        st.markdown(search.agreement(hits["label"].tolist(), label))
        search.draw_hits(hits, None, choose, key="neighbours")


def choose(clip_id: str) -> None:
    st.query_params["clip"] = clip_id


def picked_clips(state: CloudState, clustering: pd.Series | None) -> None:
    positions = pd.DataFrame({"view": state.picture.view}, index=state.clips.index)
    for scene in state.picture.scenes:
        for axis in range(scene.dimension):
            positions[f"{scene.name}.{'xyz'[axis]}"] = scene.points[:, axis]
    if state.grouping is not None:
        positions["cluster"] = state.grouping.clusters
    selection_panel.draw(state.dataset, state.clips, state.given, state.mask, positions)


def labels_by_clusters(state: CloudState, clustering: pd.Series | None) -> None:
    if state.grouping is None:
        st.info("There are no clusters to set against the labels.")
        return
    clusters = pd.Series(state.grouping.clusters)
    crosstab.draw(
        state.clips["label"],
        clusters,
        key="crosstab",
        on_pick=lambda mask: selection.put(state.name, state.ids, mask),
    )


def tree(state: CloudState, clustering: pd.Series | None) -> None:
    if clustering is None or clustering["method"] != "hdbscan":
        st.info(
            "Only HDBSCAN has a condensed tree. Choose one of its clusterings in the leaderboard.",
            icon=":material/account_tree:",
        )
        return
    members = tables.members(str(clustering["clustering_id"]))
    place = pd.Index(members["clip_id"]).get_indexer(pd.Index(state.ids))

    def pick(mask: np.ndarray | None) -> None:
        selection.put(state.name, state.ids, None if mask is None else mask[place] & (place >= 0))

    condensed_tree.draw(tables.tree(str(clustering["clustering_id"])), key="tree", on_pick=pick)


def picture_quality(state: CloudState, clustering: pd.Series | None) -> None:
    rows = tables.projections(state.name)
    rows = rows[rows["view"] == state.picture.view]
    pca = rows[(rows["method"] == "pca") & (rows["dimension"] == 3)]
    axes = tables.axes(str(pca["projection_id"].iloc[0])) if len(pca) else None
    gaps = tables.gaps(state.name)
    quality.draw(rows, pictures.names(rows), axes, gaps[gaps["view"] == state.picture.view])


SECTIONS = {
    "Clip": chosen_clip,
    "Picked clips": picked_clips,
    "Labels x clusters": labels_by_clusters,
    "Condensed tree": tree,
    "How far to believe it": picture_quality,
}
