"""Filter banks against librosa's."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from pipeline.features.banks import chroma_weights, mel_weights


@pytest.mark.parametrize("n_mels", [40, 64, 128])
@pytest.mark.parametrize(("rate_hz", "n_fft"), [(22_050, 2_048), (16_000, 1_024), (1_500, 512)])
def test_mel_is_that_of_librosa(rate_hz: int, n_fft: int, n_mels: int) -> None:
    ours = mel_weights(rate_hz, n_fft, n_mels)
    assert ours.dtype == np.float32
    theirs = librosa.filters.mel(sr=rate_hz, n_fft=n_fft, n_mels=n_mels)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(("rate_hz", "n_fft"), [(22_050, 2_048), (44_100, 4_096), (8_000, 512)])
def test_chroma_is_that_of_librosa(rate_hz: int, n_fft: int) -> None:
    ours = chroma_weights(rate_hz, n_fft)
    assert ours.dtype == np.float32
    theirs = librosa.filters.chroma(sr=rate_hz, n_fft=n_fft, tuning=0.0)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-8)
