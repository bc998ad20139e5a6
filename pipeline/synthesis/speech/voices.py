"""The demo voices: the forty who speak, and one utterance from one speaker and one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipeline.synthesis.signals.noise import Signal, coloured, filtered, from_db, log_uniform, rng_for, tilted
from pipeline.synthesis.speech.articulation import FRAME_S, Segment, Tracks, articulate, f0_contour, timing
from pipeline.synthesis.speech.lexicon import (
    SENTENCES,
    SHARED_SENTENCES,
    TEST_SENTENCES,
    TRAIN_SENTENCES,
    words,
)
from pipeline.synthesis.speech.vocal_tract import (
    HOP,
    RATE_HZ,
    breath,
    frication,
    responses,
    through_tract,
    voice,
)

_REGIONS = range(1, 9)
_PLACES = 5
_TWO_WOMEN = (1, 3, 5, 7)
"""The regions with two women among their five speakers; one of the two is in the test part."""
_INITIALS = "ABCDEFGHJKLMNPRSTVW"
VERSION = 1
"""Raise it whenever an utterance's samples change: the corpus is then made anew on every machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """A voice; every number is drawn from the speaker's name."""

    name: str
    sex: Literal["F", "M"]
    dialect: int
    split: Literal["TRAIN", "TEST"]
    sentences: tuple[str, ...]
    f0_hz: float
    tract_cm: float
    range_semitones: float
    rate: float
    rd: float
    """Fant's shape of the glottal pulse: 0.4 pressed, 1 modal, 2.5 breathy."""
    breath_db: float
    jitter: float
    shimmer: float
    damping: float
    tilt_db_per_octave: float
    floor_db: float
    age_years: int
    height_inches: int


def _clipped(rng: Generator, mean: float, spread: float, low: float, high: float) -> float:
    return float(min(max(rng.normal(mean, spread), low), high))


def _speaker(name: str, dialect: int, split: Literal["TRAIN", "TEST"], sentences: tuple[str, ...]) -> Speaker:
    """Draw a voice. Mean F0 119 and 207 Hz (Traunmueller and Eriksson 1995); tract 17 and 14.5 cm
    (Fitch and Giedd 1999, adults), with which height goes along a little."""
    rng = rng_for("demo_voices", name)
    male = name[0] == "M"
    tract_cm = _clipped(rng, 16.9, 0.6, 15.7, 18.2) if male else _clipped(rng, 14.5, 0.5, 13.5, 15.4)
    tallness = (tract_cm - 16.9) / 0.6 if male else (tract_cm - 14.5) / 0.5
    return Speaker(
        name=name,
        sex="M" if male else "F",
        dialect=dialect,
        split=split,
        sentences=sentences,
        f0_hz=_clipped(rng, 119, 18, 85, 155) if male else _clipped(rng, 207, 21, 165, 255),
        tract_cm=tract_cm,
        range_semitones=rng.uniform(2.8, 6.0),
        rate=rng.uniform(0.92, 1.25),
        rd=round(rng.uniform(0.45, 0.95) if male else rng.uniform(0.6, 1.3), 3),
        breath_db=rng.uniform(-34, -24) if male else rng.uniform(-29, -20),
        jitter=log_uniform(rng, 0.003, 0.011),
        shimmer=log_uniform(rng, 0.02, 0.06),
        damping=rng.uniform(0.85, 1.25) if male else rng.uniform(1.0, 1.45),
        tilt_db_per_octave=rng.uniform(1.0, 3.5),
        floor_db=rng.uniform(-72, -52),
        age_years=int(rng.integers(20, 62)),
        height_inches=round((70 if male else 65) + 1.5 * tallness + rng.normal(0, 1.5)),
    )


def roster() -> list[Speaker]:
    """All 40 speakers in a fixed order: 28 men and 12 women, five to a region, 28 train and 12 test.

    As in TIMIT, each says what everybody says and sentences that a few others say too, and no
    sentence of the second sort occurs in both train and test.
    """
    speakers: list[Speaker] = []
    used = {"TRAIN": 0, "TEST": 0}
    for dialect in _REGIONS:
        women = 2 if dialect in _TWO_WOMEN else 1
        for place in range(_PLACES):
            female = place < women
            in_test = _in_test(dialect, place)
            split: Literal["TRAIN", "TEST"] = "TEST" if in_test else "TRAIN"
            pool = TEST_SENTENCES if in_test else TRAIN_SENTENCES
            first = used[split]
            used[split] += 3
            own = tuple(pool[(first + i) % len(pool)] for i in range(3))
            name = f"{'F' if female else 'M'}{_initials(dialect, place)}9"
            speakers.append(_speaker(name, dialect, split, (*SHARED_SENTENCES, *own)))
    return speakers


def _in_test(dialect: int, place: int) -> bool:
    """The last man of every region, and the first woman where there are two."""
    return place == _PLACES - 1 or (dialect in _TWO_WOMEN and place == 0)


def _initials(dialect: int, place: int) -> str:
    """Three letters; with the digit 9, which TIMIT never uses, nobody takes them for a real speaker."""
    rng = rng_for("initials", dialect, place)
    return "".join(_INITIALS[int(i)] for i in rng.integers(0, len(_INITIALS), 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """What was spoken, and what is known of it because we made it."""

    samples: Signal
    """Shape ``(samples,)`` at 16 kHz, within [-1, 1]."""
    f0_hz: NDArray[np.float64]
    """The intended pitch at each sample, voiced or not, same shape."""
    segments: list[Segment]
    words: list[str]


def utter(speaker: Speaker, sentence: str) -> Utterance:
    """The speaker reads the sentence of this code, e.g. ``SX12``; the same samples every time.

    Source and filter (Fant 1960): glottal pulses and breath pass the vocal tract; the noise of
    fricatives and bursts is made in front of it and is only shaped.
    """
    rng = rng_for("demo_voices", speaker.name, sentence)
    spoken = words(SENTENCES[sentence])
    segments = timing(
        spoken, speaker.rate * rng.uniform(0.95, 1.05), rng.uniform(0.12, 0.28), rng.uniform(0.15, 0.3), rng
    )
    tracks = articulate(segments, speaker.tract_cm)
    time_s = np.arange(tracks.voicing.size, dtype=np.float64) * FRAME_S
    f0_hz = _per_sample(f0_contour(segments, speaker.f0_hz, speaker.range_semitones, time_s, rng))
    speech = _sound(speaker, tracks, f0_hz, rng)
    return Utterance(
        samples=_record(speaker, speech, rng),
        f0_hz=f0_hz,
        segments=segments,
        words=[word.spelling for word in spoken],
    )


def _sound(speaker: Speaker, tracks: Tracks, f0_hz: NDArray[np.float64], rng: np.random.Generator) -> Signal:
    pulses, opening = voice(f0_hz, speaker.rd, speaker.jitter, speaker.shimmer, rng)
    air = breath(opening, rng)
    voicing, aspiration = _per_sample(tracks.voicing), _per_sample(tracks.aspiration)
    # Breath leaks through the folds while they vibrate, and alone makes h and the puff after p, t, k.
    source = voicing * (pulses + from_db(speaker.breath_db) * air) + aspiration * air
    voiced = through_tract(source.astype(np.float32), responses(tracks, speaker.tract_cm, speaker.damping))
    loud = voicing > 0.8
    voiced /= float(np.sqrt(np.mean(voiced[loud] ** 2)))
    return voiced + frication(rng.standard_normal(voiced.size, dtype=np.float32), tracks)


def _per_sample(track: NDArray[np.float64]) -> NDArray[np.float64]:
    frame = np.arange(track.size) * HOP
    return np.interp(np.arange(track.size * HOP), frame, track)


def _record(speaker: Speaker, speech: Signal, rng: np.random.Generator) -> Signal:
    """One microphone and room tone a speaker; a level a sentence, peaks from -14 to -5 dBFS."""
    recorded = filtered(speech, RATE_HZ, tilted(speaker.tilt_db_per_octave, 110, 6_500))
    recorded /= float(np.abs(recorded).max())
    recorded += from_db(speaker.floor_db) * coloured(rng, recorded.size, RATE_HZ, tilted(-3.0, 50, 7_500))
    recorded -= recorded.mean()
    return (from_db(rng.uniform(-14.0, -5.0)) * recorded / np.abs(recorded).max()).astype(np.float32)
