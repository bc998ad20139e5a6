"""Clips with the same numbers are laid out once: they lie at one point, as they do in truth.

Among more copies than a clip has neighbours, t-SNE and UMAP would see nothing else and scatter them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.inputs import InputError
from pipeline.projections.projection import Embedded

FEWEST = 3


def once(
    title: str, values: NDArray[np.float32], lay_out: Callable[[NDArray[np.float32]], Embedded]
) -> Embedded:
    """
    What ``lay_out`` makes of the different rows of values (n, d), for all of them.

    Raises
    ------
    InputError
        Fewer than three different rows.
    """
    _, first, which = np.unique(values, axis=0, return_index=True, return_inverse=True)
    different = len(first)
    if different < FEWEST:
        raise InputError(
            f"There are {len(values)} clips, of which {different} differ; {title} needs {FEWEST} different ones. "
            "Choose PCA, or more clips."
        )
    if different == len(values):
        return lay_out(values)
    # np.unique sorts; the clips shall keep the order they came in.
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(different)
    embedded = lay_out(values[first[order]])
    note = f"{len(values) - different} clips are copies of others in this view and lie at the same points."
    return Embedded(
        embedded.positions[place[which.ravel()]], embedded.parameters, embedded.axes, (*embedded.notes, note)
    )
