"""The experiments of the snapshot that is shown, read once and cached like ``app.cache.snapshot``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from app.cache import snapshot
from models.decisions import StreamParameters
from models.gender import VoiceEar, ear_of
from models.voice_card import Card
from pipeline.classify import recording_facts
from pipeline.experiments.spec import FACTS
from pipeline.inputs import ALL, Input, InputError, given_of
from pipeline.networks.in_use import used
from store.reader import Matrix, Reader
from store.results_reader import Predictions


def _reader(root: str, number: int) -> Reader:
    return snapshot._reader(root, number)


def experiments(dataset: str) -> pd.DataFrame:
    """Every experiment of a dataset, the most accurate first; see ``store/queries/experiments.sql``."""
    return _experiments(*snapshot.shown(), dataset)


@st.cache_data(max_entries=8, show_spinner=False)
def _experiments(root: str, number: int, dataset: str) -> pd.DataFrame:
    return _reader(root, number).experiments(dataset)


def gaps(dataset: str) -> pd.DataFrame:
    """What could not be learned of a dataset, and why."""
    return _gaps(*snapshot.shown(), dataset)


@st.cache_data(max_entries=8, show_spinner=False)
def _gaps(root: str, number: int, dataset: str) -> pd.DataFrame:
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
