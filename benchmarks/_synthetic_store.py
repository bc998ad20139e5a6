"""A store of as many clips as one likes, made in seconds: no recording is read, only the tables are written.

    python benchmarks/_synthetic_store.py STORE [--clips 100000]

The clips lie in groups, as real ones do. Their vectors, PCA and its loadings are what the names say; "UMAP"
is a picture drawn at random around the groups, its quality and the clusterings' scores are made up: good
to measure a page with, and for nothing else. All clips of a label are one file, so that a click is heard.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import soundfile
from numpy.typing import NDArray
from rich.console import Console

from pipeline.inputs import ALL, FeatureMatrix, standardise, together
from pipeline.projections import METHODS
from pipeline.projections.neighbourhood import Neighbourhood
from store import publishing, results
from store import views as vectors
from store.invalidate import keep_datasets
from store.reader import Matrix
from store.results import UnitRows
from store.snapshots import Snapshot, Store
from store.writer import Writer

DATASET = "synthetic"
VIEWS = {"narrow": 25, "middle": 245, "wide": 300}
"""Columns of each view; together they are as many as all views of a real store."""
LABELS = 30
LATENT = 12
"""Dimensions in which the groups lie; the columns are mixtures of them, with noise."""
SOUND_S, SOUND_HZ = 5, 44_100
"""As in ESC-50: a click reads and sends a whole clip."""
KS = (10, 20, LABELS, 50)
SELECTED_FROM = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Where the clips of a view lie, and what share of the variance each axis of a PCA holds."""

    view: str
    method: str
    places: NDArray[np.float32]
    shares: tuple[float, ...] = ()

    @property
    def id(self) -> str:
        return f"{DATASET}.{self.view}.{self.method}-{self.places.shape[1]}d"


@dataclass(frozen=True)
class Spec:
    """A view as the store asks for it."""

    name: str
    dimension: int
    version: int = 1
    parameters: Mapping[str, object] = field(default_factory=dict)
    source: str = "random numbers"
    notes: str = ""

    @property
    def key(self) -> str:
        return f"{self.name}-{self.dimension}"

    @property
    def title(self) -> str:
        return f"{self.name.capitalize()}, {self.dimension} columns"

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(f"{self.name}_{number:03d}" for number in range(self.dimension))

    @property
    def units(self) -> tuple[str, ...]:
        return ("1",) * self.dimension


class Collection:
    """The clips, before they are rows: ``n`` of them in ``labels`` groups of unlike size and width."""

    def __init__(self, n: int, labels: int = LABELS, seed: int = 0) -> None:
        self.n, self.labels = n, labels
        self.random = np.random.default_rng(seed)
        weights = self.random.uniform(0.4, 1.6, labels)
        self.group = self.random.choice(labels, n, p=weights / weights.sum())  # (n,)
        self.names = np.array([f"sound {number:02d}" for number in range(labels)], dtype=object)
        self.paths = np.array([f"audio/{number:07d}.wav" for number in range(n)], dtype=object)
        self.ids: NDArray[np.object_] = np.array(
            [f"{DATASET}/{path}" for path in self.paths], dtype=object
        )  # sorted, as the store gives them back
        self.latent = self._around(self.random.normal(0, 2, (labels, LATENT)), 0.6, 1.2)  # (n, LATENT)

    def _around(self, centres: NDArray[np.float64], low: float, high: float) -> NDArray[np.float32]:
        """A point a clip around the centre of its group; each group is as wide as it happens."""
        shape = centres.shape
        wide = self.random.uniform(low, high, shape).astype(np.float32)
        noise = self.random.standard_normal((self.n, shape[1]), dtype=np.float32)
        return centres.astype(np.float32)[self.group] + wide[self.group] * noise

    def vectors(self, spec: Spec) -> NDArray[np.float32]:
        """Mixtures of the latent dimensions with noise, each column in a unit of its own, ``(n, d)``."""
        d = spec.dimension
        mixed = self.latent @ self.random.normal(0, 1, (LATENT, d)).astype(np.float32)
        mixed += 2 * self.random.standard_normal((self.n, d), dtype=np.float32)
        scale = 10 ** self.random.uniform(-2, 3, d)
        return np.asarray(mixed * scale + 3 * scale, dtype=np.float32)

    def picture(self, dimension: int) -> NDArray[np.float32]:
        """Groups as bent ribbons, as UMAP draws them, ``(n, dimension)``."""
        points = self._around(self.random.normal(0, 7, (self.labels, dimension)), 0.1, 0.6)
        along = self.random.uniform(-2, 2, self.n).astype(np.float32)
        way = self.random.normal(0, 1, (self.labels, dimension)).astype(np.float32)[self.group]
        bend = np.roll(way, 1, axis=1) * np.sin(2 * along)[:, None]
        return np.asarray(points + along[:, None] * way + bend, dtype=np.float32)

    def clusters(self, k: int, noise: float) -> NDArray[np.int32]:
        """The groups, merged or split until there are ``k``, some clips astray and some in none."""
        found = self.group.astype(np.int32) % k
        extra = k - self.labels
        if extra > 0:
            split = (self.group < extra) & (self.latent[:, 0] > np.median(self.latent[:, 0]))
            found = np.where(split, self.labels + self.group, found).astype(np.int32)
        astray = self.random.random(self.n) < 0.1
        found[astray] = self.random.integers(0, k, int(astray.sum()))
        found[self.random.random(self.n) < noise] = -1
        return found

    @cached_property
    def facts(self) -> pa.Table:
        """The rows of ``clips``."""
        n, random = self.n, self.random
        same: dict[str, Any] = {"dataset": DATASET, "size_bytes": 2 * SOUND_S * SOUND_HZ + 44}
        same |= {"modified_ns": 1, "changed_ns": 1, "sample_rate_hz": SOUND_HZ, "channels": 1}
        same |= {"codec": "WAV PCM_16", "digital_silence_share": 0.0, "clipped_share": 0.0, "dc_offset": 0.0}
        own = {
            "clip_id": self.ids,
            "relative_path": self.paths,
            "content_hash": np.array([f"{number:064x}" for number in range(n)], dtype=object),
            "duration_s": random.uniform(0.5, 5, n),
            "peak_dbfs": random.uniform(-12, 0, n),
            "rms_dbfs": random.normal(-24, 6, n),
            "silence_share": random.beta(1, 6, n),
            "bandwidth_hz": random.uniform(2_000, 22_050, n),
            "label": self.names[self.group],
            "label_group": np.array(["nature", "animals", "city"], dtype=object)[self.group % 3],
            "fold": random.integers(1, 6, n),
        }
        constant = {name: pa.repeat(pa.scalar(value), n) for name, value in same.items()}
        return pa.table(constant | {name: pa.array(values) for name, values in own.items()})


def make(root: Path, clips: int, *, seed: int = 0) -> Snapshot:
    """Write and publish a store.

    Parameters
    ----------
    root : Path
        An empty or new folder; the sounds go into it as well.
    clips : int
    seed : int
        The same seed gives the same store.
    """
    given, store = Collection(clips, seed=seed), Store(root)
    _sounds(root / "recordings", given)
    publishing.begin(store)
    specs = [Spec(name, dimension) for name, dimension in VIEWS.items()]
    with Writer(store.staging) as writer, writer.transaction():
        publishing.begin_build(writer, "synthetic", datetime.now())
        vectors.define_views(writer, specs)
        keep_datasets(writer, [dataset_row(root / "recordings")])
        writer.insert("clips", given.facts)
        inputs = {}
        for spec in specs:
            values = given.vectors(spec)
            vectors.upsert_vectors(writer, spec.name, given.ids.tolist(), values)
            inputs[spec.name] = standardise(Matrix(given.ids, values, spec.columns))
        inputs[ALL] = together(inputs)
        for place, (view, each) in enumerate(inputs.items()):
            results.replace_unit(writer, _unit(given, view, each, first_rank=1 + place * (len(KS) + 1)))
        none = dict.fromkeys(("updated", "removed", "failed", "vectors_reused"), 0)
        counts = none | {"clips": clips, "added": clips, "vectors_computed": clips * len(specs)}
        publishing.sign_build(writer, "synthetic", 1, datetime.now(), counts)
    return publishing.publish(store, 1)


def _sounds(folder: Path, given: Collection) -> None:
    """One file a label, which all clips of the label are links to."""
    (folder / "audio").mkdir(parents=True)
    seconds = np.arange(SOUND_S * SOUND_HZ) / SOUND_HZ
    for number in range(given.labels):
        wave = 0.2 * np.sin(2 * np.pi * 55 * (4 + number) * seconds) * np.exp(-seconds)
        soundfile.write(folder / f"label{number}.wav", wave, SOUND_HZ, subtype="PCM_16")
    for path, group in zip(given.paths, given.group, strict=True):
        (folder / path).symlink_to(f"../label{group}.wav")


def dataset_row(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = {
        "dataset": DATASET,
        "reader": "folder",
        "title": "Synthetic",
        "kind": "environment",
    }
    told |= {"label_name": "category", "synthetic": True, "path": str(folder), "licence": "CC0"}
    return told | {"citation": "", "url": "", "notes": []}


def _unit(given: Collection, view: str, each: FeatureMatrix, first_rank: int) -> UnitRows:
    told = {
        "stage": "clusterings",
        "dataset": DATASET,
        "view": view,
        "clips": given.n,
        "seconds": 0.0,
        "notes": [],
    }
    pictures = [Picture(view, "umap", given.picture(dimension)) for dimension in (2, 3, 5)]
    laid, axes = _pca(view, each)
    pictures += laid
    clusterings = [_kmeans(given, view, k) for k in KS] + [_hdbscan(given, view)]
    for rank, (row, _) in enumerate(clusterings, first_rank):
        row |= told | {"rank": rank, "why": "Made up."}
    return UnitRows(
        unit=told | {"key": "synthetic"},
        projections=[_projection(told, picture) for picture in pictures],
        points=[_points(given, picture) for picture in pictures],
        axes=axes,
        clusterings=[row for row, _ in clusterings],
        members=[members for _, members in clusterings],
        trees=[_tree(*clusterings[-1])],
    )


def _pca(view: str, each: FeatureMatrix) -> tuple[list[Picture], list[dict[str, Any]]]:
    """PCA to 2-D and 3-D, and the rows of its axes; the former is the beginning of the latter."""
    found = METHODS["pca"].compute(
        Neighbourhood(each.values), 3, METHODS["pca"].parameters, lambda share: None
    )
    if found.axes is None:
        raise RuntimeError("PCA came without axes")
    shares = tuple(float(share) for share in found.axes.explained)
    laid = [Picture(view, "pca", found.positions[:, :k], shares[:k]) for k in (2, 3)]
    rows = [
        {"projection_id": one.id, "axis": axis, "columns": list(each.columns)}
        | {"explained": shares[axis - 1], "loadings": found.axes.loadings[axis - 1].tolist()}
        for one in laid
        for axis in range(1, len(one.shares) + 1)
    ]
    return laid, rows


def _projection(told: Mapping[str, Any], picture: Picture) -> dict[str, Any]:
    row = {"projection_id": picture.id, "method": picture.method, "dimension": picture.places.shape[1]}
    row |= {"parameters": "{}", "origin": "build", "explained": list(picture.shares)}
    return dict(told) | row | {"neighbours": 10, "trustworthiness": 0.9, "continuity": 0.9}


def _points(given: Collection, picture: Picture) -> pa.Table:
    n, k = picture.places.shape
    flat = pa.array(np.ascontiguousarray(picture.places).ravel())  # (n * k,)
    offsets = pa.array(np.arange(0, n * k + 1, k, dtype=np.int32))
    return pa.table(
        {
            "projection_id": pa.repeat(pa.scalar(picture.id), n),
            "clip_id": pa.array(given.ids),
            "position": pa.ListArray.from_arrays(offsets, flat),
            "trustworthiness": pa.array(np.asarray(given.random.beta(9, 1, n), dtype=np.float32)),
            "continuity": pa.array(np.asarray(given.random.beta(9, 1, n), dtype=np.float32)),
        }
    )


def _kmeans(given: Collection, view: str, k: int) -> tuple[dict[str, Any], pa.Table]:
    parameters = {"n_clusters": k, "n_init": 10, "seed": 0}
    return _clustering(given, view, "kmeans", parameters, given.clusters(k, 0.0), None)


def _hdbscan(given: Collection, view: str) -> tuple[dict[str, Any], pa.Table]:
    found = given.clusters(given.labels, 0.05)
    strengths = np.where(found < 0, 0, given.random.beta(5, 2, given.n)).astype(np.float32)
    parameters = {"min_cluster_size": 15, "min_samples": 5, "cluster_selection_method": "eom"}
    return _clustering(given, view, "hdbscan", parameters, found, strengths)


def _clustering(
    given: Collection,
    view: str,
    method: str,
    parameters: Mapping[str, object],
    labels: NDArray[np.int32],
    strengths: NDArray[np.float32] | None,
) -> tuple[dict[str, Any], pa.Table]:
    """The row, scores made up, and its members."""
    id_, n = f"{DATASET}.{view}.standardised.{method}.{labels.max() + 1:08d}", given.n
    row = {"clustering_id": id_, "space": "standardised", "space_dimension": 1, "method": method}
    row |= {"parameters": json.dumps(parameters), "origin": "build"}
    row |= {"clusters": int(labels.max()) + 1, "noise": int((labels < 0).sum())}
    scores = ("silhouette", "davies_bouldin", "calinski_harabasz", "dbcv", "ari", "nmi")
    row |= dict.fromkeys((*scores, "homogeneity", "completeness", "stability", "stability_spread"), 0.5)
    members = {
        "clustering_id": pa.repeat(pa.scalar(id_), n),
        "clip_id": pa.array(given.ids),
        "cluster": pa.array(labels),
        "strength": pa.nulls(n, pa.float32()) if strengths is None else pa.array(strengths),
    }
    return row, pa.table(members)


def _tree(row: Mapping[str, Any], members: pa.Table) -> pa.Table:
    """Every cluster a branch of the root, every clip a leaf of its cluster."""
    labels = members.column("cluster").to_numpy()
    n, k = len(labels), int(row["clusters"])
    parent = np.concatenate([np.full(k, n), np.where(labels < 0, n, n + 1 + labels)]).astype(np.int32)
    child = np.concatenate([n + 1 + np.arange(k), np.arange(n)]).astype(np.int32)
    size = np.concatenate([np.bincount(labels[labels >= 0], minlength=k), np.ones(n)]).astype(np.int32)
    lambda_ = np.concatenate([np.ones(k), np.linspace(0.5, SELECTED_FROM, n)]).astype(np.float32)
    ids = pa.repeat(pa.scalar(str(row["clustering_id"])), n + k)
    columns = {"parent": parent, "child": child, "lambda": lambda_, "size": size, "selected": child > n}
    return pa.table({"clustering_id": ids} | {name: pa.array(one) for name, one in columns.items()})


def main() -> None:
    """Parse the command line, write the store, say how long it took."""
    parser = argparse.ArgumentParser(description="A store of synthetic clips, for measuring pages.")
    parser.add_argument("store", type=Path, help="an empty or new folder")
    parser.add_argument("--clips", type=int, default=100_000)
    options = parser.parse_args()
    began = time.perf_counter()
    snapshot = make(options.store, options.clips)
    Console().print(
        f"{options.clips:,} clips, {snapshot.size_bytes / 2**20:,.0f} MiB, "
        f"in {time.perf_counter() - began:.1f} s: SESATLAS_STORE={options.store} make run"
    )


if __name__ == "__main__":
    main()
