"""Where a curve bends most, and the distance at which DBSCAN's neighbourhoods end by it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterings.points import Points


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
