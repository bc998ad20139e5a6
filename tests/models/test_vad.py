"""Silero where it is sure, and the switch after it."""

from __future__ import annotations

import numpy as np
import pytest

from models.vad import CHUNK, PURE_FROM, RATE_HZ, Silero, Voicing, VoicingParameters, level_dbfs, purity
from pipeline.synthesis.speech.voices import roster, utter


@pytest.fixture(scope="module")
def silero() -> Silero:
    return Silero()


def heard(silero: Silero, sound: np.ndarray) -> list[float]:
    silero.reset()
    whole = len(sound) // CHUNK * CHUNK
    return [silero(chunk) for chunk in sound[:whole].astype(np.float32).reshape(-1, CHUNK)]


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    """A sentence of a synthetic speaker, and half a second of silence around it."""
    speaker = roster()[0]
    said = utter(speaker, speaker.sentences[0]).samples
    pause = np.zeros(RATE_HZ // 2)
    return np.concatenate([pause, said, pause])


@pytest.mark.parametrize("level", [0.0, 1e-4, 0.01, 0.3, 1.0])
def test_noise_of_any_level_is_no_speech(silero: Silero, level: float) -> None:
    noise = np.clip(level * np.random.default_rng(0).standard_normal(3 * RATE_HZ), -1, 1)
    assert max(heard(silero, noise)) < VoicingParameters().enter


def test_a_tone_is_no_speech_and_a_sentence_is(silero: Silero, voice: np.ndarray) -> None:
    tone = 0.3 * np.sin(2 * np.pi * 200 * np.arange(3 * RATE_HZ) / RATE_HZ)
    assert max(heard(silero, tone)) < VoicingParameters().enter
    told = np.array(heard(silero, voice))
    assert np.mean(told[16:-16] >= VoicingParameters().enter) > 0.5
    assert max(told[:15]) < 0.2 and told[-1] < 0.2


@pytest.mark.parametrize("hz", [120, 190, 200, 210, 300])
@pytest.mark.parametrize("fade_s", [0.0, 0.2, 1.0])
def test_a_tone_that_begins_softly_is_no_speech_either(silero: Silero, hz: float, fade_s: float) -> None:
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    tone = 0.7 * np.sin(2 * np.pi * hz * time_s) * np.clip(time_s / max(fade_s, 1e-9), 0, 1)
    # The first may hold the click of a switch.
    assert max(heard(silero, tone)[1:]) < VoicingParameters().enter


def test_how_pure_a_sound_is() -> None:
    time_s = np.arange(CHUNK) / RATE_HZ
    tone = np.sin(2 * np.pi * 203 * time_s).astype(np.float32)
    quieter = (0.1 * np.sin(2 * np.pi * 1_203 * time_s)).astype(np.float32)
    noise = np.random.default_rng(0).normal(0, 1, CHUNK).astype(np.float32)
    assert purity(tone) > 0.999 and purity(0.001 * tone) == pytest.approx(purity(tone))
    assert purity(tone + 0.2) == pytest.approx(purity(tone), abs=0.01)
    assert purity(tone + quieter) == pytest.approx(1 / 1.01, abs=0.001) and PURE_FROM > 1 / 1.01
    assert purity(noise) < 0.2 and purity(np.zeros(CHUNK, np.float32)) == 0


def test_after_a_reset_it_knows_nothing(silero: Silero, voice: np.ndarray) -> None:
    sound = voice[RATE_HZ // 2 :]
    first = heard(silero, sound)
    assert heard(silero, sound) == first == heard(Silero(), sound)
    assert [silero(chunk) for chunk in sound[:CHUNK].astype(np.float32).reshape(1, CHUNK)] != first[:1]


def test_another_size_is_refused(silero: Silero) -> None:
    with pytest.raises(ValueError, match="512"):
        silero(np.zeros(160, np.float32))


def test_a_voice_begins_high_and_ends_low() -> None:
    voicing = Voicing(VoicingParameters(enter=0.6, leave=0.3))
    told = [voicing.step(one, -20) for one in (0.5, 0.6, 0.4, 0.3, 0.29, 0.5, 0.9)]
    assert told == [False, True, True, True, False, False, True]


def test_what_is_too_quiet_is_no_voice() -> None:
    voicing = Voicing(VoicingParameters(quiet_dbfs=-50))
    assert [voicing.step(1.0, level) for level in (-51, -50, -60)] == [False, True, False]


@pytest.mark.parametrize(("enter", "leave"), [(0.3, 0.5), (1.2, 0.5), (0.5, -0.1)])
def test_a_switch_the_wrong_way_round_is_refused(enter: float, leave: float) -> None:
    with pytest.raises(ValueError, match="no higher than"):
        VoicingParameters(enter=enter, leave=leave)


def test_levels() -> None:
    assert level_dbfs(np.full(100, 0.1, np.float32)) == pytest.approx(-20, abs=1e-4)
    assert level_dbfs(np.zeros(100, np.float32)) == level_dbfs(np.zeros(0, np.float32)) == -120
