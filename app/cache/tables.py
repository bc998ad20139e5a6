"""What builds have computed of the clips, read from the snapshot that is shown: analyses and experiments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.cache import snapshot
from app.cache.snapshot import of_snapshot
from models.decisions import StreamParameters
from models.gender import StreamingVoiceModel, load_streaming_model
from models.voice_card import Card
from pipeline.classify import recording_facts
from pipeline.clusterings.spaces import Space
from pipeline.clusterings.spaces import spaces as all_spaces
from pipeline.experiments.spec import FACTS
from pipeline.inputs import ALL, FeatureMatrix, InputError, standardised_input
from pipeline.networks.in_use import load_card
from store.reader import Matrix, Reader
from store.results_reader import Points, Predictions

projections = of_snapshot()(Reader.projections)
axes = of_snapshot()(Reader.axes)
clusterings = of_snapshot()(Reader.clusterings)
members = of_snapshot(entries=32)(Reader.members)
gaps = of_snapshot()(Reader.gaps)
experiments = of_snapshot()(Reader.experiments)
experiment_gaps = of_snapshot()(Reader.experiment_gaps)
history = of_snapshot(entries=16)(Reader.experiment_history)
scores = of_snapshot()(Reader.scores)
clip_scores = of_snapshot(entries=16)(Reader.clip_scores)


@of_snapshot(entries=16, spinner="Reading the positions ...")
def points(reader: Reader, projection_id: str) -> Points:
    """Where each clip lies, and how far each place can be believed; not to be changed."""
    found = reader.points(projection_id)
    for one in (found.clip_ids, found.positions, found.trustworthiness, found.continuity):
        one.flags.writeable = False  # all sessions share it
    return found


@of_snapshot(entries=16)
def tree(reader: Reader, clustering_id: str) -> pd.DataFrame:
    """The condensed tree of an HDBSCAN clustering; empty for others."""
    return reader.tree(clustering_id).rename(columns={"lambda": "lambda_val"})


@of_snapshot(entries=4)
def spaces(
    reader: Reader, dataset: str, view: str, umap_ids: tuple[tuple[str, str], ...]
) -> Mapping[str, Space]:
    """The spaces of a view to cluster in; kept, for a second clustering of one is much quicker."""
    umap = {name: points(id_).positions for name, id_ in umap_ids}
    return {one.name: one for one in all_spaces(snapshot.standardised(dataset, view), umap)}


def aligned(frame: pd.DataFrame, clip_ids: NDArray[np.object_]) -> pd.DataFrame:
    """Rows of a frame with a ``clip_id`` in the order of ``clip_ids``."""
    return frame.set_index("clip_id").reindex(clip_ids)


@of_snapshot(entries=64)
def metrics(reader: Reader, experiment_id: str, kind: str) -> pd.DataFrame:
    """What was measured of each fold, class, share, view or column: a row a name, a column a metric."""
    rows = reader.experiment_metrics(experiment_id)
    rows = rows[rows["kind"] == kind]
    wide = rows.pivot(index="name", columns="metric", values="value")
    wide = wide.reindex(index=rows["name"].unique(), columns=rows["metric"].unique())
    return wide.rename_axis(columns=None).reset_index()


@of_snapshot(entries=16, spinner="Reading the predictions ...")
def predictions(reader: Reader, experiment_id: str) -> Predictions:
    """What an experiment predicted of each clip it tested; not to be changed."""
    found = reader.predictions(experiment_id)
    found.probabilities.flags.writeable = False  # all sessions share it
    return found


@of_snapshot()
def removed(reader: Reader, dataset: str) -> frozenset[str]:
    """The clips that the audit takes out of what is learned from, so that nothing known crosses over."""
    return frozenset(reader.audit_removed(dataset)["clip_id"])


@of_snapshot(entries=4, spinner="Bringing the columns to one scale ...")
def space(reader: Reader, dataset: str, views: tuple[str, ...]) -> FeatureMatrix:
    """What an experiment learned from, every column on one scale; not to be changed.

    Raises
    ------
    InputError
        The snapshot lacks one of the views, or in none of them does one clip differ from another.
    """
    if views == (FACTS,):
        clips = reader.clips(dataset)
        values, names = recording_facts.matrix(clips)
        return standardised_input(
            FACTS, {FACTS: Matrix(clips["clip_id"].to_numpy(dtype=object), values, names)}
        )
    missing = [view for view in views if view not in set(reader.views()["view"])]
    if missing or not views:
        named = f"the view '{missing[0]}'" if missing else "any view"
        raise InputError(
            f"This snapshot does not hold {named} that the experiment learned from. Build again."
        )
    matrices = {view: reader.matrix(dataset, view) for view in views}
    return standardised_input(ALL if len(views) > 1 else views[0], matrices)


def voice_card() -> Card:
    """The voice network that live sound is analysed by: the one trained in this store's folder, else the shipped one.

    Raises
    ------
    VoiceCardError
        Neither is whole.
    """
    return load_card(snapshot.store().root)


def voice_model() -> StreamingVoiceModel:
    """That network, ready to listen; all sessions share it.

    Raises
    ------
    VoiceCardError, VoiceModelError
        It cannot be read.
    """
    card = voice_card()
    return _voice_model(str(card.weights), card.sha256)


def voice_parameters() -> StreamParameters:
    """How a stream is decided on, with the threshold that was fitted for this network."""
    return voice_card().stream


@st.cache_resource(max_entries=2, show_spinner="Waking the voice network ...")
def _voice_model(weights: str, sha256: str) -> StreamingVoiceModel:
    return load_streaming_model(Path(weights))
