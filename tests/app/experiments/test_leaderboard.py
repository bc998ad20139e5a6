"""The leaderboard: who is on it, who is first, and what stands in its columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.experiments import leaderboard
from app.experiments.summary import Names

NAMES = Names("label", {"mfcc": "MFCC", "pitch": "Pitch", "facts": "recording facts"}, ("mfcc", "pitch"))
Tables = Callable[..., pd.DataFrame]


def test_only_what_can_be_compared_is_on_it(experiments: Tables) -> None:
    table = experiments(
        {"experiment_id": "a"},
        {"experiment_id": "b", "subset": "unleaked"},
        {"experiment_id": "c", "target": "sex"},
    )
    assert leaderboard.of_target(table, "label")["experiment_id"].tolist() == ["a"]


def test_the_first_is_the_best_that_listens(experiments: Tables) -> None:
    table = experiments(
        {"experiment_id": "a", "method": "majority"},
        {"experiment_id": "b", "method": "forest", "kind": "facts"},
        {"experiment_id": "c"},
        {"experiment_id": "d"},
    )
    assert leaderboard.first(table) == "c"
    assert leaderboard.first(table.head(2)) == "a"
    assert leaderboard.first(table.head(0)) is None


def test_its_cells(experiments: Tables) -> None:
    table = experiments(
        {"experiment_id": "a", "grouped_low": 0.6, "grouped_high": 0.9, "combination": "vote", "seed": 7},
        {"experiment_id": "b", "method": "chance"},
        {"experiment_id": "c", "method": "forest", "kind": "facts", "views": ["facts"]},
    )
    shown = leaderboard.display_table(table, NAMES)
    assert shown.index.tolist() == ["a", "b", "c"]
    assert shown["method"].tolist() == [
        "k nearest neighbours (seed 7, each view votes)",
        "Chance (baseline)",
        "Random forest (baseline)",
    ]
    assert shown["views"].tolist() == ["all views", "none", "recording facts"]
    assert shown["grouped"].tolist() == ["60.0 to 90.0", "", ""]
    assert shown.loc["a", ["accuracy", "spread", "balanced", "macro_f1", "ece"]].tolist() == [
        80,
        5,
        79,
        78,
        4,
    ]
    assert shown["interval"].iloc[0] == "71.1 to 86.7"


def test_without_groups_there_is_no_column_for_them(experiments: Tables) -> None:
    assert list(leaderboard.display_table(experiments({}, {}), NAMES)) == [
        one for one in leaderboard.COLUMNS if one != "grouped"
    ]


def test_the_voice_network_is_told_apart_from_what_learned_here(experiments: Tables) -> None:
    table = experiments(
        {
            "experiment_id": "v",
            "method": "gender_ecapa",
            "kind": "network",
            "seed": 2,
            "protocol_summary": "Elsewhere.",
        },
        {"experiment_id": "a", "protocol_summary": "Ten folds."},
        {"experiment_id": "b", "protocol_summary": "Ten folds."},
    )
    here, elsewhere = leaderboard.apart(table)
    assert (here["experiment_id"].tolist(), elsewhere["experiment_id"].tolist()) == (["a", "b"], ["v"])
    assert leaderboard.protocols(table) == "Ten folds. *The voice network:* Elsewhere."
    assert leaderboard.protocols(table.tail(2)) == "Ten folds."
    assert leaderboard.protocols(table.head(1)) == "Elsewhere."
    assert leaderboard.first(table) == "v"
    assert leaderboard.display_table(table, NAMES).loc["v", "method"] == "ECAPA-TDNN (voice network)"


FIFTY = [f"class {number}" for number in range(50)]


@pytest.mark.parametrize(
    ("reader", "columns", "found"),
    [
        ("esc50", {"classes": sorted(leaderboard.ESC10)}, ("ESC-10", 0.727, 0.957)),
        ("esc50", {"classes": FIFTY}, ("ESC-50", 0.443, 0.813)),
        ("esc50", {"classes": FIFTY[:10]}, None),
        ("esc50", {"classes": FIFTY, "target": "label_group"}, None),
        ("folder", {"classes": FIFTY}, None),
    ],
)
def test_they_belong_to_a_set_of_classes(
    experiment: Callable[..., pd.Series],
    reader: str,
    columns: dict[str, Any],
    found: tuple[str, float, float] | None,
) -> None:
    row = experiment(**{name: np.array(one, dtype=object) if isinstance(one, list) else one
                        for name, one in columns.items()})  # fmt: skip
    known = leaderboard.published(pd.Series({"reader": reader}), row)
    if found is None:
        assert known == []
        return
    told = {one.what: one.accuracy for one in known}
    assert ({one.of for one in known}, told["Random forest"], told["Human listeners"]) == (
        {found[0]},
        *found[1:],
    )
    said = leaderboard.published_sentence(known)
    assert (
        "not measured here" in said and "10.1145/2733373.2806390" in said and f"{100 * found[1]:.1f}%" in said
    )
    assert leaderboard.published_table(known)["accuracy %"].tolist() == [100 * one.accuracy for one in known]
