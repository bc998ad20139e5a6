"""The front end against librosa, for the parameters of both networks."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.audio import Ring, Samples
from models.frontend import LogMel, LogMelParameters, StreamedLogMel
from models.speech import SPEECH, SpeechFeatures

ESC = LogMelParameters(
    sample_rate_hz=44_100,
    n_fft=2048,
    win_length=2048,
    hop_length=882,
    n_mels=64,
    f_min_hz=50,
    f_max_hz=16_000,
)
VOICE = LogMelParameters(
    sample_rate_hz=16_000, n_fft=512, win_length=400, hop_length=160, n_mels=80, f_min_hz=20, f_max_hz=7_600,
    mel_scale="htk", norm=None,
)  # fmt: skip


@pytest.mark.parametrize("parameters", [ESC, VOICE], ids=["esc", "voice"])
def test_it_equals_librosa(parameters: LogMelParameters) -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, parameters.sample_rate_hz).astype(np.float32)
    power = librosa.feature.melspectrogram(
        y=samples, sr=parameters.sample_rate_hz, n_fft=parameters.n_fft, win_length=parameters.win_length,
        hop_length=parameters.hop_length, n_mels=parameters.n_mels, fmin=parameters.f_min_hz,
        fmax=parameters.f_max_hz, htk=parameters.mel_scale == "htk", norm=parameters.norm, pad_mode="constant",
    )  # fmt: skip
    expected = 10 * np.log10(np.maximum(power, parameters.floor))
    ours = LogMel(parameters)(torch.from_numpy(samples)).numpy()
    assert ours.shape == (parameters.n_mels, parameters.frames(len(samples)))
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-3)


def test_a_tone_is_in_its_band() -> None:
    time_s = np.arange(44_100) / 44_100
    tone = torch.from_numpy(np.sin(2 * np.pi * 1_000 * time_s).astype(np.float32))
    centres_hz = librosa.mel_frequencies(ESC.n_mels + 2, fmin=ESC.f_min_hz, fmax=ESC.f_max_hz)[1:-1]
    loudest = int(LogMel(ESC)(tone).mean(1).argmax())
    assert loudest == int(np.abs(centres_hz - 1_000).argmin())


def test_silence_is_at_the_floor_and_batches_are_as_singles() -> None:
    frontend = LogMel(ESC)
    assert (frontend(torch.zeros(44_100)) == -100).all()
    batch = torch.randn(3, 20_000)
    torch.testing.assert_close(frontend(batch)[1], frontend(batch[1]))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"f_max_hz": 30_000.0}, "half the sample rate"),
        ({"f_min_hz": 17_000.0}, "rising range"),
        ({"win_length": 4096}, "hop_length <= win_length <= n_fft"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(wrong: dict[str, float], message: str) -> None:
    from dataclasses import replace

    with pytest.raises(ValueError, match=message):
        replace(ESC, **wrong)  # type: ignore[arg-type]


WIDE = LogMelParameters(
    sample_rate_hz=16_000, n_fft=1024, win_length=1024, hop_length=512, n_mels=40, f_min_hz=0, f_max_hz=8_000
)
"""The transform's half is one hop, to the sample."""
FRONTENDS = {parameters: LogMel(parameters) for parameters in (SPEECH, WIDE)}
pieces_of = st.lists(st.one_of(st.integers(0, 700), st.sampled_from([1, 160, 256, 512])), max_size=30)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def recording(samples: int, seed: int) -> Samples:
    """Noise whose level rises and falls, with digital silence in it."""
    random = np.random.default_rng(seed)
    level = np.maximum(0, np.sin(np.arange(samples) / 900 + seed))
    return (0.3 * level * random.standard_normal(samples)).astype(np.float32)


def arriving(samples: Samples, pieces: list[int]) -> list[Samples]:
    """The samples cut where the pieces end; what they leave over is the last."""
    return np.split(samples, np.minimum(np.cumsum(pieces), len(samples)).astype(int)) if pieces else [samples]


@pytest.mark.parametrize("parameters", FRONTENDS, ids=["speech", "wide"])
@given(length=st.integers(1, 6_000), pieces=pieces_of, seed=st.integers(0, 9))
def test_frames_as_they_come_are_those_of_the_whole(
    parameters: LogMelParameters, length: int, pieces: list[int], seed: int
) -> None:
    frontend, samples = FRONTENDS[parameters], recording(length, seed)
    stream = StreamedLogMel(frontend)
    for _ in range(2):  # the second stream knows nothing of the first
        come = [stream.feed(piece) for piece in arriving(samples, pieces)]
        told = torch.cat([*come, stream.finish()], 1)
        whole = frontend(torch.from_numpy(samples))
        assert told.shape == whole.shape
        torch.testing.assert_close(told, whole, rtol=0, atol=1e-3)


def test_a_frame_comes_as_soon_as_its_last_sample() -> None:
    stream, samples = StreamedLogMel(FRONTENDS[SPEECH]), recording(1_000, 0)
    assert stream.feed(samples[:255]).shape == (80, 0)
    assert stream.feed(samples[255:256]).shape == (80, 1)
    assert stream.feed(samples[256:415]).shape == (80, 0)
    assert stream.feed(samples[415:]).shape == (80, 4)
    assert stream.finish().shape == (80, SPEECH.frames(1_000) - 5)


def test_nothing_gives_nothing() -> None:
    stream = StreamedLogMel(FRONTENDS[SPEECH])
    assert stream.feed(np.zeros(0, np.float32)).shape == (80, 0) and stream.finish().shape == (80, 0)


def test_an_endless_stream_holds_little() -> None:
    stream = StreamedLogMel(FRONTENDS[SPEECH])
    for _ in range(50):
        stream.feed(recording(1_600, 1))
    assert len(stream._held) < 2 * SPEECH.n_fft


@given(length=st.integers(4_000, 9_000), pieces=pieces_of, data=st.data())
def test_a_window_cut_from_a_stream_is_that_of_the_file(
    length: int, pieces: list[int], data: st.DataObject
) -> None:
    samples, ring, features = recording(length, 3), Ring(4_000), SpeechFeatures()
    for piece in arriving(samples, pieces):
        ring.push(piece)
    start = data.draw(st.integers(ring.oldest, length - 400))
    stop = data.draw(st.integers(start + 400, length))
    live = features(torch.from_numpy(ring.window(start, stop))[None])
    file = features(torch.from_numpy(samples[start:stop])[None])
    assert torch.equal(live, file)
