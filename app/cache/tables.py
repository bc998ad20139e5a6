"""What a build has computed from the views, read from the snapshot that is shown; cached like it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.cache import snapshot
from app.ui import thumbnail as pictures
from models.decisions import StreamParameters
from models.gender import VoiceEar, ear_of
from models.voice_card import Card
from pipeline.classify import recording_facts
from pipeline.clusterings.spaces import Space
from pipeline.clusterings.spaces import spaces as all_spaces
from pipeline.experiments.spec import FACTS
from pipeline.inputs import ALL, Input, InputError, given_of
from pipeline.networks.in_use import used
from store.reader import Matrix, Reader
from store.results_reader import Points, Predictions


def _reader(root: str, number: int) -> Reader:
    return snapshot._reader(root, number)


def projections(dataset: str) -> pd.DataFrame:
    """The projections of a dataset's views with their quality."""
    return _projections(*snapshot.shown(), dataset)


@st.cache_data(max_entries=8, show_spinner=False)
def _projections(root: str, number: int, dataset: str) -> pd.DataFrame:
    return _reader(root, number).projections(dataset)


def points(projection_id: str) -> Points:
    """Where each clip lies, and how far each place can be believed; not to be changed."""
    return _points(*snapshot.shown(), projection_id)


@st.cache_resource(max_entries=16, show_spinner="Reading the positions ...")
def _points(root: str, number: int, projection_id: str) -> Points:
    found = _reader(root, number).points(projection_id)
    for one in (found.clip_ids, found.positions, found.trustworthiness, found.continuity):
        one.flags.writeable = False  # all sessions share it
    return found


def axes(projection_id: str) -> pd.DataFrame:
    """What the axes of a PCA are made of."""
    return _axes(*snapshot.shown(), projection_id)


@st.cache_data(max_entries=8, show_spinner=False)
def _axes(root: str, number: int, projection_id: str) -> pd.DataFrame:
    return _reader(root, number).axes(projection_id)


def thumbnail(dataset: str, colours: tuple[str, ...]) -> tuple[str, str] | None:
    """The collection as a small picture (SVG) and the method that laid it out; None before there is a projection."""
    return _thumbnail(*snapshot.shown(), dataset, colours)


@st.cache_data(max_entries=64, show_spinner=False)
def _thumbnail(root: str, number: int, dataset: str, colours: tuple[str, ...]) -> tuple[str, str] | None:
    row = pictures.best(_projections(root, number, dataset))
    if row is None:
        return None
    points = _points(root, number, str(row["projection_id"]))
    clips = aligned(snapshot._clips(root, number, dataset), points.clip_ids)
    return pictures.svg(points.positions, clips["label"].tolist(), colours), str(row["method"])


def clusterings(dataset: str) -> pd.DataFrame:
    """Every clustering of a dataset with its scores, best first."""
    return _clusterings(*snapshot.shown(), dataset)


@st.cache_data(max_entries=8, show_spinner=False)
def _clusterings(root: str, number: int, dataset: str) -> pd.DataFrame:
    return _reader(root, number).clusterings(dataset)


def members(clustering_id: str) -> pd.DataFrame:
    """Which cluster each clip is in (-1 for noise), and how firmly."""
    return _members(*snapshot.shown(), clustering_id).copy(deep=False)  # as in `snapshot.clips`


@st.cache_resource(max_entries=32, show_spinner=False)
def _members(root: str, number: int, clustering_id: str) -> pd.DataFrame:
    return _reader(root, number).members(clustering_id)


def tree(clustering_id: str) -> pd.DataFrame:
    """The condensed tree of an HDBSCAN clustering; empty for others."""
    return _tree(*snapshot.shown(), clustering_id)


@st.cache_data(max_entries=16, show_spinner=False)
def _tree(root: str, number: int, clustering_id: str) -> pd.DataFrame:
    return _reader(root, number).tree(clustering_id).rename(columns={"lambda": "lambda_val"})


def spaces(dataset: str, view: str, umap_ids: tuple[tuple[str, str], ...]) -> dict[str, Space]:
    """The spaces of a view to cluster in; kept, for a second clustering of one is much quicker."""
    return _spaces(*snapshot.shown(), dataset, view, umap_ids)


@st.cache_resource(max_entries=4, show_spinner=False)
def _spaces(
    root: str, number: int, dataset: str, view: str, umap_ids: tuple[tuple[str, str], ...]
) -> dict[str, Space]:
    umap = {name: _points(root, number, id_).positions for name, id_ in umap_ids}
    return {one.name: one for one in all_spaces(snapshot._standardised(root, number, dataset, view), umap)}


def gaps(dataset: str) -> pd.DataFrame:
    """What a build could not compute of each view, and why."""
    return _gaps(*snapshot.shown(), dataset)


@st.cache_data(max_entries=8, show_spinner=False)
def _gaps(root: str, number: int, dataset: str) -> pd.DataFrame:
    return _reader(root, number).gaps(dataset)


def aligned(frame: pd.DataFrame, clip_ids: NDArray[np.object_]) -> pd.DataFrame:
    """Rows of a frame with a ``clip_id`` in the order of ``clip_ids``."""
    return frame.set_index("clip_id").reindex(clip_ids)


def experiments(dataset: str) -> pd.DataFrame:
    """Every experiment of a dataset, the most accurate first; see ``store/queries/experiments.sql``."""
    return _experiments(*snapshot.shown(), dataset)


@st.cache_data(max_entries=8, show_spinner=False)
def _experiments(root: str, number: int, dataset: str) -> pd.DataFrame:
    return _reader(root, number).experiments(dataset)


def experiment_gaps(dataset: str) -> pd.DataFrame:
    """What could not be learned of a dataset, and why."""
    return _experiment_gaps(*snapshot.shown(), dataset)


@st.cache_data(max_entries=8, show_spinner=False)
def _experiment_gaps(root: str, number: int, dataset: str) -> pd.DataFrame:
    return _reader(root, number).experiment_gaps(dataset)


def metrics(experiment_id: str, kind: str) -> pd.DataFrame:
    """What was measured of each fold, class, share, view or column: a row a name, a column a metric."""
    rows = _metrics(*snapshot.shown(), experiment_id)
    rows = rows[rows["kind"] == kind]
    wide = rows.pivot(index="name", columns="metric", values="value")
    wide = wide.reindex(index=rows["name"].unique(), columns=rows["metric"].unique())
    return wide.rename_axis(columns=None).reset_index()


@st.cache_data(max_entries=32, show_spinner=False)
def _metrics(root: str, number: int, experiment_id: str) -> pd.DataFrame:
    return _reader(root, number).experiment_metrics(experiment_id)


def history(experiment_id: str) -> pd.DataFrame:
    """``fold``, ``epoch``, ``metric``, ``value`` of a network; empty for all else."""
    return _history(*snapshot.shown(), experiment_id)


@st.cache_data(max_entries=16, show_spinner=False)
def _history(root: str, number: int, experiment_id: str) -> pd.DataFrame:
    return _reader(root, number).experiment_history(experiment_id)


def predictions(experiment_id: str) -> Predictions:
    """What an experiment said of each clip it tested; not to be changed."""
    return _predictions(*snapshot.shown(), experiment_id)


@st.cache_resource(max_entries=16, show_spinner="Reading the predictions ...")
def _predictions(root: str, number: int, experiment_id: str) -> Predictions:
    found = _reader(root, number).predictions(experiment_id)
    found.probabilities.flags.writeable = False  # all sessions share it
    return found


def removed(dataset: str) -> frozenset[str]:
    """The clips that the audit takes out of what is learned from, so that nothing known crosses over."""
    return _removed(*snapshot.shown(), dataset)


@st.cache_data(max_entries=8, show_spinner=False)
def _removed(root: str, number: int, dataset: str) -> frozenset[str]:
    return frozenset(_reader(root, number).audit_removed(dataset)["clip_id"])


def space(dataset: str, views: tuple[str, ...]) -> Input:
    """What an experiment learned from, every column on one scale; not to be changed.

    Raises
    ------
    InputError
        The snapshot lacks one of the views, or in none of them does one clip differ from another.
    """
    return _space(*snapshot.shown(), dataset, views)


@st.cache_resource(max_entries=4, show_spinner="Bringing the columns to one scale ...")
def _space(root: str, number: int, dataset: str, views: tuple[str, ...]) -> Input:
    reader = _reader(root, number)
    if views == (FACTS,):
        clips = reader.clips(dataset)
        values, names = recording_facts.matrix(clips)
        return given_of(FACTS, {FACTS: Matrix(clips["clip_id"].to_numpy(dtype=object), values, names)})
    missing = [view for view in views if view not in set(reader.views()["view"])]
    if missing or not views:
        named = f"the view '{missing[0]}'" if missing else "any view"
        raise InputError(
            f"This snapshot does not hold {named} that the experiment learned from. Build again."
        )
    matrices = {view: reader.matrix(dataset, view) for view in views}
    return given_of(ALL if len(views) > 1 else views[0], matrices)


def voice_card() -> Card:
    """The voice network that live sound is heard by: the one trained in this store's folder, else the shipped one.

    Raises
    ------
    VoiceCardError
        Neither is whole.
    """
    return used(snapshot.store().root)


def voice_ear() -> VoiceEar:
    """That network, ready to listen; all sessions share it.

    Raises
    ------
    VoiceCardError, VoiceModelError
        It cannot be read.
    """
    card = voice_card()
    return _voice_ear(str(card.weights), card.sha256)


def voice_parameters() -> StreamParameters:
    """How a stream is decided on, with the threshold that was fitted for this network."""
    return voice_card().stream


@st.cache_resource(max_entries=2, show_spinner="Waking the voice network ...")
def _voice_ear(weights: str, sha256: str) -> VoiceEar:
    return ear_of(Path(weights))
