"""How far the peaks of the spectrum rise above its valleys, octave by octave."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.features.spectra import N_BINS, N_FFT, SAMPLE_RATE_HZ, STFT_PARAMETERS, Spectra, power_to_db
from pipeline.features.view import View, plain_statistics, statistic_columns, statistic_units, summarise

FMIN_HZ = 200
N_OCTAVES = 6
QUANTILE = 0.02

EDGES_HZ = (0, *(FMIN_HZ * 2**i for i in range(N_OCTAVES)), SAMPLE_RATE_HZ // 2)
SERIES = tuple(f"contrast_{low}_{high}_hz" for low, high in pairwise(EDGES_HZ))


@dataclass(frozen=True, slots=True)
class Band:
    """Bins ``start`` to ``stop`` of an octave, and how many of them make its peak and its valley."""

    start: int
    stop: int
    extremes: int


def compute(spectra: Spectra) -> NDArray[np.float32]:
    """Statistics of peak minus valley in dB of each of the seven bands, shape ``(35,)``.

    Jiang et al. 2002, equations 1 to 3: the peak is the mean magnitude of the band's largest 2 % of
    bins, the valley that of its smallest.
    """
    power = spectra.power_by_frame
    peaks = np.empty((len(bands()), len(power)))
    valleys = np.empty_like(peaks)
    for row, band in enumerate(bands()):
        bins = power[:, band.start : band.stop]  # (frames, bins)
        if band.extremes == 1:
            valleys[row] = np.sqrt(bins.min(axis=1))
            peaks[row] = np.sqrt(bins.max(axis=1))
        else:
            # Sorted by power, which orders as magnitude does, so that only the extremes need a root.
            ordered = np.sort(bins, axis=1)
            valleys[row] = np.sqrt(ordered[:, : band.extremes]).mean(axis=1)
            peaks[row] = np.sqrt(ordered[:, -band.extremes :]).mean(axis=1)
    return summarise(power_to_db(peaks) - power_to_db(valleys))


@lru_cache(maxsize=1)
def bands() -> tuple[Band, ...]:
    """The bands as ``librosa.feature.spectral_contrast`` cuts them.

    An octave takes in the bin below its lower edge, the last one everything up to half the rate; all
    but the last lose their uppermost bin, though it counts towards the 2 %.
    """
    frequencies = np.fft.rfftfreq(N_FFT, 1 / SAMPLE_RATE_HZ)
    found = []
    for octave, low in enumerate(EDGES_HZ[:-1]):
        high = FMIN_HZ * 2**octave
        inside = np.flatnonzero((frequencies >= low) & (frequencies <= high))
        last = octave == N_OCTAVES
        start = int(inside[0]) - (octave > 0)
        stop = N_BINS if last else int(inside[-1]) + 1
        extremes = max(int(np.rint(QUANTILE * (stop - start))), 1)
        found.append(Band(start, stop if last else stop - 1, extremes))
    return tuple(found)


def reference(samples: NDArray[np.float32]) -> NDArray[np.floating]:
    """:func:`compute` by librosa."""
    import librosa

    return plain_statistics(librosa.feature.spectral_contrast(y=samples, sr=SAMPLE_RATE_HZ))


VIEW = View(
    name="contrast",
    version=1,
    title="Spectral contrast",
    columns=statistic_columns(SERIES),
    units=statistic_units(["dB"] * len(SERIES)),
    parameters={**STFT_PARAMETERS, "fmin_hz": FMIN_HZ, "n_bands": N_OCTAVES, "quantile": QUANTILE},
    source="librosa.feature.spectral_contrast; Jiang et al. 2002, doi:10.1109/ICME.2002.1035731",
    compute=compute,
    reference=reference,
    notes=(
        "As in librosa, dB here are 10 log10 of a ratio of magnitudes: half of what they are for levels. "
        "Above half the sample rate of a recording the contrast is that of the resampler's rest."
    ),
)
