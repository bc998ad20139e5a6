"""A voice model as an ear: the same answer as for a clip, with its times."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.ear import VoiceEar
from models.ecapa.network import EcapaParameters, made
from models.gender import VoiceModel, VoiceModelError


@pytest.fixture(scope="module")
def model() -> VoiceModel:
    torch.set_num_threads(1)
    return VoiceModel(made(2, EcapaParameters(width=16, aggregated=24)).eval(), ("female", "male"), 1.5)


def test_it_hears_a_window_as_the_model_tells_a_clip(model: VoiceModel) -> None:
    voice = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    ear, told = VoiceEar(model), model.tell([voice])
    heard = ear.hear(voice)
    assert np.array_equal(heard.logits, told.logits[0]) and np.array_equal(
        heard.embedding, told.embeddings[0]
    )
    assert heard.embedding.shape == (192,) and heard.features_s > 0 and heard.network_s > 0
    assert (ear.classes, ear.temperature) == (("female", "male"), 1.5)


def test_silence_is_refused(model: VoiceModel) -> None:
    with pytest.raises(VoiceModelError, match="silence"):
        VoiceEar(model).hear(np.zeros(16_000, np.float32))
