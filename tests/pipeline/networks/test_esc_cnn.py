"""What a training left in the store's folder becomes an experiment and a view, out of fold, and goes when it no
longer speaks of the clips as they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.classify.protocol import protocol
from pipeline.networks import esc_cnn
from pipeline.networks.stage import views
from pipeline.train.esc.trained import TrainedFold, TrainedFolds, data_key, training_folder
from pipeline.train.layout import TrainError
from store.reader import Reader

ID = "esc50.label.sound.esc_cnn"
DIMENSION = 4


def training(clips: pd.DataFrame, key: str = "first") -> TrainedFolds:
    """Networks that are right about every clip but the first of each fold, embedding it by its class."""
    planned = protocol(clips, "label")
    ids = clips["clip_id"].to_numpy(dtype=object)[planned.rows]
    folds = []
    for split in planned.splits:
        truth = planned.codes[split.test]
        said = np.where(np.arange(len(truth)) == 0, (truth + 1) % 3, truth)
        probabilities = (0.1 + 0.7 * np.eye(3)[said]).astype(np.float32)
        history = pd.DataFrame(
            {"fold": split.name, "epoch": [1, 2], "metric": "train_loss", "value": [2.0, 1.0]}
        )
        folds.append(
            TrainedFold(
                name=split.name, weights=Path("none"), clip_ids=ids[split.test], truth=truth,
                probabilities=probabilities, embeddings=np.eye(DIMENSION, dtype=np.float32)[truth],
                learned=tuple(ids[split.train]),
                learned_embeddings=np.eye(DIMENSION, dtype=np.float32)[planned.codes[split.train]],
                history=history, seconds=1.5, content={"device": "cpu", "versions": {"torch": "2"}},
            )
        )  # fmt: skip
    return TrainedFolds(
        "esc50", key, data_key(clips, planned), planned.classes, planned.fold_names, {"seed": 0}, ("a note",),
        tuple(folds),
    )  # fmt: skip


@pytest.fixture
def trained(built_esc50, monkeypatch):
    """A store that holds a training of its clips, as yet in no snapshot; a dict with the training, to change it."""
    with Reader(built_esc50.store.current().path) as reader:
        held = {"esc50": training(reader.clips("esc50"))}
    place = training_folder(built_esc50.store.root, "esc50")
    place.mkdir(parents=True)
    (place / "recipe.json").write_text("{}")

    def read(root: Path, dataset: str) -> TrainedFolds | None:
        found = held.get(dataset)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr("pipeline.networks.esc_cnn.read_trained", read)
    return held


def reading(builder) -> Reader:
    return Reader(builder.store.current().path)


def test_a_training_becomes_an_experiment_and_a_view(built_esc50, trained) -> None:
    done = built_esc50()
    assert (done.status, done.vectors_computed, done.stages.get("experiments", 0)) == ("published", 0, 1)
    with reading(built_esc50) as reader:
        row = reader.experiment(ID)
        assert row["accuracy"] == pytest.approx(25 / 30) and (row["kind"], row["origin"]) == (
            "network",
            "trained",
        )
        assert row["fit_seconds"] == pytest.approx(7.5) and list(row["notes"]) == ["a note"]
        assert len(reader.experiment_history(ID)) == 10
        told = reader.predictions(ID).table
        assert (told["truth"] != told["predicted"]).sum() == 5
        folds = reader.clips("esc50").set_index("clip_id")["fold"]
        assert [f"fold {folds[clip]}" for clip in told["clip_id"]] == list(told["fold"])
        found = reader.matrix("esc50", "esc_cnn")
        labels = reader.clips("esc50").set_index("clip_id")["label"].loc[found.clip_ids]
        classes = sorted(set(labels))
        assert [classes[place] for place in found.values.argmax(axis=1)] == list(labels)
        assert list(reader.views("esc50")["learned"]) == [False, False, True]
    assert built_esc50().status == "unchanged"


def test_a_view_that_knows_labels_is_no_part_of_all_views_and_bears_no_witness(built_esc50, trained) -> None:
    built_esc50()
    with reading(built_esc50) as reader:
        assert ("pictures", "esc50", "esc_cnn") in reader.units()
        experiments = reader.experiments("esc50")
        assert not any("esc_cnn" in list(views) for views in experiments["views"])
        board = reader.clusterings("esc50")
        assert board[board["view"] == "esc_cnn"]["rank"].isna().all()


def test_another_training_takes_its_place(built_esc50, trained) -> None:
    built_esc50()
    with reading(built_esc50) as reader:
        before = reader.embeddings().iloc[0]["key"]
        trained["esc50"] = training(reader.clips("esc50"), "second")
    assert built_esc50().stages.get("experiments", 0) == 1
    with reading(built_esc50) as reader:
        assert (before, reader.embeddings().iloc[0]["key"]) == ("first", "second")
    assert built_esc50().status == "unchanged"


def test_clips_that_have_changed_since_are_spoken_of_no_more(built_esc50, trained, grouped) -> None:
    built_esc50()
    name = next(iter(grouped.categories))
    grouped.path(name).unlink()
    del grouped.categories[name]
    built_esc50()
    with reading(built_esc50) as reader:
        assert (
            list(reader.embeddings()["clips"]) == [0] and len(reader.matrix("esc50", "esc_cnn").clip_ids) == 0
        )
        assert ID not in set(reader.experiments("esc50")["experiment_id"])
        gaps = reader.experiment_gaps("esc50").set_index("what")["reason"]
        assert "have changed since the networks were trained" in gaps["The network"]
        assert list(reader.views("esc50")["view"]) == ["dynamics", "spectral"]
    assert built_esc50().status == "unchanged"


def test_what_is_half_trained_or_damaged_waits_with_a_word(built_esc50, trained) -> None:
    whole = trained["esc50"]
    trained["esc50"] = replace(whole, folds=whole.folds[:3])
    built_esc50()
    with reading(built_esc50) as reader:
        (reason,) = reader.experiment_gaps("esc50")["reason"]
        assert "Not trained yet: fold 4, fold 5." in reason and reader.embeddings().empty
    trained["esc50"] = TrainError("The file is damaged. Delete it and train again.")
    built_esc50()
    with reading(built_esc50) as reader:
        assert list(reader.experiment_gaps("esc50")["reason"]) == [str(trained["esc50"])]
    trained["esc50"] = whole
    built_esc50()
    with reading(built_esc50) as reader:
        assert reader.experiment_gaps("esc50").empty and ID in set(
            reader.experiments("esc50")["experiment_id"]
        )


@dataclass
class Clips:
    """A snapshot with one dataset."""

    table: pd.DataFrame

    def rows(self, name: str) -> list[dict[str, str]]:
        return [{"dataset": "esc50"}]

    def clips(self, dataset: str) -> pd.DataFrame:
        return self.table


def test_its_key_follows_the_state_of_the_training_and_not_the_words_about_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"esc50/{number}.wav" for number in range(12)]
    table = pd.DataFrame({"clip_id": names, "content_hash": names, "label": ["a", "b", "c"] * 4})
    table["fold"] = [number // 3 + 1 for number in range(12)]
    place = training_folder(tmp_path, "esc50")
    place.mkdir(parents=True)
    (place / "recipe.json").write_text("{}")
    whole = training(table)

    def key(found: TrainedFolds | None) -> str:
        monkeypatch.setattr(esc_cnn, "read_trained", lambda root, dataset: found)
        (one,) = esc_cnn.expected(tmp_path, Clips(table))
        return one.key

    half, less = replace(whole, folds=whole.folds[:3]), replace(whole, folds=whole.folds[:2])
    changed = replace(whole, data="of other clips")
    keys = [key(one) for one in (whole, half, less, changed, None, replace(whole, key="second"))]
    assert len(set(keys)) == len(keys)
    monkeypatch.setattr(TrainedFolds, "mismatch", lambda self, clips: "The same in other words.")
    assert key(changed) == keys[3]


def test_a_forgotten_collection_takes_the_view_along(built_esc50, trained, tone, tmp_path) -> None:
    for number in range(3):
        tone(tmp_path / "mine" / f"{number}.wav", 300 + 400 * number)
    built_esc50(f"folder={tmp_path / 'mine'}")
    with reading(built_esc50) as reader:
        assert list(reader.views("esc50")["view"]) == ["dynamics", "spectral", "esc_cnn"]
        assert list(reader.views("mine")["view"]) == ["dynamics", "spectral"]
    built_esc50(forget=["esc50"])
    with reading(built_esc50) as reader:
        assert list(reader.views()["view"]) == ["dynamics", "spectral"]
    assert built_esc50().status == "unchanged"


def test_its_vectors_come_from_the_training_alone(built_esc50, trained) -> None:
    view = views(built_esc50.store.root)["esc_cnn"]
    assert (len(view.columns), view.learned) == (DIMENSION, True)
    with pytest.raises(TrainError, match="then build"):
        view.compute(None)
