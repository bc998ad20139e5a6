"""What the projections of one input share: who is near whom, found once however many pictures are drawn.

Clips with the same numbers are laid out once: they lie at one point, as they do in truth. Among more copies
than a clip has neighbours, t-SNE and UMAP would see nothing else and scatter them. Of many clips only
landmarks are laid out, and the others are placed among the landmarks nearest to them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline import landmarks
from pipeline.inputs import InputError
from pipeline.projections.quality import Truth

MIN_DIFFERENT = 3
ALL_UP_TO = 5_000
"""With more clips, t-SNE and UMAP lay out landmarks."""
LANDMARKS = 5_000
AMONG = 8
"""So many landmarks place a clip."""
NEAREST = 90
"""So many t-SNE asks for with its own perplexity, and among them are UMAP's: found at once by the metric that
both have by default."""

Made = TypeVar("Made")


class Neighbourhood:
    """The clips of one input, values float32 (n, d), with what was found of them so far.

    ``rows`` are the different ones, in the order in which they come; ``laid_out`` those of them that a
    method works on: all, or the landmarks, which ``chosen`` names among ``rows``.
    """

    def __init__(self, values: NDArray[np.float32]) -> None:
        self.values = values
        self._made: dict[Hashable, Any] = {}

    def remember(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What ``make`` gives, computed the first time that ``key`` is asked for."""
        if key not in self._made:
            self._made[key] = make()
        made: Made = self._made[key]
        return made

    @cached_property
    def truth(self) -> Truth:
        """What a picture's quality is measured against."""
        return Truth(self.values)

    @cached_property
    def rows(self) -> NDArray[np.float32]:
        return self.values if self._of_row is None else self.values[self._first]

    @cached_property
    def chosen(self) -> NDArray[np.intp]:
        count = LANDMARKS if len(self.rows) > ALL_UP_TO else len(self.rows)
        return landmarks.choose(self.rows, count, seed=0)

    @cached_property
    def laid_out(self) -> NDArray[np.float32]:
        return self.rows[self.chosen] if self.by_landmarks else self.rows

    @property
    def by_landmarks(self) -> bool:
        return len(self.chosen) < len(self.rows)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what was laid out."""
        notes = []
        if self.by_landmarks:
            notes.append(
                f"{len(self.chosen):,} of {len(self.rows):,} clips were laid out as landmarks; "
                "each of the others was placed among the landmarks nearest to it."
            )
        copies = len(self.values) - len(self.rows)
        if copies:
            notes.append(f"{copies} clips are copies of others in this view and lie at the same points.")
        return tuple(notes)

    def require_different(self, title: str) -> None:
        """Raise ``InputError`` where fewer than three rows differ."""
        if len(self.rows) < MIN_DIFFERENT:
            raise InputError(
                f"There are {len(self.values)} clips, of which {len(self.rows)} differ; {title} needs "
                f"{MIN_DIFFERENT} different ones. Choose PCA, or more clips."
            )

    def nearest(self, k: int, metric: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The ``k`` nearest others of each row that is laid out: indices and distances, (m, k)."""
        several = max(k, min(NEAREST, len(self.laid_out) - 1)) if metric == "euclidean" else k
        indices, distances = self.remember(
            ("nearest", several, metric), lambda: nearest(self.laid_out, several, metric)
        )
        return indices[:, :k], distances[:, :k]

    def among(self, metric: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The landmarks nearest to each row that is none: indices and distances, (rows - m, AMONG)."""
        rest = np.delete(np.arange(len(self.rows)), self.chosen)
        return self.remember(
            ("among", metric), lambda: landmarks.nearest(self.rows[rest], self.laid_out, AMONG, metric)
        )

    def everywhere(
        self, landmarks_at: NDArray[np.float32], others_at: NDArray[np.float32] | None
    ) -> NDArray[np.float32]:
        """Positions of all clips (n, k), from those of the landmarks and of the other rows."""
        positions = landmarks_at
        if others_at is not None:
            positions = np.empty((len(self.rows), landmarks_at.shape[1]), dtype=np.float32)
            positions[self.chosen] = landmarks_at
            positions[np.delete(np.arange(len(self.rows)), self.chosen)] = others_at
        return positions if self._of_row is None else positions[self._of_row]

    @cached_property
    def _different(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Where each different row first comes, ascending, and which of them each clip is."""
        # As one piece of bytes a row, which sorts many times faster than column by column. Adding 0 makes
        # one zero of the two that there are.
        plain = np.ascontiguousarray(self.values + np.float32(0))
        whole = plain.view(np.dtype((np.void, plain.shape[1] * plain.itemsize))).ravel()
        _, first, which = np.unique(whole, return_index=True, return_inverse=True)
        order = np.argsort(first)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return first[order], place[which.ravel()]

    @property
    def _first(self) -> NDArray[np.intp]:
        return self._different[0]

    @property
    def _of_row(self) -> NDArray[np.intp] | None:
        return self._different[1] if len(self._different[0]) < len(self.values) else None


def nearest(
    values: NDArray[np.float32], k: int, metric: str
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The ``k`` nearest others of each of values (n, d), nearest first: indices and distances, (n, k)."""
    indices, distances = landmarks.nearest(values, values, k + 1, metric)
    itself = indices == np.arange(len(values))[:, None]
    # Among many copies of a clip, it may not be one of its own nearest: then the farthest goes.
    itself[~itself.any(axis=1), -1] = True
    return indices[~itself].reshape(-1, k), distances[~itself].reshape(-1, k)
