"""Three folds of tones: learned well, out of fold, once, resumable, and refused with a word."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.classify.classifier import ClassifyError
from pipeline.train.esc import folds, train
from pipeline.train.esc.trained import read_trained, training_folder
from pipeline.train.layout import TrainError

pytestmark = pytest.mark.xdist_group("networks")

CPU = torch.device("cpu")


def test_held_out_tones_are_classified_correctly(trained_store: Path) -> None:
    found = read_trained(trained_store, "tones")
    assert found is not None and found.complete
    assert (found.probabilities.argmax(1) == found.truth).mean() > 0.9
    assert found.classes == ("high", "low", "middle")


def test_no_network_tells_a_clip_that_it_has_learned(trained_store: Path, tones) -> None:
    found = read_trained(trained_store, "tones")
    assert found is not None
    fold_of = tones.clips.set_index("clip_id")["fold"]
    for fold in found.folds:
        assert not set(fold.learned) & set(fold.clip_ids)
        assert {f"fold {fold_of[clip]}" for clip in fold.clip_ids} == {fold.name}
        assert len(fold.learned) + len(fold.clip_ids) == 36
    assert sorted(found.clip_ids) == sorted(tones.clips["clip_id"][:36])


def test_what_is_tested_does_not_touch_the_weights(tones, recipe) -> None:
    """With noise in the place of the tested clips the same weights come out."""
    short = replace(recipe, schedule=replace(recipe.schedule, epochs=2))
    generator = torch.Generator().manual_seed(0)
    powers = [torch.rand(16, 30, generator=generator) + 0.1 for _ in range(20)]
    codes = np.arange(20) % 2
    learned = train.Part(powers[:12], codes[:12])
    states = []
    for tested in (train.Part(powers[12:16], codes[12:16]), train.Part(powers[16:], 1 - codes[16:])):
        result = train.train_fold(learned, tested, 2, short, device=CPU)
        states.append(result.members[0].state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_members_differ_and_are_averaged(tones, recipe) -> None:
    short = replace(recipe, schedule=replace(recipe.schedule, epochs=2), members=2)
    powers = [torch.rand(16, 30, generator=torch.Generator().manual_seed(i)) + 0.1 for i in range(12)]
    part = train.Part(powers, np.arange(12) % 3)
    result = train.train_fold(part, part, 3, short, device=CPU)
    first, second = result.members
    assert not torch.equal(first.stem[0].weight, second.stem[0].weight)
    assert torch.equal(first.head, second.head)
    # The fixed head over the mean embedding gives the very probabilities.
    logits = first.classify(torch.from_numpy(result.embeddings))
    np.testing.assert_allclose(torch.softmax(logits, 1).numpy(), result.probabilities, rtol=1e-5)
    epochs = [epoch for epoch, metric, _ in result.history if metric == "train_loss"]
    assert epochs == [1, 2]


def test_folds_that_are_there_are_left_alone(trained_store: Path, tones, recipe, tmp_path: Path) -> None:
    shutil.copytree(trained_store / "networks", tmp_path / "networks")
    training = folds.plan_training(tmp_path, "tones", tones.clips, recipe)
    (training.place / "fold-2.json").unlink()
    found = read_trained(tmp_path, "tones")
    assert (
        found is not None and not found.complete and [one.name for one in found.folds] == ["fold 1", "fold 3"]
    )
    before = (training.place / "fold-1.json").read_bytes()
    wrote: list[str] = []
    folds.train_all(training, tones.root, device=CPU, wrote=wrote.append)
    assert wrote == ["fold 2"] and (training.place / "fold-1.json").read_bytes() == before
    again, whole = read_trained(tmp_path, "tones"), read_trained(trained_store, "tones")
    assert again is not None and whole is not None
    np.testing.assert_array_equal(again.probabilities, whole.probabilities)
    np.testing.assert_array_equal(again.embeddings, whole.embeddings)
    assert not list(training.place.glob("*.checkpoint")) and not list(training.place.glob("*.new"))


def test_a_killed_fold_goes_on(trained_store: Path, tones, recipe, tmp_path: Path) -> None:
    training = folds.plan_training(tmp_path, "tones", tones.clips, recipe)
    epochs: list[int] = []

    def kill(told) -> None:
        epochs.append(told.epoch)
        if len(epochs) == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        folds.train_all(training, tones.root, device=CPU, folds=["fold 1"], on_epoch_end=kill)
    folds.train_all(training, tones.root, device=CPU, folds=["fold 1"], on_epoch_end=kill)
    assert epochs == [*range(1, 13), *range(11, 21)]
    resumed, whole = read_trained(tmp_path, "tones"), read_trained(trained_store, "tones")
    assert resumed is not None and whole is not None
    np.testing.assert_array_equal(resumed.probabilities, whole.folds[0].probabilities)
    assert resumed.history.equals(whole.folds[0].history)


def test_networks_of_another_recipe_are_not_replaced_by_themselves(
    trained_store, tones, recipe, tmp_path
) -> None:
    shutil.copytree(trained_store / "networks", tmp_path / "networks")
    other = folds.plan_training(tmp_path, "tones", tones.clips, replace(recipe, seed=5))
    with pytest.raises(TrainError, match="Give --replace"):
        folds.begin(other)
    folds.begin(other, replace=True)
    found = read_trained(tmp_path, "tones")
    assert found is not None and found.key == other.key and not found.folds
    changed = tones.clips.assign(fold=4 - tones.clips["fold"])
    folds.begin(folds.plan_training(tmp_path, "tones", changed, recipe))  # out of date: nothing is lost


def test_folds_are_named_or_numbered(tones, recipe, tmp_path: Path) -> None:
    training = folds.plan_training(tmp_path, "tones", tones.clips, recipe)
    assert folds.chosen_folds(training) == ["fold 1", "fold 2", "fold 3"]
    assert folds.chosen_folds(training, ["3", "fold 1"]) == ["fold 1", "fold 3"]
    with pytest.raises(TrainError, match="no fold '4'; there are: fold 1, fold 2, fold 3"):
        folds.chosen_folds(training, ["4"])


def test_clips_without_labels_are_refused(tones, recipe, tmp_path: Path) -> None:
    with pytest.raises(ClassifyError, match="None of the 37 clips has a 'label'"):
        folds.plan_training(tmp_path, "tones", tones.clips.assign(label=None), recipe)


def test_what_is_written_says_how_it_was_made(trained_store: Path, recipe) -> None:
    place = training_folder(trained_store, "tones")
    told = json.loads((place / "fold-1.json").read_text())
    assert told["seed"] == recipe.seed and told["device"] == "cpu" and told["threads"] == 1
    assert set(told["versions"]) >= {"torch", "torchaudio", "numpy", "python"}
    metrics = {metric for _, metric, _ in told["history"]}
    assert metrics == {"train_loss", "train_accuracy", "learning_rate", "test_loss", "test_accuracy"}
    assert [epoch for epoch, metric, _ in told["history"] if metric == "test_loss"] == [5, 10, 15, 20]
    assert json.loads((place / "recipe.json").read_text())["parameters"]["batch"] == recipe.batch
