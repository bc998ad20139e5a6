"""What the card tells is in every store, whatever else is: as it was measured, and as the answers say."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from pipeline.classify.metrics import metric_row
from pipeline.classify.significance import by_groups, wilson
from pipeline.networks.in_use import load_card
from pipeline.networks.voice_card_rows import DATASET
from store.compare import diff
from store.export import export
from store.reader import Reader

ID = "voice.gender_ecapa.validation"


def reading(builder) -> Reader:
    return Reader(builder.store.current().path)


@pytest.fixture
def told(builder, shipped, esc50):
    """A store without any speech."""
    builder(f"esc50={esc50.root}")
    return builder


def test_it_is_as_the_card_has_it(told) -> None:
    with reading(told) as reader:
        (row,) = reader.experiments(DATASET).to_dict("records")
        assert (row["experiment_id"], row["kind"], row["origin"], row["target"]) == (
            ID,
            "card",
            "shipped",
            "sex",
        )
        assert (row["protocol"], row["protocol_title"]) == ("validation", "speakers kept for validation")
        assert (
            "5 clips by 2 speakers of There" in row["protocol_summary"]
            and "none of these" in row["protocol_summary"]
        )
        assert list(row["classes"]) == ["female", "male"] and list(row["notes"]) == ["It says.", "A note."]
        assert row["made_at"] == datetime(2026, 11, 20) and row["seconds"] == 5.0
        rows = reader.experiment_metrics(ID)
        assert rows.iloc[0].to_dict() == metric_row("condition", "noise 5 dB", "accuracy", 0.6)
        each = rows[rows["kind"] == "speaker"].set_index(["name", "metric"])["value"]
        assert each["there/f1"].to_dict() | {"majority_male": None} == {
            "clips": 2, "right": 1, "male": 0, "majority_male": None, "mean_logit_male": 0,
        }  # fmt: skip
        assert np.isnan(each["there/f1", "majority_male"]) and each["there/m1", "majority_male"] == 1
        history = reader.experiment_history(ID)
        assert set(history["fold"]) == {"seed 1", "seed 2"} and len(history) == 4


def test_its_numbers_are_those_of_the_answers(told) -> None:
    with reading(told) as reader:
        row, found = reader.experiment(ID), reader.predictions(ID)
    assert (row["accuracy"], row["clips"], row["groups"]) == (0.8, 5, 2)
    assert row["accuracy_low"] == pytest.approx(wilson(4, 5).low)
    by_hand = by_groups(np.array([True, False, True, True, True]), np.array([0, 0, 1, 1, 1]))
    assert (row["grouped_low"], row["grouped_high"]) == pytest.approx((by_hand.low, by_hand.high))
    np.testing.assert_allclose(found.probabilities[:, 1], [0.1, 0.7, 0.9, 0.8, 0.6], atol=1e-6)
    assert list(found.table["predicted"]) == ["female", "male", "male", "male", "male"]
    assert set(found.table["fold"]) == {"validation"}
    given = [0.9, 0.3, 0.9, 0.8, 0.6]
    assert row["log_loss"] == pytest.approx(-np.log(given).mean(), rel=1e-5)


def test_it_stays_and_goes_with_the_network(told, esc50, own) -> None:
    assert told().status == "unchanged"
    esc50.add("1-9999-A-0.wav", 1_500)
    told()
    with reading(told) as reader:
        assert list(reader.experiments(DATASET)["origin"]) == ["shipped"]
    own.write(seed=3, notes=["My own."])
    told(analyses=True)
    with reading(told) as reader:
        (row,) = reader.experiments(DATASET).to_dict("records")
        assert row["origin"] == "trained" and list(row["notes"]) == ["It says.", "My own."]


def test_each_part_that_was_tested_is_one(told, shipped) -> None:
    card = load_card(told.store.root).content
    kept = card["speakers"]["validation"]
    shipped.write_card(
        evaluation=card["evaluation"] | {"test": card["evaluation"]["validation"]},
        speakers=card["speakers"] | {"test": kept},
    )
    told(analyses=True, views={})
    with reading(told) as reader:
        found = reader.experiments(DATASET).set_index("experiment_id")
        assert set(found.index) == {ID, "voice.gender_ecapa.test"}
        assert found.loc["voice.gender_ecapa.test", "protocol_title"] == "speakers never met"
        assert reader.experiment_history("voice.gender_ecapa.test").empty
        assert set(reader.predictions("voice.gender_ecapa.test").table["fold"]) == {"test"}
    shipped.write_card()
    told(analyses=True, views={})
    with reading(told) as reader:
        assert set(reader.experiments(DATASET)["experiment_id"]) == {ID}


def test_a_card_that_goes_takes_it_along(told, shipped, esc50) -> None:
    shipped.card.unlink()
    esc50.add("1-9999-A-0.wav", 1_500)
    told()
    with reading(told) as reader:
        assert reader.experiments(DATASET).empty and reader.experiment_keys().empty


def test_it_is_no_stumbling_block(told, esc50, shipped, tmp_path) -> None:
    """It is of no dataset of the store: what lists those, compares snapshots or exports leaves it where it is."""
    first = told.store.current()
    shipped.write_card(temperature=3.0)
    esc50.add("1-9999-A-0.wav", 1_500)
    told()
    changes = diff(first, told.store.current()).experiments
    assert list(changes["experiment_id"]) == [ID] and list(changes["change"]) == ["made anew"]
    with reading(told) as reader:
        assert list(reader.datasets()["dataset"]) == ["esc50"]
        files = export(reader, tmp_path / "out", "csv")
    assert files and not any("card" in str(file.relative_to(tmp_path)) for file in files)
