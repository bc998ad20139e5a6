"""Other parameters than the build's: tried on the page, at once or with a bar, and kept if they are worth it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app import permissions
from app.cache import snapshot, tables
from app.clusters import pictures
from app.clusters.pictures import Picture
from app.ui import escape
from pipeline.analyses.keep import Tried, keep
from pipeline.analyses.recipe import SPACES, projection_id
from pipeline.clusterings import CLUSTERERS
from pipeline.clusterings.cluster import Clustering, cluster
from pipeline.inputs import InputError
from pipeline.projections import METHODS
from pipeline.projections.project import project
from pipeline.projections.projection import Projection, Setting
from store.errors import SesatlasError

SCORES = {
    "clusters": "clusters",
    "noise": "noise clips",
    "silhouette": "silhouette",
    "dbcv": "DBCV",
    "ari": "ARI against the labels",
    "nmi": "NMI against the labels",
}


def clustering(dataset: str, picture: Picture, labels: pd.Series) -> Clustering | None:
    """The controls of a clustering; what they give now, or None while they are off.

    Raises
    ------
    InputError
        The clips allow no such clustering.
    """
    if not st.toggle("Cluster with other parameters", key="try_clustering"):
        return None
    spaces = tables.spaces(dataset, picture.view, _umap_spaces(dataset, picture.view))
    left, right = st.columns(2)
    method = left.selectbox(
        "Method", list(CLUSTERERS), format_func=lambda one: CLUSTERERS[one].title, key="try_method"
    )
    name = right.selectbox("Space", list(spaces), format_func=lambda one: spaces[one].title, key="try_space")
    n = len(picture.clip_ids)
    parameters = parameter_widgets(
        CLUSTERERS[method].settings,
        {"n_clusters": n - 1, "n_components": n - 1, "min_cluster_size": n // 2, "min_samples": n // 2},
        key=f"try_{method}",
    )
    st.caption(escape.sentence(spaces[name].summary))
    truth = [label if pd.notna(label) else None for label in labels.tolist()]
    found = cluster(spaces[name], method, parameters, truth, stability_rounds=0)
    _scores(found)
    if _keep_button("keep_clustering"):
        with st.spinner("Measuring its stability, then ranking it among the others ..."):
            whole = cluster(spaces[name], method, found.parameters, truth)
            _keep(dataset, picture, [whole])
    return found


def _scores(found: Clustering) -> None:
    measured = {name: getattr(found.scores, name) for name in SCORES}
    words = [
        f"{SCORES[name]} {value:,}" if isinstance(value, int) else f"{SCORES[name]} {value:.2f}"
        for name, value in measured.items()
        if value is not None
    ]
    st.caption(f"{' · '.join(words)} · {found.seconds:.2f} s. No label has chosen anything.")
    for note in found.notes:
        st.caption(escape.sentence(note))


def projection(dataset: str, picture: Picture) -> list[Projection]:
    """The controls of a projection; what was computed by them last for this view, or nothing."""
    if not st.toggle("Project with other parameters", key="try_projection"):
        return []
    method = st.selectbox(
        "Projection method",
        [name for name, one in METHODS.items() if one.settings],
        format_func=lambda one: METHODS[one].title,
        key="try_projection_method",
    )
    n = len(picture.clip_ids)
    most = {"perplexity": max((n - 1) // 3, 2), "neighbours": n - 1, "n_neighbors": n - 1}
    parameters = parameter_widgets(METHODS[method].settings, most, key=f"try_{method}")
    if st.button("Project", type="primary", key="project", icon=":material/play_arrow:"):
        found = _project(dataset, picture, method, parameters)
        st.session_state["tried_projection"] = (snapshot.current().number, dataset, picture.view, found)
    where = (snapshot.current().number, dataset, picture.view)
    *of, found = st.session_state.get("tried_projection", (None, None, None, []))
    if tuple(of) != where or not found:
        return []
    if _keep_button("keep_projection"):
        with st.spinner("Writing ..."):
            _keep(dataset, picture, found)
    return list(found)


def _project(dataset: str, picture: Picture, method: str, parameters: dict[str, object]) -> list[Projection]:
    """One projection for each scene that is shown, with a bar."""
    bar = st.progress(0.0, text="Projecting ...")
    given = snapshot.standardised(dataset, picture.view)
    scenes = picture.scenes
    found = []
    try:
        for number, scene in enumerate(scenes):

            def on_progress(share: float, number: int = number, to: int = scene.dimension) -> None:
                bar.progress(min((number + share) / len(scenes), 1.0), text=f"Projecting to {to}-D ...")

            found.append(project(given, method, scene.dimension, parameters, on_progress))
    except InputError as error:
        st.warning(escape.sentence(error), icon=":material/tune:")
    bar.empty()
    return found


def as_picture(picture: Picture, found: Sequence[Projection]) -> Picture:
    """The picture with the tried projections in the place of its scenes."""
    return pictures.of_projections(picture, found) if found else picture


def _umap_spaces(dataset: str, view: str) -> tuple[tuple[str, str], ...]:
    """The name of each UMAP space that the store holds of a view, and the projection that it is."""
    there = set(tables.projections(dataset)["projection_id"])
    ids = {name: projection_id(dataset, view, spec) for name, spec in SPACES.items()}
    return tuple((name, id_) for name, id_ in ids.items() if id_ in there)


def _keep_button(key: str) -> bool:
    return permissions.may_change() and st.button("Keep it in the store", key=key, icon=":material/save:")


def _keep(dataset: str, picture: Picture, found: Sequence[Projection | Clustering]) -> None:
    given = snapshot.standardised(dataset, picture.view)
    ids: NDArray[np.object_] = given.clip_ids
    tried = Tried(snapshot.current().number, dataset, picture.view, ids, given.columns, found)
    try:
        permissions.require()
        kept = keep(snapshot.store(), tried)
    except SesatlasError as error:  # e.g. a build is at work: later it may be kept
        st.warning(escape.sentence(error), icon=":material/save:")
        return
    st.toast(f"Kept: snapshot {kept.number} holds it.", icon=":material/save:")
    st.session_state.pop("tried_projection", None)
    st.rerun(scope="app")


COLUMNS = 3


def parameter_widgets(
    settings: Sequence[Setting], most: Mapping[str, float], *, key: str
) -> dict[str, object]:
    """A slider or box for each setting; the chosen values by name.

    Parameters
    ----------
    settings : sequence of Setting
    most : mapping of str to float
        Upper ends that the collection sets, e.g. no more clusters than clips.
    key : str
        Put before each widget's key.
    """
    places = st.columns(COLUMNS)
    chosen: dict[str, object] = {}
    for number, one in enumerate(settings):
        with places[number % COLUMNS]:
            chosen[one.name] = _widget(one, most.get(one.name), f"{key}_{one.name}")
    return chosen


def _widget(one: Setting, most: float | None, key: str) -> object:
    if one.choices:
        at = one.choices.index(str(one.default)) if one.default in one.choices else 0
        return st.selectbox(one.title, one.choices, index=at, help=one.help or None, key=key)
    whole = isinstance(one.step, int)
    low = float(one.low if one.low is not None else 0)
    start = float(one.default) if isinstance(one.default, int | float) else low
    high = float(one.high if one.high is not None else 10 * max(low, start, 1.0))
    high = high if most is None else max(low, min(high, float(most)))
    if low >= high:
        st.caption(f"{one.title}: {low:g} (these clips leave no choice)")
        return int(low) if whole else low
    start, about = min(max(start, low), high), one.help or None
    if whole:
        return st.slider(
            one.title, int(low), int(high), int(start), step=int(one.step or 1), help=about, key=key
        )
    return st.slider(one.title, low, high, start, step=float(one.step or 0.01), help=about, key=key)
