"""What a build has computed from the views, read from the snapshot that is shown; cached like ``app.snapshot``."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app import snapshot
from pipeline.clusterings.spaces import Space
from pipeline.clusterings.spaces import spaces as all_spaces
from store.reader import Points, Reader


def _shown() -> tuple[str, int]:
    return str(snapshot.store().root), snapshot.current().number


def _reader(root: str, number: int) -> Reader:
    return snapshot._reader(root, number)


def projections(dataset: str) -> pd.DataFrame:
    """The projections of a dataset's views with their quality."""
    return _projections(*_shown(), dataset)


@st.cache_data(max_entries=8, show_spinner=False)
def _projections(root: str, number: int, dataset: str) -> pd.DataFrame:
    return _reader(root, number).projections(dataset)


def points(projection_id: str) -> Points:
    """Where each clip lies, and how far each place can be believed; not to be changed."""
    return _points(*_shown(), projection_id)


@st.cache_resource(max_entries=16, show_spinner="Reading the positions ...")
def _points(root: str, number: int, projection_id: str) -> Points:
    found = _reader(root, number).points(projection_id)
    for one in (found.clip_ids, found.positions, found.trustworthiness, found.continuity):
        one.flags.writeable = False  # all sessions share it
    return found


def axes(projection_id: str) -> pd.DataFrame:
    """What the axes of a PCA are made of."""
    return _axes(*_shown(), projection_id)


@st.cache_data(max_entries=8, show_spinner=False)
def _axes(root: str, number: int, projection_id: str) -> pd.DataFrame:
    return _reader(root, number).axes(projection_id)


def clusterings(dataset: str) -> pd.DataFrame:
    """Every clustering of a dataset with its scores, best first."""
    return _clusterings(*_shown(), dataset)


@st.cache_data(max_entries=8, show_spinner=False)
def _clusterings(root: str, number: int, dataset: str) -> pd.DataFrame:
    return _reader(root, number).clusterings(dataset)


def members(clustering_id: str) -> pd.DataFrame:
    """Which cluster each clip is in (-1 for noise), and how firmly."""
    return _members(*_shown(), clustering_id).copy(deep=False)  # as in `snapshot.clips`


@st.cache_resource(max_entries=32, show_spinner=False)
def _members(root: str, number: int, clustering_id: str) -> pd.DataFrame:
    return _reader(root, number).members(clustering_id)


def tree(clustering_id: str) -> pd.DataFrame:
    """The condensed tree of an HDBSCAN clustering; empty for others."""
    return _tree(*_shown(), clustering_id)


@st.cache_data(max_entries=16, show_spinner=False)
def _tree(root: str, number: int, clustering_id: str) -> pd.DataFrame:
    return _reader(root, number).tree(clustering_id).rename(columns={"lambda": "lambda_val"})


def spaces(dataset: str, view: str, umap_ids: tuple[tuple[str, str], ...]) -> dict[str, Space]:
    """The spaces of a view to cluster in; kept, for a second clustering of one is much quicker."""
    return _spaces(*_shown(), dataset, view, umap_ids)


@st.cache_resource(max_entries=4, show_spinner=False)
def _spaces(
    root: str, number: int, dataset: str, view: str, umap_ids: tuple[tuple[str, str], ...]
) -> dict[str, Space]:
    umap = {name: _points(root, number, id_).positions for name, id_ in umap_ids}
    return {one.name: one for one in all_spaces(snapshot.standardised(dataset, view), umap)}


def gaps(dataset: str) -> pd.DataFrame:
    """What a build could not compute of each view, and why."""
    return _gaps(*_shown(), dataset)


@st.cache_data(max_entries=8, show_spinner=False)
def _gaps(root: str, number: int, dataset: str) -> pd.DataFrame:
    return _reader(root, number).gaps(dataset)


def aligned(frame: pd.DataFrame, clip_ids: NDArray[np.object_]) -> pd.DataFrame:
    """Rows of a frame with a ``clip_id`` in the order of ``clip_ids``."""
    return frame.set_index("clip_id").reindex(clip_ids)
