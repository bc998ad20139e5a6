"""DBSCAN: groups are where clips lie dense; who lies alone is noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterings.clusterer import Clusterer, Fitted, Parameters
from pipeline.clusterings.points import Points
from pipeline.inputs import InputError
from pipeline.projections.projection import Setting

TITLE = "DBSCAN"
MIN_SAMPLES = (4, 8, 16)
SHARES_OF_KNEE = (0.7, 0.85, 1.0)


def fit(points: Points, parameters: Mapping[str, Any]) -> Fitted:
    """``eps`` where it is given, else ``of_knee`` times the knee of the curve of k-distances."""
    from sklearn.cluster import DBSCAN

    min_samples = int(parameters["min_samples"])
    share = float(parameters["of_knee"])
    eps: Any = parameters["eps"]
    notes: tuple[str, ...] = ()
    if eps is None:
        eps = share * eps_at_knee(points, min_samples)
        if eps <= 0:
            raise InputError(f"{TITLE} finds no distance to start from: all clips are the same here.")
        notes = (_eps_note(eps, share, min_samples),)
    if points.pairs_fit:
        model = DBSCAN(eps=eps, min_samples=min_samples, metric="precomputed").fit(points.distances)
    else:
        model = DBSCAN(eps=eps, min_samples=min_samples).fit(points.values)
    return Fitted(model.labels_.astype(np.int32), {**parameters, "eps": float(eps)}, notes=notes)


def _eps_note(eps: float, share: float, min_samples: int) -> str:
    part = "" if share == 1 else f"{share:g} times "
    return f"eps {eps:.4g} is {part}the knee of the distances within which a clip has {min_samples} clips."


def grid(points: Points) -> list[Parameters]:
    """A few densities, at the knee and somewhat below it: one knee overestimates where densities differ."""
    return [
        {"min_samples": number, "of_knee": share}
        for number in MIN_SAMPLES
        if number < len(points)
        for share in SHARES_OF_KNEE
    ]


def on_half(parameters: Mapping[str, object]) -> dict[str, object]:
    """The knee is sought anew: among half as many clips neighbours are farther."""
    return {**parameters, "eps": None}


def knee(curve: NDArray[np.floating]) -> int:
    """
    The position at which a rising, convex curve lies farthest below its chord.

    Satopaa et al. 2011, "Finding a kneedle in a haystack", section III, without smoothing: both axes are
    brought to 0..1, and the knee is the maximum of x - y. 0 where the curve is flat.
    """
    rise = float(curve[-1] - curve[0])
    if rise <= 0:
        return 0
    x = np.linspace(0.0, 1.0, len(curve))
    y = (curve - curve[0]) / rise
    return int(np.argmax(x - y))


def k_distances(points: Points, k: int) -> NDArray[np.float64]:
    """The distance within which each point has ``k`` points, itself among them; sorted, shape ``(n,)``."""
    k = min(k, len(points))
    if points.pairs_fit:
        found = np.partition(points.distances, k - 1, axis=1)[:, k - 1]
    else:
        from sklearn.neighbors import NearestNeighbors

        found = NearestNeighbors(n_neighbors=k).fit(points.values).kneighbors()[0][:, k - 2]
    return np.sort(found)


def eps_at_knee(points: Points, min_samples: int) -> float:
    """
    The k-distance at the knee of its curve (Ester et al. 1996, section 4.2); 0 where all points coincide.

    Where the knee lies among clips that have twins, the smallest distance above 0 stands in.
    """
    curve = points.once(("k-distances", min_samples), lambda: k_distances(points, min_samples))
    at_knee = float(curve[knee(curve)])
    if at_knee > 0:
        return at_knee
    above = curve[curve > 0]
    return float(above[0]) if len(above) else 0.0


CLUSTERER = Clusterer(
    name="dbscan",
    title=TITLE,
    version=1,
    source="sklearn.cluster.DBSCAN; Ester et al. 1996; eps by the knee of Satopaa et al. 2011",
    settings=(
        Setting(
            "of_knee",
            "eps, as a multiple of the knee",
            0.2,
            3.0,
            0.05,
            1.0,
            help="How far a neighbourhood reaches. The knee is where the sorted k-distances bend.",
        ),
        Setting("min_samples", "Clips that make a core", 2, 100, 1, 4, help="Fewer make finer groups."),
    ),
    parameters={"min_samples": 4, "of_knee": 1.0, "eps": None},
    grid=grid,
    fit=fit,
    on_half=on_half,
)
