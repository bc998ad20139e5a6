"""Nothing of a test fold reaches its model; the same input gives the same experiment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.dummy import DummyClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pipeline.classify import CLASSIFIERS
from pipeline.classify.classifier import Classifier, ClassifyError
from pipeline.classify.run import run
from pipeline.classify.search import sharpness
from pipeline.inputs import InputError

LEARNERS = [name for name, each in CLASSIFIERS.items() if each.looks]
QUICK = [name for name in LEARNERS if name not in ("forest", "boosting")]


@pytest.fixture(autouse=True)
def fewer_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tested here holds for few trees as for many."""
    forest, boosting = CLASSIFIERS["forest"], CLASSIFIERS["boosting"]
    monkeypatch.setitem(CLASSIFIERS, "forest", replace(forest, parameters={"n_estimators": 15}))
    monkeypatch.setitem(CLASSIFIERS, "boosting", replace(boosting, grid=({"max_iter": 20}, {"max_iter": 10})))


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_each_learns_what_is_easily_told_apart(name, easy) -> None:
    assert CLASSIFIERS[name].name == name
    found = run(*easy, "label", name)
    assert found.probabilities.shape == (90, 3)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)
    assert (found.probabilities >= 0).all()
    assert len(found.folds) == len(found.models) == 5
    if CLASSIFIERS[name].looks:
        assert found.metrics.accuracy > 0.85
        assert found.metrics.ece < 0.25
        np.testing.assert_array_equal(found.predicted, found.probabilities.argmax(axis=1))
    else:
        assert found.metrics.accuracy < 0.55


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_twice_the_same(name, easy) -> None:
    first, second = run(*easy, "label", name), run(*easy, "label", name)
    np.testing.assert_array_equal(first.probabilities, second.probabilities)
    np.testing.assert_array_equal(first.predicted, second.predicted)
    assert [fold.parameters for fold in first.folds] == [fold.parameters for fold in second.folds]


def sources(frame, n: int = 40, each: int = 6):
    """Vectors that tell a clip's source and nothing of its class, which is drawn by source."""
    generator = np.random.default_rng(5)
    source = np.repeat(np.arange(n), each)
    label = np.array(["a", "b"])[generator.permutation(np.arange(n) % 2)][source]
    values = generator.normal(size=(n, 20))[source] + 0.01 * generator.normal(size=(n * each, 20))
    return {"view": values.astype(np.float32)}, label, source.astype(str)


@pytest.mark.parametrize("name", QUICK)
def test_what_a_random_split_gets_right_by_leakage_is_chance_by_groups(name, frame) -> None:
    values, label, source = sources(frame)
    leaking = run(values, frame(label=label), "label", name)
    honest = run(values, frame(label=label, source=source), "label", name)
    assert leaking.metrics.accuracy > (0.95 if "linear" not in name and name != "logistic" else 0.7)
    assert 0.3 < honest.metrics.accuracy < 0.7
    assert honest.metrics.grouped_interval.low < 0.5 < honest.metrics.grouped_interval.high


def test_inner_folds_do_not_choose_by_leakage(frame) -> None:
    """Leaking inner folds would find one neighbour perfect; by groups it is as bad as any."""
    values, label, source = sources(frame)
    honest = run(values, frame(label=label, source=source), "label", "knn")
    assert all(next(iter(fold.inner_accuracy.values())) < 0.75 for fold in honest.folds)


class Spy:
    """Learns nothing, and remembers what it was shown."""

    def __init__(self) -> None:
        self.fitted: list[np.ndarray] = []
        self.asked: list[np.ndarray] = []

    def fit(self, values, codes, candidates, seed):
        self.fitted.append(values.copy())
        for _ in candidates:
            yield lambda given: self.asked.append(given.copy()) or np.zeros((len(given), codes.max() + 1))


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Spy:
    spied = Spy()
    entry = Classifier(
        name="spy",
        title="Spy",
        version=1,
        source="",
        fit=spied.fit,
        grid=({"a": 1}, {"a": 2}),
        calibrated=True,
    )
    monkeypatch.setitem(CLASSIFIERS, "spy", entry)
    return spied


def test_scaling_filling_and_search_see_training_rows_only(spy, easy) -> None:
    """Each fit's columns have mean 0 and deviation 1 over its own rows, so no other row had a part in it."""
    values, clips = easy
    marked = values["near"].copy()
    marked[:, 3] = np.arange(90)  # tells the clip
    run({"near": marked}, clips, "label", "spy")
    assert len(spy.fitted) == 5 * (4 + 1)
    for fitted in spy.fitted:
        np.testing.assert_allclose(fitted.mean(axis=0), 0, atol=1e-4)
        np.testing.assert_allclose(fitted.std(axis=0), 1, atol=1e-4)
    sizes = [len(fitted) for fitted in spy.fitted]
    assert sizes == [54, 54, 54, 54, 72] * 5
    fold = clips["fold"].to_numpy()
    for number in range(5):
        *inner, whole = spy.fitted[5 * number : 5 * number + 5]
        expected = np.flatnonzero(fold != number + 1).astype(float)
        np.testing.assert_allclose(whole[:, 3], (expected - expected.mean()) / expected.std(), atol=1e-4)
        for left_out, seen in zip(sorted(set(range(1, 6)) - {number + 1}), inner, strict=True):
            expected = np.flatnonzero((fold != number + 1) & (fold != left_out)).astype(float)
            np.testing.assert_allclose(seen[:, 3], (expected - expected.mean()) / expected.std(), atol=1e-4)


@pytest.mark.parametrize("name", LEARNERS)
def test_what_is_in_the_test_fold_changes_no_model(name, easy) -> None:
    """Test clips' vectors may be anything: the model predicts the same for one that was left as it was."""
    values, clips = easy
    wild = values["near"].copy()
    test = (clips["fold"] == 1).to_numpy()
    wild[np.flatnonzero(test)[1:]] = 1e6
    first = run({"near": values["near"]}, clips, "label", name)
    second = run({"near": wild}, clips, "label", name)
    np.testing.assert_array_equal(first.probabilities[0], second.probabilities[0])
    assert first.folds[0].parameters == second.folds[0].parameters


def test_labels_of_the_test_fold_change_no_prediction(easy) -> None:
    values, clips = easy
    other = clips.copy()
    test = (clips["fold"] == 1).to_numpy()
    other.loc[test, "label"] = np.roll(clips.loc[test, "label"].to_numpy(), 1)
    first, second = (run(values, each, "label", "logistic") for each in (clips, other))
    np.testing.assert_array_equal(first.probabilities[test], second.probabilities[test])


def test_logistic_regression_is_that_of_scikit_learn(easy) -> None:
    values, clips = easy
    found = run(values, clips, "label", "logistic")
    matrix = np.hstack([values["near"], values["far"]])
    for split, fold, model in zip(found.protocol.splits, found.folds, found.models, strict=True):
        chosen = next(iter(fold.parameters.values()))
        theirs = make_pipeline(
            SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(**chosen)
        )
        theirs.fit(matrix[split.train], found.protocol.codes[split.train])
        expected = softmax(
            theirs.decision_function(matrix[split.test]) * fold.sharpness["near + far"], axis=1
        )
        np.testing.assert_allclose(model.probabilities(matrix[split.test]), expected, atol=2e-3)


def test_more_columns_than_clips_make_the_same_weights(frame) -> None:
    generator = np.random.default_rng(2)
    values, codes = generator.normal(size=(30, 80)).astype(np.float32), np.arange(30) % 3
    theirs = LogisticRegression(C=0.1, tol=1e-8, max_iter=5000).fit(values, codes)
    ours = next(iter(CLASSIFIERS["logistic"].fit(values, codes, [{"C": 0.1}], 0)))
    shares = np.exp(ours(values)) / np.exp(ours(values)).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, theirs.predict_proba(values), atol=2e-3)


def test_majority_is_that_of_scikit_learn(frame) -> None:
    clips = frame(label=["a"] * 30 + ["b"] * 10, fold=np.tile([1, 2, 3, 4], 10))
    values = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    found = run({"view": values}, clips, "label", "majority")
    theirs = cross_val_score(DummyClassifier(strategy="prior"), values, clips["label"], cv=4)
    assert found.metrics.accuracy == pytest.approx(theirs.mean()) == 0.75


def test_chance_draws_by_frequency(frame) -> None:
    clips = frame(label=["a"] * 300 + ["b"] * 100, fold=np.tile([1, 2, 3, 4], 100))
    found = run({"view": np.zeros((400, 1), np.float32)}, clips, "label", "chance")
    assert 0.5 < found.metrics.accuracy < 0.72  # 0.75 squared and 0.25 squared: 0.625
    np.testing.assert_allclose(found.probabilities, [[0.75, 0.25]] * 400, atol=1e-6)


def test_a_vote_is_the_mean_of_each_view_for_itself(easy) -> None:
    values, clips = easy
    vote = run(values, clips, "label", "logistic", combination="vote")
    alone = [run({name: view}, clips, "label", "logistic").probabilities for name, view in values.items()]
    np.testing.assert_allclose(vote.probabilities, np.mean(alone, axis=0), atol=1e-6)
    assert set(vote.folds[0].parameters) == {"near", "far"}


def test_progress_goes_from_nothing_to_all(easy) -> None:
    told: list[float] = []
    run(*easy, "label", "logistic", on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)


def test_predictions_have_what_a_page_lists(easy) -> None:
    found = run(*easy, "label", "logistic")
    table = found.predictions()
    assert list(table.columns) == ["clip_id", "fold", "truth", "predicted", "confidence"]
    assert table["clip_id"].tolist() == easy[1]["clip_id"].tolist()
    assert (table["truth"] == table["predicted"]).mean() == found.metrics.accuracy
    assert found.versions.keys() == {"python", "numpy", "scipy", "scikit-learn"}


@pytest.mark.parametrize("name", LEARNERS)
def test_two_classes_of_which_one_speaker_each_is_learned(name, frame) -> None:
    """With one speaker a class in training nothing can be compared, which is told and not an error."""
    speaker = np.repeat(["F1", "F2", "M1", "M2"], 6)
    sex = np.where(np.char.startswith(speaker, "F"), "female", "male")
    values = np.random.default_rng(1).normal(size=(24, 3)) + 5 * (sex == "male")[:, None]
    found = run({"view": values.astype(np.float32)}, frame(sex=sex, speaker=speaker), "sex", name)
    assert found.probabilities.shape == (24, 2)
    assert any("Too few groups to compare hyper-parameters by" in note for note in found.notes)
    assert found.metrics.accuracy > 0.9 or name == "boosting"


def test_clips_all_right_do_not_make_certainty() -> None:
    scores = np.eye(2)[np.arange(20) % 2]
    assert softmax(scores * sharpness(scores, np.arange(20) % 2), axis=1).max() == pytest.approx(
        21 / 22, abs=1e-3
    )


def test_the_temperature_is_that_of_least_log_loss() -> None:
    generator = np.random.default_rng(0)
    scores = generator.normal(size=(4000, 4))
    truth = np.array([generator.choice(4, p=each) for each in softmax(3 * scores, axis=1)])
    assert sharpness(scores, truth) == pytest.approx(3, rel=0.08)


class TestBadInput:
    def test_unknown_names(self, easy) -> None:
        with pytest.raises(ClassifyError, match=r"no classifier 'guess'; there are: logistic"):
            run(*easy, "label", "guess")
        with pytest.raises(ClassifyError, match=r"no combination 'sum'; there are: together, vote"):
            run(*easy, "label", "logistic", combination="sum")

    def test_no_view(self, easy) -> None:
        with pytest.raises(ClassifyError, match="No view was chosen"):
            run({}, easy[1], "label", "logistic")

    def test_another_number_of_vectors_than_clips(self, easy) -> None:
        values, clips = easy
        with pytest.raises(ClassifyError, match="vectors of 80 clips, and there are 90"):
            run({"near": values["near"][:80]}, clips, "label", "logistic")

    def test_all_clips_the_same(self, easy) -> None:
        with pytest.raises(InputError, match="All clips the same"):
            run({"flat": np.ones((90, 2), np.float32)}, easy[1], "label", "logistic")

    def test_a_view_of_nothing_but_gaps_beside_a_good_one(self, easy) -> None:
        values, clips = easy
        given = {"near": values["near"], "gaps": np.full((90, 2), np.nan, np.float32)}
        assert run(given, clips, "label", "logistic").metrics.accuracy > 0.85
        vote = run(given, clips, "label", "logistic", combination="vote")
        assert vote.metrics.accuracy > 0.85
        assert any(note.startswith("gaps: All clips the same") for note in vote.notes)
