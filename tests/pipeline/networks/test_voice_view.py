"""The view of the voice network: of one's own or the shipped weights, and told with what it has learned from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.voice_card import classify_embeddings
from pipeline.networks.in_use import VoiceCardError, load_card
from pipeline.networks.voice_view import described, find_view


def test_the_view_describes_itself(shipped, tmp_path: Path) -> None:
    view = described(load_card(tmp_path))
    assert (view.name, view.learned, len(view.columns), len(set(view.columns))) == ("ecapa", True, 6, 6)
    assert "8 clips by 5 speakers of There" in view.notes and "Desplanques" in view.source
    with pytest.raises(VoiceCardError, match="Build again"):
        view.compute(None)


def test_its_key_is_that_of_the_weights(shipped, tmp_path: Path) -> None:
    before = described(load_card(tmp_path)).key
    shipped.write_card(notes=["Other words, the same weights."])
    assert described(load_card(tmp_path)).key == before
    shipped.write(seed=1)
    assert described(load_card(tmp_path)).key != before
    shipped.card.unlink()
    assert find_view(tmp_path) is None


def test_the_last_layer_says_what_the_network_says(shipped, tmp_path: Path) -> None:
    clips = [np.random.default_rng(seed).normal(0, 0.1, 8_000).astype(np.float32) for seed in range(3)]
    told = shipped.model.predict(clips)
    probabilities, logits = classify_embeddings(load_card(tmp_path), told.embeddings)
    np.testing.assert_allclose(probabilities, told.probabilities, atol=1e-5)
    np.testing.assert_allclose(logits, told.logits, atol=1e-4)
    assert np.ptp(logits) > 0.1 and probabilities.dtype == np.float32
