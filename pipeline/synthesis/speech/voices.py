"""The demo voices: one utterance from one speaker and one sentence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.synthesis.signals.noise import Signal, coloured, filtered, from_db, rng_for, tilted
from pipeline.synthesis.speech.articulation import FRAME_S, Tracks, articulate
from pipeline.synthesis.speech.glottis import RATE_HZ, breath, voice
from pipeline.synthesis.speech.lexicon import SENTENCES, words
from pipeline.synthesis.speech.prosody import Segment, f0_contour, timing
from pipeline.synthesis.speech.speakers import Speaker
from pipeline.synthesis.speech.vocal_tract import HOP, frication, responses
from pipeline.synthesis.speech.vocal_tract import filtered as through_tract

VERSION = 1
"""Raise it whenever an utterance's samples change: the corpus is then made anew on every machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """What was said, and what is known of it because we made it."""

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
    said = words(SENTENCES[sentence])
    segments = timing(
        said, speaker.rate * rng.uniform(0.95, 1.05), rng.uniform(0.12, 0.28), rng.uniform(0.15, 0.3), rng
    )
    tracks = articulate(segments, speaker.tract_cm)
    time_s = np.arange(tracks.voicing.size, dtype=np.float64) * FRAME_S
    f0_hz = _per_sample(f0_contour(segments, speaker.f0_hz, speaker.range_semitones, time_s, rng))
    speech = _sound(speaker, tracks, f0_hz, rng)
    return Utterance(
        samples=_record(speaker, speech, rng),
        f0_hz=f0_hz,
        segments=segments,
        words=[word.spelling for word in said],
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
    heard = filtered(speech, RATE_HZ, tilted(speaker.tilt_db_per_octave, 110, 6_500))
    heard /= float(np.abs(heard).max())
    heard += from_db(speaker.floor_db) * coloured(rng, heard.size, RATE_HZ, tilted(-3.0, 50, 7_500))
    heard -= heard.mean()
    return (from_db(rng.uniform(-14.0, -5.0)) * heard / np.abs(heard).max()).astype(np.float32)
