"""Probabilistic YIN: the fundamental frequency of every frame, and whether there is one.

YIN (de Cheveigné & Kawahara 2002, doi:10.1121/1.1458024) finds the lag at which a frame differs least
from itself; pYIN (Mauch & Dixon 2014, doi:10.1109/ICASSP.2014.6853678) keeps every lag that some threshold
would have chosen, with its probability, and lets a hidden Markov model choose among them over time.

Equal to ``librosa.pyin`` with the same parameters, single precision of the difference function included:
where a frame hardly differs from itself, its rounding decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
import scipy.fft
import scipy.special
from numpy.typing import NDArray

N_THRESHOLDS = 100
BETA_PARAMETERS = (2, 18)
"""Of the prior over thresholds, whose mean is 0.1."""
BOLTZMANN = 2.0
"""How fast the prior over troughs falls from one to the next longer lag."""
NO_TROUGH_PROBABILITY = 0.01
SWITCH_PROBABILITY = 0.01
MAX_TRANSITION_RATE = 35.92
"""Octaves a second."""

TRANSFORMS_AT_ONCE = 16
"""They take 256 KiB and stay in a core's own cache."""
FRAMES_AT_ONCE = 256
"""Twelve seconds at the rate of the view: so much memory is taken, whatever the length of the clip."""

FEW = 8
"""So many states are gone through one by one; more of them in one array."""

TINY = np.finfo(np.float64).tiny
LOG_TINY = np.log(TINY)
"""What is impossible has this log probability, as in librosa."""


@dataclass(frozen=True)
class Tracker:
    """What a fundamental frequency is sought with; tables that follow from it are made once."""

    sample_rate_hz: int
    fmin_hz: float
    fmax_hz: float
    frame_length: int
    hop_length: int
    resolution_semitones: float

    @cached_property
    def min_period(self) -> int:
        """The shortest lag, in samples."""
        return int(self.sample_rate_hz // self.fmax_hz)

    @cached_property
    def max_period(self) -> int:
        """The longest lag, in samples."""
        return min(int(np.ceil(self.sample_rate_hz / self.fmin_hz)), self.frame_length - 1)

    @cached_property
    def bins_per_octave(self) -> int:
        """Pitch bins an octave."""
        return 12 * int(np.ceil(1 / self.resolution_semitones))

    @cached_property
    def n_bins(self) -> int:
        """Pitch bins from ``fmin_hz`` to ``fmax_hz``."""
        return int(np.floor(self.bins_per_octave * np.log2(self.fmax_hz / self.fmin_hz))) + 1

    @cached_property
    def frequencies_hz(self) -> NDArray[np.float64]:
        """The frequency of each pitch bin, shape ``(bins,)``."""
        return self.fmin_hz * 2 ** (np.arange(self.n_bins) / self.bins_per_octave)

    @cached_property
    def reach(self) -> int:
        """Bins that the pitch may move from one frame to the next, up or down."""
        semitones = round(MAX_TRANSITION_RATE * 12 * self.hop_length / self.sample_rate_hz)
        return semitones * (self.bins_per_octave // 12) // 2

    @cached_property
    def log_transition(self) -> NDArray[np.float64]:
        """Log probability of each state given the one before, shape ``(states, states)``: ``[to, from]``.

        States are the voiced bins, then the unvoiced ones. Mauch & Dixon 2014, section 2.2: the pitch
        moves by a triangular distribution, voicing switches with a probability of 0.01.
        """
        bins = np.arange(self.n_bins)
        distance = np.abs(bins[:, np.newaxis] - bins)
        pitch = np.maximum(self.reach + 1 - distance, 0) / (self.reach + 1)  # (from, to)
        pitch /= pitch.sum(axis=1, keepdims=True)
        stay = 1 - SWITCH_PROBABILITY
        voicing = np.array([[stay, 1 - stay], [1 - stay, stay]])
        return np.ascontiguousarray(np.log(np.kron(voicing, pitch) + TINY).T)

    @cached_property
    def log_devoicing(self) -> NDArray[np.float64]:
        """What of ``log_transition`` leads from voiced to unvoiced, shape ``(bins, bins)``: ``[from, to]``."""
        return np.ascontiguousarray(self.log_transition[self.n_bins :, : self.n_bins].T)

    @cached_property
    def log_band(self) -> NDArray[np.float64]:
        """What of ``log_transition`` among the unvoiced lies within reach, shape ``(2 * reach + 1, bins)``.

        ``[pitch before - pitch + reach, pitch]``; minus infinity where there is no such pitch before.
        """
        unvoiced = self.log_transition[self.n_bins :, self.n_bins :]  # (to, from)
        band = np.full((2 * self.reach + 1, self.n_bins), -np.inf)
        for offset in range(-self.reach, self.reach + 1):
            pitch = np.arange(max(0, -offset), min(self.n_bins, self.n_bins - offset))
            band[offset + self.reach, pitch] = unvoiced[pitch, pitch + offset]
        return band


def pyin(samples: NDArray[np.float32], tracker: Tracker) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Track the fundamental frequency.

    Parameters
    ----------
    samples
        Mono float32, shape ``(samples,)``; frames are centred, with zeros beyond both ends.

    Returns
    -------
    f0_hz
        Shape ``(1 + samples // hop_length,)``: on the grid of pitch bins, NaN where unvoiced.
    voiced
        Of the same shape.
    """
    padded = np.pad(samples, tracker.frame_length // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, tracker.frame_length)[:: tracker.hop_length]
    blocks = [
        observation(normalised_difference(frames[start : start + FRAMES_AT_ONCE], tracker), tracker)
        for start in range(0, len(frames), FRAMES_AT_ONCE)
    ]
    states = most_likely_states(np.concatenate(blocks), tracker)
    voiced = states < tracker.n_bins
    return np.where(voiced, tracker.frequencies_hz[states % tracker.n_bins], np.nan), voiced


def normalised_difference(frames: NDArray[np.float32], tracker: Tracker) -> NDArray[np.float64]:
    """Cumulative mean normalised difference of each frame, de Cheveigné & Kawahara 2002, equation 8.

    The difference (equation 6) is computed from the autocorrelation, with zeros beyond the frame's end;
    as in librosa, that of lag 1 is counted without the energy of the first sample.

    Parameters
    ----------
    frames
        Shape ``(frames, frame_length)``.

    Returns
    -------
    NDArray[np.float64]
        Shape ``(frames, max_period - min_period + 1)``: one value a lag.
    """
    shortest, longest = tracker.min_period, tracker.max_period
    lags = np.arange(shortest, longest + 1)
    # Zeros as far as the longest lag, so that no end of a frame wraps round to its beginning.
    padded_length = scipy.fft.next_fast_len(tracker.frame_length + longest, real=True)
    normalised = np.empty((len(frames), len(lags)))
    for start in range(0, len(frames), TRANSFORMS_AT_ONCE):
        block = frames[start : start + TRANSFORMS_AT_ONCE]
        if not block[:, :: tracker.hop_length].any() and not block.any():
            normalised[start : start + len(block)] = 0  # many recordings are filled up with zeros
            continue
        spectrum = scipy.fft.rfft(block, padded_length, axis=1)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        correlation = scipy.fft.irfft(power, padded_length, axis=1, overwrite_x=True)  # (block, lags)
        energy = np.cumsum(np.square(block[:, :longest]), axis=1)  # (block, longest): of lags 1 to longest
        energy[:, 0] = 0
        difference = 2 * (correlation[:, :1] - correlation[:, 1 : longest + 1]) - energy
        mean = np.cumsum(difference, axis=1)[:, shortest - 1 :] / lags
        np.divide(difference[:, shortest - 1 :], mean + TINY, out=normalised[start : start + len(block)])
    return normalised


def observation(difference: NDArray[np.float64], tracker: Tracker) -> NDArray[np.float64]:
    """Log probability of what each frame shows, given each state; shape ``(frames, 2 * bins)``.

    Mauch & Dixon 2014, section 2.2: a voiced state has the probability of its pitch candidate, the
    unvoiced ones share what is left.
    """
    frame, lag, probability = candidates(difference)
    period = tracker.min_period + lag + _parabolic_shift(difference, frame, lag)
    octaves = np.log2(tracker.sample_rate_hz / period / tracker.fmin_hz)
    pitch = np.clip(np.round(tracker.bins_per_octave * octaves), 0, tracker.n_bins).astype(int)
    # One row more: candidates above the highest pitch fall into it, and out of everything.
    by_pitch = np.zeros((tracker.n_bins + 1, len(difference)))
    by_pitch[pitch, frame] = probability  # of two candidates in one bin the longer lag stays
    voiced = by_pitch[: tracker.n_bins]
    unvoiced = (1 - np.clip(voiced.sum(axis=0), 0, 1)) / tracker.n_bins  # (frames,)
    found = np.empty((len(difference), 2, tracker.n_bins))
    found[:, 0] = voiced.T
    found[:, 1] = unvoiced[:, np.newaxis]
    return np.log(found + TINY).reshape(len(difference), -1)


def candidates(
    difference: NDArray[np.float64],
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Frame, lag (counted from the shortest) and probability of every lag that some threshold chooses.

    Mauch & Dixon 2014, section 2.1: thresholds have a beta distribution; a threshold chooses among the
    troughs below it, the shorter lag rather than the longer (as in the authors' own program, by a
    Boltzmann distribution over their order). A threshold below every trough gives the deepest 1 %.
    """
    frame, lag = np.nonzero(_troughs(difference))
    if not len(frame):
        return frame, lag, np.empty(0)
    height = difference[frame, lag]
    weights, thresholds = _thresholds()
    # Of each trough the lowest threshold above it; those above all thresholds are not chosen among.
    above = np.searchsorted(thresholds, height, side="right")
    low = np.flatnonzero(above < N_THRESHOLDS)
    # Pairs of a threshold and a trough below it, by threshold, then by frame, then by lag: the troughs
    # among which one threshold chooses in one frame are neighbours.
    n_frames = len(difference)
    new = np.bincount(above[low] * n_frames + frame[low], minlength=N_THRESHOLDS * n_frames)
    counts = np.cumsum(new.reshape(N_THRESHOLDS, n_frames), axis=0)  # (thresholds, frames)
    rows = np.arange(N_THRESHOLDS) * len(low)
    below = above[low].astype(np.int8) <= np.arange(N_THRESHOLDS, dtype=np.int8)[:, np.newaxis]
    trough = np.flatnonzero(below) - np.repeat(rows, counts.sum(axis=1))
    rank = np.arange(len(trough)) - np.repeat(np.cumsum(counts) - counts.ravel(), counts.ravel())
    falling, share = _boltzmann(difference.shape[1])
    # Truncated to the troughs there are: (1 - e^-b) / (1 - e^-bn) e^-br of rank r among n.
    prior = np.repeat((share[counts] * weights[:, np.newaxis]).ravel(), counts.ravel()) * falling[rank]
    probability = np.zeros(len(frame))
    probability[low] = np.bincount(trough, prior, minlength=len(low))
    deepest = _deepest(frame, height)
    probability[deepest] += NO_TROUGH_PROBABILITY * np.cumsum(np.append(0, weights))[above[deepest]]
    chosen = np.flatnonzero(probability)
    return frame[chosen], lag[chosen], probability[chosen]


def most_likely_states(log_observation: NDArray[np.float64], tracker: Tracker) -> NDArray[np.intp]:
    """Viterbi's path through the states, shape ``(frames,)``; of equals the lower state, as in librosa.

    Exact, though most of the table stays empty: an unvoiced state outdoes the voiced one of the same pitch
    as a predecessor when it is likelier by more than what switching costs, and nearly every voiced state of
    a frame is outdone by what the frame shows, whatever came before (:func:`_contenders`). What an
    unvoiced state then takes from unvoiced ones lies within reach: a way around a leap beyond it costs less.

    Parameters
    ----------
    log_observation
        Shape ``(frames, 2 * bins)``.
    """
    frames, n_bins, reach = len(log_observation), tracker.n_bins, tracker.reach
    contenders = _contenders(log_observation.reshape(frames, 2, n_bins))
    value = np.full((frames, 2 * n_bins), -np.inf)
    value[0] = log_observation[0] + np.log(1 / (2 * n_bins) + TINY)
    before = np.full(n_bins + 2 * reach, -np.inf)
    near = np.lib.stride_tricks.sliding_window_view(before, n_bins)  # (2 * reach + 1, bins)
    band, transition = tracker.log_band, tracker.log_transition
    ways = np.empty_like(band)
    # Where unvoiced states are impossible in a frame, all of them are equally far from the likely ones.
    leaps = bool((log_observation[:, n_bins] <= LOG_TINY).any())
    for frame in range(1, frames):
        last, now, shown = value[frame - 1], value[frame], log_observation[frame]
        unvoiced = now[n_bins:]
        before[reach : reach + n_bins] = last[n_bins:]
        np.add(near, band, out=ways)
        np.maximum.reduce(ways, axis=0, out=unvoiced)
        _devoice(contenders[frame - 1], last, unvoiced, tracker.log_devoicing)
        if leaps:
            np.maximum(unvoiced, last.max() + LOG_TINY, out=unvoiced)
        unvoiced += shown[n_bins]
        _voice(contenders[frame], last, shown, now, transition)
    path = np.empty(frames, dtype=np.intp)
    path[-1] = np.argmax(value[-1])
    for frame in range(frames - 1, 0, -1):
        path[frame - 1] = (value[frame - 1] + transition[path[frame]]).argmax()
    return path


def _devoice(
    voiced: list[int], last: NDArray[np.float64], best: NDArray[np.float64], ways: NDArray[np.float64]
) -> None:
    """Raise ``best`` of the unvoiced states to what comes from voiced ones."""
    if len(voiced) > FEW:
        np.maximum(best, (ways[voiced] + last[voiced, np.newaxis]).max(axis=0), out=best)
        return
    for state in voiced:
        np.maximum(best, ways[state] + last[state], out=best)


def _voice(
    voiced: list[int],
    last: NDArray[np.float64],
    shown: NDArray[np.float64],
    now: NDArray[np.float64],
    ways: NDArray[np.float64],
) -> None:
    """Set the voiced states of ``now`` to the best that comes from any, and what the frame has shown."""
    if len(voiced) > FEW:
        now[voiced] = (ways[voiced] + last).max(axis=1) + shown[voiced]
        return
    for state in voiced:
        arriving = ways[state] + last
        now[state] = arriving[arriving.argmax()] + shown[state]  # half the time of max()


def _contenders(observed: NDArray[np.float64]) -> list[list[int]]:
    """The voiced states of each frame that may lie on the most likely path.

    Into a voiced state leads nothing that does not lead into the unvoiced one of the same pitch, at most
    ``log(stay / switch)`` less likely; and out of it the same again.
    """
    margin = 2 * np.log((1 - SWITCH_PROBABILITY) / SWITCH_PROBABILITY) + 1e-6  # and above rounding
    frame, pitch = np.nonzero(observed[:, 0] >= observed[:, 1] - margin)
    ends = np.searchsorted(frame, np.arange(len(observed)), side="right").tolist()
    pitches = pitch.tolist()
    return [pitches[start:end] for start, end in pairwise([0, *ends])]


def _troughs(difference: NDArray[np.float64]) -> NDArray[np.bool_]:
    falls = difference[:, 1:] < difference[:, :-1]
    rises = difference[:, :-1] <= difference[:, 1:]
    trough = np.empty(difference.shape, dtype=np.bool_)
    np.logical_and(falls[:, :-1], rises[:, 1:], out=trough[:, 1:-1])
    trough[:, 0] = difference[:, 0] < difference[:, 1]
    trough[:, -1] = falls[:, -1]
    return trough


def _deepest(frame: NDArray[np.intp], height: NDArray[np.float64]) -> NDArray[np.intp]:
    """Of each frame's troughs the deepest, of equals the first, as places in the list of troughs."""
    starts = np.flatnonzero(np.diff(frame, prepend=-1))
    lowest = np.repeat(np.minimum.reduceat(height, starts), np.diff(starts, append=len(frame)))
    places = np.flatnonzero(height == lowest)
    return places[np.flatnonzero(np.diff(frame[places], prepend=-1))]


def _parabolic_shift(
    difference: NDArray[np.float64], frame: NDArray[np.intp], lag: NDArray[np.intp]
) -> NDArray[np.float64]:
    """How far from its lag the parabola through a trough and its neighbours has its minimum; 0 at the ends."""
    inside = np.clip(lag, 1, difference.shape[1] - 2)
    left, middle, right = (difference[frame, inside + step] for step in (-1, 0, 1))
    curvature = right + left - 2 * middle
    slope = (right - left) / 2
    usable = (np.abs(slope) < np.abs(curvature)) & (inside == lag)
    return np.where(usable, -slope / np.where(usable, curvature, 1), 0)


@lru_cache(maxsize=1)
def _thresholds() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weight and upper edge of each threshold."""
    edges = np.linspace(0, 1, N_THRESHOLDS + 1)
    return np.diff(scipy.special.betainc(*BETA_PARAMETERS, edges)), edges[1:]


@lru_cache(maxsize=1)
def _boltzmann(most: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """``e^-br`` of rank r and ``(1 - e^-b) / (1 - e^-bn)`` of n troughs, each for 0 to ``most``."""
    falling = np.exp(-BOLTZMANN * np.arange(most + 1))
    return falling, np.append(0, (1 - falling[1]) / (1 - falling[1:]))
