"""The ring keeps the newest samples, whatever they came in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ring import Ring


@given(
    capacity=st.integers(1, 40),
    pieces=st.lists(st.integers(0, 100), max_size=20),
    cleared=st.integers(-1, 20),
)
def test_it_holds_the_end_of_what_was_pushed(capacity: int, pieces: list[int], cleared: int) -> None:
    ring, come, kept_from = Ring(capacity), np.zeros(0, np.float32), 0
    for number, length in enumerate(pieces):
        if number == cleared:
            ring.clear()
            kept_from = len(come)
        piece = np.arange(len(come), len(come) + length, dtype=np.float32)
        ring.push(piece)
        come = np.concatenate([come, piece])
        oldest = max(kept_from, len(come) - capacity)
        assert (ring.oldest, ring.written, len(ring)) == (oldest, len(come), len(come) - oldest)
        assert np.array_equal(ring.all(), come[oldest:])


def test_a_window_is_a_copy_and_of_its_numbers() -> None:
    ring = Ring(5)
    ring.push(np.arange(8, dtype=np.float32))
    window = ring.window(4, 7)
    assert window.tolist() == [4, 5, 6]
    window[:] = 0
    ring.push(np.array([8], np.float32))
    assert ring.all().tolist() == [4, 5, 6, 7, 8]


@pytest.mark.parametrize(("start", "stop"), [(2, 6), (6, 9), (6, 5)])
def test_what_is_not_there_is_not_given(start: int, stop: int) -> None:
    ring = Ring(5)
    ring.push(np.arange(8, dtype=np.float32))
    with pytest.raises(IndexError, match="the ring has 3 to 8"):
        ring.window(start, stop)


def test_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        Ring(0)


def test_of_what_is_kept_only_the_newest_stays() -> None:
    ring = Ring(5)
    ring.push(np.arange(8, dtype=np.float32))
    ring.keep(9)
    assert ring.all().tolist() == [3, 4, 5, 6, 7]
    ring.keep(2)
    assert ring.all().tolist() == [6, 7] and ring.oldest == 6
    ring.keep(4)
    assert ring.all().tolist() == [6, 7]  # what is forgotten does not come back
    ring.push(np.arange(8, 10, dtype=np.float32))
    ring.keep(3)
    assert ring.all().tolist() == [7, 8, 9] and ring.written == 10
