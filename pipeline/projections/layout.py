"""UMAP's stochastic gradient descent, compiled without anything that differs between processors.

umap-learn's own draws its random numbers from the bits of the positions and allows the compiler to reorder
sums: the least noise gives another picture. It also takes seven seconds to compile and one to load, where
this takes less than one. Here each clip draws its own numbers, known from its place and the seed.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.runtime import stop

NEGATIVES = 5.0
"""Clips that are pushed away for each one that is drawn near."""
TELL_EVERY = 20

log = logging.getLogger(__name__)


def descend(
    positions: NDArray[np.float64],
    others: NDArray[np.float64] | None,
    ties: sparse.coo_matrix,
    curve: tuple[float, float],
    epochs: int,
    seed: int,
    progress: Callable[[float], None],
) -> NDArray[np.float64]:
    """
    Move positions (n, k) until tied clips are near and all others apart.

    Parameters
    ----------
    positions : ndarray
        The start; it is changed.
    others : ndarray, optional
        Positions (m, k) that stay where they are and to which the ties lead; without, the clips are tied
        among themselves.
    ties : sparse matrix
        Strengths 0 to 1, (n, n) or (n, m). A tie of strength w is drawn in a share w / max of the epochs.
    curve : tuple of float
        a and b of 1 / (1 + a d ** 2b), how near counts as near.
    epochs : int
        Rounds over all ties; the step falls from 1 to 0.
    seed : int
        Of the clips that are pushed away.
    progress : callable
        Is called with the share that is done.

    References
    ----------
    McInnes, Healy and Melville 2018, UMAP, algorithm 5 and section 4.1; steps are cut at 4.
    """
    kept = ties.data >= ties.data.max() / epochs
    heads, tails = ties.row[kept].astype(np.int64), ties.col[kept].astype(np.int64)
    every = ties.data.max() / ties.data[kept]
    due, due_apart = every.copy(), every / NEGATIVES
    state = np.random.default_rng(seed).integers(1, 2**63, size=len(positions)).astype(np.uint64)
    fixed = positions if others is None else others
    run, among = _compiled(), others is None
    with stop.held():
        for begin in range(0, epochs, TELL_EVERY):
            end = min(begin + TELL_EVERY, epochs)
            span = (begin, end, epochs)
            run(positions, fixed, among, heads, tails, every, due, due_apart, curve, span, state)
            stop.check()
            progress(end / epochs)
    return positions


@functools.cache
def _compiled() -> Callable[..., None]:
    """The descent, compiled; kept on disk beside this file or in the user's cache folder where possible."""
    import numba

    compiled = numba.njit(_run, nogil=True)
    try:
        compiled.enable_caching()
    except (RuntimeError, OSError) as error:
        log.info("numba cannot keep UMAP's descent: %s", error)
    made: Callable[..., None] = compiled
    return made


def _run(
    positions: Any,
    others: Any,
    move_others: bool,
    heads: Any,
    tails: Any,
    every: Any,
    due: Any,
    due_apart: Any,
    curve: tuple[float, float],
    span: tuple[int, int, int],
    state: Any,
) -> None:
    (a, b), (begin, end, epochs) = curve, span
    dimension, count = positions.shape[1], len(others)
    for epoch in range(begin, end):
        step = 1.0 - epoch / epochs
        for tie in range(len(heads)):
            if due[tie] > epoch:
                continue
            due[tie] += every[tie]
            head, tail = heads[tie], tails[tie]
            squared = 0.0
            for axis in range(dimension):
                squared += (positions[head, axis] - others[tail, axis]) ** 2
            if squared > 0.0:
                power = squared**b
                pull = -2.0 * a * b * power / (squared * (1.0 + a * power))
                for axis in range(dimension):
                    move = pull * (positions[head, axis] - others[tail, axis])
                    move = step * min(4.0, max(-4.0, move))
                    positions[head, axis] += move
                    if move_others:
                        others[tail, axis] -= move
            draws = int((epoch - due_apart[tie]) * NEGATIVES / every[tie])
            due_apart[tie] += draws * every[tie] / NEGATIVES
            for _ in range(draws):
                # Marsaglia 2003, Xorshift RNGs
                drawn = state[head]
                drawn ^= drawn << np.uint64(13)
                drawn ^= drawn >> np.uint64(7)
                drawn ^= drawn << np.uint64(17)
                state[head] = drawn
                other = np.int64((drawn >> np.uint64(33)) % np.uint64(count))
                if move_others and other == head:
                    continue
                squared = 0.0
                for axis in range(dimension):
                    squared += (positions[head, axis] - others[other, axis]) ** 2
                if squared > 0.0:
                    push = 2.0 * b / ((0.001 + squared) * (1.0 + a * squared**b))
                    for axis in range(dimension):
                        move = push * (positions[head, axis] - others[other, axis])
                        positions[head, axis] += step * min(4.0, max(-4.0, move))
