"""The network beside the classifiers of a dataset: told of strangers alone, and measured as by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.audio.decode import load_mono
from pipeline.classify.significance import by_groups
from pipeline.datasets import DATASETS
from pipeline.experiments.unit import Gap
from pipeline.networks import stage
from pipeline.networks.voice import SYNTHETIC, target_of
from store.reader import Reader
from store.results import ExperimentRows

ID = "hums.label.sound.gender_ecapa"


@pytest.fixture
def made(built):
    """The experiment of the hums, by the store and the card as they now are; None without one."""

    def make() -> ExperimentRows | Gap | None:
        built()
        with Reader(built.store.current().path) as reader:
            found = [one for one in stage.expected(built.store.root, reader) if one.spec.dataset == "hums"]
            assert len(found) < 2
            return stage.make(built.store.root, reader, found[0]) if found else None

    return make


def table(rows: ExperimentRows) -> pd.DataFrame:
    return rows.predictions.to_pandas().set_index("clip_id")


def values(rows: ExperimentRows, kind: str) -> dict[tuple[str, str], float]:
    return {(row["name"], row["metric"]): row["value"] for row in rows.metrics if row["kind"] == kind}


def test_every_stranger_is_tested_with_what_the_network_says(made, shipped, hums) -> None:
    rows = made()
    told = rows.experiment
    assert (rows.id, told["kind"], told["origin"], told["method"]) == (
        ID,
        "network",
        "trained",
        "gender_ecapa",
    )
    assert (told["views"], told["protocol"], told["protocol_title"]) == (
        ["sound"],
        "strangers",
        "speakers never met",
    )
    # Hers first, in the dataset's own words.
    assert told["classes"] == ["W", "M"] and told["target"] == "label"
    assert (told["clips"], told["groups"], told["unit"], told["seed"], told["seconds"]) == (
        8,
        4,
        "speaker",
        2,
        5.0,
    )
    for words in ("8 clips by 5 speakers of There", "8 clips by 4 speakers"):
        assert words in told["protocol_summary"]
    found = table(rows)
    assert set(found["fold"]) == {"never met"} and set(found.index) == {f"hums/{name}" for name in hums.rows}
    model = shipped.model
    for name, row in hums.rows.items():
        expected = model.predict([load_mono(hums.root / name)[0]]).probabilities[0]
        np.testing.assert_allclose(found.loc[f"hums/{name}", "probabilities"], expected, atol=1e-4)
        assert found.loc[f"hums/{name}", "truth"] == row["label"]
        assert found.loc[f"hums/{name}", "predicted"] == ["W", "M"][expected.argmax()]
    assert not told["notes"] and not rows.history


def test_the_numbers_are_those_of_the_predictions(made, hums) -> None:
    rows = made()
    found = table(rows)
    right = (found["truth"] == found["predicted"]).to_numpy()
    speakers = np.array([hums.rows[clip.removeprefix("hums/")]["speaker"] for clip in found.index])
    told = rows.experiment
    assert told["accuracy"] == pytest.approx(right.mean()) and told["spread"] == 0
    interval = by_groups(right, np.unique(speakers, return_inverse=True)[1])
    assert (told["grouped_low"], told["grouped_high"]) == pytest.approx((interval.low, interval.high))
    fold = values(rows, "fold")
    assert (fold["never met", "train"], fold["never met", "test"], fold["never met", "fit_seconds"]) == (
        8,
        8,
        5.0,
    )
    assert fold["never met", "accuracy"] == pytest.approx(right.mean())
    assert {name for name, _ in values(rows, "class")} == {"W", "M"}
    each = values(rows, "speaker")
    for one in set(speakers):
        assert (each[one, "clips"], each[one, "right"]) == (2, right[speakers == one].sum())
        assert each[one, "male"] == (one[0] == "m")
    assert values(rows, "speakers")["majority", "speakers"] == 4
    by_dialect = values(rows, "dialect")
    assert {name for name, _ in by_dialect} == {"1", "2"}
    first = np.array([one.endswith("1") for one in speakers])
    assert by_dialect["1", "accuracy"] == pytest.approx(right[first].mean()) and by_dialect["1", "clips"] == 4


def test_whoever_was_learned_from_is_left_out_with_all_clips(made, shipped, hums) -> None:
    shipped.write_card(heard={"train": hums.hashes(["f1-2.wav"]), "validation": hums.hashes(["m1-1.wav"])})
    rows = made()
    found = table(rows)
    folds = {clip.removeprefix("hums/"): fold for clip, fold in found["fold"].items()}
    assert folds == {
        "f2-1.wav": "never met", "f2-2.wav": "never met", "m1-1.wav": "validated on", "m1-2.wav": "validated on",
        "m2-1.wav": "never met", "m2-2.wav": "never met",
    }  # fmt: skip
    fold = values(rows, "fold")
    assert (fold["never met", "test"], fold["validated on", "test"]) == (4, 2)
    notes = " ".join(rows.experiment["notes"])
    assert (
        "2 clips are by speakers that it has learned from" in notes
        and "speakers of 2 of these clips" in notes
    )


def test_those_it_was_chosen_by_are_not_called_never_met(made, shipped, hums) -> None:
    shipped.write_card(heard={"train": [], "validation": hums.hashes(hums.rows)})
    assert made().experiment["protocol_title"] == "speakers kept for validation"


def test_where_nobody_is_left_there_is_a_word(made, shipped, hums) -> None:
    shipped.write_card(heard={"train": hums.hashes(hums.rows), "validation": []})
    gap = made()
    assert isinstance(gap, Gap) and gap.task_id == ID and gap.row["target"] == "label"
    assert "Nobody is left to be tested" in gap.row["reason"] and "8 of the 8 clips" in gap.row["reason"]


def test_clips_without_a_name_or_sex_are_not_tested(made, hums) -> None:
    hums.rows["f1-1.wav"]["speaker"] = ""
    hums.rows["m1-1.wav"] |= {"sex": "", "label": ""}
    hums.table()
    assert set(table(made()).index) == {f"hums/{name}" for name in hums.rows} - {
        "hums/f1-1.wav",
        "hums/m1-1.wav",
    }


def test_it_is_stale_when_clips_card_or_vectors_change(built, shipped, hums) -> None:
    def key() -> str:
        built()
        with Reader(built.store.current().path) as reader:
            (one,) = [one for one in stage.expected(built.store.root, reader) if one.spec.dataset == "hums"]
        return one.key

    keys = [key()]
    assert key() == keys[0]
    shipped.write_card(temperature=3.0)
    keys.append(key())
    shipped.write(seed=1, temperature=3.0)
    keys.append(key())
    hums.rows["f1-1.wav"]["dialect"] = "9"
    hums.table()
    keys.append(key())
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({}, "label"),
        ({"label": ["x", "y", "x", "y"]}, "sex"),
        ({"label": [None] * 4}, "sex"),
        ({"sex": ["female"] * 4}, None),
        ({"sex": [None] * 4}, None),
        ({"speaker": [None] * 4}, None),
    ],
)
def test_the_target_is_whatever_tells_the_sexes_apart(changes: dict[str, list], target: str | None) -> None:
    clips = pd.DataFrame(
        {
            "label": ["W", "W", "M", "M"],
            "sex": ["female"] * 2 + ["male"] * 2,
            "speaker": list("abcd"),
            "dialect": None,
        }
    )
    assert target_of(clips.assign(**changes)) == target


def test_synthetic_voices_are_called_so(made, monkeypatch) -> None:
    monkeypatch.setitem(vars(DATASETS["folder"]), "synthetic", True)
    assert made().experiment["notes"] == [SYNTHETIC]


def test_a_build_puts_it_on_the_leaderboard_and_keeps_it(builder, shipped, hums, few) -> None:
    builder.analyses = True
    done = builder(f"folder={hums.root}")
    with Reader(builder.store.current().path) as reader:
        found = reader.experiments("hums").set_index("experiment_id")
        assert ID in found.index and done.stages.get("experiments", 0) == len(
            found
        )  # what the card tells was not made
        assert ("pictures", "hums", "ecapa") in reader.units()
        assert not any("ecapa" in list(views) for views in found["views"])  # it knows labels
    again = builder()
    assert (again.status, again.stages.get("experiments", 0)) == ("unchanged", 0)
    shipped.write_card(temperature=3.0)
    again = builder()
    assert (again.vectors_computed, again.stages) == (0, {"experiments": 1})


def test_a_store_from_before_is_completed(builder, shipped, hums, few, monkeypatch, tmp_path: Path) -> None:
    builder.analyses = True
    shipped.card.rename(tmp_path / "card")  # as if there had been no voice network yet
    builder(f"folder={hums.root}")
    with Reader(builder.store.current().path) as reader:
        before = reader.experiment_keys()
    (tmp_path / "card").rename(shipped.card)
    done = builder()
    assert (done.vectors_computed, done.stages.get("experiments"), "audit" in done.stages) == (8, 1, False)
    with Reader(builder.store.current().path) as reader:
        after = reader.experiment_keys()
        kept = after[after["experiment_id"].isin(before["experiment_id"])].reset_index(drop=True)
        pd.testing.assert_frame_equal(kept, before)
        assert set(after["experiment_id"]) - set(before["experiment_id"]) == {
            ID,
            "voice.gender_ecapa.validation",
        }
