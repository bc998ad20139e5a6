"""The front end against librosa, for the parameters of both networks."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch

from models.frontend import LogMel, LogMelParameters

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
    ("wrong", "said"),
    [
        ({"f_max_hz": 30_000.0}, "half the sample rate"),
        ({"f_min_hz": 17_000.0}, "rising range"),
        ({"win_length": 4096}, "hop_length <= win_length <= n_fft"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(wrong: dict[str, float], said: str) -> None:
    from dataclasses import replace

    with pytest.raises(ValueError, match=said):
        replace(ESC, **wrong)  # type: ignore[arg-type]
