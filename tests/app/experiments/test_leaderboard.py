"""The leaderboard: who is on it, who is first, and what stands in its columns."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from app.experiments import leaderboard as board
from app.experiments.summary import Names

NAMES = Names("label", {"mfcc": "MFCC", "pitch": "Pitch", "facts": "recording facts"}, ("mfcc", "pitch"))
Tables = Callable[..., pd.DataFrame]


def test_only_what_can_be_compared_is_on_it(experiments: Tables) -> None:
    table = experiments(
        {"experiment_id": "a"},
        {"experiment_id": "b", "subset": "unleaked"},
        {"experiment_id": "c", "target": "sex"},
    )
    assert board.of_target(table, "label")["experiment_id"].tolist() == ["a"]


def test_the_first_is_the_best_that_listens(experiments: Tables) -> None:
    table = experiments(
        {"experiment_id": "a", "method": "majority"},
        {"experiment_id": "b", "method": "forest", "kind": "facts"},
        {"experiment_id": "c"},
        {"experiment_id": "d"},
    )
    assert board.first(table) == "c"
    assert board.first(table.head(2)) == "a"
    assert board.first(table.head(0)) is None


def test_its_cells(experiments: Tables) -> None:
    table = experiments(
        {"experiment_id": "a", "grouped_low": 0.6, "grouped_high": 0.9, "combination": "vote", "seed": 7},
        {"experiment_id": "b", "method": "chance"},
        {"experiment_id": "c", "method": "forest", "kind": "facts", "views": ["facts"]},
    )
    shown = board.shown(table, NAMES)
    assert shown.index.tolist() == ["a", "b", "c"]
    assert shown["method"].tolist() == [
        "k nearest neighbours (seed 7, each view votes)",
        "Chance (baseline)",
        "Random forest (baseline)",
    ]
    assert shown["views"].tolist() == ["all views", "nothing", "recording facts"]
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
    assert list(board.shown(experiments({}, {}), NAMES)) == [one for one in board.COLUMNS if one != "grouped"]


def test_the_voice_network_is_told_apart_from_what_learned_here(experiments: Tables) -> None:
    table = experiments(
        {
            "experiment_id": "v",
            "method": "gender_ecapa",
            "kind": "network",
            "seed": 2,
            "protocol_told": "Elsewhere.",
        },
        {"experiment_id": "a", "protocol_told": "Ten folds."},
        {"experiment_id": "b", "protocol_told": "Ten folds."},
    )
    here, elsewhere = board.apart(table)
    assert (here["experiment_id"].tolist(), elsewhere["experiment_id"].tolist()) == (["a", "b"], ["v"])
    assert board.protocols(table) == "Ten folds. *The voice network:* Elsewhere."
    assert board.protocols(table.tail(2)) == "Ten folds."
    assert board.protocols(table.head(1)) == "Elsewhere."
    assert board.first(table) == "v"
    assert board.shown(table, NAMES).loc["v", "method"] == "ECAPA-TDNN (voice network)"
