"""The queue between two threads: newest kept, oldest dropped and counted, nobody left waiting."""

from __future__ import annotations

import threading
from itertools import count

import numpy as np
import pytest

from app.live.frame_queue import FrameQueue


def frame(value: int, samples: int = 8) -> np.ndarray:
    return np.full(samples, value, np.int16)


def values(queue: FrameQueue) -> list[int]:
    return [int(one.frame[0]) for one in iter(lambda: queue.get(0), None)]


def test_first_in_first_out_with_rate_and_time() -> None:
    ticks = count(10)
    queue = FrameQueue(clock=lambda: float(next(ticks)))
    assert queue.last_at_s is None
    queue.put(frame(1), 48_000)
    queue.put(frame(2), 16_000)
    told = [(int(one.frame[0]), one.rate_hz, one.put_at_s) for one in iter(lambda: queue.get(0), None)]
    assert told == [(1, 48_000, 10.0), (2, 16_000, 11.0)]
    assert (queue.came, queue.dropped, queue.last_at_s, len(queue)) == (2, 0, 11.0, 0)


def test_the_oldest_is_dropped_and_counted() -> None:
    queue = FrameQueue(max_frames=3)
    for value in range(10):
        queue.put(frame(value), 48_000)
    assert (len(queue), queue.came, queue.dropped) == (3, 10, 7)
    assert values(queue) == [7, 8, 9]


def test_its_bytes_are_bounded_too() -> None:
    queue = FrameQueue(max_frames=100, max_bytes=64)
    for value in range(9):
        queue.put(frame(value), 48_000)  # 16 bytes each
    assert values(queue) == [5, 6, 7, 8] and queue.dropped == 5
    for value in range(4):  # what was taken out makes room again
        queue.put(frame(value), 48_000)
    assert len(queue) == 4 and queue.dropped == 5
    queue.put(frame(9, samples=100), 48_000)
    assert len(queue) == 0 and queue.dropped == 10


def test_the_sender_may_use_its_memory_again() -> None:
    queue, samples = FrameQueue(), frame(5)
    queue.put(samples[::2], 48_000)
    samples[:] = 0
    kept = queue.get(0)
    assert kept is not None and kept.frame.tolist() == [5] * 4 and kept.frame.base is None


def test_who_waits_is_woken_by_a_frame_and_by_the_end() -> None:
    queue = FrameQueue()
    got: list[object] = []

    def wait_twice() -> None:
        got.extend([queue.get(60), queue.get(60)])

    waiter = threading.Thread(target=wait_twice)
    waiter.start()
    queue.put(frame(1), 48_000)
    while not got and len(queue):
        pass
    queue.close()
    waiter.join(2)
    assert not waiter.is_alive() and got[0] is not None and got[1] is None


def test_without_frames_it_waits_no_longer_than_told() -> None:
    assert FrameQueue().get(0.01) is None


def test_closed_it_is_empty_and_stays_so() -> None:
    queue = FrameQueue()
    queue.put(frame(1), 48_000)
    queue.close()
    queue.put(frame(2), 48_000)
    assert queue.closed and len(queue) == 0 and queue.get(60) is None and queue.came == 1


def test_no_frame_is_lost_or_doubled_between_threads() -> None:
    queue, got = FrameQueue(max_frames=50), []

    def send(first: int) -> None:
        for value in range(first, first + 2_000):
            queue.put(np.array([value]), 48_000)

    def take() -> None:
        while (one := queue.get(0.5)) is not None:
            got.append(int(one.frame[0]))

    threads = [threading.Thread(target=send, args=(first,)) for first in (0, 2_000)]
    taker = threading.Thread(target=take)
    for thread in (*threads, taker):
        thread.start()
    for thread in (*threads, taker):
        thread.join(10)
    assert len(set(got)) == len(got) and len(got) + queue.dropped == queue.came == 4_000
    for half in ([one for one in got if one < 2_000], [one for one in got if one >= 2_000]):
        assert half == sorted(half)


@pytest.mark.parametrize("room", [{"max_frames": 0}, {"max_bytes": 0}])
def test_no_room_at_all_is_refused(room: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="expected 1 or more"):
        FrameQueue(**room)
