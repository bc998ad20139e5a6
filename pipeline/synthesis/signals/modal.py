"""Struck things: a body rings in its modes, each a sinusoid that dies away at its own pace."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from pipeline.synthesis.signals.noise import Signal

LN_60_DB = 6.907755
"""ln(1000): after one T60 the amplitude has fallen by 60 dB."""
_BLOCK = 512


def ring(frequencies_hz: ArrayLike, amplitudes: ArrayLike, t60_s: ArrayLike, n: int, rate_hz: int) -> Signal:
    """Sum of damped sinusoids that all start at phase zero, shape ``(n,)``.

    ``x[i] = sum_m a_m exp(-6.91 i / (T60_m fs)) sin(2 pi f_m i / fs)``. Powers of one complex number
    a mode are the product of a coarse and a fine power, so the sum is one small matrix product.
    """
    f = np.atleast_1d(np.asarray(frequencies_hz, dtype=np.float64))
    audible = f < 0.45 * rate_hz
    f = f[audible]
    amplitude = np.broadcast_to(np.asarray(amplitudes, dtype=np.float64), audible.shape)[audible]
    t60 = np.broadcast_to(np.asarray(t60_s, dtype=np.float64), audible.shape)[audible]
    exponent = (-LN_60_DB / t60 + 2j * np.pi * f) / rate_hz  # (modes,)
    coarse = np.exp(np.outer(np.arange(0, n, _BLOCK), exponent)) * amplitude
    fine = np.exp(np.outer(exponent, np.arange(_BLOCK)))
    # einsum, not @: BLAS rounds differently with the number of its threads.
    sound = np.einsum("bm,mi->bi", coarse, fine).imag  # (blocks, 512)
    return sound.ravel()[:n].astype(np.float32)


def plate_modes_hz(
    fundamental_hz: float, aspect: float, count: int, rng: Generator, detuning: float = 0.03
) -> NDArray[np.float64]:
    """The lowest modes of a simply supported plate, sorted, shape ``(count,)``.

    ``f_mn ~ m^2 + (n / aspect)^2`` (Fletcher and Rossing 1998, The Physics of Musical Instruments,
    section 3.6); a real panel is neither even nor freely held, hence the detuning.
    """
    order = np.arange(1, 9)
    raw = (order[:, None] ** 2 + (order[None, :] / aspect) ** 2).ravel()
    modes = np.sort(raw)[:count] / raw.min() * fundamental_hz
    return modes * (1.0 + detuning * rng.standard_normal(count))


def contact(duration_s: float, rate_hz: int) -> Signal:
    """The force of a short blow, a half sine: the softer the striker, the longer and the duller."""
    n = max(2, int(duration_s * rate_hz))
    pulse = np.sin(np.pi * (np.arange(n) + 0.5) / n).astype(np.float32)
    return pulse / pulse.sum()


def burst(rng: Generator, n: int, attack_s: float, t60_s: float, rate_hz: int) -> Signal:
    """White noise that rises linearly and dies away exponentially, shape ``(n,)``."""
    t = np.arange(n) / rate_hz
    envelope = np.minimum(1.0, t / max(attack_s, 1e-5)) * np.exp(-LN_60_DB * t / t60_s)
    return rng.standard_normal(n, dtype=np.float32) * envelope.astype(np.float32)
