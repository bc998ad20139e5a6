"""Every metric against scikit-learn, intervals against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics as theirs
from sklearn.calibration import calibration_curve

from pipeline.classify.metrics import measure, pr, roc
from pipeline.classify.significance import by_groups, wilson


@pytest.fixture(scope="module", params=[2, 5])
def said(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, predictions and probabilities of 300 clips of 2 and of 5 classes."""
    generator = np.random.default_rng(request.param)
    truth = generator.integers(request.param, size=300)
    probabilities = generator.dirichlet(np.ones(request.param), 300) + np.eye(request.param)[truth] * 0.4
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return truth, probabilities.argmax(axis=1), probabilities


def test_single_numbers(said) -> None:
    truth, predicted, probabilities = said
    found = measure(truth, predicted, probabilities)
    assert found.accuracy == pytest.approx(theirs.accuracy_score(truth, predicted))
    assert found.balanced_accuracy == pytest.approx(theirs.balanced_accuracy_score(truth, predicted))
    assert found.macro_f1 == pytest.approx(theirs.f1_score(truth, predicted, average="macro"))
    assert found.log_loss == pytest.approx(theirs.log_loss(truth, probabilities))
    one_hot = np.eye(probabilities.shape[1])[truth]
    assert found.brier == pytest.approx(theirs.mean_squared_error(one_hot, probabilities) * one_hot.shape[1])
    if one_hot.shape[1] == 2:
        assert found.brier == pytest.approx(2 * theirs.brier_score_loss(truth, probabilities[:, 1]))


def test_each_class(said) -> None:
    truth, predicted, probabilities = said
    found = measure(truth, predicted, probabilities)
    precision, recall, f1, support = theirs.precision_recall_fscore_support(truth, predicted)
    np.testing.assert_allclose(found.precision, precision)
    np.testing.assert_allclose(found.recall, recall)
    np.testing.assert_allclose(found.f1, f1)
    np.testing.assert_array_equal(found.support, support)
    np.testing.assert_array_equal(found.confusion, theirs.confusion_matrix(truth, predicted))


def test_curves(said) -> None:
    truth, _, probabilities = said
    for each, (first, second) in enumerate(
        zip(roc(truth, probabilities), pr(truth, probabilities), strict=True)
    ):
        positive, scores = truth == each, probabilities[:, each]
        assert first.area == pytest.approx(theirs.roc_auc_score(positive, scores))
        assert second.area == pytest.approx(theirs.average_precision_score(positive, scores))
        assert len(first.x) == len(first.y) == len(first.thresholds)
        assert len(second.x) == len(second.y) == len(second.thresholds)
        assert np.isfinite(first.thresholds).all()


def test_reliability(said) -> None:
    truth, predicted, probabilities = said
    found = measure(truth, predicted, probabilities).reliability
    confidence = probabilities.max(axis=1)
    share, mean = calibration_curve(truth == predicted, confidence, n_bins=10)
    held = found.clips > 0
    np.testing.assert_allclose(found.accuracy[held], share)
    np.testing.assert_allclose(found.confidence[held], mean)
    assert found.clips.sum() == 300
    assert found.ece == pytest.approx(float((np.abs(share - mean) * found.clips[held]).sum() / 300))


def test_a_class_that_is_never_tested_counts_in_no_mean() -> None:
    truth, predicted = np.array([0, 0, 1, 1]), np.array([0, 2, 1, 1])
    probabilities = np.full((4, 3), 1 / 3)
    found = measure(truth, predicted, probabilities)
    assert found.balanced_accuracy == pytest.approx(0.75)
    assert np.isnan(found.recall[2])
    assert roc(truth, probabilities)[2].area is None
    assert pr(truth, probabilities)[2].area is None


def test_the_spread_is_that_of_the_folds() -> None:
    truth = np.zeros(6, dtype=int)
    predicted = np.array([0, 0, 0, 1, 1, 1])
    found = measure(truth, predicted, np.full((6, 2), 0.5), folds=np.array([0, 0, 1, 1, 2, 2]))
    assert found.fold_accuracies == (1.0, 0.5, 0.0)
    assert found.spread == pytest.approx(np.std([1, 0.5, 0]))


@pytest.mark.parametrize(("right", "n"), [(0, 10), (10, 10), (354, 400), (1, 3)])
def test_wilson(right: int, n: int) -> None:
    expected = binomtest(right, n).proportion_ci(method="wilson")
    found = wilson(right, n)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_clips_that_are_alike_tell_less() -> None:
    """Ten clips a group that are right or wrong together are worth the groups, less what few leave open."""
    right = np.repeat(np.random.default_rng(0).random(100) < 0.7, 10)
    groups = np.repeat(np.arange(100), 10)
    alike, alone = by_groups(right, groups), wilson(right[::10].sum(), 100)
    assert alike.high - alike.low == pytest.approx(alone.high - alone.low, rel=0.03)
    assert by_groups(right, np.zeros(1000, dtype=int)) is None
    for all_same in (np.ones(20, dtype=bool), np.zeros(20, dtype=bool)):
        found = by_groups(all_same, np.repeat([0, 1, 2, 3], 5))
        assert found.high - found.low > 0.4


def test_the_grouped_interval_covers() -> None:
    """Of 300 drawn experiments with groups that are alike, about 95 % hold the true share; Wilson's fewer."""
    generator = np.random.default_rng(1)
    groups = np.repeat(np.arange(20), 10)
    held = np.zeros(2)
    for _ in range(300):
        right = generator.random(200) < np.repeat(generator.beta(3, 1, 20), 10)
        for place, found in enumerate((by_groups(right, groups), wilson(right.sum(), 200))):
            held[place] += found.low <= 0.75 <= found.high
    assert held[0] / 300 > 0.91
    assert held[1] / 300 < 0.88
