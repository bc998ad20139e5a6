"""Which voice network is in use, and what a card that is damaged leads to."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from pathlib import Path

import pytest

from models.decisions import StreamParameters
from pipeline.train.gender_recipe import GenderRecipe
from pipeline.train.layout import plain
from pipeline.voice import card as cards
from pipeline.voice.card import VoiceCardError, found, used
from pipeline.voice.card_content import Corpus, in_words


def test_the_card_that_the_program_brings_is_whole(tmp_path: Path) -> None:
    card = used(tmp_path)
    assert card.shipped and card.weights.parent == cards.HOME and card.dimension == 192
    assert card.learned and card.validated and not card.learned & card.validated
    assert {"train", "validation"} <= set(card.speakers) and "validation" in card.evaluations
    assert len(card.evaluations["validation"].answers) == sum(
        one.clips for one in card.speakers["validation"]
    )


def test_the_shipped_network_was_made_by_the_recipe_that_the_command_has(tmp_path: Path) -> None:
    assert used(tmp_path).told["recipe"] == plain(GenderRecipe().parameters())


def test_it_met_what_it_was_tested_on_for_the_first_time(tmp_path: Path) -> None:
    """Told right by at least so many that a change of the weights for the worse is seen."""
    card = used(tmp_path)
    assert {one.dataset for one in card.speakers["test"]}.isdisjoint(
        one.dataset for one in card.speakers["train"]
    )
    clean = {
        row["metric"]: row["value"] for row in card.evaluations["test"].metrics
        if (row["kind"], row["name"]) == ("condition", "clean")
    }  # fmt: skip
    assert clean["errors"] <= 1 and clean["ece"] <= 0.05


def test_the_shipped_threshold_was_fitted_on_validation_for_the_stream_as_it_is(tmp_path: Path) -> None:
    card = used(tmp_path)
    assert card.threshold is not None
    with_it = asdict(StreamParameters(sure_from=card.threshold.sure_from))
    assert card.told["stream"]["parameters"] | {"sure_from": card.threshold.sure_from} == with_it
    heard = card.evaluations["validation"].speakers
    assert set(card.threshold.speakers) == set(heard["speaker"])
    assert card.threshold.clips == len(card.validated) == heard["clips"].sum()


def test_the_shipped_threshold_follows_from_its_curve(tmp_path: Path) -> None:
    threshold = used(tmp_path).threshold
    assert threshold is not None and set(threshold.curve["condition"]) == {"clean", "noise 10 dB"}
    clean = threshold.curve[threshold.curve["condition"] == "clean"]
    assert threshold.sure_from == clean["threshold"][clean["right"] >= 0.99].min()
    (at,) = clean[clean["threshold"] == threshold.sure_from].to_dict("records")
    assert (at["right"], at["undecided"]) == (threshold.right, threshold.undecided)


STREAM = {
    "sure_from": 0.9, "right": 0.99, "undecided": 0.1, "parameters": {},
    "fitted_on": {"part": "validation", "speakers": ["there/f1"], "clips": 5},
    "curve": {"clean": [[0.5, 0.97, 0.0], [0.9, 0.99, 0.1], [0.99, None, 1.0]]},
}  # fmt: skip


def test_a_card_with_a_threshold_decides_by_it_and_is_no_other_card_to_a_store(
    shipped, tmp_path: Path
) -> None:
    before = used(tmp_path)
    shipped.tell(stream=STREAM)
    after = used(tmp_path)
    assert after.stream == StreamParameters(sure_from=0.9) and after.digest == before.digest
    assert after.threshold is not None and after.threshold.curve["right"].isna().tolist() == [
        False,
        False,
        True,
    ]
    shipped.tell(stream=STREAM, notes=["Another."])
    assert used(tmp_path).digest != before.digest


def test_a_card_of_old_decides_as_any_and_says_so(shipped, tmp_path: Path, caplog) -> None:
    with caplog.at_level(logging.INFO):
        card = used(tmp_path)
    assert card.threshold is None and card.stream == StreamParameters()
    (said,) = caplog.messages
    assert "0.8 is used" in said and "--only-threshold" in said


def test_what_a_card_says_is_at_hand(shipped, tmp_path: Path) -> None:
    shipped.tell(heard={"train": ["a", "b"], "validation": ["c"]})
    card = used(tmp_path)
    assert (card.learned, card.validated, card.seconds) == ({"a", "b"}, {"c"}, 5.0)
    assert card.speakers["train"] == (Corpus("there", "There", 8, 2, 3),)
    assert card.history[0] == (1, 1, "train_loss", 1.0) and card.made.isoformat() == "2026-11-20"


def test_ones_own_training_goes_first_and_is_another_card(shipped, own, builder) -> None:
    before = used(builder.store.root)
    own.write(seed=1)
    after = used(builder.store.root)
    assert before.shipped and not after.shipped and after.weights == own.weights
    assert before.sha256 != after.sha256 and before.digest != after.digest


def test_one_that_is_half_trained_is_none(shipped, own, builder) -> None:
    own.path.mkdir(parents=True)
    (own.path / "seed-0.checkpoint").write_bytes(b"x")
    assert used(builder.store.root).shipped


def _without(place, name: str) -> None:
    told = json.loads(place.card.read_text())
    del told[name]
    place.card.write_text(json.dumps(told))


def _with(place, **changes: object) -> None:
    place.card.write_text(json.dumps(json.loads(place.card.read_text()) | changes))


DAMAGE = {
    "other weights": lambda place: place.weights.write_bytes(place.weights.read_bytes()[:-8] + b"12345678"),
    "weights cut off": lambda place: place.weights.write_bytes(place.weights.read_bytes()[:100]),
    "no weights": lambda place: place.weights.unlink(),
    "card cut off": lambda place: place.card.write_text(place.card.read_text()[:200]),
    "a list": lambda place: place.card.write_text("[]"),
    "another version": lambda place: place.write(version="99"),
    "no hashes": lambda place: _without(place, "heard"),
    "no recipe": lambda place: _without(place, "recipe"),
    "no answers": lambda place: _with(place, evaluation={"validation": {"metrics": [], "speakers": []}}),
    "nobody heard": lambda place: _with(place, evaluation={}),
    "other classes": lambda place: _with(place, classes=["male", "female"]),
    "a temperature of nothing": lambda place: _with(place, temperature=0),
    "a threshold below a half": lambda place: _with(place, stream=STREAM | {"sure_from": 0.3}),
    "a threshold without its curve": lambda place: _with(place, stream={"sure_from": 0.9}),
    "a threshold that is a number alone": lambda place: _with(place, stream=0.9),
    "a day that is none": lambda place: _with(place, made="lately"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_ones_own_that_is_damaged_is_told_once_and_left(shipped, own, builder, caplog, damage: str) -> None:
    own.write(seed=1)
    assert not used(builder.store.root).shipped
    DAMAGE[damage](own)
    with caplog.at_level(logging.WARNING):
        assert all(used(builder.store.root).shipped for _ in range(3))
    (said,) = caplog.messages
    assert str(own.path) in said and "The shipped network is used instead" in said


def test_without_any_there_is_none(shipped, tmp_path: Path) -> None:
    shipped.weights.unlink()
    with pytest.raises(VoiceCardError, match="Install the program again"):
        used(tmp_path)
    assert found(tmp_path) is None


def test_corpora_in_words() -> None:
    one, other, third = (Corpus(name, name.upper(), 1000, 1, 2) for name in "abc")
    assert in_words([]) == "no clips"
    assert in_words([one]) == "1,000 clips by 3 speakers of A"
    each = "1,000 clips by 3 speakers of"
    assert in_words([one, other, third]) == f"{each} A, {each} B and {each} C"
