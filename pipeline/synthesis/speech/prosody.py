"""When each phone is said, and on which pitch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipeline.synthesis.speech.lexicon import Word
from pipeline.synthesis.speech.phones import PHONES, STOPS, VOICELESS_STOPS, VOWELS, Phone

_FINAL_LENGTHENING = 1.45
_WEAK, _STRESSED = 0.85, 1.15


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


def timing(said: list[Word], rate: float, lead_s: float, trail_s: float, rng: Generator) -> list[Segment]:
    """Segments from silence to silence; ``rate`` 1 is the pace of the phone table, 2 is twice as fast."""
    segments = [Segment(symbol="h#", start_s=0.0, end_s=lead_s, phone=None)]

    def add(symbol: str, duration_s: float, word: int, **state: bool) -> None:
        start_s = segments[-1].end_s
        end_s = start_s + duration_s / rate * float(rng.uniform(0.92, 1.08))
        phone = PHONES[symbol[0] if state.get("closed") else symbol]
        segments.append(Segment(symbol=symbol, start_s=start_s, end_s=end_s, phone=phone, word=word, **state))

    for w, word in enumerate(said):
        for p, symbol in enumerate(word.phones):
            phone = PHONES[symbol]
            last = w == len(said) - 1 and not any(q in VOWELS for q in word.phones[p + 1 :])
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
