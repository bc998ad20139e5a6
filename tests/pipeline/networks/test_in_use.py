"""Which voice network is in use, and what a card that is damaged leads to."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from pipeline.networks.in_use import VoiceCardError, find_card, load_card


def test_ones_own_training_goes_first_and_is_another_card(shipped, own, builder) -> None:
    before = load_card(builder.store.root)
    own.write(seed=1)
    after = load_card(builder.store.root)
    assert before.shipped and not after.shipped and after.weights == own.weights
    assert before.sha256 != after.sha256 and before.digest != after.digest


def test_one_that_is_half_trained_is_none(shipped, own, builder) -> None:
    own.path.mkdir(parents=True)
    (own.path / "seed-0.checkpoint").write_bytes(b"x")
    assert load_card(builder.store.root).shipped


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
    "a threshold below a half": lambda place: _with(place, stream=place.stream | {"sure_from": 0.3}),
    "a threshold without its curve": lambda place: _with(place, stream={"sure_from": 0.9}),
    "a threshold that is a number alone": lambda place: _with(place, stream=0.9),
    "a day that is none": lambda place: _with(place, made="lately"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_ones_own_that_is_damaged_is_logged_once_and_left(shipped, own, builder, caplog, damage: str) -> None:
    own.write(seed=1)
    assert not load_card(builder.store.root).shipped
    DAMAGE[damage](own)
    with caplog.at_level(logging.WARNING):
        assert all(load_card(builder.store.root).shipped for _ in range(3))
    (said,) = caplog.messages
    assert str(own.path) in said and "The shipped network is used instead" in said


def test_without_any_there_is_none(shipped, tmp_path: Path) -> None:
    shipped.weights.unlink()
    with pytest.raises(VoiceCardError, match="Install the program again"):
        load_card(tmp_path)
    assert find_card(tmp_path) is None
