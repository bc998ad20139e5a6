"""A small store made by hand: two datasets, two views, known numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from store import publishing, results
from store import views as vectors
from store.database import RENAMED
from store.invalidate import keep_datasets
from store.results import ExperimentRows, UnitRows, replace_experiment
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

STAGE = "clusterings"
"""Which stage the units of these tests come from; to the store it is a name."""


NUMBERS = (
    "accuracy", "accuracy_low", "accuracy_high", "spread", "balanced_accuracy", "macro_f1", "log_loss", "brier",
    "ece", "fit_seconds", "predict_seconds", "seconds",
)  # fmt: skip


def experiment(dataset: str, clip_ids: list[str], views: list[str], **changes: Any) -> ExperimentRows:
    """Made by hand: every second clip is taken for the other class."""
    classes = ["dog", "rain"]
    id_ = f"{dataset}.label.{'+'.join(views)}.logistic"
    words = (
        "target",
        "subset",
        "kind",
        "method",
        "combination",
        "protocol",
        "protocol_title",
        "protocol_summary",
    )
    row = {word: word for word in words} | {"origin": "build", "unit": "source", "key": "k", "seed": 0}
    row |= {"experiment_id": id_, "dataset": dataset, "views": views, "classes": classes, "version": 1}
    row |= dict.fromkeys(NUMBERS, 0.5) | {"columns": 3, "clips": len(clip_ids), "groups": 2}
    row |= {"parameters": "{}", "versions": "{}", "notes": ["a note"], "made_at": datetime(2026, 11, 21)}
    shares = np.linspace(0, 1, len(clip_ids), dtype=np.float32)
    columns = {
        "clip_id": clip_ids,
        "fold": ["fold 1"] * len(clip_ids),
        "truth": ["dog"] * len(clip_ids),
        "predicted": [classes[place % 2] for place in range(len(clip_ids))],
        "probabilities": pa.array([[1 - one, one] for one in shares.tolist()], pa.list_(pa.float32())),
    }
    metric = {"kind": "fold", "name": "fold 1", "metric": "accuracy", "value": 0.5}
    step = {"fold": "fold 1", "epoch": 1, "metric": "train_loss", "value": 1.5}
    return ExperimentRows(
        experiment=row | changes, predictions=pa.table(columns), metrics=[metric], history=[step]
    )


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

    def dataset(self, name: str, **changes: Any) -> dict[str, Any]:
        words = ("title", "kind", "label_name", "licence", "citation", "url", "path")
        row = {"dataset": name, "reader": "folder", "synthetic": False, "notes": [f"note on {name}"]}
        return row | {word: f"{word} of {name}" for word in words} | changes

    def clip(self, dataset: str, name: str, **changes: Any) -> dict[str, Any]:
        path = f"{name}.wav"
        changes = {"content_hash": f"hash of {name}", "label": name[0]} | changes
        return {"clip_id": f"{dataset}/{path}", "dataset": dataset, "relative_path": path, **FACTS, **changes}

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

    def unit(
        self, dataset: str, view: str, clip_ids: Sequence[str], key: str = "k", *, seed: int = 0
    ) -> UnitRows:
        """Two projections, two clusterings and a gap of these clips, with random numbers."""
        rng, n = np.random.default_rng(seed), len(clip_ids)
        head = {
            "stage": STAGE,
            "dataset": dataset,
            "view": view,
            "clips": n,
            "notes": ["a note"],
            "seconds": 0.5,
        }
        head |= {"origin": "build", "parameters": "{}"}
        measured = {"neighbours": 10, "trustworthiness": 0.9, "continuity": 0.8}
        unit: dict[str, list[Any]] = {
            name: [] for name in ("projections", "points", "clusterings", "members")
        }
        for method, dimension in (("pca", 2), ("umap", 3)):
            id_ = f"{dataset}.{view}.{method}-{dimension}d"
            changes = {"projection_id": id_, "method": method, "dimension": dimension, "explained": []}
            unit["projections"].append(head | measured | changes)
            unit["points"].append(self.points(id_, clip_ids, rng.standard_normal((n, dimension))))
        for method in ("kmeans", "hdbscan"):
            id_ = f"{dataset}.{view}.pca.{method}"
            changes = {"clustering_id": id_, "method": method, "space": "pca", "space_dimension": 2}
            unit["clusterings"].append(head | changes | {"clusters": 3, "noise": 1, "ari": 0.5})
            strengths = rng.random(n) if method == "hdbscan" else None
            unit["members"].append(self.members(id_, clip_ids, rng.integers(-1, 3, n), strengths))
        axis = {"columns": ["x", "y"], "loadings": [0.25, -0.5], "explained": 0.7}
        tree = {"parent": [n, n], "child": [0, n + 1], "lambda": [np.inf, 0.5], "size": [1, n - 1]}
        return UnitRows(
            unit={"key": key}
            | {name: head[name] for name in ("stage", "dataset", "view", "clips", "notes", "seconds")},
            gaps=[{"what": "t-SNE to 2-D", "reason": "There are too few clips."}],
            axes=[axis | {"projection_id": unit["projections"][0]["projection_id"], "axis": 1}],
            trees=[pa.table({"clustering_id": [id_] * 2, **tree, "selected": [False, True]})],
            **unit,
        )

    def points(self, id_: str, clip_ids: Sequence[str], positions: NDArray[np.floating]) -> pa.Table:
        n = len(clip_ids)
        own = pa.array(np.linspace(0, 1, n, dtype=np.float32))
        place = pa.array(list(positions.astype(np.float32)), pa.list_(pa.float32()))
        return pa.table(
            {
                "projection_id": [id_] * n,
                "clip_id": list(clip_ids),
                "position": place,
                "trustworthiness": own,
                "continuity": own,
            }
        )

    def members(
        self,
        id_: str,
        clip_ids: Sequence[str],
        labels: NDArray[np.integer],
        strengths: NDArray[np.floating] | None = None,
    ) -> pa.Table:
        values = [None] * len(labels) if strengths is None else strengths.astype(np.float32)
        return pa.table(
            {
                "clustering_id": [id_] * len(labels),
                "clip_id": list(clip_ids),
                "cluster": labels.astype(np.int32),
                "strength": pa.array(values, pa.float32()),
            }
        )

    def fill(
        self, writer: Writer, clips: Sequence[dict[str, Any]], failures: Sequence[dict[str, Any]] = ()
    ) -> None:
        with writer.transaction():
            vectors.define_views(writer, self.specs)
            keep_datasets(
                writer, [self.dataset(name) for name in dict.fromkeys(row["dataset"] for row in clips)]
            )
            writer.upsert("clips", clips)
            writer.replace_failures(failures)
            ids = [row["clip_id"] for row in clips]
            for spec in self.specs:
                vectors.upsert_vectors(writer, spec.name, ids, self.matrix(ids, spec))

    def publish(
        self,
        store: Store,
        clips: Sequence[dict[str, Any]],
        failures: Sequence[dict[str, Any]] = (),
        units: Sequence[UnitRows] = (),
        experiments: Sequence[ExperimentRows] = (),
    ) -> Snapshot:
        """A snapshot of exactly these clips, analyses and experiments."""
        publishing.discard(store)
        store.staging.parent.mkdir(parents=True, exist_ok=True)
        number = store.next_number()
        with Writer(store.staging) as writer:
            self.fill(writer, clips, failures)
            with writer.transaction():
                for one in experiments:
                    replace_experiment(writer, one)
                for unit in units:
                    results.replace_unit(writer, unit)
                publishing.begin_build(writer, f"build-{number}", datetime(2026, 1, number))
                publishing.sign_build(writer, f"build-{number}", number, datetime(2026, 1, number, 0, 1), {})
        return publishing.publish(store, number)

    def spec(self, *arguments: Any, **changes: Any) -> Spec:
        return Spec(*arguments, **changes)


@pytest.fixture(scope="session")
def filler() -> Filler:
    return Filler()


@pytest.fixture
def made() -> Callable[..., ExperimentRows]:
    return experiment


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


@pytest.fixture
def make_old() -> Callable[..., None]:
    """Make a file what it was before projections and clusterings (1), experiments (2), or scores (4)."""
    first = {"meta", "datasets", "clips", "failures", "views", "builds"}
    second = {"analysis_gaps", "projections", "projection_points", "projection_axes"}
    second |= {"clusterings", "cluster_members", "cluster_trees"}

    def make(path: Path, version: int = 1) -> None:
        with duckdb.connect(str(path)) as con:
            tables = {row[0] for row in con.execute("select table_name from duckdb_tables()").fetchall()}
            kept = {1: first, 2: first | second, 4: tables - {"scores", "clip_scores"}}[version]
            for table in sorted(tables - kept):
                if not table.startswith("view_"):
                    con.execute(f"drop table {table}")
            if version == 4:
                for column in ("missing", "reason"):
                    con.execute(f"alter table embeddings drop column {column}")
                for new, old in RENAMED.items():
                    table, _, column = new.partition(".")
                    if column and column != "place":
                        con.execute(f"alter table {table} rename column {column} to {old}")
                for new, old in RENAMED.items():
                    if "." not in new:
                        con.execute(f"alter table {new} rename to {old}")
            for time in ("started_at", "finished_at"):
                con.execute(f"alter table builds alter {time} type timestamp")
            con.execute("update meta set value = ? where key = 'schema_version'", [str(version)])

    return make
