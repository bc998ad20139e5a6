"""An experiment's name says what it is, and its key changes when any number of it would."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.classify import CLASSIFIERS
from pipeline.experiments.cost import Size, beyond, budget_s, seconds
from pipeline.experiments.spec import (
    FACTS,
    PAGE,
    UNLEAKED,
    ExpectedExperiment,
    ExperimentSpec,
    experiment_id,
    grid,
    key_of,
    left_out,
    targets,
)

EVERY = ("mfcc", "chroma", "pitch")
ONE = ExperimentSpec(dataset="esc50", target="label", method="logistic", views=EVERY)
KEYS = {"mfcc": "a", "chroma": "b", "pitch": "c"}


@pytest.mark.parametrize(
    ("told", "id_"),
    [
        ({}, "esc50.label.all.logistic"),
        ({"views": ("mfcc",)}, "esc50.label.mfcc.logistic"),
        ({"views": ("mfcc", "chroma"), "combination": "vote"}, "esc50.label.mfcc+chroma.logistic.vote"),
        ({"seed": 3, "target": "sex"}, "esc50.sex.all.logistic.seed3"),
        ({"views": (FACTS,), "method": "forest", "kind": FACTS}, "esc50.label.facts.forest"),
    ],
)
def test_the_name_tells_what_differs_from_the_usual(told, id_) -> None:
    assert replace(ONE, **told).id(EVERY) == id_


def test_a_collection_with_one_view_calls_it_by_its_name() -> None:
    assert replace(ONE, views=("mfcc",)).id(["mfcc"]) == "esc50.label.mfcc.logistic"


def test_without_what_leaks_it_is_another_experiment() -> None:
    told = experiment_id("esc50", "label", "knn", EVERY, EVERY, subset=UNLEAKED)
    assert told == "esc50.label.all.knn.unleaked"


def test_the_key_changes_with_whatever_changes_a_number() -> None:
    base = key_of(ONE, 1, KEYS, "print")
    assert base == key_of(replace(ONE, origin="page", detailed=True), 1, KEYS, "print")
    others = [
        key_of(replace(ONE, target="sex"), 1, KEYS, "print"),
        key_of(replace(ONE, views=("mfcc",)), 1, KEYS, "print"),
        key_of(replace(ONE, combination="vote"), 1, KEYS, "print"),
        key_of(replace(ONE, seed=1), 1, KEYS, "print"),
        key_of(replace(ONE, method="knn"), 1, KEYS, "print"),
        key_of(ONE, 2, KEYS, "print"),
        key_of(ONE, 1, KEYS | {"mfcc": "z"}, "print"),
        key_of(ONE, 1, KEYS, "other"),
    ]
    assert len({base, *others}) == len(others) + 1
    assert key_of(replace(ONE, views=("mfcc",)), 1, KEYS | {"pitch": "z"}, "print") == others[1]


def test_targets_are_columns_with_something_to_tell_apart() -> None:
    clips = pd.DataFrame(
        {
            "label": ["male", "female", "male", "female"],
            "sex": ["m", "f", "m", "f"],  # the same content under other names
            "dialect": ["1", "1", "2", None],
        }
    )
    assert targets(clips) == ["label", "dialect"]
    assert targets(clips.assign(label="one")) == ["sex", "dialect"]
    assert targets(pd.DataFrame({"label": ["one", "one"], "sex": [None, None]})) == []


def test_every_classifier_has_all_views_and_the_facts_stand_beside_them() -> None:
    clips = pd.DataFrame({"label": ["a", "b"]})
    wanted = list(grid("d", clips, ["x", "y"]))
    together = [one.method for one in wanted if one.views == ("x", "y")]
    assert sorted(together) == sorted(CLASSIFIERS)
    assert [one.kind for one in wanted if one.views == (FACTS,)] == [FACTS]
    assert {one.views for one in wanted} == {("x", "y"), ("x",), ("y",), (FACTS,)}
    assert len({one.id(["x", "y"]) for one in wanted}) == len(wanted)
    assert not list(grid("d", clips, []))


def test_nothing_is_learned_twice_of_a_single_view() -> None:
    wanted = list(grid("d", pd.DataFrame({"label": ["a", "b"]}), ["x"]))
    assert len({one.id(["x"]) for one in wanted}) == len(wanted) == len(CLASSIFIERS) + 1


def test_the_cheap_comes_before_the_dear() -> None:
    wanted = list(grid("d", pd.DataFrame({"label": ["a", "b"], "sex": ["m", "f"][::-1]}), ["x", "y"]))
    together = [one.method for one in wanted if one.views == ("x", "y")]
    assert {together[0], together[1]} == {"chance", "majority"}
    assert together[-2:] == ["forest", "boosting"]
    methods = [one.method for one in wanted if one.kind != FACTS]
    assert methods.index("logistic") < methods.index("svm_rbf") < methods.index("forest")
    last = next(number for number, one in enumerate(wanted) if one.method == "svm_laplace")
    assert all(wanted.index(one) < last for one in wanted if one.kind == FACTS)


COLUMNS = {"mfcc": 300, "mel": 128, "rest": 142}


def collection(n: int, classes: int) -> pd.DataFrame:
    numbers = np.arange(n)
    return pd.DataFrame({"label": (numbers % classes).astype(str), "fold": numbers // classes % 5 + 1})


def test_a_few_hundred_clips_are_learned_from_by_every_method() -> None:
    clips = collection(400, 10)
    wanted = list(grid("d", clips, list(COLUMNS)))
    costs, reasons = left_out(wanted, clips, COLUMNS)
    assert not any(reasons)
    assert 1 < sum(costs) < 60


def test_of_many_clips_the_dear_is_left_to_a_person_and_says_so() -> None:
    clips = collection(20_000, 50)
    wanted = list(grid("d", clips, list(COLUMNS)))
    costs, reasons = left_out(wanted, clips, COLUMNS)
    why = {one.id(list(COLUMNS)): reason for one, reason in zip(wanted, reasons, strict=True)}
    assert why["d.label.all.logistic"] is None and why["d.label.all.majority"] is None
    assert why["d.label.facts.forest"] is None
    boosting = why["d.label.all.boosting"] or ""
    assert boosting.startswith("Gradient boosting on 20,000 clips would take about")
    assert "Models page" in boosting and "--thorough" in boosting
    spent = sum(cost for cost, reason in zip(costs, reasons, strict=True) if reason is None)
    assert spent < 1.2 * budget_s(20_000)
    asked = ExperimentSpec(dataset="d", target="label", method="boosting", views=tuple(COLUMNS), origin=PAGE)
    assert left_out([*wanted, asked], clips, COLUMNS)[1][-1] is None


def test_a_hundred_thousand_clips_still_have_something() -> None:
    clips = collection(100_000, 50)
    wanted = list(grid("d", clips, list(COLUMNS)))
    reasons = left_out(wanted, clips, COLUMNS)[1]
    made = [one.method for one, reason in zip(wanted, reasons, strict=True) if reason is None]
    assert {"chance", "majority", "svm_linear"} <= set(made) and len(made) < len(wanted)


def test_the_budget_grows_slower_than_the_clips_and_costs_do_not_shrink() -> None:
    assert budget_s(4_000) == pytest.approx(1.741 * budget_s(1_000), rel=1e-3)
    for method in CLASSIFIERS:
        costs = [seconds(method, Size(n, 570, 20, 5)) for n in (100, 1_000, 10_000, 100_000)]
        assert costs == sorted(costs)
    assert beyond([1.0, 5.0, 2.0], 4.0) == [False, True, False]


def test_what_is_left_out_stands_as_a_gap_under_a_key_of_its_own() -> None:
    wanted = ExperimentSpec(dataset="d", target="label", method="boosting", views=("x",))
    made, late = (
        ExpectedExperiment(wanted, "id", "k"),
        ExpectedExperiment(wanted, "id", "k", 9.0, "It takes too long."),
    )
    assert late.gap_key not in made.keys  # a thorough build, or a greater budget, makes it
    assert made.key in late.keys  # and what is there stays
