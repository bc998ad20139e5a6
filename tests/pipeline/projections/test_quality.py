"""Trustworthiness and continuity against scikit-learn, and where neighbours are few or clips the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.manifold import trustworthiness

from pipeline.inputs import InputError
from pipeline.projections import quality
from pipeline.projections.quality import measure


@settings(max_examples=60, deadline=None)
@given(n=st.integers(3, 80), d=st.integers(1, 6), k=st.integers(1, 15), seed=st.integers(0, 10_000))
def test_equals_scikit_learn_both_ways(n: int, d: int, k: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.normal(size=(n, d)).astype(np.float32)
    positions = (values[:, :2] + random.normal(size=(n, min(d, 2)))).astype(np.float32)
    # Of two that are equally near, either may count as the nearer one.
    assume(all(np.diff(np.sort(cdist(one, one)), axis=1).min() > 1e-6 for one in (values, positions)))
    found = measure(values, positions, k)
    assert found.neighbours == min(k, (n - 1) // 2)
    expected = trustworthiness(values, positions, n_neighbors=found.neighbours)
    swapped = trustworthiness(positions, values, n_neighbors=found.neighbours)
    assert found.trustworthiness == pytest.approx(expected, abs=1e-9)
    assert found.continuity == pytest.approx(swapped, abs=1e-9)
    assert found.per_clip_trustworthiness.mean() == pytest.approx(found.trustworthiness, abs=1e-6)
    assert found.per_clip_continuity.mean() == pytest.approx(found.continuity, abs=1e-6)
    for each in (found.per_clip_trustworthiness, found.per_clip_continuity):
        assert each.shape == (n,) and each.dtype == np.float32
        assert each.min() >= -1e-6 and each.max() <= 1


def test_blocks_give_what_one_piece_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=(101, 6)).astype(np.float32)
    whole = measure(values, values[:, :2])
    monkeypatch.setattr(quality, "BLOCK_BYTES", 8 * 101 * 7)
    pieces = measure(values, values[:, :2])
    np.testing.assert_allclose(pieces.per_clip_trustworthiness, whole.per_clip_trustworthiness, atol=1e-6)
    np.testing.assert_allclose(pieces.per_clip_continuity, whole.per_clip_continuity, atol=1e-6)


def test_the_same_picture_is_perfect_however_it_is_moved_and_scaled() -> None:
    values = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    found = measure(values, values * 1000 + 5)
    assert found.trustworthiness == found.continuity == 1.0


def test_one_clip_put_among_strangers_is_the_one_not_trusted() -> None:
    values = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
    values[30:] += 50
    positions = values.copy()
    positions[0] += 50
    assert measure(values, positions).per_clip_trustworthiness.argmin() == 0


def test_copies_share_their_rank() -> None:
    values = np.repeat(np.random.default_rng(0).normal(size=(4, 3)), 20, axis=0).astype(np.float32)
    found = measure(values, values[:, :3])
    assert found.trustworthiness == found.continuity == 1.0


def test_two_clips_are_a_sentence() -> None:
    with pytest.raises(InputError, match="from 3 on"):
        measure(np.zeros((2, 3), dtype=np.float32), np.zeros((2, 2), dtype=np.float32))
