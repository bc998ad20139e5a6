"""WebRTC without a browser: a peer on this machine sends sound, the session hears it, and nothing of it stays.

Then ICE servers, none unless set; and what is said of the connection, by what came of it.
"""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, MediaStreamTrack

from app.live.session import THREAD, LiveSession, LiveState
from app.live.spectrogram import Picture
from app.live.webrtc import (
    NAMES,
    SILENT_S,
    Connection,
    IceError,
    SessionAudioSink,
    Status,
    connection_message,
    ice_servers,
    parse_servers,
    samples,
)
from models.decisions import State
from models.gender import Inference
from models.stream import VoiceStream

RATE_HZ, FRAME = 48_000, 960
LOCAL = RTCConfiguration(iceServers=[])


class Ear:
    """A voice above 180 Hz is female."""

    classes, temperature = ("female", "male"), 1.0

    def infer(self, voice: np.ndarray) -> Inference:
        crossings = np.count_nonzero(np.diff(np.signbit(voice))) / len(voice) * 16_000
        logit = 6.0 if crossings > 360 else -6.0
        return Inference(np.array([logit, 0], np.float32), np.zeros(192, np.float32), 0.001, 0.002)


class LoudIsSpeech:
    def __call__(self, chunk: np.ndarray) -> float:
        return float(np.sqrt(np.mean(chunk**2)) > 0.01)

    def reset(self) -> None: ...


class Tone(AudioStreamTrack):
    """A tone in frames of 20 ms, stereo at 48 kHz, as browsers send; as fast as it is played."""

    def __init__(self, hz: float) -> None:
        super().__init__()
        self.hz, self.sent, self.began = hz, 0, time.monotonic()

    async def recv(self) -> av.AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        await asyncio.sleep(max(0.0, self.began + self.sent / RATE_HZ - time.monotonic()))
        times_s = (self.sent + np.arange(FRAME)) / RATE_HZ
        wave = np.rint(8_000 * np.sin(2 * np.pi * self.hz * times_s)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.repeat(wave, 2)[None], format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, self.sent, Fraction(1, RATE_HZ)
        self.sent += FRAME
        return frame


def new_session() -> LiveSession:
    return LiveSession(VoiceStream(Ear(), LoudIsSpeech()))


async def joined(sender: RTCPeerConnection, receiver: RTCPeerConnection) -> None:
    """What browser and page do through Streamlit: an offer, an answer."""
    await sender.setLocalDescription(await sender.createOffer())
    await receiver.setRemoteDescription(sender.localDescription)
    await receiver.setLocalDescription(await receiver.createAnswer())
    await sender.setRemoteDescription(receiver.localDescription)


async def call(ears: SessionAudioSink, hz: float, then: Callable[[RTCPeerConnection], Awaitable[Any]]) -> Any:
    """Speak at ``hz`` into ears over loopback; what ``then`` finds while the call goes on."""
    sender, receiver = RTCPeerConnection(LOCAL), RTCPeerConnection(LOCAL)
    sender.addTrack(Tone(hz))

    @receiver.on("track")
    def begin(track: MediaStreamTrack) -> None:
        ears.addTrack(track)
        ears.start()

    try:
        await joined(sender, receiver)
        return await then(sender)
    finally:
        await sender.close()
        await receiver.close()


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """In a thread of its own: where browser tests ran before, Playwright has a loop in this one."""
    with ThreadPoolExecutor(1) as alone:
        return alone.submit(asyncio.run, coroutine).result()


async def until(true: Callable[[], Any], seconds: float = 20.0) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not come to that"
        await asyncio.sleep(0.02)


def workers() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == THREAD]


def state_of(ears: SessionAudioSink) -> State | None:
    latest = ears.session.state().latest if ears.session is not None else None
    return None if latest is None else latest.state


@pytest.mark.parametrize(("hz", "state"), [(260.0, State.FEMALE), (110.0, State.MALE)])
def test_a_voice_that_comes_over_webrtc_is_named(hz: float, state: State) -> None:
    ears = SessionAudioSink(new_session)

    async def speak(sender: RTCPeerConnection) -> float:
        await until(lambda: state_of(ears) is state)
        assert ears.session is not None
        return ears.session.state().recent[-1].time_s

    assert run(call(ears, hz, speak)) < 10
    assert ears.session is not None and ears.session.state().refused == 0


def test_when_the_other_side_hangs_up_the_worker_ends_and_its_sound_goes() -> None:
    before, ears = len(workers()), SessionAudioSink(new_session)

    async def speak(sender: RTCPeerConnection) -> None:
        await until(lambda: state_of(ears) is State.FEMALE)
        assert len(workers()) == before + 1
        await sender.close()
        await until(lambda: ears.session is not None and ears.session.state().closed)

    run(call(ears, 260, speak))
    deadline = time.monotonic() + 5
    while len(workers()) > before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(workers()) == before
    assert ears.session is not None and ears.session.state().recent == ()


def test_one_may_come_back_and_each_call_has_a_session_of_its_own() -> None:
    threads, ears, seen = threading.active_count(), SessionAudioSink(new_session), []
    for hz, state in ((260, State.FEMALE), (110, State.MALE), (260, State.FEMALE)):

        async def speak(sender: RTCPeerConnection, state: State = state) -> None:
            await until(lambda: state_of(ears) is state)
            seen.append(ears.session)
            ears.stop()

        run(call(ears, hz, speak))
    assert len(set(map(id, seen))) == 3 == ears.starts and all(one.state().closed for one in seen)
    gc.collect()
    deadline = time.monotonic() + 5
    while threading.active_count() > threads and time.monotonic() < deadline:
        time.sleep(0.02)
    assert threading.active_count() <= threads
    # By its type: to look at an object itself fails where it is a weak proxy of one that is gone.
    tracks = [one for one in gc.get_objects() if issubclass(type(one), MediaStreamTrack)]
    assert all(one.readyState == "ended" for one in tracks)


@pytest.mark.parametrize("form", ["s16", "s16p", "flt", "fltp"])
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_a_frame_of_any_make_becomes_samples_by_channels(form: str, layout: str) -> None:
    channels = 1 if layout == "mono" else 2
    kind = np.int16 if form.startswith("s16") else np.float32
    expected = np.arange(6 * channels).astype(kind).reshape(6, channels)
    given = expected.T if form.endswith("p") else expected.reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(given), format=form, layout=layout)
    np.testing.assert_array_equal(samples(frame), expected)


TURN = {"turn": "turn:relay.example.org:3478", "turn_username": "ses", "turn_credential": "secret"}


def test_nothing_is_asked_unless_it_is_set() -> None:
    assert parse_servers({}, {}) == [] == parse_servers({"stun": " "}, {"turn": ""})


def test_the_environment_goes_before_the_secrets() -> None:
    found = parse_servers({"stun": "stun:a.org:1, stuns:b.org:2"}, {"stun": "stun:c.org:3", **TURN})
    assert found == [
        {"urls": ["stun:a.org:1", "stuns:b.org:2"]},
        {"urls": ["turn:relay.example.org:3478"], "username": "ses", "credential": "secret"},
    ]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"stun": "a.org:3478"}, "SESATLAS_STUN.*'a.org:3478'.*stun:stun.example.org"),
        ({"stun": "turn:a.org"}, "SESATLAS_STUN"),
        (TURN | {"turn": "https://a.org"}, "SESATLAS_TURN .*'https://a.org'"),
        ({"turn": TURN["turn"]}, "SESATLAS_TURN_USERNAME and SESATLAS_TURN_CREDENTIAL"),
        (TURN | {"turn_credential": ""}, "not SESATLAS_TURN_CREDENTIAL"),
    ],
)
def test_a_setting_that_cannot_work_is_told(told: dict[str, str], said: str) -> None:
    for environment, secrets in ((told, {}), ({}, told)):
        with pytest.raises(IceError, match=said):
            parse_servers(environment, secrets)


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in NAMES.values():
        monkeypatch.delenv(variable, raising=False)
    assert ice_servers() == []
    monkeypatch.setenv("SESATLAS_STUN", "stun:a.org:1")
    assert ice_servers() == [{"urls": ["stun:a.org:1"]}]


OFF, FINDING, ON = Connection(False, False), Connection(False, True), Connection(True, False)


def state(**known: Any) -> LiveState:
    nothing = {
        "latest": None, "recent": (), "picture": Picture(), "frames": 0, "dropped": 0, "refused": 0, "refusal": "",
        "age_s": 0.0, "since_audio_s": 0.0, "error": "", "closed": False,
    }  # fmt: skip
    return LiveState(**{**nothing, **known})


@pytest.mark.parametrize(
    ("connection", "known", "status"),
    [
        (OFF, None, Status.OFF),
        (OFF, state(closed=True, frames=100), Status.OFF),
        (FINDING, None, Status.CONNECTING),
        (ON, state(since_audio_s=SILENT_S - 0.1), Status.CONNECTING),
        (ON, state(since_audio_s=SILENT_S), Status.UNREACHED),
        (ON, state(frames=5, since_audio_s=SILENT_S - 0.1), Status.HEARING),
        (ON, state(frames=5, since_audio_s=SILENT_S), Status.SILENT),
        (ON, state(frames=5, error="It broke.", closed=True), Status.ENDED),
        (OFF, state(error="It broke."), Status.ENDED),
    ],
)
def test_each_state_of_affairs_has_its_status(
    connection: Connection, known: LiveState | None, status: Status
) -> None:
    found = connection_message(connection, known)
    assert found.status == status
    assert bool(found.suggestions) == (status in (Status.UNREACHED, Status.SILENT))


def test_frames_that_nobody_heard_or_that_were_no_sound_are_told() -> None:
    assert connection_message(ON, state(frames=1000, dropped=20)).words == ""
    assert "21 of 1,000 frames were skipped" in connection_message(ON, state(frames=1000, dropped=21)).words
    refused = connection_message(ON, state(frames=9, refused=2, refusal="The frame holds object.")).words
    assert "2 of 9" in refused and refused.endswith("The frame holds object.")
