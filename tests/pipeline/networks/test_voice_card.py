"""What a card tells, that of the shipped network above all."""

from __future__ import annotations

import logging
from dataclasses import asdict
from pathlib import Path

from models.decisions import StreamParameters
from models.voice_card import Corpus, describe_corpora
from pipeline.networks.in_use import HOME, load_card
from pipeline.train.layout import plain
from pipeline.train.voice.recipe import GenderRecipe


def test_the_card_that_the_program_brings_is_whole(tmp_path: Path) -> None:
    card = load_card(tmp_path)
    assert card.shipped and card.weights.parent == HOME and card.dimension == 192
    assert card.learned and card.validated and not card.learned & card.validated
    assert {"train", "validation"} <= set(card.speakers) and "validation" in card.evaluations
    assert len(card.evaluations["validation"].answers) == sum(
        one.clips for one in card.speakers["validation"]
    )


def test_the_shipped_network_was_made_by_the_recipe_that_the_command_has(tmp_path: Path) -> None:
    assert load_card(tmp_path).content["recipe"] == plain(GenderRecipe().parameters())


def test_it_met_what_it_was_tested_on_for_the_first_time(tmp_path: Path) -> None:
    """Told right by at least so many that a change of the weights for the worse is seen."""
    card = load_card(tmp_path)
    assert {one.dataset for one in card.speakers["test"]}.isdisjoint(
        one.dataset for one in card.speakers["train"]
    )
    clean = {
        row["metric"]: row["value"] for row in card.evaluations["test"].metrics
        if (row["kind"], row["name"]) == ("condition", "clean")
    }  # fmt: skip
    assert clean["errors"] <= 1 and clean["ece"] <= 0.05


def test_the_shipped_threshold_was_fitted_on_validation_for_the_stream_as_it_is(tmp_path: Path) -> None:
    card = load_card(tmp_path)
    assert card.threshold is not None
    with_it = asdict(StreamParameters(sure_from=card.threshold.sure_from))
    assert card.content["stream"]["parameters"] | {"sure_from": card.threshold.sure_from} == with_it
    heard = card.evaluations["validation"].speakers
    assert set(card.threshold.speakers) == set(heard["speaker"])
    assert card.threshold.clips == len(card.validated) == heard["clips"].sum()


def test_the_shipped_threshold_follows_from_its_curve(tmp_path: Path) -> None:
    threshold = load_card(tmp_path).threshold
    assert threshold is not None and set(threshold.curve["condition"]) == {"clean", "noise 10 dB"}
    clean = threshold.curve[threshold.curve["condition"] == "clean"]
    assert threshold.sure_from == clean["threshold"][clean["right"] >= 0.99].min()
    (at,) = clean[clean["threshold"] == threshold.sure_from].to_dict("records")
    assert (at["right"], at["undecided"]) == (threshold.right, threshold.undecided)


def test_a_card_with_a_threshold_decides_by_it_and_is_no_other_card_to_a_store(
    shipped, tmp_path: Path
) -> None:
    before = load_card(tmp_path)
    shipped.write_card(stream=shipped.stream)
    after = load_card(tmp_path)
    assert after.stream == StreamParameters(sure_from=0.9) and after.digest == before.digest
    assert after.threshold is not None and after.threshold.curve["right"].isna().tolist() == [
        False,
        False,
        True,
    ]
    shipped.write_card(stream=shipped.stream, notes=["Another."])
    assert load_card(tmp_path).digest != before.digest


def test_a_card_of_old_decides_as_any_and_says_so(shipped, tmp_path: Path, caplog) -> None:
    with caplog.at_level(logging.INFO):
        card = load_card(tmp_path)
    assert card.threshold is None and card.stream == StreamParameters()
    (said,) = caplog.messages
    assert "0.8 is used" in said and "--only-threshold" in said


def test_what_a_card_says_is_at_hand(shipped, tmp_path: Path) -> None:
    shipped.write_card(heard={"train": ["a", "b"], "validation": ["c"]})
    card = load_card(tmp_path)
    assert (card.learned, card.validated, card.seconds) == ({"a", "b"}, {"c"}, 5.0)
    assert card.speakers["train"] == (Corpus("there", "There", 8, 2, 3),)
    assert card.history[0] == (1, 1, "train_loss", 1.0) and card.made.isoformat() == "2026-11-20"


def test_corpora_in_words() -> None:
    one, other, third = (Corpus(name, name.upper(), 1000, 1, 2) for name in "abc")
    assert describe_corpora([]) == "no clips"
    assert describe_corpora([one]) == "1,000 clips by 3 speakers of A"
    each = "1,000 clips by 3 speakers of"
    assert describe_corpora([one, other, third]) == f"{each} A, {each} B and {each} C"
