"""How far a clip is from those most like it: the mean distance to its ten nearest.

The sum of the distances to the k nearest is the "weight" by which Angiulli and Pizzuti rank outliers; it looks at
the whole neighbourhood where the distance to the k-th nearest alone (Ramaswamy, Rastogi and Shim 2000) sees its rim.
Divided by k it stays on the scale of a distance, also where there are fewer than k other clips.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.inputs import InputError
from pipeline.projections.neighbourhood import nearest
from pipeline.scores.score import Score

NEAREST = 10


def compute(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """The mean Euclidean distance of each row of values (n, d) to its ten nearest others, (n,).

    To all others where there are fewer. Exact; needs memory for one block of rows at a time.

    Raises
    ------
    InputError
        There is one clip alone.
    """
    if len(values) < 2:
        raise InputError(
            "There is one clip alone, with no other to be near to. Add recordings and build again."
        )
    _, distances = nearest(values, min(NEAREST, len(values) - 1), "euclidean")
    return distances.mean(axis=1)


SCORE = Score(
    name="knn_distance",
    version=1,
    title="Distance to the ten nearest",
    unit="1",
    format="{:.2f}",
    source="Angiulli and Pizzuti 2002, Fast Outlier Detection in High Dimensional Spaces (PKDD), "
    "divided by k",
    description="The mean Euclidean distance to the ten nearest clips of the collection, with every column of the "
    "view on one scale: the larger, the less a clip is like any other.",
    compute=compute,
)
