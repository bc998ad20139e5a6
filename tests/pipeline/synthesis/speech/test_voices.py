"""The voices say what is written, on the pitch and with the formants that were meant."""

from __future__ import annotations

from collections import Counter

import librosa
import numpy as np
import pytest

from pipeline.synthesis.signals.noise import Signal
from pipeline.synthesis.speech.lexicon import (
    LEXICON,
    PHONES,
    REFERENCE_TRACT_CM,
    SENTENCES,
    SHARED_SENTENCES,
    TEST_SENTENCES,
    TRAIN_SENTENCES,
    VOWELS,
    words,
)
from pipeline.synthesis.speech.vocal_tract import HOP, RATE_HZ, lf_cycle, resonance, through_tract
from pipeline.synthesis.speech.voices import Speaker, Utterance, roster, utter

ROSTER = roster()


def speaker_of(sex: str, number: int = 0) -> Speaker:
    return [speaker for speaker in ROSTER if speaker.sex == sex][number]


@pytest.fixture(scope="module", params=["F", "M"])
def spoken(request: pytest.FixtureRequest) -> tuple[Speaker, Utterance]:
    speaker = speaker_of(request.param, 3)
    return speaker, utter(speaker, "SA1")


def test_every_word_can_be_said_and_is_said() -> None:
    said = {word.spelling for text in SENTENCES.values() for word in words(text)}
    assert said == set(LEXICON)
    sounded = {phone for word in LEXICON.values() for phone in word.phones}
    assert sounded == set(PHONES)
    for word in LEXICON.values():
        assert any(phone in VOWELS for phone in word.phones)
        assert word.stressed is None or word.phones[word.stressed] in VOWELS


def test_forty_speakers_of_whom_seventy_percent_are_men() -> None:
    assert Counter(speaker.sex for speaker in ROSTER) == {"M": 28, "F": 12}
    assert Counter(speaker.dialect for speaker in ROSTER) == dict.fromkeys(range(1, 9), 5)
    assert Counter((s.split, s.sex) for s in ROSTER) == {
        ("TRAIN", "M"): 20,
        ("TRAIN", "F"): 8,
        ("TEST", "M"): 8,
        ("TEST", "F"): 4,
    }
    assert len({speaker.name[1:] for speaker in ROSTER}) == 40
    assert all(speaker.name[0] == speaker.sex and speaker.name[4] == "9" for speaker in ROSTER)


def test_the_shared_sentences_are_read_by_all_the_others_by_six_of_one_split() -> None:
    readers = Counter((sentence, s.split) for s in ROSTER for sentence in s.sentences)
    assert all(s.sentences[:2] == SHARED_SENTENCES and len(set(s.sentences)) == 5 for s in ROSTER)
    assert {sentence for sentence, split in readers if split == "TEST"} == {
        *SHARED_SENTENCES,
        *TEST_SENTENCES,
    }
    own = {key: count for key, count in readers.items() if key[0] not in SHARED_SENTENCES}
    assert own == dict.fromkeys(
        [(s, "TRAIN") for s in TRAIN_SENTENCES] + [(s, "TEST") for s in TEST_SENTENCES], 6
    )


def test_men_and_women_differ_as_published() -> None:
    for speaker in ROSTER:
        low, high = (165, 255) if speaker.sex == "F" else (85, 155)
        assert low <= speaker.f0_hz <= high
        low, high = (13.5, 15.4) if speaker.sex == "F" else (15.7, 18.2)
        assert low <= speaker.tract_cm <= high


def test_an_utterance_is_sound_and_the_same_every_time(spoken: tuple[Speaker, Utterance]) -> None:
    speaker, said = spoken
    np.testing.assert_array_equal(said.samples, utter(speaker, "SA1").samples)
    assert said.samples.dtype == np.float32
    assert said.f0_hz.shape == said.samples.shape
    assert 0.19 < np.abs(said.samples).max() < 0.6
    assert abs(said.samples.mean()) < 1e-3
    assert np.abs(said.samples[:800]).max() < 0.03 * np.abs(said.samples).max()


@pytest.mark.parametrize("sentence", SENTENCES)
def test_sentences_last_some_seconds(sentence: str) -> None:
    said = utter(ROSTER[7], sentence)
    assert 1.4 < said.samples.size / RATE_HZ < 3.6
    assert said.words == SENTENCES[sentence].lower().rstrip(".").split()
    ends = [segment.end_s for segment in said.segments]
    assert [segment.start_s for segment in said.segments] == [0.0, *ends[:-1]]
    assert ends[-1] == pytest.approx(said.samples.size / RATE_HZ, abs=0.005)


def test_the_pitch_heard_is_the_pitch_meant(spoken: tuple[Speaker, Utterance]) -> None:
    speaker, said = spoken
    heard_hz, voiced, _ = librosa.pyin(
        said.samples, fmin=60, fmax=400, sr=RATE_HZ, frame_length=1_024, hop_length=256
    )
    meant_hz = said.f0_hz[(np.arange(heard_hz.size) * 256).clip(max=said.f0_hz.size - 1)]
    error = np.abs(heard_hz[voiced] / meant_hz[voiced] - 1)
    assert voiced.mean() > 0.5
    assert np.median(error) < 0.03
    assert (error > 0.1).mean() < 0.05
    assert np.median(heard_hz[voiced]) == pytest.approx(speaker.f0_hz, rel=0.1)


def formants_hz(frame: Signal) -> list[float]:
    """Poles of an all-pole model with a bandwidth below 500 Hz."""
    sharpened = np.append(frame[0], frame[1:] - 0.97 * frame[:-1]) * np.hamming(frame.size)
    poles = np.roots(librosa.lpc(sharpened.astype(np.float64), order=18))
    sharp = poles[(poles.imag > 0) & (-np.log(np.abs(poles)) * RATE_HZ / np.pi < 500)]
    return sorted(hz for hz in np.angle(sharp) * RATE_HZ / (2 * np.pi) if hz > 150)


def test_vowels_have_their_formants() -> None:
    speaker = speaker_of("M", 5)
    errors = []
    for sentence in ("SA1", "SX2", "SX5", "SX6", "SX11"):
        said = utter(speaker, sentence)
        for segment in said.segments:
            if segment.stressed and segment.phone is not None and segment.phone.glide_to is None:
                middle = round(segment.middle_s * RATE_HZ)
                heard = formants_hz(said.samples[middle - 240 : middle + 240])
                meant = np.array(segment.phone.formants) * REFERENCE_TRACT_CM / speaker.tract_cm
                errors.append([min(abs(hz / target - 1) for hz in heard) for target in meant])
    assert len(errors) >= 12
    assert (np.median(errors, axis=0) < 0.06).all()


def test_hissing_is_high_and_closures_are_silent() -> None:
    said = utter(speaker_of("M", 2), "SA1")
    total = float(np.sqrt(np.mean(said.samples**2)))
    for segment in said.segments:
        inner = said.samples[
            round((segment.start_s + 0.02) * RATE_HZ) : round((segment.end_s - 0.01) * RATE_HZ)
        ]
        if segment.symbol == "s":
            power = np.abs(np.fft.rfft(inner * np.hanning(inner.size))) ** 2
            assert power[round(3_500 / RATE_HZ * inner.size) :].sum() > 0.8 * power.sum()
        if segment.closed:
            assert np.sqrt(np.mean(inner**2)) < 0.5 * total


@pytest.mark.parametrize("rd", [0.45, 1.0, 2.5])
def test_a_glottal_cycle_closes_and_gets_softer_with_rd(rd: float) -> None:
    cycle = lf_cycle(rd)
    assert abs(cycle.sum()) < 1e-6 * cycle.size
    assert np.mean(cycle**2) == pytest.approx(1.0)
    assert cycle.argmin() > cycle.argmax()
    spectrum_db = 20 * np.log10(np.abs(np.fft.rfft(cycle))[1:20])
    softer_db = 20 * np.log10(np.abs(np.fft.rfft(lf_cycle(rd * 1.1)))[1:20])
    assert softer_db[10] - softer_db[0] < spectrum_db[10] - spectrum_db[0]


def test_a_filter_that_stands_still_is_exact() -> None:
    pulse = np.zeros(40 * HOP, dtype=np.float32)
    pulse[500] = 1.0
    frames = pulse.size // HOP
    response = resonance(np.full(frames, 1_000.0), 120.0)
    heard = through_tract(pulse, response.astype(np.complex64))[500:1_000]
    i = np.arange(500)
    decay, angle = np.exp(-np.pi * 120 / RATE_HZ), 2 * np.pi * 1_000 / RATE_HZ
    exact = decay**i * np.sin((i + 1) * angle) / np.sin(angle) * (1 - 2 * decay * np.cos(angle) + decay**2)
    np.testing.assert_allclose(heard, exact, atol=2e-3 * np.abs(exact).max())
