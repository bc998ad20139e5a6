"""Vectors of a network that a build applies to each clip: to clips that have no vector yet, and to no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.features.view import View
from pipeline.runtime import stop
from pipeline.runtime.noise import Noise
from pipeline.stage import Run
from pipeline.train.layout import digest
from store import views
from store.reader import Reader
from store.writer import Writer

BATCH = 32
BATCH_S = 240.0
"""So many clips, or so much sound, are embedded and written at once: what a killed build loses."""
MAX_NAMED = 3


@dataclass(frozen=True, slots=True)
class ClipFile:
    """A recording to embed, and the SHA-256 that it had when it was measured."""

    path: Path
    content_hash: str


@dataclass(frozen=True, slots=True)
class EmbeddingFailure:
    """Why a recording has no vector; ``lasting`` unless the file may be another one next time."""

    reason: str
    lasting: bool = True


@dataclass(frozen=True, eq=False)
class Embedded:
    """Vectors float32 (m, dimension) of the clips that could be embedded, and why the others could not."""

    clip_ids: Sequence[str]
    vectors: NDArray[np.float32]
    failures: Mapping[str, EmbeddingFailure]


class ClipEmbedder(Protocol):
    """A network, ready to embed."""

    def embed(self, files: Mapping[str, ClipFile]) -> Embedded:
        """Clips, given by their ids."""
        ...


@dataclass(frozen=True, eq=False)
class _Work:
    """The clips of a dataset that are to be embedded, and the key that its vectors then have."""

    dataset: str
    key: str
    root: Path
    clips: pd.DataFrame


@dataclass(frozen=True, slots=True)
class ClipVectors:
    """
    How such a network's vectors come into the store: :class:`pipeline.networks.network.Vectors`.

    ``datasets`` names those of a snapshot that have vectors; ``embedder`` makes the network ready, from the store's
    folder and the number of threads that it may take.
    """

    datasets: Callable[[Reader], Sequence[str]]
    embedder: Callable[[Path, int], ClipEmbedder]

    def keys(self, reader: Reader, view: View) -> dict[str, str]:
        """By dataset, what its vectors are to be of: this view of these clips."""
        hashes = reader.clip_hashes()
        return {name: digest([view.key, hashes.get(name, "")]) for name in self.datasets(reader)}

    def stale_keys(self, reader: Reader, view: View) -> dict[str, str | None]:
        """The datasets whose vectors may not be those of their clips, and the key that each should have; or None."""
        made = reader.embeddings()
        mine = made[made["view"] == view.name]
        stored: dict[str, str] = dict(zip(mine["dataset"], mine["key"], strict=True))
        right = self.keys(reader, view)
        names = stored.keys() | right.keys()
        return {name: right.get(name) for name in names if stored.get(name) != right.get(name)}

    def stale(self, root: Path, reader: Reader, view: View) -> list[str]:
        return list(self.stale_keys(reader, view))

    def take_over(self, root: Path, staging: Path) -> None:
        """Nothing is there without work; what is out of date is dropped when its clips are embedded."""

    def embed(self, run: Run, view: View) -> int:
        """Each batch is committed when it is done: a killed build goes on with the others."""
        with Reader(run.staging) as reader:
            keys = self.stale_keys(reader, view)
            work = [_work(reader, view, name, key) for name, key in sorted(keys.items()) if key is not None]
        if not keys:
            return 0
        total, done, computed = sum(len(one.clips) for one in work), 0, 0
        run.on_progress(0, total)
        embedder = self.embedder(run.state.root, run.n_jobs) if total else None
        with Writer(run.staging) as writer:
            _drop(writer, view, [name for name, key in keys.items() if key is None])
            for one in work:
                failures: dict[str, EmbeddingFailure] = {}
                for batch in _opened(writer, view, one):
                    assert embedder is not None
                    with Noise():  # the build has warned of these files when it measured them
                        failures |= _embed_batch(embedder, writer, view, one, batch)
                    done += len(batch)
                    run.on_progress(done, total, one.dataset)
                _close(writer, view, one, failures)
                computed += len(one.clips) - len(failures)
        return computed


def _work(reader: Reader, view: View, dataset: str, key: str) -> _Work:
    clips = reader.clips(dataset)
    there = reader.vector_ids(view.name)
    (folder,) = [row["path"] for row in reader.rows("all_datasets") if row["dataset"] == dataset]
    # Clips of like length go together: less is filled up.
    missing = clips[~clips["clip_id"].isin(there)].sort_values(["duration_s", "clip_id"], ignore_index=True)
    return _Work(dataset, key, Path(folder), missing)


def _opened(writer: Writer, view: View, work: _Work) -> Iterator[pd.DataFrame]:
    """The clips of a dataset batch by batch, once the store is ready to take more vectors of it."""
    if len(work.clips):
        with writer.transaction():
            views.open_embeddings(writer, view.name, work.dataset)
    for batch in _batches(work.clips):
        stop.check()
        yield batch


def _batches(clips: pd.DataFrame) -> Iterator[pd.DataFrame]:
    start = 0
    while start < len(clips):
        total_s = clips["duration_s"].iloc[start : start + BATCH].cumsum()
        count = max(1, int((total_s <= BATCH_S).sum()))
        yield clips.iloc[start : start + count]
        start += count


def _embed_batch(
    embedder: ClipEmbedder, writer: Writer, view: View, work: _Work, batch: pd.DataFrame
) -> Mapping[str, EmbeddingFailure]:
    columns = (batch[name] for name in ("clip_id", "relative_path", "content_hash"))
    files = {id_: ClipFile(work.root / path, content) for id_, path, content in zip(*columns, strict=True)}
    embedded = embedder.embed(files)
    with writer.transaction():
        views.upsert_vectors(writer, view.name, embedded.clip_ids, embedded.vectors)
    return embedded.failures


def _close(writer: Writer, view: View, work: _Work, failures: Mapping[str, EmbeddingFailure]) -> None:
    """Nothing is left to embed; what may be another file by then is tried again by the next build."""
    lasting = all(one.lasting for one in failures.values())
    with writer.transaction():
        views.close_embeddings(
            writer,
            view.name,
            work.dataset,
            work.key if lasting else "",
            len(failures),
            _reason(view, failures),
        )


def _drop(writer: Writer, view: View, datasets: Sequence[str]) -> None:
    """Of what the network is not for any more there are no vectors."""
    with writer.transaction():
        for dataset in datasets:
            views.drop_embeddings(writer, view.name, dataset)


def _reason(view: View, failures: Mapping[str, EmbeddingFailure]) -> str | None:
    """Which clips have no vector, and why; None where all have one."""
    if not failures:
        return None
    named = [f"{clip_id}: {one.reason}" for clip_id, one in list(failures.items())[:MAX_NAMED]]
    more = f" And {len(failures) - MAX_NAMED} more." if len(failures) > MAX_NAMED else ""
    clips, them = ("1 clip has", "it") if len(failures) == 1 else (f"{len(failures):,} clips have", "them")
    title = f"{view.title[:1].lower()}{view.title[1:]}"
    return f"{clips} no vector: the {title} could not embed {them}. {' '.join(named)}{more}"
