"""An experiment's name says what it is, and its key changes when any number of it would."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.experiments.spec import FACTS, UNLEAKED, Wanted, experiment_id, key_of

EVERY = ("mfcc", "chroma", "pitch")
ONE = Wanted(dataset="esc50", target="label", method="logistic", views=EVERY)
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
