"""The stage of a build in which the voice network listens: to clips of speech that have no vector yet, no others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import joblib
import pandas as pd

from pipeline.experiments.spec import MISSING_VECTORS
from pipeline.features.view import View
from pipeline.networks import speech_datasets
from pipeline.networks.ecapa import LONGEST_S, NAME
from pipeline.networks.in_use import used
from pipeline.runtime import stop
from pipeline.stage import Run
from pipeline.train.layout import digest
from store import results, views
from store.reader import Reader
from store.writer import Writer

if TYPE_CHECKING:
    from pipeline.networks.voice_model import Ear, Unheard

BATCH = 32
BATCH_S = 240.0
"""So many clips, or so much sound, are listened to and written at once: what a killed build loses."""
UNHEARD = f"{NAME}.{MISSING_VECTORS}"
"""Behind a dataset's name, the id of the gap that tells which of its clips have no vector."""
NAMED = 3


@dataclass(frozen=True, eq=False)
class _Work:
    """The clips of a dataset that are to be listened to, and the key that its vectors then have."""

    dataset: str
    key: str
    root: Path
    clips: pd.DataFrame


def keys(reader: Reader, view: View) -> dict[str, str]:
    """By spoken dataset, what its vectors are to be of: this view of these clips."""
    hashes = reader.clip_hashes()
    return {name: digest([view.key, hashes.get(name, "")]) for name in speech_datasets.in_store(reader)}


def stale(reader: Reader, view: View) -> dict[str, str | None]:
    """The datasets whose vectors may not be those of their clips, and the key that each should have; or None."""
    made = reader.embeddings()
    mine = made[made["view"] == view.name]
    held: dict[str, str] = dict(zip(mine["dataset"], mine["key"], strict=True))
    right = keys(reader, view)
    return {name: right.get(name) for name in held.keys() | right.keys() if held.get(name) != right.get(name)}


def embed(run: Run, view: View) -> int:
    """Bring the vectors in the staging database up to date; how many were computed.

    Each batch is committed when it is done: a killed build goes on with the others.
    """
    staging = run.staging
    with Reader(staging) as reader:
        wanted = stale(reader, view)
        work = [_work(reader, name, key) for name, key in sorted(wanted.items()) if key is not None]
    if not wanted:
        return 0
    total, done, computed = sum(len(one.clips) for one in work), 0, 0
    run.on_progress(0, total)
    ear = _ear(run.state.root, run.n_jobs) if total else None
    with Writer(staging) as writer:
        _leave(writer, [name for name, key in wanted.items() if key is None])
        for one in work:
            unheard: dict[str, Unheard] = {}
            for batch in _opened(writer, one):
                assert ear is not None
                unheard |= _hear(ear, writer, one, batch)
                done += len(batch)
                run.on_progress(done, total, one.dataset)
            _close(writer, one, unheard)
            computed += len(one.clips) - len(unheard)
    return computed


def _work(reader: Reader, dataset: str, key: str) -> _Work:
    clips = reader.clips(dataset)
    there = reader.vector_ids(NAME)
    (folder,) = [row["path"] for row in reader.rows("all_datasets") if row["dataset"] == dataset]
    # Clips of like length go together: less is filled up.
    missing = clips[~clips["clip_id"].isin(there)].sort_values(["duration_s", "clip_id"], ignore_index=True)
    return _Work(dataset, key, Path(folder), missing)


def _ear(root: Path, n_jobs: int) -> Ear:
    from pipeline.networks.voice_model import Ear  # torch takes seconds to load

    return Ear(used(root).weights, LONGEST_S, joblib.effective_n_jobs(n_jobs))


def _opened(writer: Writer, work: _Work) -> Iterator[pd.DataFrame]:
    """The clips of a dataset batch by batch, once the store is ready to take more vectors of it."""
    if len(work.clips):
        with writer.transaction():
            views.open_embeddings(writer, NAME, work.dataset)
    for batch in _batches(work.clips):
        stop.check()
        yield batch


def _batches(clips: pd.DataFrame) -> Iterator[pd.DataFrame]:
    start = 0
    while start < len(clips):
        longest_s = clips["duration_s"].iloc[start : start + BATCH].cumsum()
        count = max(1, int((longest_s <= BATCH_S).sum()))
        yield clips.iloc[start : start + count]
        start += count


def _hear(ear: Ear, writer: Writer, work: _Work, batch: pd.DataFrame) -> Mapping[str, Unheard]:
    from pipeline.networks.voice_model import File

    columns = (batch[name] for name in ("clip_id", "relative_path", "content_hash"))
    files = {id_: File(work.root / path, content) for id_, path, content in zip(*columns, strict=True)}
    heard = ear.hear(files)
    with writer.transaction():
        views.upsert_vectors(writer, NAME, heard.clip_ids, heard.vectors)
    return heard.unheard


def _close(writer: Writer, work: _Work, unheard: Mapping[str, Unheard]) -> None:
    """Nothing is left to listen to; what may be another file by then is tried again by the next build."""
    lasting = all(one.lasting for one in unheard.values())
    with writer.transaction():
        views.close_embeddings(writer, NAME, work.dataset, work.key if lasting else "")
        results.drop_experiments(writer, [f"{work.dataset}.{UNHEARD}"])
        if unheard:
            results.write_gap(writer, _gap(work, unheard))


def _leave(writer: Writer, datasets: list[str]) -> None:
    """Of what is no speech any more there are no vectors."""
    with writer.transaction():
        for dataset in datasets:
            views.drop_embeddings(writer, NAME, dataset)
            results.drop_experiments(writer, [f"{dataset}.{UNHEARD}"])


def _gap(work: _Work, unheard: Mapping[str, Unheard]) -> dict[str, str]:
    told = [f"{clip_id}: {one.reason}" for clip_id, one in list(unheard.items())[:NAMED]]
    more = f" And {len(unheard) - NAMED} more." if len(unheard) > NAMED else ""
    clips = "1 clip has no vector" if len(unheard) == 1 else f"{len(unheard):,} clips have no vector"
    return {
        "experiment_id": f"{work.dataset}.{UNHEARD}", "dataset": work.dataset, "target": "label", "key": work.key,
        "what": f"The view {NAME}",
        "reason": f"{clips}, for the voice network could not listen to them. {' '.join(told)}{more}",
    }  # fmt: skip
