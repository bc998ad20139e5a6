"""The last samples of a stream, and no more of them than there is room for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


class Ring:
    """
    Keeps the newest ``capacity`` samples; the oldest make room for new ones.

    One thread at a time: it locks nothing. ``written`` counts all samples that ever came in, so that a sample has the
    same number for as long as it is kept.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"The ring has room for {capacity} samples; expected 1 or more.")
        self.capacity, self.written = capacity, 0
        self._first = 0
        self._samples: Samples = np.zeros(capacity, dtype=np.float32)

    def __len__(self) -> int:
        """How many samples are kept."""
        return self.written - self.oldest

    @property
    def oldest(self) -> int:
        """The number of the oldest sample that is kept; ``written`` where none is."""
        return max(self._first, self.written - self.capacity)

    def push(self, samples: Samples) -> None:
        """Add samples (n,), float32; of more than there is room for, the last are kept."""
        kept = samples[-self.capacity :]
        start = (self.written + len(samples) - len(kept)) % self.capacity
        before_end = min(len(kept), self.capacity - start)
        self._samples[start : start + before_end] = kept[:before_end]
        self._samples[: len(kept) - before_end] = kept[before_end:]
        self.written += len(samples)

    def window(self, start: int, stop: int) -> Samples:
        """
        Samples number ``start`` to ``stop``, a copy (stop - start,).

        Raises
        ------
        IndexError
            Some of them are no longer there, or not yet.
        """
        if not self.oldest <= start <= stop <= self.written:
            raise IndexError(
                f"Samples {start} to {stop} were asked for; the ring has {self.oldest} to {self.written}."
            )
        return self._samples[np.arange(start, stop) % self.capacity]

    def all(self) -> Samples:
        """All samples that are kept, oldest first, a copy."""
        return self.window(self.oldest, self.written)

    def keep(self, newest: int) -> None:
        """Forget all but the ``newest`` samples; of fewer that there are, none is forgotten."""
        self._first = max(self.oldest, self.written - newest)

    def clear(self) -> None:
        """Forget all samples; those to come are numbered on."""
        self.keep(0)
