"""What is said of the voice network: its numbers with their intervals, and how far to believe them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd

from app.voice import summary
from app.voice.card import Reference, SpeakerGroup, VoiceNetwork, source

MADE = {
    "recipe": {"network": {"width": 128}},
    "parameters": 2_245_042,
    "seed": 1,
    "seeds": [{"seed": 0}, {"seed": 1}, {"seed": 2}],
    "over_seeds": {
        "validation_accuracy_whole": {"mean": 0.978, "spread": 0.006},
        "validation_accuracy_degraded": {"mean": 0.891, "spread": 0.011},
        "validation_loss": {"mean": 0.2, "spread": 0.1},
    },
    "speakers": {
        "train": [{"dataset": "a", "title": "Corpus A", "clips": 9, "female": 2, "male": 3}],
        "validation": [{"dataset": "a", "title": "Corpus A", "clips": 4, "female": 1, "male": 1}],
        "test": [{"dataset": "b", "title": "Corpus B", "clips": 6, "female": 1, "male": 2}],
    },
}
RULES = [
    {"name": "majority", "speakers": 16.0, "errors": 1.0, "accuracy_low": 0.72, "accuracy_high": 0.99},
    {"name": "mean_logit", "speakers": 16.0, "errors": 0.0, "accuracy_low": 0.81, "accuracy_high": 1.0},
    {"name": "bootstrap", "accuracy_low": 0.9, "accuracy_high": 0.995, "resamples": 2_000.0},
]


def group(name: str, **columns: Any) -> Any:
    """What is asked of a group, without a store."""
    row = {"protocol": name, "protocol_title": f"title of {name}", "accuracy": 0.98, "accuracy_low": 0.95,
           "accuracy_high": 0.99, "clips": 1_160, "groups": 16} | columns  # fmt: skip
    kinds = {"speakers": pd.DataFrame(RULES)}
    return SimpleNamespace(
        name=name, experiment=pd.Series(row, dtype=object), corpora=("Corpus B", "Corpus C"), title=f"title of {name}",
        metrics=lambda kind: kinds[kind],
    )  # fmt: skip


def test_what_it_is() -> None:
    told = summary.what(MADE)
    assert "width 128, 2.2 million parameters" in told
    assert "female-like voice" in told and "male-like voice" in told


def test_seeds_with_mean_and_spread() -> None:
    told = summary.seeds(MADE)
    assert "3 seeds; seed 1 is kept" in told
    assert "97.8% ± 0.6 on whole clean clips and 89.1% ± 1.1 on degraded ones" in told
    assert "Trained once" in summary.seeds(MADE | {"seeds": [{"seed": 1}]})


def test_how_good_it_is_with_both_intervals_and_on_whom() -> None:
    told = summary.headline(group("test"))
    assert told.startswith(
        "**98.0% of 1,160 clips of 16 speakers are classified correctly** (Corpus B and Corpus C;"
    )
    assert "95.0 to 99.0%" in told and "90.0 to 99.5%, by bootstrap" in told
    assert told.endswith("nothing was chosen by its result on them.")
    assert summary.headline(group("validation")).endswith("so this is optimistic.")


def test_speakers_by_two_rules_and_the_recall_of_each_sex() -> None:
    told = summary.by_speaker(pd.DataFrame(RULES))
    assert (
        "**15 of 16** speakers are classified correctly by the majority" in told and "72.0 to 99.0%" in told
    )
    assert "**16 of 16** speakers are classified correctly by the mean" in told
    assert summary.by_speaker(pd.DataFrame(RULES[2:])) == ""
    classes = pd.DataFrame({"name": ["female", "male"], "recall": [0.95, None], "support": [20.0, 0.0]})
    assert summary.recalls(classes) == "Classified correctly are 95.0% of the 20 clips recorded as female."


def test_a_network_that_nobody_tested_says_so() -> None:
    rows = [group(one).experiment for one in ("test", "validation")]
    test, validation = (SpeakerGroup(row, ("Corpus",)) for row in rows)
    assert summary.untested(VoiceNetwork((test, validation), MADE)) == ""
    assert "not tested on speakers it had never met" in summary.untested(VoiceNetwork((validation,), MADE))


def test_the_corpora_are_those_that_were_used() -> None:
    test, validation = (SpeakerGroup(group(one).experiment, ("Corpus",)) for one in ("test", "validation"))
    whole = VoiceNetwork((test, validation), MADE)
    assert whole.corpora["used"].tolist() == ["trained on", "chosen on", "tested on"]
    assert whole.corpora.loc[2].tolist() == ["tested on", "Corpus B", 6, 1, 2]
    assert VoiceNetwork((validation,), MADE).corpora["used"].tolist() == ["trained on", "chosen on"]
    assert whole.titles == {"a": "Corpus A", "b": "Corpus B"}


def test_the_source_tells_that_it_was_measured_elsewhere() -> None:
    groups = [SpeakerGroup(group(one).experiment, ("Corpus B",)) for one in ("test", "validation")]
    told = source(groups)
    assert told.startswith(
        "Measured when the network was made, not on clips of this store: Corpus B, title of test,"
    )
    assert told.count("n = 1,160 clips of 16 speakers") == 2
    assert groups[0].source == source(groups[:1])


def test_what_others_report_stands_with_what_one_must_know() -> None:
    known = [
        Reference("Wizard", 0.996, "TIMIT", "it had met them", "https://doi.org/10.1/x"),
        Reference("Witch", 0.5, "Voices", "by guessing", ""),
    ]
    assert summary.references(known).splitlines() == [
        "- **99.6%** on TIMIT: [Wizard](https://doi.org/10.1/x); it had met them.",
        "- **50.0%** on Voices: Witch; by guessing.",
    ]


def test_speakers_who_are_all_told_right_are_not_taken_for_certainty() -> None:
    rows = [
        {"name": "bootstrap", "accuracy_low": 1.0, "accuracy_high": 1.0, "speakers": float("nan")},
        {"name": "majority", "accuracy_low": 0.806, "accuracy_high": 1.0, "speakers": 16.0},
    ]
    told = summary.over_speakers(pd.DataFrame(rows))
    assert "16 speakers" in told and "80.6 to 100.0%" in told and "bootstrap" not in told
    assert (
        summary.over_speakers(pd.DataFrame(rows[:1]))
        == summary.over_speakers(pd.DataFrame(columns=["name"]))
        == ""
    )
