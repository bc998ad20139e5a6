"""A live session: what it tells, what it survives, and that nothing of it stays."""

from __future__ import annotations

import gc
import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from app.live.frame_queue import FrameQueue
from app.live.session import THREAD, LiveSession
from models.audio import Resampler
from models.decisions import Decision, State
from models.frontend import LogMel
from models.gender import Inference
from models.speech import SPEECH
from models.stream import VoiceStream

Samples = NDArray[np.float32]
RATE_HZ = 48_000


class Ear:
    """A voice above 180 Hz is female. It may be made to wait, or to fail."""

    classes = ("female", "male")
    temperature = 1.0

    def __init__(self) -> None:
        self.windows: list[int] = []
        self.may_go, self.fails = threading.Event(), ""
        self.may_go.set()

    def infer(self, voice: Samples) -> Inference:
        self.windows.append(len(voice))
        self.may_go.wait(5)
        if self.fails:
            raise RuntimeError(self.fails)
        crossings = np.count_nonzero(np.diff(np.signbit(voice))) / len(voice) * 16_000
        logit = 6.0 if crossings > 360 else -6.0
        return Inference(np.array([logit, 0], np.float32), np.zeros(192, np.float32), 0.001, 0.002)


class LoudIsSpeech:
    def __call__(self, chunk: Samples) -> float:
        return float(np.sqrt(np.mean(chunk**2)) > 0.01)

    def reset(self) -> None: ...


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    yield
    until(lambda: not workers())


@pytest.fixture
def session_of(ear: Ear, clock: Clock) -> Iterator[Callable[..., LiveSession]]:
    """Sessions on a clock that stands still, with room for all that a test sends."""
    made: list[LiveSession] = []

    def of(**how: Any) -> LiveSession:
        queue = FrameQueue(max_frames=how.pop("room", 5_000), max_bytes=2**28, clock=clock)
        made.append(LiveSession(VoiceStream(ear, LoudIsSpeech()), queue=queue, clock=clock, **how))
        return made[-1]

    yield of
    ear.may_go.set()
    for session in made:
        session.close()


def workers() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == THREAD]


def until(true: Callable[[], Any], seconds: float = 30.0) -> None:
    """Wait for another thread."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not come to that"
        time.sleep(0.002)


def tone(hz: float, seconds: float) -> Samples:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def woman(seconds: float) -> Samples:
    return tone(230, seconds)


def man(seconds: float) -> Samples:
    return tone(110, seconds)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def speak(session: LiveSession, *parts: Samples) -> None:
    """In stereo frames of 20 ms, int16, as a browser's come."""
    sound = np.round(np.concatenate(parts) * 32_767).astype(np.int16)
    for frame in np.split(sound, range(960, len(sound), 960)):
        session.push(np.stack([frame, frame], 1), RATE_HZ)


def heard(session: LiveSession, decisions: int) -> tuple[Decision, ...]:
    """The decisions of a session as soon as there are so many."""
    until(lambda: len(session.state().recent) >= decisions)
    return session.state().recent


def states(decisions: tuple[Decision, ...]) -> list[State]:
    found = [one.state for one in decisions]
    return found[:1] + [after for before, after in pairwise(found) if after != before]


def test_a_woman_a_pause_a_man_as_the_stream_alone_decides(session_of: Any) -> None:
    session = session_of()
    parts = silence(0.6), woman(2), silence(1.2), man(1.5), silence(1.0)
    speak(session, *parts)
    sound = np.round(np.concatenate(parts) * 32_767).astype(np.int16)
    alone = VoiceStream(Ear(), LoudIsSpeech()).feed(sound, RATE_HZ)
    told = heard(session, len(alone))
    assert list(told) == alone
    assert states(told) == [
        State.NO_SPEECH, State.UNSURE, State.FEMALE, State.NO_SPEECH, State.UNSURE, State.MALE, State.NO_SPEECH,
    ]  # fmt: skip


def test_the_state_has_what_the_page_shows(session_of: Any, clock: Clock) -> None:
    session = session_of()
    before = session.state()
    assert before.latest is None and before.recent == () and before.frames == 0 and not before.closed
    clock.now_s += 4
    assert session.state().since_audio_s == 4
    speak(session, silence(1), woman(1.05))
    told = heard(session, 9)  # four a second, and the first name at once
    clock.now_s += 0.75
    state = session.state()
    assert state.latest is told[-1] and state.latest.state == State.FEMALE
    assert (state.frames, state.dropped, state.refused, state.error) == (103, 0, 0, "")
    assert state.since_audio_s == 0.75
    picture = state.picture
    assert picture.decibels.shape == (80, 201) and picture.hop_s * 201 == pytest.approx(
        told[-1].time_s, abs=0.01
    )
    sound = np.round(np.concatenate([silence(1), woman(1.05)]) * 32_767).astype(np.int16)
    whole = torch.from_numpy(Resampler(16_000).feed(sound, RATE_HZ))
    np.testing.assert_allclose(picture.decibels, LogMel(SPEECH)(whole).numpy()[:, :201], atol=1e-3)
    middles_s = picture.start_s + picture.hop_s * np.arange(201)
    assert picture.voiced[middles_s > 1.04].all() and not picture.voiced[middles_s < 0.96].any()
    with pytest.raises(AttributeError):
        state.frames = 0
    assert before.recent == () and before.picture.decibels.shape == (80, 0)


def test_how_long_a_frame_waited_is_in_the_timings(session_of: Any, ear: Ear, clock: Clock) -> None:
    ear.may_go.clear()
    session = session_of()
    speak(session, woman(1.2))
    until(lambda: ear.windows)  # in the network since 0.7 s, so the frames after that wait
    clock.now_s += 0.125
    speak(session, woman(0.6))
    ear.may_go.set()
    told = heard(session, 6)
    assert [one.timings.buffering_ms for one in told[:6]] == [0, 0, 0, 125, 125, 0]


def test_garbage_is_counted_and_told_and_changes_nothing(session_of: Any) -> None:
    session = session_of()
    speak(session, woman(0.5))
    for frame, rate_hz in (
        (np.zeros((2, 2, 2), np.float32), RATE_HZ),
        (np.array(["x"]), RATE_HZ),
        (np.array(7.0), RATE_HZ),
        (np.array([None, {}], dtype=object), RATE_HZ),
        (np.zeros((960, 0), np.int16), RATE_HZ),
        (np.zeros(960, np.int16), 0),
        (np.zeros(960, np.int16), -8),
        (np.zeros(960, np.int16), 10**9),
    ):
        session.push(frame, rate_hz)
    session.push(np.zeros(0, np.int16), RATE_HZ)  # empty, but sound
    speak(session, woman(0.6))
    whole = np.concatenate([woman(0.5), woman(0.6)])
    alone = VoiceStream(Ear(), LoudIsSpeech()).feed(np.round(whole * 32_767).astype(np.int16), RATE_HZ)
    assert list(heard(session, len(alone))) == alone
    state = session.state()
    assert state.refused == 8 and "1000000000 samples a second; expected" in state.refusal
    assert state.error == "" and not state.closed


def test_a_worker_that_lags_drops_the_oldest(session_of: Any, ear: Ear) -> None:
    ear.may_go.clear()
    session = session_of(room=10)
    while not ear.windows:
        speak(session, woman(0.02))
        time.sleep(0.0005)
    before = session.state()
    for _ in range(50):
        speak(session, woman(0.02))
    state = session.state()
    assert state.frames == before.frames + 50 and state.dropped - before.dropped >= 40
    ear.may_go.set()
    until(lambda: len(session._queue) == 0)
    assert session.state().error == ""


def test_nobody_is_named_once_sound_has_stopped_coming(session_of: Any, clock: Clock) -> None:
    session = session_of()
    speak(session, woman(2))
    assert heard(session, 8)[-1].state == State.FEMALE
    clock.now_s += 1.0
    assert session.state().latest is not None
    clock.now_s += 0.1
    state = session.state()
    assert state.latest is None and len(state.recent) == 8 and state.since_audio_s == pytest.approx(1.1)


def test_after_a_gap_whoever_speaks_is_heard_afresh(session_of: Any, ear: Ear, clock: Clock) -> None:
    session = session_of()
    speak(session, woman(2))
    heard(session, 7)
    clock.now_s += 2.9  # the network stumbled
    speak(session, woman(0.5))
    heard(session, 9)
    assert ear.windows[-1] > 2 * 16_000
    clock.now_s += 3.0
    speak(session, man(1.0))
    until(lambda: session.state().recent[-1].state == State.MALE)
    assert ear.windows[-1] <= 16_000
    assert State.NO_SPEECH in states(session.state().recent)


def test_a_failed_worker_says_so_and_names_nobody(session_of: Any, ear: Ear, caplog: Any) -> None:
    ear.fails = "weights are gone"
    session = session_of()
    with caplog.at_level(logging.ERROR, logger="app.live.session"):
        speak(session, woman(2))
        until(lambda: session.state().closed)
    state = session.state()
    assert "weights are gone" in state.error and "start it again" in state.error
    assert state.latest is None and state.recent == () and state.picture.decibels.shape == (80, 0)
    assert "RuntimeError: weights are gone" in caplog.text
    until(lambda: not workers())
    speak(session, woman(1))  # the media thread may not know yet
    assert len(session._queue) == 0
    session.close()
    assert session.state().error == state.error


def test_closed_it_leaves_no_thread_and_no_buffer(ear: Ear) -> None:
    before = set(threading.enumerate())
    stream = VoiceStream(ear, LoudIsSpeech())
    session = LiveSession(stream)
    speak(session, woman(1.3))
    embedding = weakref.ref(heard(session, 4)[-1].embedding)
    decibels = weakref.ref(session.state().picture.decibels)
    assert len(workers()) == 1 and embedding() is not None and decibels() is not None
    left = [weakref.ref(stream), weakref.ref(stream._buffer), embedding, decibels]
    del stream
    speak(session, *[woman(1)] * 3)
    session.close()
    until(lambda: not workers())  # a busy machine may need longer than `close` waits
    gc.collect()
    assert [one() for one in left] == [None] * 4
    assert set(threading.enumerate()) <= before and len(session._queue) == 0
    state = session.state()
    assert state.closed and state.error == "" and state.latest is None
    session.close()
    itself = weakref.ref(session)
    del session
    gc.collect()
    assert itself() is None


def test_it_closes_in_the_middle_of_hours_of_sound(session_of: Any) -> None:
    session = session_of()
    session.push(np.zeros(4_000 * 3_600, np.uint8) + np.uint8(128), 4_000)
    heard(session, 1)
    session.close()
    until(lambda: not workers())


def test_a_worker_held_up_ends_as_soon_as_it_can(session_of: Any, ear: Ear, caplog: Any) -> None:
    ear.may_go.clear()
    session = session_of()
    speak(session, woman(1))
    until(lambda: ear.windows)
    began = time.monotonic()
    session.close()
    assert time.monotonic() - began >= 1 and "still hearing" in caplog.text
    ear.may_go.set()
    until(lambda: not workers())
    assert session.state().recent == ()  # what it had begun is not told any more


def test_a_session_nobody_looks_at_closes_itself(session_of: Any, clock: Clock) -> None:
    looked_at, left = session_of(abandoned_s=20), session_of(abandoned_s=20)
    speak(left, woman(1))
    clock.now_s += 15
    assert not looked_at.state().closed
    clock.now_s += 6  # frames of a forgotten tab keep coming
    speak(left, woman(0.1))
    until(lambda: left._queue.closed)
    until(lambda: len(workers()) == 1)
    assert left._recent.maxlen and not left._recent and len(left._queue) == 0
    assert not looked_at.state().closed and looked_at.state().error == ""
    assert left.state().closed and left.state().error == ""


def test_many_sessions_come_and_go() -> None:
    before = set(threading.enumerate())
    for _ in range(10):
        session = LiveSession(VoiceStream(Ear(), LoudIsSpeech()))
        speak(session, woman(0.1))
        session.close()
    assert set(threading.enumerate()) <= before
