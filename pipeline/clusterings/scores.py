"""What speaks for a clustering: from within, by distances, and from without, by labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.clusterings.dbcv import dbcv
from pipeline.clusterings.pairs import against
from pipeline.clusterings.points import ALL_PAIRS, Points

SAMPLE = 5_000


@dataclass(frozen=True, slots=True)
class Scores:
    """
    Internal scores without the noise, None under two clusters; external ones None without labels.

    ``noise`` counts clips. Silhouette and DBCV: -1 to 1, more is better; Davies-Bouldin: less is better;
    Calinski-Harabasz: more is better; the external ones: 1 is full agreement.
    """

    clusters: int
    noise: int
    silhouette: float | None = None
    davies_bouldin: float | None = None
    calinski_harabasz: float | None = None
    dbcv: float | None = None
    ari: float | None = None
    nmi: float | None = None
    homogeneity: float | None = None
    completeness: float | None = None


def score(
    points: Points,
    labels: NDArray[np.int32],
    truth: Sequence[str | None] | None,
    landmarks: tuple[Points, NDArray[np.intp]] | None = None,
) -> tuple[Scores, tuple[str, ...]]:
    """
    All scores, and notes on those that were sampled or left out.

    Each equals scikit-learn's function of its name, DBCV ``hdbscan.validity.validity_index``. The labels
    of the dataset enter only the external scores, over the clips that have one. Where there are
    ``landmarks``, their points and positions, silhouette and DBCV are theirs.
    """
    inside = labels >= 0
    clusters = len(np.unique(labels[inside]))
    within: dict[str, float | None] = {}
    notes: tuple[str, ...] = ()
    if 2 <= clusters < inside.sum():
        compact = np.unique(labels[inside], return_inverse=True)[1]
        means = _means(points.values[inside].astype(np.float64), compact)
        within = {"davies_bouldin": _finite(means.davies_bouldin), "calinski_harabasz": _finite(means.ratio)}
        if landmarks is not None:
            few, chosen = landmarks
            within |= _by_pairs(few, labels[chosen])
            notes = (f"Silhouette and DBCV are those of {len(chosen):,} of the clips.",)
        elif points.pairs_fit:
            within |= _by_pairs(points, labels)
        else:
            within["silhouette"] = _sampled_silhouette(points.values[inside], compact)
            notes = (
                f"Silhouette of a sample of {SAMPLE:,} clips, and no DBCV: "
                f"both need all pairs, held up to {ALL_PAIRS:,} clips.",
            )
    return Scores(clusters, int((~inside).sum()), **within, **_external(labels, truth)), notes


def _by_pairs(points: Points, labels: NDArray[np.int32]) -> dict[str, float | None]:
    """DBCV and silhouette, which need the distances of all pairs."""
    distances = points.distances
    found = {"dbcv": dbcv(distances, labels, points.values.shape[1])}
    inside = labels >= 0
    compact = np.unique(labels[inside], return_inverse=True)[1]
    if not inside.all():
        distances = distances[np.ix_(inside, inside)]
    if 2 <= compact.max(initial=0) + 1 < len(compact):
        found["silhouette"] = silhouette(distances, compact)
    return found


def silhouette(distances: NDArray[np.float64], labels: NDArray[np.integer]) -> float:
    """Mean over clips of (b - a) / max(a, b), Rousseeuw 1987; a clip alone in its cluster counts 0."""
    n = len(labels)
    sizes = np.bincount(labels)
    order = np.argsort(labels, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    sums = np.add.reduceat(distances[:, order], starts, axis=1)  # (n, clusters)
    own = sums[np.arange(n), labels] / np.maximum(sizes[labels] - 1, 1)
    others = sums / sizes
    others[np.arange(n), labels] = np.inf
    nearest = others.min(axis=1)
    largest = np.maximum(own, nearest)
    widths = np.divide(nearest - own, largest, out=np.zeros(n), where=(largest > 0) & (sizes[labels] > 1))
    return float(widths.mean())


def _sampled_silhouette(values: NDArray[np.float32], labels: NDArray[np.integer]) -> float | None:
    from sklearn.metrics import silhouette_score

    chosen = np.random.default_rng(0).permutation(len(labels))[:SAMPLE]
    if not 2 <= len(np.unique(labels[chosen])) < len(chosen):
        return None
    return float(silhouette_score(values[chosen], labels[chosen]))


@dataclass(frozen=True, slots=True)
class _Means:
    davies_bouldin: float
    ratio: float


def _means(values: NDArray[np.float64], labels: NDArray[np.integer]) -> _Means:
    """Davies and Bouldin 1979, Calinski and Harabasz 1974, both from clusters' means."""
    from scipy.spatial.distance import cdist

    n = len(labels)
    sizes = np.bincount(labels)
    clusters = len(sizes)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    ordered = values[np.argsort(labels, kind="stable")]
    centres = np.add.reduceat(ordered, starts, axis=0) / sizes[:, None]  # (clusters, k)
    squares = ((values - centres[labels]) ** 2).sum(axis=1)
    inner = float(squares.sum())
    outer = float((sizes * ((centres - values.mean(axis=0)) ** 2).sum(axis=1)).sum())
    ratio = 1.0 if inner == 0 else outer * (n - clusters) / (inner * (clusters - 1))

    spread = np.bincount(labels, weights=np.sqrt(squares)) / sizes
    apart = cdist(centres, centres)
    if np.allclose(spread, 0) or np.allclose(apart, 0):
        return _Means(0.0, ratio)
    apart[apart == 0] = np.inf
    return _Means(float(((spread[:, None] + spread) / apart).max(axis=1).mean()), ratio)


def _external(labels: NDArray[np.int32], truth: Sequence[str | None] | None) -> dict[str, float]:
    if truth is None:
        return {}
    classes = pd.factorize(np.asarray(truth, dtype=object))[0]  # -1 where there is no label
    known = classes >= 0
    if not known.any():
        return {}
    agreed = against(labels[known], classes[known])
    return {
        "ari": agreed.ari,
        "nmi": agreed.nmi,
        "homogeneity": agreed.homogeneity,
        "completeness": agreed.completeness,
    }


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
