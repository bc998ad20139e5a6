"""How many training clips are enough for a method whose time grows faster than the clips, and which."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.intp]


def bounded(clips: int, max_clips: int | None) -> int:
    """
    All clips up to ``max_clips``, beyond that the geometric mean of both.

    It grows with the root of the clips, so that what takes the square of it grows as the clips do, and an
    error that falls with the root of what is learned from still falls.
    """
    return clips if max_clips is None or clips <= max_clips else int((clips * max_clips) ** 0.5)


def spread_sample(codes: Ints, groups: Ints, size: int, seed: int) -> Ints:
    """
    Positions of about ``size`` clips, ascending: each class's share of them, two clips or more.

    Within a class one clip of each group comes first, then a second one of each: many speakers with a few
    clips tell more than a few speakers with many.

    Parameters
    ----------
    codes, groups : ndarray of int, shape (n,)
        Class and group of each clip.
    """
    import pandas as pd

    n = len(codes)
    if size >= n:
        return np.arange(n)
    drawn = pd.DataFrame({"code": codes, "group": groups}).iloc[np.random.default_rng(seed).permutation(n)]
    drawn["turn"] = drawn.groupby(["code", "group"]).cumcount()
    place = drawn.sort_values("turn", kind="stable").groupby("code").cumcount()
    quota = np.maximum(np.ceil(np.bincount(codes) * size / n), 2)
    kept = place[place.to_numpy() < quota[codes[place.index]]]
    return np.sort(kept.index.to_numpy(dtype=np.intp))
