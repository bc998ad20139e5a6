"""What a build learns by itself."""

from __future__ import annotations

import pandas as pd

from pipeline.classify import CLASSIFIERS
from pipeline.experiments.grid import COSTLY, LIMIT, grid, targets, too_many
from pipeline.experiments.wanted import FACTS, PAGE, Wanted


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
    assert together == list(CLASSIFIERS)
    assert [one.kind for one in wanted if one.views == (FACTS,)] == [FACTS]
    assert {one.views for one in wanted} == {("x", "y"), ("x",), ("y",), (FACTS,)}
    assert len({one.id(["x", "y"]) for one in wanted}) == len(wanted)
    assert not list(grid("d", clips, []))


def test_nothing_is_learned_twice_of_a_single_view() -> None:
    wanted = list(grid("d", pd.DataFrame({"label": ["a", "b"]}), ["x"]))
    assert len({one.id(["x"]) for one in wanted}) == len(wanted) == len(CLASSIFIERS) + 1


def test_what_takes_hours_is_left_to_a_person_and_says_so() -> None:
    def one(method: str, origin: str = "build") -> Wanted:
        return Wanted(dataset="d", target="label", method=method, views=("x",), origin=origin)

    assert too_many(one("logistic"), LIMIT) is None
    assert "20,001 clips" in (too_many(one("logistic"), LIMIT + 1) or "")
    assert too_many(one("majority"), 10 * LIMIT) is None  # a baseline costs nothing
    for method, limit in COSTLY.items():
        assert too_many(one(method), limit) is None
        assert "Models page" in (too_many(one(method), limit + 1) or "")
        assert too_many(one(method, PAGE), limit + 1) is None
