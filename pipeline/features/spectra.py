"""One short-time Fourier transform a clip, shared by every view."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from pipeline.features.banks import chroma_weights, mel_weights

SAMPLE_RATE_HZ = 22_050
N_FFT = 2048
HOP_LENGTH = 512
N_MELS = 128
N_BINS = N_FFT // 2 + 1

STFT_PARAMETERS = {
    "sample_rate_hz": SAMPLE_RATE_HZ,
    "n_fft": N_FFT,
    "hop_length": HOP_LENGTH,
    "window": "hann",
    "pad_mode": "constant",
}

FRAMES_AT_ONCE = 16
"""A block of frames and its transform stay in the core's own cache: 0.25 MiB each."""

MANY_FRAMES = 4096
"""A minute and a half: 16 MiB of power. Of ten minutes, a second copy would be a fifth of a worker's memory."""


class Spectra:
    """What the views take of a clip: computed when first used, then kept.

    Parameters
    ----------
    samples
        Mono float32, full scale 1, shape ``(samples,)``, at 22,050 Hz.
    """

    def __init__(self, samples: NDArray[np.float32]) -> None:
        self.samples = samples

    @cached_property
    def power_by_frame(self) -> NDArray[np.float32]:
        """Power spectrogram, shape ``(frames, 1025)``: ``abs(librosa.stft(samples)) ** 2`` transposed.

        Frames of 2048 samples every 512, Hann, centred, zeros beyond both ends. Transformed in double
        precision as librosa does: in single precision, what lies 140 dB below the loudest bin (all
        above 8 kHz of a 16 kHz recording) would be the transform's own rounding.
        """
        padded = np.pad(self.samples, N_FFT // 2)
        frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP_LENGTH]  # (frames, 2048)
        power = np.empty((len(frames), N_BINS), dtype=np.float32)
        windowed = np.empty((FRAMES_AT_ONCE, N_FFT))
        spectrum = np.empty((FRAMES_AT_ONCE, N_BINS), dtype=np.complex128)
        for start in range(0, len(frames), FRAMES_AT_ONCE):
            block = frames[start : start + FRAMES_AT_ONCE]
            n = len(block)
            if not padded[start * HOP_LENGTH : (start + n - 1) * HOP_LENGTH + N_FFT].any():
                power[start : start + n] = 0  # many recordings are filled up with zeros
                continue
            np.multiply(block, _hann(), out=windowed[:n])
            np.fft.rfft(windowed[:n], axis=1, out=spectrum[:n])
            parts = spectrum[:n].view(np.float64)  # (n, 2 * 1025): real and imaginary in turn
            np.square(parts, out=parts)
            np.add(parts[:, 0::2], parts[:, 1::2], out=power[start : start + n], casting="same_kind")
        return power

    @cached_property
    def power(self) -> NDArray[np.float32]:
        """Power spectrogram as librosa lays it out, shape ``(1025, frames)``, contiguous along time."""
        return np.ascontiguousarray(self.power_by_frame.T)

    @cached_property
    def mel_db(self) -> NDArray[np.float32]:
        """Log-mel spectrogram of 128 bands in dB, shape ``(128, frames)``.

        ``power_to_db(melspectrogram(...))`` with librosa's defaults: Slaney's bands from 0 to 11,025 Hz,
        at most 80 dB below its loudest value.
        """
        return power_to_db(self.through(mel_bank(N_MELS)))

    def through(self, bank: scipy.sparse.csr_matrix | NDArray[np.float32]) -> NDArray[np.float32]:
        """``bank @ power``, of shape ``(bands, frames)``; a long clip's power is turned round piece by piece."""
        frames = len(self.power_by_frame)
        if frames <= MANY_FRAMES:
            product: NDArray[np.float32] = bank @ self.power
            return product
        starts = range(0, frames, MANY_FRAMES)
        pieces = (self.power_by_frame[start : start + MANY_FRAMES] for start in starts)
        return np.concatenate([bank @ np.ascontiguousarray(piece.T) for piece in pieces], axis=1)


def power_to_db(power: NDArray[np.floating], top_db: float = 80.0) -> NDArray[np.floating]:
    """``librosa.power_to_db`` with reference 1: ``10 log10 max(1e-10, power)``, cut ``top_db`` below its top."""
    # The natural logarithm is vectorised for float32, the decimal one is not.
    decibels = np.log(np.maximum(power, 1e-10))
    decibels *= 10 / np.log(10)
    return np.maximum(decibels, decibels.max() - top_db, out=decibels)


@lru_cache(maxsize=4)
def mel_bank(n_mels: int) -> scipy.sparse.csr_matrix:
    """Mel bands as a sparse matrix, shape ``(n_mels, 1025)``: each bin feeds two bands."""
    return scipy.sparse.csr_matrix(mel_weights(SAMPLE_RATE_HZ, N_FFT, n_mels))


@lru_cache(maxsize=1)
def chroma_bank() -> NDArray[np.float32]:
    """Pitch classes for a tuning of exactly A4 = 440 Hz, shape ``(12, 1025)``."""
    return chroma_weights(SAMPLE_RATE_HZ, N_FFT)


@lru_cache(maxsize=1)
def _hann() -> NDArray[np.float64]:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
