"""All folds' embeddings in one space: clips by the network that has not seen them, and the turn into the first's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.esc_cnn import fixed_head, restored
from models.frontend import LogMel
from pipeline.train.checkpoint import below, read_tensors
from pipeline.train.esc import problem
from pipeline.train.esc.align import alignments, parts, procrustes
from pipeline.train.esc.train import ensemble
from pipeline.train.esc.trained import TrainedFolds, read_trained

pytestmark = pytest.mark.xdist_group("networks")

CLASSES = 3


@pytest.fixture
def found(trained_store: Path) -> TrainedFolds:
    trained = read_trained(trained_store, "tones")
    assert trained is not None
    return trained


def test_a_tested_clip_is_embedded_by_the_network_of_its_fold(found: TrainedFolds, tones, recipe) -> None:
    """As that network gives it now, from the weights on disk; and it has not learned the clip."""
    for position in (0, 14, 35):
        (fold,) = [one for one in found.folds if one.name == found.fold_of[position]]
        clip = found.clip_ids[position]
        assert clip not in fold.learned
        tensors, _ = read_tensors(fold.weights)
        network = restored(below(tensors, "member-1"), CLASSES, recipe.network)
        rows = tones.clips[tones.clips["clip_id"] == clip]
        power = problem.read_mel_powers(rows, tones.root, LogMel(recipe.frontend))
        raw, _ = ensemble([network], power, recipe, torch.device("cpu"))
        value = alignments(found.folds)[fold.name](raw.numpy())[0]
        np.testing.assert_allclose(value, found.embeddings[position], rtol=1e-4, atol=1e-5)


def test_turning_finds_the_turn_and_keeps_distances() -> None:
    generator = np.random.default_rng(0)
    onto = generator.normal(size=(60, 8))
    rotation, _ = np.linalg.qr(generator.normal(size=(8, 8)))
    values = onto @ rotation + 3
    turn = procrustes(values, onto)
    np.testing.assert_allclose(turn(values), onto, atol=1e-4)
    other = generator.normal(size=(5, 8))
    np.testing.assert_allclose(
        np.linalg.norm(turn(other)[0] - turn(other)[1]), np.linalg.norm(other[0] - other[1]), rtol=1e-4
    )


def test_the_way_looks_at_no_tested_clip(found: TrainedFolds) -> None:
    before = alignments(found.folds)
    first, second = found.folds[:2]
    # What is tested in the second fold, and where it lies in the first one's space, turns nothing.
    tested = set(second.clip_ids)
    moved = first.learned_embeddings.copy()
    moved[[clip in tested for clip in first.learned]] += 100 * np.arange(16, dtype=np.float32)
    changed = (
        replace(first, learned_embeddings=moved),
        replace(second, embeddings=second.embeddings + 100, truth=(second.truth + 1) % CLASSES),
        *found.folds[2:],
    )
    after = alignments(changed)
    assert before[first.name].turn is None
    np.testing.assert_array_equal(after[second.name].turn.rotation, before[second.name].turn.rotation)
    np.testing.assert_array_equal(after[second.name].turn.target, before[second.name].turn.target)


def test_the_fixed_head_says_the_same_of_the_common_space(found: TrainedFolds) -> None:
    head = fixed_head(CLASSES, 16, 4.0).numpy()
    scores = found.embeddings @ head.T
    odds = np.exp(scores - scores.max(1, keepdims=True))
    np.testing.assert_allclose(odds / odds.sum(1, keepdims=True), found.probabilities, rtol=1e-3, atol=1e-5)


def test_classes_and_all_else_count_alike(found: TrainedFolds) -> None:
    first = found.folds[0]
    before = [part.var(0).sum() for part in parts(first.learned_embeddings, CLASSES)]
    after = [
        part.var(0).sum()
        for part in parts(alignments(found.folds)[first.name](first.learned_embeddings), CLASSES)
    ]
    assert after[0] == pytest.approx(before[0], rel=1e-4)
    assert after[1] == pytest.approx(min(before), rel=1e-4)
