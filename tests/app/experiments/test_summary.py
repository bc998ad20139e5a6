"""What is said of an experiment: its name, its interval, and whether it is more than guessing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from app.experiments import errors, leaderboard, summary
from app.experiments.summary import Names
from pipeline.classify.baselines import NEVER_RIGHT
from pipeline.networks import NETWORKS
from pipeline.networks.network import Network

NAMES = Names(
    "kind of pet", {"mfcc": "MFCC", "pitch": "Pitch", "facts": "recording facts"}, ("mfcc", "pitch")
)
Rows = Callable[..., pd.Series]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "k nearest neighbours on all views"),
        ({"views": ["mfcc"]}, "k nearest neighbours on MFCC"),
        ({"views": ["mfcc", "pitch", "voice_mind"]}, "k nearest neighbours on all views + voice_mind"),
        ({"views": ["voice_mind"]}, "k nearest neighbours on voice mind"),
        ({"combination": "vote", "seed": 3}, "k nearest neighbours on all views (each view votes, seed 3)"),
        ({"subset": "unleaked"}, "k nearest neighbours on all views (without leaked clips)"),
        ({"method": "chance"}, "Chance"),
        ({"kind": "facts", "method": "forest", "views": ["facts"]}, "Random forest on recording facts"),
        ({"kind": "network", "method": "esc_cnn", "views": []}, "Log-mel CNN on the sound"),
        (
            {"kind": "network", "method": "gender_ecapa", "views": ["sound"], "seed": 2},
            "ECAPA-TDNN (voice network) on sound",
        ),
    ],
)
def test_its_name(experiment: Rows, columns: dict[str, object], said: str) -> None:
    assert NAMES.of(experiment(**columns)) == said


def test_one_view_that_is_all_there_is_goes_by_its_own_name(experiment: Rows) -> None:
    alone = Names("label", {"mfcc": "MFCC"}, ("mfcc",))
    assert alone.of_views(["mfcc"]) == "MFCC"


def test_the_label_has_the_corpus_own_name() -> None:
    assert [NAMES.target(one) for one in ("label", "dialect")] == ["kind of pet", "dialect"]


def test_what_listens_and_what_does_not(experiments: Callable[..., pd.DataFrame]) -> None:
    table = experiments(
        {}, {"method": "majority"}, {"kind": "facts", "method": "forest"}, {"kind": "network"}
    )
    assert summary.listens(table).tolist() == [True, False, False, True]


def test_guesses_are_of_the_target_and_of_every_clip(experiments: Callable[..., pd.DataFrame]) -> None:
    table = experiments(
        {"method": "majority", "accuracy": 0.5},
        {"method": "chance", "accuracy": 0.4},
        {"method": "chance", "accuracy": 0.3, "target": "sex"},
        {"method": "chance", "accuracy": 0.2, "subset": "unleaked"},
        {"method": "forest", "kind": "facts", "accuracy": 0.6},
        {},
    )
    assert summary.baselines(table, "label") == {"chance": 0.4, "majority": 0.5, "facts": 0.6}
    assert summary.baselines(table, "sex") == {"chance": 0.3}
    assert summary.baselines(table, "dialect") == {}
    assert summary.baseline_sentence({}) == ""
    assert summary.baseline_sentence({"chance": 0.4}).startswith("Without using the audio: 40.0% by guessing")
    assert NEVER_RIGHT in summary.baseline_sentence({"majority": 0.0})
    assert NEVER_RIGHT not in summary.baseline_sentence({"majority": 0.1, "chance": 0.0})


def test_the_headline_tells_interval_and_folds(experiment: Rows) -> None:
    told = summary.headline(experiment(), 5)
    assert (
        told
        == "**80.0% of 100 clips are classified correctly** (95% interval 71.1 to 86.7%, ± 5.0 over 5 folds)."
    )
    voice = summary.headline(experiment(method="gender_ecapa", kind="network"), 2)
    assert voice == "**80.0% of 100 clips are classified correctly** (95% interval 71.1 to 86.7%)."
    grouped = summary.headline(experiment(grouped_low=0.6, grouped_high=0.9, unit="speaker", groups=12), 1)
    assert "one split" in grouped
    assert grouped.endswith("Clips of one speaker are alike: over 12 groups, the interval is 60.0 to 90.0%.")


@pytest.mark.parametrize(
    ("columns", "measured", "said"),
    [
        ({}, {"chance": 0.5, "majority": 0.55, "facts": 0.6}, None),
        ({}, {}, None),
        ({}, {"chance": 0.5, "majority": 0.72}, "No better than guessing"),
        ({}, {"majority": 0.711}, "No better than guessing"),
        ({}, {"majority": 0.9}, "Worse than guessing"),
        ({}, {"chance": 0.5, "facts": 0.8}, "No better than recording facts alone"),
        ({}, {"chance": 0.5, "facts": 0.9}, "Worse than recording facts alone"),
        ({"kind": "facts"}, {"chance": 0.5, "facts": 0.8}, None),
        ({"kind": "facts"}, {"chance": 0.75, "facts": 0.8}, "No better than guessing"),
        ({"method": "majority"}, {"chance": 0.5, "majority": 0.8}, None),
        ({"grouped_low": 0.4, "grouped_high": 0.95}, {"chance": 0.5}, "No better than guessing"),
    ],
)
def test_the_warning(
    experiment: Rows, columns: dict[str, object], measured: dict[str, float], said: str | None
) -> None:
    told = summary.warning(experiment(**columns), measured)
    assert (told is None) == (said is None)
    if told and said:
        assert told.startswith(f"**{said}**")
        low, high = summary.bounds(experiment(**columns))
        assert summary.between(low, high) in told


@pytest.mark.parametrize(
    ("folds", "said"), [(["never met"], ""), (["never met", "validated on"], "1 of these 2")]
)
def test_a_caution_where_clips_chose_the_network(experiment: Rows, folds: list[str], said: str) -> None:
    told = summary.selection_caution(experiment(method="gender_ecapa", unit="speaker"), pd.Series(folds))
    assert told.startswith(said) and bool(told) == bool(said)


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Network:
    """A network that no line of the app knows of."""
    entry = replace(
        NETWORKS["gender_ecapa"],
        name="toy",
        title="Toy network",
        noun="the toy network",
        view="toy_view",
        learned_elsewhere=True,
        page={},
    )
    monkeypatch.setitem(NETWORKS, "toy", entry)
    return entry


def test_a_network_is_on_the_models_page_by_its_entry_alone(
    toy: Network, experiment: Rows, experiments: Callable[..., pd.DataFrame]
) -> None:
    row = {"method": "toy", "kind": "network", "views": ["sound"], "unit": "source", "seed": 3}
    assert NAMES.of(experiment(**row)) == "Toy network on sound"
    assert summary.elsewhere(experiment(**row)) is toy
    assert "over" not in summary.headline(experiment(**row), 2)  # its folds are no folds
    board = experiments({"protocol_summary": "Ten folds."}, row | {"protocol_summary": "Elsewhere."})
    assert leaderboard.protocols(board) == "Ten folds. *The toy network:* Elsewhere."
    clip = pd.Series({"truth": "cat", "predicted": "cat", "confidence": 0.9, "fold": "never met"})
    likeliest = pd.DataFrame({"name": ["cat"], "probability": [0.9]})
    told = errors.describe(clip, likeliest, experiment(**row))
    assert told.endswith("by the toy network, which never met its source.")


def test_a_network_that_learned_here_is_like_any_classifier(
    toy: Network, monkeypatch: pytest.MonkeyPatch, experiment: Rows
) -> None:
    monkeypatch.setitem(NETWORKS, "toy", replace(toy, learned_elsewhere=False))
    row = experiment(method="toy", kind="network", views=["mfcc"], seed=3)
    assert summary.elsewhere(row) is None
    assert NAMES.of(row) == "Toy network on MFCC (seed 3)"
