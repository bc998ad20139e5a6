"""What stands below the clouds: the chosen clip, the picked clips, the clusters, and how far to believe them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.cache import tables
from app.clusters import condensed_tree, crosstab, pictures, selection, selection_panel
from app.clusters import quality as belief
from app.clusters.clouds import Sight
from app.similar import search
from app.ui import clip as listen


def clip(sight: Sight, clustering: pd.Series | None) -> None:
    """The chosen clip in full, and its nearest in the view itself."""
    if sight.chosen is None:
        st.info("Click a point to hear its clip and see it here.", icon=":material/touch_app:")
        return
    listen.clip_in_full(sight.ids[sight.chosen])
    st.subheader("Nearest in the view itself", anchor=False)
    st.caption("Euclidean distance over the standardised columns, not over the picture; lines lead to them.")
    own = sight.clips.iloc[sight.chosen]
    label = str(own["label"]) if pd.notna(own["label"]) else None
    query = search.Query(own["clip_id"], own["content_hash"], label, own["clip_id"])
    hits = search.search(query, sight.name, sight.picture.view, "Euclidean").hits
    if len(hits):
        st.markdown(search.agreement(hits["label"].tolist(), label))
        search.draw_hits(hits, None, choose, key="neighbours")


def choose(clip_id: str) -> None:
    st.query_params["clip"] = clip_id


def picked_clips(sight: Sight, clustering: pd.Series | None) -> None:
    told = pd.DataFrame({"view": sight.picture.view}, index=sight.clips.index)
    for scene in sight.picture.scenes:
        for axis in range(scene.dimension):
            told[f"{scene.name}.{'xyz'[axis]}"] = scene.points[:, axis]
    if sight.grouping is not None:
        told["cluster"] = sight.grouping.clusters
    selection_panel.draw(sight.dataset, sight.clips, sight.given, sight.mask, told)


def labels_by_clusters(sight: Sight, clustering: pd.Series | None) -> None:
    if sight.grouping is None:
        st.info("There are no clusters to set against the labels.")
        return
    clusters = pd.Series(sight.grouping.clusters)
    crosstab.draw(
        sight.clips["label"],
        clusters,
        key="crosstab",
        on_pick=lambda mask: selection.put(sight.name, sight.ids, mask),
    )


def tree(sight: Sight, clustering: pd.Series | None) -> None:
    if clustering is None or clustering["method"] != "hdbscan":
        st.info(
            "Only HDBSCAN has a condensed tree. Choose one of its clusterings in the leaderboard.",
            icon=":material/account_tree:",
        )
        return
    members = tables.members(str(clustering["clustering_id"]))
    place = pd.Index(members["clip_id"]).get_indexer(pd.Index(sight.ids))

    def pick(mask: np.ndarray | None) -> None:
        selection.put(sight.name, sight.ids, None if mask is None else mask[place] & (place >= 0))

    condensed_tree.draw(tables.tree(str(clustering["clustering_id"])), key="tree", on_pick=pick)


def quality(sight: Sight, clustering: pd.Series | None) -> None:
    rows = tables.projections(sight.name)
    rows = rows[rows["view"] == sight.picture.view]
    pca = rows[(rows["method"] == "pca") & (rows["dimension"] == 3)]
    axes = tables.axes(str(pca["projection_id"].iloc[0])) if len(pca) else None
    gaps = tables.gaps(sight.name)
    belief.draw(rows, pictures.names(rows), axes, gaps[gaps["view"] == sight.picture.view])


SECTIONS = {
    "Clip": clip,
    "Picked clips": picked_clips,
    "Labels x clusters": labels_by_clusters,
    "Condensed tree": tree,
    "How far to believe it": quality,
}
