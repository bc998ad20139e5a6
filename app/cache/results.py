"""What a build has computed from the views, read from the snapshot that is shown; cached like it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.cache import snapshot
from app.ui import thumbnail as pictures
from pipeline.clusterings.spaces import Space
from pipeline.clusterings.spaces import spaces as all_spaces
from store.reader import Reader
from store.results_reader import Points


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
