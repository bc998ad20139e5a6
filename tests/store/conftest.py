"""A small store made by hand: two datasets, two views, known numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from store import history, staging, vectors
from store.snapshots import Snapshot, Store
from store.writer import Writer

FACTS = {
    "size_bytes": 44,
    "modified_ns": 1,
    "changed_ns": 2,
    "duration_s": 0.5,
    "sample_rate_hz": 16_000,
    "channels": 1,
    "codec": "WAV PCM_16",
    "peak_dbfs": -1.0,
    "rms_dbfs": -20.0,
    "silence_share": 0.0,
    "digital_silence_share": 0.0,
    "clipped_share": 0.0,
    "bandwidth_hz": 8_000.0,
    "dc_offset": 0.0,
}


@dataclass(frozen=True)
class Spec:
    """A view as the store asks for it."""

    name: str
    columns: tuple[str, ...]
    version: int = 1
    title: str = "A view"
    units: tuple[str, ...] = ()
    parameters: dict[str, object] = field(default_factory=dict)
    source: str = "somewhere"
    notes: str = ""

    @property
    def key(self) -> str:
        return f"{self.name}-{self.version}-{'-'.join(self.columns)}"


class Filler:
    """Rows that are short to write and whole to the store."""

    specs = (Spec("level", ("level_mean", "level_std", "level_p50")), Spec("tone", ("tone_hz",)))

    def dataset(self, name: str, **told: Any) -> dict[str, Any]:
        words = ("title", "kind", "label_name", "licence", "citation", "url", "path")
        row = {"dataset": name, "reader": "folder", "synthetic": False, "notes": [f"note on {name}"]}
        return row | {word: f"{word} of {name}" for word in words} | told

    def clip(self, dataset: str, name: str, **told: Any) -> dict[str, Any]:
        path = f"{name}.wav"
        told = {"content_hash": f"hash of {name}", "label": name[0]} | told
        return {"clip_id": f"{dataset}/{path}", "dataset": dataset, "relative_path": path, **FACTS, **told}

    def failure(self, dataset: str, name: str, reason: str = "broken") -> dict[str, Any]:
        return {"dataset": dataset, "relative_path": f"{name}.wav", "stage": "decode", "reason": reason}

    def matrix(self, clip_ids: Sequence[str], spec: Spec) -> NDArray[np.float32]:
        """Numbers that depend on the clip alone; one of them is no number."""
        rows = [
            [len(one) + sum(map(ord, one)) / 7 + column for column in range(len(spec.columns))]
            for one in clip_ids
        ]
        values = np.array(rows, dtype=np.float32).reshape(len(clip_ids), len(spec.columns))
        if len(values):
            values[0, 0] = np.nan
        return values

    def fill(
        self, writer: Writer, clips: Sequence[dict[str, Any]], failures: Sequence[dict[str, Any]] = ()
    ) -> None:
        with writer.transaction():
            vectors.define_views(writer, self.specs)
            writer.keep_datasets(
                [self.dataset(name) for name in dict.fromkeys(row["dataset"] for row in clips)]
            )
            writer.upsert("clips", clips)
            writer.replace_failures(failures)
            ids = [row["clip_id"] for row in clips]
            for spec in self.specs:
                vectors.upsert_vectors(writer, spec.name, ids, self.matrix(ids, spec))

    def publish(
        self, store: Store, clips: Sequence[dict[str, Any]], failures: Sequence[dict[str, Any]] = ()
    ) -> Snapshot:
        """A snapshot of exactly these clips."""
        staging.discard(store)
        store.staging.parent.mkdir(parents=True, exist_ok=True)
        number = store.next_number()
        with Writer(store.staging) as writer:
            self.fill(writer, clips, failures)
            with writer.transaction():
                history.begin_build(writer, f"build-{number}", datetime(2026, 1, number))
                history.finish_build(writer, f"build-{number}", number, datetime(2026, 1, number, 0, 1), {})
        return staging.publish(store, number)

    def spec(self, *arguments: Any, **told: Any) -> Spec:
        return Spec(*arguments, **told)


@pytest.fixture(scope="session")
def filler() -> Filler:
    return Filler()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def clips(filler: Filler) -> list[dict[str, Any]]:
    """Written in another order than they are read in."""
    two = [filler.clip("b", name, speaker="s1", sex="female", fold=None) for name in ("y2", "x1")]
    return two + [
        filler.clip("a", name, fold=number, split="train") for number, name in enumerate(("dog2", "cat1"))
    ]


@pytest.fixture
def filled(store: Store, filler: Filler, clips: list[dict[str, Any]]) -> Snapshot:
    return filler.publish(store, clips, [filler.failure("a", "gone")])


@pytest.fixture
def writer(store: Store) -> Callable[[], Writer]:
    def opened() -> Writer:
        store.staging.parent.mkdir(parents=True, exist_ok=True)
        return Writer(store.staging)

    return opened
