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
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
import pandas as pd
from _corpus import ABSENT, esc10
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from app.clusters.leaderboard import describe_parameters
from pipeline.clusterings.agreement import ari
from pipeline.clusterings.search import search
from pipeline.features import VIEWS
from pipeline.inputs import ALL, standardised_input
from store.reader import Reader
from store.snapshots import Store

DATASET = "esc50"


@dataclass(frozen=True, slots=True)
class Built:
    """What a build made of the corpus, and how long its two halves took."""

    projections: pd.DataFrame
    clusterings: pd.DataFrame
    clips: pd.DataFrame
    extraction_s: float
    analyses_s: float


def built(corpus: Path, root: Path) -> Built:
    """Build a store at ``root``: measure the clips, then project and cluster them."""
    command = [sys.executable, "-m", "pipeline", "build", "--quiet", "--store", str(root)]
    seconds = []
    for words in (["--no-analyses", "--dataset", f"{DATASET}={corpus}"], []):
        began = time.perf_counter()
        subprocess.run([*command, *words], check=True)
        seconds.append(time.perf_counter() - began)
    snapshot = Store(root).current()
    if snapshot is None:
        raise RuntimeError("the build published no snapshot")
    with Reader(snapshot.path) as reader:
        clusterings = reader.clusterings(DATASET)
        return Built(reader.projections(DATASET), clusterings, reader.clips(DATASET), *seconds)


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
    told = [
        row["space"],
        row["method"],
        by,
        row["view"],
        describe_parameters(row["parameters"]),
        str(row["clusters"]),
        str(row["rank"]),
    ]
    drawn.add_row(*told, *numbers, f"{row['ari']:.3f}")


def timings(found: Built) -> Table:
    """Seconds of one core for each view, by what they went into."""
    drawn = Table(title="Seconds of one core for each view, scores and stability included")
    drawn.add_column("view")
    parts = {
        **{
            f"to {name}": found.projections[found.projections["method"] == name]
            for name in ("pca", "tsne", "umap")
        },
        **dict(list(found.clusterings.groupby("method", sort=False))),
    }
    for heading in parts:
        drawn.add_column(str(heading), justify="right")
    for view in dict.fromkeys(found.projections["view"]):
        told = [f"{rows.loc[rows['view'] == view, 'seconds'].sum():.1f}" for rows in parts.values()]
        drawn.add_row(view, *told)
    return drawn


def sieved(root: Path) -> Table:
    """CPU seconds of one core for the whole grid and for the sieve, without UMAP, and what comes first."""
    snapshot = Store(root).current()
    if snapshot is None:
        raise RuntimeError("the build published no snapshot")
    with Reader(snapshot.path) as reader:
        matrices = {view: reader.matrix(DATASET, view) for view in VIEWS}
        truth = reader.clips(DATASET).set_index("clip_id")["label"].to_dict()
    there = {view: matrix for view, matrix in matrices.items() if len(matrix.clip_ids)}
    given = {view: standardised_input(view, there) for view in (*there, ALL)}
    drawn = Table(title="The whole grid measured, and sieved; CPU seconds of one core")
    for heading in ("", "compared and measured", "first"):
        drawn.add_column(heading)
    for heading in ("CPU s", "ratio", "ARI of the first", "best ARI"):
        drawn.add_column(heading, justify="right")
    whole_s = None
    for name, thorough in (("whole grid", True), ("sieve", False)):
        began = time.process_time()
        result = search(given, {}, truth, thorough=thorough)
        seconds = time.process_time() - began
        whole_s = whole_s or seconds
        scores = [one.clustering.scores.ari or 0.0 for one in result.found]
        first = result.found[0]
        words = f"{first.view}, {first.clustering.method}, {first.clustering.scores.clusters} clusters"
        numbers = [f"{seconds:.1f}", f"{whole_s / seconds:.1f}", f"{scores[0]:.3f}", f"{max(scores):.3f}"]
        drawn.add_row(name, result.summary, words, *numbers)
    return drawn


def main() -> None:
    """Parse the command line, run, print the tables."""
    parser = argparse.ArgumentParser(description="ARI of all clusterings beside the seed's way.")
    parser.add_argument(
        "folder", nargs="?", type=Path, help="an ESC-50 folder, with audio/ and meta/esc50.csv"
    )
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    console = Console(width=170)
    with esc10(options.folder) as corpus, tempfile.TemporaryDirectory() as temporary:
        if corpus is None:
            console.print(ABSENT)
            return
        found = built(corpus, Path(temporary))
        paths = [corpus / path for path in found.clips["relative_path"]]
        raw, scaled = seeds_way(paths, found.clips["label"].to_numpy(dtype=object))
        console.print(sieved(Path(temporary)))
        console.print(table(found.clusterings))
        console.print(timings(found))
        console.print(
            f"Wall time on {os.cpu_count()} cores: measuring {found.extraction_s:.0f} s, "
            f"projecting, clustering and ranking {found.analyses_s:.0f} s."
        )
        best = float(found.clusterings["ari"].max())
        console.print(f"The seed's way, K-Means k=10 on 32 means: ARI {raw:.3f}, standardised {scaled:.3f}.")
        console.print(f"The best here by ARI: {best:.4f}, {best / raw:.2f} times the seed's way.")


if __name__ == "__main__":
    main()
