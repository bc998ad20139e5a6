"""How well groups that no label has touched meet the ten classes of ESC-10, beside the seed's way.

    python benchmarks/clusterings.py [FOLDER]

FOLDER is an ESC-50 folder; without it, the 400 clips of ESC-10 are laid out from ../shared/data. The
seed's way: K-Means with ten clusters on the means of 13 MFCC, 12 chroma and 7 contrast bands, from a
librosa loop. Ours: every view and all together, in every space, by every method, over its grid. For each
space and method the table shows the first by rank, which no label has touched, and the best by ARI, told
as such: it is what the grid holds, not what a person without labels would have found.
"""

# ruff: noqa: E402 - the environment comes before numpy and scikit-learn, whose threads read it once

from __future__ import annotations

import os

for pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[pool] = "1"

import argparse
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import librosa
import numpy as np
import pandas as pd
from _corpus import ABSENT, esc10
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from pipeline.clusterings import CLUSTERERS
from pipeline.clusterings.cluster import Clustering
from pipeline.clusterings.grid import all_clusterings
from pipeline.clusterings.pairs import ari
from pipeline.clusterings.ranking import rank
from pipeline.inputs import ALL, Input, standardise, together
from pipeline.projections.project import project
from store.reader import Reader
from store.snapshots import Store

DATASET = "esc50"
UMAPS: dict[str, dict[str, object]] = {
    "umap": {"min_dist": 0.0},
    "umap_cosine": {"min_dist": 0.0, "metric": "cosine"},
}
DIMENSION = 5


@dataclass(slots=True)
class Measured:
    """Clusterings ranked, one row each, and the seconds that UMAP and the clusterings of each view took."""

    ranked: pd.DataFrame
    seconds: dict[str, tuple[float, float]]


@dataclass(slots=True)
class Collection:
    """The vectors of each view, and what there is to know of the clips, all in one order."""

    inputs: dict[str, Input] = field(default_factory=dict)
    classes: NDArray[np.object_] = field(default_factory=lambda: np.empty(0, dtype=object))
    paths: list[Path] = field(default_factory=list)


def built(corpus: Path, root: Path) -> Collection:
    """Build a store at ``root`` and read all that is to be clustered."""
    command = [sys.executable, "-m", "pipeline", "build", "--quiet", "--store", str(root)]
    subprocess.run([*command, "--dataset", f"{DATASET}={corpus}"], check=True)
    snapshot = Store(root).current()
    if snapshot is None:
        raise RuntimeError("the build published no snapshot")
    found = Collection()
    with Reader(snapshot.path) as reader:
        for view in reader.views()["view"]:
            found.inputs[view] = standardise(reader.matrix(DATASET, view))
        clips = reader.clips(DATASET).set_index("clip_id")
    found.inputs[ALL] = together(found.inputs)
    clips = clips.loc[list(found.inputs[ALL].clip_ids)]
    found.classes = clips["label"].to_numpy(dtype=object)
    found.paths = [corpus / path for path in clips["relative_path"]]
    return found


def seeds_way(paths: list[Path], classes: NDArray[np.object_]) -> tuple[float, float]:
    """The ARI of K-Means with k=10 on 32 means, as they are, and with each mean standardised."""
    from sklearn.cluster import KMeans

    rows = []
    for path in paths:
        y, sr = librosa.load(path, sr=22_050)
        features = [
            librosa.feature.mfcc(y=y, sr=sr, n_mfcc=13),
            librosa.feature.chroma_stft(y=y, sr=sr),
            librosa.feature.spectral_contrast(y=y, sr=sr),
        ]
        rows.append(np.concatenate([feature.mean(axis=1) for feature in features]))
    raw = np.stack(rows)
    scaled = (raw - raw.mean(axis=0)) / raw.std(axis=0)
    codes = pd.factorize(classes)[0]
    model = KMeans(10, n_init=10, random_state=0)
    return ari(model.fit_predict(raw), codes), ari(model.fit_predict(scaled), codes)


def run(collection: Collection, console: Console) -> Measured:
    """Cluster every view and rank them all together."""
    rows, labels, seconds = [], [], {}
    for view, given in collection.inputs.items():
        began = time.perf_counter()
        umaps = {
            name: project(given, "umap", DIMENSION, parameters).positions
            for name, parameters in UMAPS.items()
        }
        between = time.perf_counter()
        found, gaps = all_clusterings(given, umaps, list(collection.classes))
        seconds[view] = (between - began, time.perf_counter() - between)
        rows += [_row(view, each) for each in found]
        labels += [each.fitted.labels for each in found]
        for what, reason in gaps:
            console.print(f"{view}: {what}: {reason}")
    return Measured(rank(pd.DataFrame(rows), np.stack(labels)), seconds)


def _row(view: str, each: Clustering) -> dict[str, object]:
    settings = [setting.name for setting in CLUSTERERS[each.method].settings]
    told = ", ".join(f"{name} {each.parameters[name]}" for name in settings if name != "n_init")
    return {
        "view": view,
        "space": each.space,
        "method": each.method,
        "told": told,
        "clusters": each.scores.clusters,
        "noise": each.scores.noise,
        "clips": len(each.fitted.labels),
        "silhouette": each.scores.silhouette,
        "stability": each.stability,
        "ari": each.scores.ari,
        "nmi": each.scores.nmi,
    }


def table(ranked: pd.DataFrame) -> Table:
    """For each space and method the first by rank and the best by ARI; then of all."""
    drawn = Table(
        title=f"{len(ranked)} clusterings of {ranked['clips'].iloc[0]} clips, ARI against the classes"
    )
    for heading in ("space", "method", "chosen by", "view", "parameters"):
        drawn.add_column(heading)
    for heading in ("clusters", "rank", "stability", "agreement", "silhouette", "NMI", "ARI"):
        drawn.add_column(heading, justify="right")
    groups = [group for _, group in ranked.groupby(["space", "method"], sort=False)]
    for group in [*groups, ranked]:
        _add(drawn, "rank", group.iloc[int(group["rank"].argmin())])
        _add(drawn, "the labels", group.iloc[int(group["ari"].argmax())])
        drawn.add_section()
    drawn.caption = "The last two rows: of all."
    return drawn


def _add(drawn: Table, by: str, row: pd.Series) -> None:
    numbers = [f"{row[name]:.2f}" for name in ("stability", "agreement", "silhouette", "nmi")]
    told = [row["space"], row["method"], by, row["view"], row["told"], str(row["clusters"]), str(row["rank"])]
    drawn.add_row(*told, *numbers, f"{row['ari']:.3f}")


def timings(seconds: dict[str, tuple[float, float]]) -> Table:
    """Seconds on one core for each view."""
    drawn = Table(title="Seconds a view, one core")
    for heading in ("view", "UMAP", "clusterings with stability"):
        drawn.add_column(heading, justify="left" if heading == "view" else "right")
    for view, (umap, clusterings) in seconds.items():
        drawn.add_row(view, f"{umap:.1f}", f"{clusterings:.1f}")
    return drawn


def main() -> None:
    """Parse the command line, run, print the tables."""
    parser = argparse.ArgumentParser(description="ARI of all clusterings beside the seed's way.")
    parser.add_argument(
        "folder", nargs="?", type=Path, help="an ESC-50 folder, with audio/ and meta/esc50.csv"
    )
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    console = Console()
    with esc10(options.folder) as corpus, tempfile.TemporaryDirectory() as temporary:
        if corpus is None:
            console.print(ABSENT)
            return
        collection = built(corpus, Path(temporary))
        raw, scaled = seeds_way(collection.paths, collection.classes)
        measured = run(collection, console)
        console.print(table(measured.ranked))
        console.print(timings(measured.seconds))
        best = float(measured.ranked["ari"].max())
        console.print(f"The seed's way, K-Means k=10 on 32 means: ARI {raw:.3f}, standardised {scaled:.3f}.")
        console.print(f"The best here by ARI: {best:.4f}, {best / raw:.2f} times the seed's way.")


if __name__ == "__main__":
    main()
