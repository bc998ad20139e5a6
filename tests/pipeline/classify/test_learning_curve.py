"""More training clips, the same test folds, whole groups."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.classify.learning_curve import _order, learning_curve
from pipeline.classify.protocol import protocol
from pipeline.classify.run import run


def test_all_of_the_training_clips_are_the_experiment_itself(easy) -> None:
    points = learning_curve(*easy, "label", "logistic", shares=(0.2, 1.0))
    whole = run(*easy, "label", "logistic")
    assert [point.share for point in points] == [0.2, 1.0]
    assert points[-1].accuracy == whole.metrics.accuracy
    assert points[-1].fold_accuracies == whole.metrics.fold_accuracies
    assert points[-1].clips == 72
    assert points[0].clips < 20


def test_parts_hold_whole_groups_every_class_and_the_smaller_parts(frame) -> None:
    clips = frame(label=[f"{i // 20}" for i in range(100)], source=[str(i // 2) for i in range(100)])
    planned = protocol(clips)
    for split in planned.splits:
        order = _order(planned, split, 0)
        groups, codes = planned.groups[split.train], planned.codes[split.train]
        parts = [set(np.flatnonzero(order <= share)) for share in (0.05, 0.3, 0.6, 1.0)]
        assert parts[0] < parts[1] < parts[2] < parts[3] == set(range(len(order)))
        for part in parts:
            inside = sorted(part)
            outside = sorted(set(range(len(order))) - part)
            assert not set(groups[inside]) & set(groups[outside])
            assert set(codes[inside]) == set(range(5))


def test_chance_stays_chance(frame) -> None:
    clips = frame(label=["a", "b"] * 40, fold=np.repeat([1, 2, 3, 4], 20))
    values = {"view": np.random.default_rng(3).normal(size=(80, 4)).astype(np.float32)}
    told: list[float] = []
    points = learning_curve(values, clips, "label", "knn", shares=(0.3, 1.0), on_progress=told.append)
    assert told == [0.5, 1.0]
    for point in points:
        assert 0.3 < point.accuracy < 0.7
        assert point.spread == pytest.approx(np.std(point.fold_accuracies))


def test_a_part_in_which_no_clip_differs_is_left_out(frame) -> None:
    """As the pitch of clips of which few are voiced."""
    clips = frame(label=["a", "b"] * 40, fold=np.repeat([1, 2, 3, 4], 20))
    values = np.full((80, 2), np.nan, dtype=np.float32)
    values[::20] = [[0, 1]]
    values[1::20] = [[1, 0]]
    values[10::20] = [[0, 2]]
    values[11::20] = [[2, 0]]
    points = learning_curve({"view": values}, clips, "label", "knn", shares=(0.02, 1.0))
    assert [point.share for point in points][-1] == 1.0
    only = np.full((80, 2), np.nan, dtype=np.float32)
    only[38:42] = [[0, 1], [1, 0], [0, 2], [2, 0]]
    points = learning_curve({"view": only}, clips, "label", "knn", shares=(0.02, 1.0))
    assert all(point.share > 0.02 for point in points)
