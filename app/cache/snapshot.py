"""The snapshot that a page shows and what is read from it: the only place where Streamlit caches anything.

One run of a page, one snapshot: :func:`pin` chooses it as the run begins, and the fragments of that page
go on with it, whatever a build publishes meanwhile. Every cache is keyed by the store's folder and the
snapshot's number. A published snapshot never changes, so an entry can never be stale.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from threading import Thread

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.cache import sounds
from app.cache.sounds import to_data_url
from pipeline.audio.decode import AudioError, load_mono
from pipeline.inputs import ALL, Input, given_of
from pipeline.sources import store_root
from store.compare import Difference, diff
from store.errors import SesatlasError
from store.nearest import Index
from store.reader import Matrix, Reader
from store.snapshots import Snapshot, Store

RUN, LINKED = "run_snapshot", "pinned_snapshot"
"""In the session: the snapshot of this run, as (root, number), and the number that a link has led to."""


class EmptyStoreError(SesatlasError):
    """There is no snapshot yet."""


def store() -> Store:
    return Store(store_root())


def pin() -> None:
    """Choose the snapshot of this run of the page, and of its fragments until the next one."""
    st.session_state.pop(RUN, None)
    with suppress(SesatlasError):  # said by the page, which asks for it again
        found = store().current()
        if found is not None:
            st.session_state[RUN] = (str(store().root), found.number)


def pinned() -> int | None:
    """The number of this run's snapshot; None where the store is empty or cannot be read."""
    root, number = st.session_state.get(RUN, ("", 0))
    return number if root == str(store().root) else None


def current() -> Snapshot:
    """The snapshot to show: that of this run, or an older one that a link has led to (``app.ui.address``).

    Raises
    ------
    EmptyStoreError
        Nothing has been built yet; Home shows how to begin.
    """
    linked = st.session_state.get(LINKED)
    if linked is not None and store().at(linked).path.exists():
        return store().at(linked)
    number = pinned()
    if number is not None:
        return store().at(number)
    found = store().current()
    if found is None:
        raise EmptyStoreError(
            "The store is empty. Go to Home to build the demo or to learn how to add recordings."
        )
    return found


def shown() -> tuple[str, int]:
    """The store's folder and the number of the snapshot to read: the keys of every cache.

    That snapshot is open when this returns, so that it can be read to the end of the run even where a
    build deletes it in the meantime: a build soon drops what it published halfway.
    """
    root, number = str(store().root), current().number
    try:
        _reader(root, number)
    except SesatlasError:
        if store().at(number).path.exists():
            raise
        pin()  # deleted between looking and opening: the build has published the next one
        number = current().number
        _reader(root, number)
    return root, number


# Who is evicted is not closed, for another session may be reading: the file is let go of with its last reader.
@st.cache_resource(max_entries=8, show_spinner=False)
def _reader(root: str, number: int) -> Reader:
    return Reader(Store(Path(root)).snapshot(number).path)


def reader() -> Reader:
    return _reader(*shown())


def datasets() -> pd.DataFrame:
    """The collections in the current snapshot; see ``store/queries/datasets.sql``."""
    return _datasets(*shown())


@st.cache_data(max_entries=8, show_spinner=False)
def _datasets(root: str, number: int) -> pd.DataFrame:
    return _reader(root, number).datasets()


def clips(dataset: str) -> pd.DataFrame:
    """Every clip of a dataset with its facts and labels."""
    # A shallow copy: what a page changes in it stays its own, and 100,000 rows are not unpacked for each click.
    return _clips(*shown(), dataset).copy(deep=False)


@st.cache_resource(max_entries=8, show_spinner="Reading the clips ...")
def _clips(root: str, number: int, dataset: str) -> pd.DataFrame:
    return _reader(root, number).clips(dataset)


def views(dataset: str | None = None) -> pd.DataFrame:
    """The views, or those that hold vectors of a dataset; ``learned`` marks what a network made by labels."""
    return _views(*shown(), dataset)


@st.cache_data(max_entries=8, show_spinner=False)
def _views(root: str, number: int, dataset: str | None = None) -> pd.DataFrame:
    return _reader(root, number).views(dataset)


def described() -> list[str]:
    """The names of the views that know no label: those which :data:`pipeline.inputs.ALL` stands for."""
    return described_of(views())


def described_of(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table["view"][~table["learned"]]]


def column(dataset: str, view: str, name: str) -> pd.Series:
    """One column of a view, indexed by clip_id."""
    frame = _column(*shown(), dataset, view, name)
    return frame.set_index("clip_id")["value"]


@st.cache_data(max_entries=64, show_spinner=False)
def _column(root: str, number: int, dataset: str, view: str, name: str) -> pd.DataFrame:
    return _reader(root, number).column(dataset, view, name)


def matrix(dataset: str, view: str) -> Matrix:
    """All vectors of a view over a dataset."""
    return _matrix(*shown(), dataset, view)


@st.cache_data(max_entries=8, show_spinner="Reading the vectors ...")
def _matrix(root: str, number: int, dataset: str, view: str) -> Matrix:
    return _reader(root, number).matrix(dataset, view)


def clip(clip_id: str) -> pd.Series:
    """One clip in full, with its dataset's title, licence and folder."""
    return reader().clip(clip_id)


def failures() -> pd.DataFrame:
    return reader().failures()


def builds() -> pd.DataFrame:
    return reader().builds()


def difference(old: int, new: int) -> Difference:
    """What changed from one snapshot to another."""
    return _difference(str(store().root), old, new)


@st.cache_data(max_entries=8, show_spinner="Comparing ...")
def _difference(root: str, old: int, new: int) -> Difference:
    return diff(Store(Path(root)).snapshot(old), Store(Path(root)).snapshot(new))


@st.cache_data(max_entries=32, show_spinner=False)
def samples(path: str, content_hash: str) -> tuple[NDArray[np.float32], int]:
    """A recording as mono samples and its rate in Hz. The hash is part of the key: files change.

    Raises
    ------
    AudioError
        The recording is gone or cannot be decoded any more.
    """
    return load_mono(Path(path))


@st.cache_data(max_entries=256, show_spinner=False)
def preview(path: str, content_hash: str) -> str | None:
    """A recording as a small MP3 in a data URL, for a table's rows; None where it cannot be read."""
    try:
        return to_data_url(*load_mono(Path(path)))
    except AudioError:
        return None


@st.cache_data(max_entries=512, show_spinner=False)
def heard(path: str, content_hash: str) -> sounds.Heard:
    """A recording as loud as the others of a playlist."""
    return sounds.hear(Path(path))


def standardised(dataset: str | None, view: str) -> Input:
    """A view of a dataset, None for all of them together, with every column on one scale; not to be changed.

    Raises
    ------
    InputError
        There is nothing that tells one clip from another.
    """
    return _standardised(*shown(), dataset, view)


@st.cache_resource(max_entries=4, show_spinner="Bringing the columns to one scale ...")
def _standardised(root: str, number: int, dataset: str | None, view: str) -> Input:
    reader, names = _reader(root, number), [view]
    if view == ALL:
        names = described_of(_views(root, number))
    return given_of(view, {name: reader.matrix(dataset, name) for name in names})


def nearest_index(dataset: str | None, view: str) -> Index:
    """Every clip of a dataset, None for all of them together, ready to be searched. Raises as above."""
    asked = (*shown(), dataset, view)
    preparing = _preparing(*asked)
    if preparing.is_alive():
        with st.spinner("Preparing the search ..."):
            preparing.join()
    return _nearest_index(*asked)


def prepare(dataset: str | None, view: str) -> None:
    """Begin with what a click will ask for while a person still looks: of 100,000 clips it takes seconds."""
    _preparing(*shown(), dataset, view)


@st.cache_resource(max_entries=4, show_spinner=False)
def _preparing(root: str, number: int, dataset: str | None, view: str) -> Thread:
    def prepare() -> None:
        with suppress(SesatlasError):  # raised again where somebody asks
            _nearest_index(root, number, dataset, view)

    thread = Thread(target=prepare, name="prepare", daemon=True)
    thread.start()
    return thread


# No spinner: it would have no page to turn on. That of `_standardised` stays away when called from here.
@st.cache_resource(max_entries=4, show_spinner=False)
def _nearest_index(root: str, number: int, dataset: str | None, view: str) -> Index:
    scaled = _standardised(root, number, dataset, view)
    return Index.build(scaled.clip_ids, scaled.values)
