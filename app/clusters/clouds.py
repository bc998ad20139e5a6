"""The clouds of the Clusters page and what hangs on them: a click plays, a lasso selects."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.builds import process, waiting
from app.cache import snapshot, tables
from app.clusters import colours, pictures, selection, tuning
from app.clusters.colours import Grouping
from app.clusters.pictures import Picture
from app.components.cloud.cloud import cloud
from app.similar import search
from app.ui import clip, escape
from app.ui.colours import groups
from pipeline.inputs import ALL, FeatureMatrix, InputError

NEIGHBOURS = search.COUNT
CLIP, CLICKED = "clip", "clicked"
FOLLOWED, TOUCHED = "view_follows", "cloud_touched"
SOUND_S = 0.1


@dataclass(frozen=True)
class CloudState:
    """What is seen: every array and row in the order of the picture's clips."""

    dataset: pd.Series
    clips: pd.DataFrame
    picture: Picture
    given: FeatureMatrix
    grouping: Grouping | None
    mask: NDArray[np.bool_] | None
    chosen: int | None

    @property
    def name(self) -> str:
        return str(self.dataset["dataset"])

    @property
    def ids(self) -> list[str]:
        return [str(id_) for id_ in self.picture.clip_ids]


def draw(dataset: pd.Series, clustering: pd.Series | None) -> CloudState | None:
    """Draw the controls and the clouds; None where the store holds no picture of this collection.

    Parameters
    ----------
    dataset : Series
    clustering : Series or None
        The store's row of the clustering that gives groups, unless another one is tried here.
    """
    name = str(dataset["dataset"])
    boxes = st.container(horizontal=True, vertical_alignment="bottom")
    follow = _view_to_follow(name, clustering)
    picture = pictures.choose(name, boxes, follow, touched=partial(_is_touched, name))
    if picture is None:
        return None
    clips = tables.aligned(snapshot.clips(name), picture.clip_ids).reset_index()
    # The clouds first; what changes them stands below, and is read before they are drawn.
    clouds, below = st.container(), st.container()
    with below:
        picture, grouping = _parameters(name, picture, clips, clustering)
    with boxes:
        colouring = colours.choose(dataset, clips, picture, grouping)
        symbols = st.toggle("Symbols by cluster", key="symbols", bind="query-params")
    ids = clips["clip_id"].tolist()
    selection.follow_saved(name, ids)
    mask, chosen = selection.mask(name, ids), _chosen(ids)
    near: NDArray[np.intp] = np.array([], dtype=np.intp)
    if chosen is not None:
        near = _neighbours(name, picture.view, snapshot.standardised(name, picture.view), chosen)
    with clouds:
        cloud(
            picture.scenes,
            ids,
            colours.label(dataset, clips),
            groups(grouping.clusters, grouping.title) if grouping else None,
            colouring,
            symbols=bool(symbols),
            selected=mask,
            chosen=chosen,
            links=near.tolist(),
            sound=_sound(dataset, clips, chosen),
            on_choose=partial(_choose, ids),
            on_select=partial(selection.put, name, ids),
            on_touch=partial(_touch, name, picture.view) if _is_building() else None,
            key="cloud",
        )
        with st.container():  # always one, so that nothing below it moves
            if not picture.rows["method"].isin(["umap", "tsne"]).any():
                waiting.line("overview" if picture.view == ALL else "pictures")
    _sound_first()
    # Only now: with 100,000 clips it takes seconds, and the cloud is on its way.
    given = snapshot.standardised(name, picture.view)
    snapshot.prepare(name, picture.view)
    return CloudState(dataset, clips, picture, given, grouping, mask, chosen)


def _view_to_follow(dataset: str, clustering: pd.Series | None) -> str | None:
    """The view that a newly chosen clustering is of; afterwards a person may look at another one."""
    before = st.session_state.get(FOLLOWED)
    st.session_state[FOLLOWED] = (dataset, None if clustering is None else clustering["clustering_id"])
    if clustering is None:
        return None
    # On another page the box is forgotten, and the clustering is chosen as it was before.
    new = before != st.session_state[FOLLOWED] or pictures.VIEW not in st.session_state
    # Not chosen by a person, but brought by a build while one looks: it waits for who has a hand on the clouds.
    brought = before == (dataset, None) and pictures.VIEW in st.session_state
    if brought and _is_touched(dataset, str(st.session_state[pictures.VIEW])):
        return None
    return str(clustering["view"]) if new else None


def _is_touched(dataset: str, view: str) -> bool:
    """Whether a person has turned this picture, chosen a clip in it or picked some, or followed a link to that."""
    if CLIP in st.query_params or "camera" in st.query_params or selection.any_of(dataset):
        return True
    return bool(st.session_state.get(TOUCHED) == (dataset, view))


def _touch(dataset: str, view: str) -> None:
    st.session_state[TOUCHED] = (dataset, view)


def _parameters(
    dataset: str, picture: Picture, clips: pd.DataFrame, clustering: pd.Series | None
) -> tuple[Picture, Grouping | None]:
    """The picture and the groups with whatever other parameters are being tried."""
    grouping = _grouping(clustering, picture)
    with st.expander("Try other parameters", icon=":material/tune:"):
        try:
            found = tuning.clustering(dataset, picture, clips["label"])
            if found is not None:
                grouping = Grouping("Clusters as tried", found.fitted.labels, found.fitted.strengths)
        except InputError as error:
            st.warning(escape.sentence(error), icon=":material/tune:")
        picture = tuning.as_picture(picture, tuning.projection(dataset, picture))
    return picture, grouping


def _grouping(clustering: pd.Series | None, picture: Picture) -> Grouping | None:
    if clustering is None:
        return None
    members = tables.aligned(tables.members(str(clustering["clustering_id"])), picture.clip_ids)
    clusters = members["cluster"].fillna(-1).to_numpy(np.int32)
    strength = members["strength"].to_numpy(np.float32)
    return Grouping("Cluster", clusters, strength)


def _is_building() -> bool:
    """Whether better pictures may come while a person looks."""
    run = process.latest(snapshot.store())
    return run is not None and run.running


def _chosen(ids: Sequence[str]) -> int | None:
    named = st.query_params.get(CLIP)
    return ids.index(named) if named in ids else None


def _choose(ids: Sequence[str], index: int) -> None:
    st.query_params[CLIP] = ids[index]
    st.session_state[CLICKED] = True


def _sound_first() -> None:
    """After a click, let the browser fetch the sound before the charts below keep the interpreter busy."""
    if st.session_state.pop(CLICKED, False):
        time.sleep(SOUND_S)


def _neighbours(dataset: str, view: str, given: FeatureMatrix, chosen: int) -> NDArray[np.intp]:
    """The rows of the chosen clip's true neighbours, nearest first."""
    own = str(given.clip_ids[chosen])
    near = snapshot.nearest_index(dataset, view).nearest(given.values[chosen], NEIGHBOURS, exclude=[own])
    return pd.Index(given.clip_ids).get_indexer(pd.Index(near["clip_id"]))


def _sound(dataset: pd.Series, clips: pd.DataFrame, chosen: int | None) -> bytes | None:
    """The chosen clip to be played; where it cannot be read, its full view says so."""
    if chosen is None:
        return None
    return clip.wav(clips.iloc[chosen], dataset["path"])
