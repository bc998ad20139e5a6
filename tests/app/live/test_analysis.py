"""A whole recording through the stream: what the microphone's stream would have said, and nothing stays behind."""

from __future__ import annotations

import gc
import io
import threading
import weakref

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from app.live import audio_file
from app.live.analysis import RecordingAnalyser, RecordingAnalysis, left_s
from app.live.audio_file import Facts
from app.live.timeline import segments
from models.decisions import State
from models.gender import Inference
from models.stream import VoiceStream
from models.vad import CHUNK, RATE_HZ

Samples = NDArray[np.float32]


class Ear:
    """A voice above 180 Hz is female."""

    classes = ("female", "male")
    temperature = 1.0

    def infer(self, voice: Samples) -> Inference:
        pitch_hz = np.argmax(np.abs(np.fft.rfft(voice))) * RATE_HZ / len(voice)
        logit = 6.0 if pitch_hz > 180 else -6.0
        return Inference(np.array([logit, 0], np.float32), np.zeros(192, np.float32), 0.001, 0.002)


class LoudIsSpeech:
    def __call__(self, chunk: Samples) -> float:
        return float(np.sqrt(np.mean(chunk**2)) > 0.01)

    def reset(self) -> None: ...


def stream() -> VoiceStream:
    return VoiceStream(Ear(), LoudIsSpeech())


def tone(hertz: float, seconds: float, rate_hz: int) -> Samples:
    return (0.4 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate_hz)) / rate_hz)).astype(
        np.float32
    )


def talk(rate_hz: int) -> Samples:
    """A woman from 1 to 4 s, a man from 6 to 9 s, then nothing until 10.1 s."""
    quiet = np.zeros(2 * rate_hz, np.float32)
    parts = [quiet[: len(quiet) // 2], tone(250, 3, rate_hz), quiet, tone(100, 3, rate_hz)]
    return np.concatenate([*parts, quiet[: round(1.1 * rate_hz)]])


def written(samples: NDArray[np.floating], rate_hz: int, subtype: str = "PCM_16", kind: str = "WAV") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format=kind, subtype=subtype)
    return file.getvalue()


def heard(data: bytes) -> RecordingAnalysis:
    hearer = RecordingAnalyser(data, stream())
    for _ in hearer.seconds():
        pass
    return hearer.analysis


@pytest.mark.parametrize(
    ("rate_hz", "subtype", "channels"),
    [
        (8_000, "PCM_16", 1),
        (16_000, "PCM_16", 1),
        (44_100, "PCM_24", 2),
        (48_000, "FLOAT", 1),
        (96_000, "PCM_24", 2),
    ],
)
def test_every_rate_gives_the_same_time_line(rate_hz: int, subtype: str, channels: int) -> None:
    samples = talk(rate_hz)
    found = heard(written(np.stack([samples] * channels, 1), rate_hz, subtype))

    line = segments(found.decisions, found.duration_s, stream().parameters)

    assert found.duration_s == pytest.approx(10.1, abs=0.001)
    quiet = State.NO_SPEECH
    assert [one.state for one in line] == [quiet, State.FEMALE, quiet, State.MALE, quiet]
    edges = [one.start_s for one in line] + [line[-1].end_s]
    assert edges == pytest.approx([0, 1, 4, 6, 9, 10.1], abs=0.08)
    assert line[1].named_after_s == pytest.approx(0.85, abs=0.2)


def test_it_says_what_the_live_stream_says() -> None:
    samples = talk(16_000)
    live = stream()
    said = [one for at in range(0, len(samples), 320) for one in live.feed(samples[at : at + 320], 16_000)]

    found = heard(written(samples, 16_000, "FLOAT"))

    assert len(said) > 30
    assert [(one.time_s, one.state, one.probabilities) for one in found.decisions[: len(said)]] == [
        (one.time_s, one.state, one.probabilities) for one in said
    ]


def test_all_sound_is_decided_on_and_can_be_played() -> None:
    samples = talk(16_000)
    found = heard(written(samples, 16_000))

    assert sum(len(one.voiced) for one in found.decisions) * CHUNK >= len(samples)
    played, rate_hz = soundfile.read(io.BytesIO(found.sound), dtype="float32")
    assert rate_hz == 16_000
    assert 0 <= len(played) - len(samples) < 0.5 * 16_000
    np.testing.assert_allclose(played[: len(samples)], samples, atol=2**-14)
    assert not played[len(samples) :].any()


def test_what_is_kept_of_decisions_is_small() -> None:
    found = heard(written(talk(16_000), 16_000))
    assert all(len(one.sound) == 0 and one.embedding is None and one.speech == () for one in found.decisions)
    assert all(one.voiced for one in found.decisions)


def test_next_to_silence_is_no_speech() -> None:
    noise = 2**-14 * np.random.default_rng(0).standard_normal(5 * 8_000)
    found = heard(written(noise, 8_000))
    assert {one.state for one in found.decisions} == {State.NO_SPEECH}
    assert found.duration_s == 5


def test_progress_rises_to_the_end() -> None:
    hearer = RecordingAnalyser(written(talk(16_000), 16_000), stream())
    told = list(hearer.seconds())
    assert len(told) >= 10
    assert told == sorted(told)
    assert told[-1] == pytest.approx(10.1)


def test_who_stops_asking_cancels_and_nothing_stays() -> None:
    threads = threading.active_count()
    listening = stream()
    kept = weakref.ref(listening)
    hearer = RecordingAnalyser(written(talk(16_000), 16_000), listening)
    del listening
    seconds = hearer.seconds()
    assert next(seconds) > 0

    seconds.close()

    assert list(seconds) == []
    with pytest.raises(RuntimeError, match="not been analysed to its end"):
        _ = hearer.analysis
    del hearer, seconds
    gc.collect()
    assert kept() is None
    assert threading.active_count() == threads


def test_a_hole_is_counted() -> None:
    data = written(talk(48_000), 48_000, "MPEG_LAYER_III", "MP3")
    third = len(data) // 3
    hole = np.random.default_rng(0).bytes(third // 20)
    broken = data[:third] + hole + data[third + len(hole) :]
    assert heard(data).damaged == 0
    assert heard(broken).damaged > 0


def test_an_error_on_the_way_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_file, "MAX_S", 3.0)
    with pytest.raises(audio_file.AudioError, match="expected at most 0 min"):
        heard(written(talk(16_000), 16_000))


def test_the_time_that_is_left() -> None:
    facts = Facts(100.0, 16_000, 1, "WAV PCM_S16LE")
    assert left_s(0.0, facts, 1.0) is None
    assert left_s(25.0, facts, 2.0) == pytest.approx(6.0)
    assert left_s(120.0, facts, 2.0) == 0.0
