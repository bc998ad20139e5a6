"""From words to what the mouth does: when each phone is spoken, on which pitch, and the tracks of its sources."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import convolve1d

from pipeline.synthesis.signals.noise import band, from_db
from pipeline.synthesis.speech.lexicon import (
    PHONES,
    REFERENCE_TRACT_CM,
    STOPS,
    VOICED_STOPS,
    VOICELESS_STOPS,
    VOWELS,
    Phone,
    Word,
)

_FINAL_LENGTHENING = 1.45
_WEAK, _STRESSED = 0.85, 1.15
FRAME_S = 0.004
_NEUTRAL = (500.0, 1_450.0, 2_450.0)
_MURMUR_DB = -13.0
_BURST_S = 0.007
Track = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of the utterance as TIMIT would label it."""

    symbol: str
    start_s: float
    end_s: float
    phone: Phone | None
    """What is articulated meanwhile; ``None`` for the silence before and after."""
    closed: bool = False
    """A stop's closure: silent, or with a murmur if the stop is voiced."""
    word: int | None = None
    stressed: bool = False

    @property
    def middle_s(self) -> float:
        return (self.start_s + self.end_s) / 2


def timing(spoken: list[Word], rate: float, lead_s: float, trail_s: float, rng: Generator) -> list[Segment]:
    """Segments from silence to silence; ``rate`` 1 is the pace of the phone table, 2 is twice as fast."""
    segments = [Segment(symbol="h#", start_s=0.0, end_s=lead_s, phone=None)]

    def add(symbol: str, duration_s: float, word: int, **state: bool) -> None:
        start_s = segments[-1].end_s
        end_s = start_s + duration_s / rate * float(rng.uniform(0.92, 1.08))
        phone = PHONES[symbol[0] if state.get("closed") else symbol]
        segments.append(Segment(symbol=symbol, start_s=start_s, end_s=end_s, phone=phone, word=word, **state))

    for w, word in enumerate(spoken):
        for p, symbol in enumerate(word.phones):
            phone = PHONES[symbol]
            last = w == len(spoken) - 1 and not any(q in VOWELS for q in word.phones[p + 1 :])
            if phone.closure is not None:
                add(phone.closure, phone.closure_s, w, closed=True)
            add(symbol, _duration_s(word, p, last), w, stressed=p == word.stressed)
    end_s = segments[-1].end_s
    segments.append(Segment(symbol="h#", start_s=end_s, end_s=end_s + trail_s, phone=None))
    return segments


def _duration_s(word: Word, index: int, last: bool) -> float:
    symbol = word.phones[index]
    duration_s = PHONES[symbol].duration_s
    if symbol in VOWELS:
        duration_s *= _STRESSED if index == word.stressed else _WEAK
    elif index > 0 and word.phones[index - 1] == "s" and symbol in VOICELESS_STOPS:
        # After s in the same syllable English does not aspirate.
        duration_s = 0.018
    return duration_s * (_FINAL_LENGTHENING if last and symbol not in STOPS else 1.0)


def f0_contour(
    segments: list[Segment], f0_hz: float, range_semitones: float, time_s: NDArray[np.float64], rng: Generator
) -> NDArray[np.float64]:
    """F0 in Hz at each of ``time_s``, same shape, with the speaker's ``f0_hz`` in the middle.

    A line that falls through the sentence, a rise on each stressed vowel, a fall at the end, added on
    a logarithmic scale as in Fujisaki and Hirose 1984; and the slow flutter of Klatt and Klatt 1990,
    equation 1, so that no vowel is held on one pitch.
    """
    start_s, end_s = segments[0].end_s, segments[-1].start_s
    progress = ((time_s - start_s) / (end_s - start_s)).clip(0.0, 1.0)
    semitones = range_semitones * (0.35 - 0.75 * progress)
    for segment in segments:
        if segment.stressed:
            height = range_semitones * rng.uniform(0.35, 0.75)
            semitones += height * np.exp(-0.5 * ((time_s - segment.middle_s) / 0.075) ** 2)
    semitones -= 0.5 * range_semitones / (1.0 + np.exp(-(time_s - (end_s - 0.16)) / 0.04))
    semitones -= semitones[(progress > 0.0) & (progress < 1.0)].mean()
    shift = rng.uniform(0, 10)
    flutter = sum(np.sin(2 * np.pi * hz * (time_s + shift)) for hz in (12.7, 7.1, 4.7)) / 3
    return np.asarray(f0_hz * 2.0 ** (semitones / 12.0) * (1.0 + 0.006 * flutter))


@dataclass(frozen=True, slots=True)
class Tracks:
    """Control signals, one value each 4 ms, shape ``(frames,)`` unless stated otherwise."""

    formants_hz: Track
    """Shape ``(frames, 3)``, for the speaker's own tract."""
    voicing: Track
    aspiration: Track
    nasality: Track
    """0 oral, 1 nasal."""
    shut: Track
    """0 open, 1 closed: only a murmur gets out."""
    frication: Track
    """Shape ``(frames, noises)``: one column for each segment that makes noise before the lips."""
    bands_hz: list[tuple[float, float]]
    """The band of each of these noises."""


def articulate(segments: list[Segment], tract_cm: float) -> Tracks:
    """Step-wise targets, then smoothed, since tongue, lips and glottis have mass.

    Formants scale with the inverse of the tract's length, as in a tube:
    ``F_n = (2 n - 1) c / (4 L)`` (Fant 1960, Acoustic Theory of Speech Production).
    """
    time_s: Track = np.arange(round(segments[-1].end_s / FRAME_S), dtype=np.float64) * FRAME_S
    index = np.searchsorted([s.end_s for s in segments], time_s, side="right").clip(0, len(segments) - 1)
    scale = REFERENCE_TRACT_CM / tract_cm

    def track(values: list[float], smoothing_s: float) -> Track:
        return _smooth(np.array(values)[index], smoothing_s)

    noisy = [i for i, s in enumerate(segments) if _level(s, "frication_db") > 0]
    return Tracks(
        formants_hz=_smooth(_formant_steps(segments, time_s, index), 0.075) * scale,
        voicing=track([_voicing(s) for s in segments], 0.024),
        aspiration=track([_level(s, "aspiration_db") for s in segments], 0.020),
        nasality=track([float(s.phone is not None and s.phone.nasal) for s in segments], 0.040),
        shut=track([float(s.closed) for s in segments], 0.020),
        frication=np.stack([_noise_level(segments[i], time_s) for i in noisy], axis=1),
        bands_hz=[_noise_band(segments, i, scale) for i in noisy],
    )


def _smooth(steps: Track, width_s: float) -> Track:
    window = np.hanning(round(width_s / FRAME_S) + 3)
    return np.asarray(convolve1d(steps, window / window.sum(), axis=0, mode="nearest"))


def _level(segment: Segment, name: str) -> float:
    level_db = None if segment.phone is None or segment.closed else getattr(segment.phone, name)
    return 0.0 if level_db is None else from_db(level_db)


def _voicing(segment: Segment) -> float:
    if segment.closed:
        return from_db(_MURMUR_DB) if segment.symbol[0] in VOICED_STOPS else 0.0
    if segment.symbol in VOICED_STOPS:
        return 0.5
    emphasis = 1.12 if segment.stressed else 1.0
    return emphasis * _level(segment, "voicing_db")


def _target(segments: list[Segment], i: int) -> tuple[float, float, float]:
    phone = segments[i].phone
    if phone is None:
        return _NEUTRAL
    f1, f2, f3 = phone.formants
    if phone.velar:
        f2 = 0.35 * f2 + 0.65 * min(_neighbour(segments, i).formants[1] * 1.15, 2_300.0)
    return f1, f2, f3


def _neighbour(segments: list[Segment], i: int) -> Phone:
    """The sound a velar leans on: the next one, or else the one before."""
    order = [*segments[i + 1 : i + 3], *segments[max(0, i - 2) : i][::-1]]
    return next(s.phone for s in order if s.phone is not None and not s.phone.velar and not s.closed)


def _formant_steps(segments: list[Segment], time_s: Track, index: NDArray[np.intp]) -> Track:
    starts = np.array([_target(segments, i) for i in range(len(segments))])
    ends = starts.copy()
    for i, segment in enumerate(segments):
        if segment.phone is not None and segment.phone.glide_to is not None:
            ends[i] = segment.phone.glide_to
    begin_s = np.array([s.start_s for s in segments])[index]
    length_s = np.array([s.end_s - s.start_s for s in segments])[index]
    # A diphthong rests on its first target, moves in the middle half, and rests on its second.
    along = (((time_s - begin_s) / length_s - 0.25) / 0.5).clip(0.0, 1.0)[:, None]
    return np.asarray(starts[index] * (1.0 - along) + ends[index] * along)


def _noise_level(segment: Segment, time_s: Track) -> Track:
    level = _level(segment, "frication_db")
    since_s = time_s - segment.start_s
    if segment.symbol in STOPS:
        # A burst: the pressure behind the closure is spent within some milliseconds.
        return np.asarray(level * (since_s >= 0) * np.exp(-since_s.clip(0) / _BURST_S))
    held = (since_s >= 0) & (time_s < segment.end_s)
    return level * _smooth(held.astype(np.float64), 0.030)


def _noise_band(segments: list[Segment], i: int, scale: float) -> tuple[float, float]:
    phone = PHONES[segments[i].symbol]
    low_hz, high_hz = phone.frication_hz
    if phone.velar:
        centre_hz = _target(segments, i)[1]
        low_hz, high_hz = centre_hz * 0.75, centre_hz * 1.35
    return low_hz * scale, high_hz * scale


def noise_shapes(bands_hz: list[tuple[float, float]], f_hz: Track) -> Track:
    """Each band as amplitude gains of unit power over the spectrum, shape ``(bands, bins)``."""
    shapes = np.stack([band(low_hz, high_hz, 3)(f_hz) for low_hz, high_hz in bands_hz])
    return np.asarray(shapes / np.sqrt(np.mean(shapes**2, axis=1, keepdims=True)))
