"""No label without a voice: the shipped network and threshold, behind Silero, on sounds in which nobody speaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.decisions import Decision, State
from models.gender import StreamingVoiceModel, load
from models.stream import VoiceStream
from models.vad import RATE_HZ, Silero
from pipeline.datasets import esc50
from pipeline.networks.in_use import HOME, load_card
from pipeline.synthesis.speech.voices import roster, utter
from pipeline.train.voice.sounds import decoded
from pipeline.train.voice.stream_threshold import seconds

Hear = Callable[..., list[Decision]]
VOICES = {State.FEMALE, State.MALE}


@pytest.fixture(scope="module")
def hear() -> Hear:
    """All decisions on a sound, by a new stream with the shipped network and threshold."""
    torch.set_num_threads(1)
    card = load_card(HOME)
    model = StreamingVoiceModel(load(card.weights))

    def heard(samples: np.ndarray, rate_hz: int = RATE_HZ) -> list[Decision]:
        stream = VoiceStream(model, Silero(), card.stream)
        return stream.feed(samples.astype(np.float32), rate_hz) + stream.finish()

    return heard


def named_s(decisions: list[Decision]) -> float:
    return sum(seconds(one) for one in decisions if one.state in VOICES)


def test_it_names_those_who_do_speak(hear: Hear) -> None:
    """Without this, the tests below would hold of a stream that never names anybody."""
    people = roster()
    for letter, state in (("F", State.FEMALE), ("M", State.MALE)):
        speaker = next(one for one in people if one.sex == letter)
        said = np.concatenate([utter(speaker, name).samples for name in speaker.sentences[:2]])
        found = Counter(one.state for one in hear(said))
        assert found[state] > 0.5 * found.total() and set(found) <= {state, State.UNSURE, State.NO_SPEECH}


def test_environmental_sounds_are_hardly_ever_named(hear: Hear, shared_data: Path) -> None:
    clips = sorted(
        esc50.DATASET.scan(shared_data / "esc10", "esc50").clips,
        key=lambda clip: (str(clip.label), str(clip.path)),
    )
    chosen = clips[::10]
    assert Counter(str(clip.label) for clip in chosen) == dict.fromkeys({str(one.label) for one in clips}, 4)
    decisions = [one for clip in chosen for one in hear(decoded(clip.path))]
    assert len(decisions) > 700
    assert named_s(decisions) <= 0.02 * sum(seconds(one) for one in decisions)


def test_digital_silence_is_no_speech(hear: Hear) -> None:
    assert {one.state for one in hear(np.zeros(20 * RATE_HZ))} == {State.NO_SPEECH}


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    level_dbfs=st.floats(-90, 20),
    seed=st.integers(0, 2**32 - 1),
    rate_hz=st.sampled_from([8_000, 16_000, 48_000]),
)
def test_white_noise_of_any_level_is_never_named(
    hear: Hear, level_dbfs: float, seed: int, rate_hz: int
) -> None:
    noise = 10 ** (level_dbfs / 20) * np.random.default_rng(seed).standard_normal(4 * rate_hz)
    assert named_s(hear(noise, rate_hz)) == 0


@pytest.mark.parametrize("rise_s", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("level", [0.01, 0.1, 0.4, 0.7, 1.0])
def test_a_tone_of_200_hz_is_never_named_however_it_begins(hear: Hear, level: float, rise_s: float) -> None:
    time_s = np.arange(5 * 48_000) / 48_000
    tone = level * np.sin(2 * np.pi * 200 * time_s) * np.clip(time_s / max(rise_s, 1e-9), 0, 1)
    assert named_s(hear(tone, 48_000)) == 0


def test_a_tone_above_noise_is_never_named(hear: Hear) -> None:
    time_s = np.arange(5 * RATE_HZ) / RATE_HZ
    tone = 0.5 * np.sin(2 * np.pi * 200 * time_s) * np.clip(time_s / 0.2, 0, 1)
    for below in (20, 30, 40):
        noise = 0.35 * 10 ** (-below / 20) * np.random.default_rng(below).standard_normal(len(tone))
        assert named_s(hear(tone + noise)) == 0
