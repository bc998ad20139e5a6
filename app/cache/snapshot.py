"""The snapshot that a page shows and what is read from it: the only place where Streamlit caches anything.

One run of a page, one snapshot: :func:`pin` chooses it as the run begins, and the fragments of that page
go on with it, whatever a build publishes meanwhile. Every cache is keyed by the store's folder and the
snapshot's number. A published snapshot never changes, so an entry can never be stale.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar, copy_context
from functools import update_wrapper
from pathlib import Path
from threading import Thread
from typing import Any, Concatenate, Generic, Literal, ParamSpec, TypeVar, cast

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.cache import sounds
from pipeline.audio.decode import AudioError, load_mono
from pipeline.inputs import ALL, FeatureMatrix, standardised_input
from pipeline.sources import store_root
from store.compare import Difference, diff
from store.errors import SesatlasError
from store.nearest import Index
from store.reader import Reader
from store.snapshots import Snapshot, Store

RUN, LINKED = "run_snapshot", "pinned_snapshot"
"""In the session: the snapshot of this run, as (root, number), and the number that a link has led to."""


P = ParamSpec("P")
T = TypeVar("T")


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
    root = str(store().root)
    while True:
        number = current().number
        try:
            _reader(root, number)
        except SesatlasError:
            if store().at(number).path.exists():
                raise
            pin()  # deleted between looking and opening: the build has published the next one
        else:
            return root, number


# Who is evicted is not closed, for another session may be reading: the file is let go of with its last reader.
@st.cache_resource(max_entries=8, show_spinner=False)
def _reader(root: str, number: int) -> Reader:
    return Reader(Store(Path(root)).snapshot(number).path)


_reading: ContextVar[tuple[str, int] | None] = ContextVar("reading", default=None)
"""While a cached reader computes: the snapshot that it and all readers that it calls read."""


class SnapshotReader(Generic[P, T]):
    """A function that reads from the snapshot of this run of the page, kept by snapshot and arguments.

    See :func:`of_snapshot`. ``entries`` is how many answers are kept at most, over all snapshots.
    """

    def __init__(
        self, read: Callable[Concatenate[Reader, P], T], entries: int, spinner: str | Literal[False]
    ) -> None:
        def compute(root: str, number: int, arguments: tuple[Any, ...]) -> T:
            token = _reading.set((root, number))
            try:
                return read(_reader(root, number), *arguments)  # type: ignore[call-arg]
            finally:
                _reading.reset(token)

        # Streamlit tells functions apart by these two, and by their source, which is the same for all.
        compute.__module__, compute.__qualname__ = read.__module__, f"{read.__qualname__} of a snapshot"
        self.entries = entries
        self._signature = inspect.signature(read)
        self._cached = st.cache_resource(max_entries=entries, show_spinner=spinner)(compute)
        update_wrapper(self, read)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        bound = self._signature.bind(None, *args, **kwargs)
        bound.apply_defaults()
        found = self._cached(*(_reading.get() or shown()), tuple(bound.arguments.values())[1:])
        # Copied on writing: what a page changes in a table stays its own, and 100,000 rows are not unpacked
        # for each click.
        return cast("T", found.copy(deep=False)) if isinstance(found, pd.DataFrame | pd.Series) else found

    def clear(self) -> None:
        """Forget every answer."""
        self._cached.clear()


def of_snapshot(
    *, entries: int = 8, spinner: str | Literal[False] = False
) -> Callable[[Callable[Concatenate[Reader, P], T]], SnapshotReader[P, T]]:
    """Declare a cached reader: a function of a :class:`store.reader.Reader` and of what it is asked.

    It is called without the reader. What it calls in turn, if declared alike, reads the same snapshot, also
    where a build publishes the next one in between, and in a thread that was started with a copy of its
    context. All sessions share the answers: tables come as copies, all else is not to be changed.

    Parameters
    ----------
    entries : int
        Answers kept at most.
    spinner : str or False
        What is said while it reads.

    Examples
    --------
    A method of the reader as it is, and a function over several:

    >>> clusterings = of_snapshot()(Reader.clusterings)
    >>> @of_snapshot(entries=64)
    ... def columns(reader: Reader, view: str) -> list[str]:
    ...     return list(reader.view(view)["columns"])
    """
    return lambda read: SnapshotReader(read, entries, spinner)


datasets = of_snapshot()(Reader.datasets)
views = of_snapshot()(Reader.views)
clips = of_snapshot(spinner="Reading the clips ...")(Reader.clips)
clip = of_snapshot(entries=256)(Reader.clip)
clips_in_full = of_snapshot(entries=64)(Reader.clips_in_full)
matrix = of_snapshot(spinner="Reading the vectors ...")(Reader.matrix)
failures = of_snapshot()(Reader.failures)
builds = of_snapshot()(Reader.builds)


@of_snapshot(entries=64)
def column(reader: Reader, dataset: str, view: str, name: str) -> pd.Series:
    """One column of a view, indexed by clip_id."""
    return reader.column(dataset, view, name).set_index("clip_id")["value"]


def described() -> list[str]:
    """The names of the views that know no label: those which :data:`pipeline.inputs.ALL` stands for."""
    known = views()
    return [str(name) for name in known["view"][~known["learned"]]]


def difference(old: int, new: int) -> Difference:
    """What changed from one snapshot to another."""
    return _difference(str(store().root), old, new)


@st.cache_data(max_entries=8, show_spinner="Comparing ...")
def _difference(root: str, old: int, new: int) -> Difference:
    return diff(Store(Path(root)).snapshot(old), Store(Path(root)).snapshot(new))


@of_snapshot(entries=4, spinner="Bringing the columns to one scale ...")
def standardised(reader: Reader, dataset: str | None, view: str) -> FeatureMatrix:
    """A view of a dataset, None for all of them together, with every column on one scale; not to be changed.

    Raises
    ------
    InputError
        There is nothing that tells one clip from another.
    """
    names = described() if view == ALL else [view]
    return standardised_input(view, {name: reader.matrix(dataset, name) for name in names})


def nearest_index(dataset: str | None, view: str) -> Index:
    """Every clip of a dataset, None for all of them together, ready to be searched. Raises as above."""
    preparing = prepare(dataset, view)
    if preparing.is_alive():
        with st.spinner("Preparing the search ..."):
            preparing.join()
    return _nearest_index(dataset, view)


@of_snapshot(entries=4)
def prepare(reader: Reader, dataset: str | None, view: str) -> Thread:
    """Begin with what a click will ask for while a person still looks: of 100,000 clips it takes seconds."""

    def work() -> None:
        with suppress(SesatlasError):  # raised again where somebody asks
            _nearest_index(dataset, view)

    thread = Thread(target=copy_context().run, args=(work,), name="prepare", daemon=True)
    thread.start()
    return thread


# No spinner: it would have no page to turn on. That of `standardised` stays away when called from here.
@of_snapshot(entries=4)
def _nearest_index(reader: Reader, dataset: str | None, view: str) -> Index:
    scaled = standardised(dataset, view)
    return Index.build(scaled.clip_ids, scaled.values)


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
def mp3(path: str, content_hash: str) -> bytes | None:
    """A recording as a small MP3; None where it cannot be read."""
    try:
        return sounds.to_mp3(*load_mono(Path(path)))
    except AudioError:
        return None


@st.cache_data(max_entries=512, show_spinner=False)
def normalised_preview(path: str, content_hash: str) -> sounds.NormalisedPreview:
    """A recording as loud as the others of a playlist."""
    return sounds.normalised_preview(Path(path))
