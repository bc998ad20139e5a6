"""Learning voices: balanced batches, the same steps after a kill, and a network that tells who it has not met."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from models.ecapa.network import EcapaParameters, made
from pipeline.train.loop import Schedule
from pipeline.train.voice import seeds as gender
from pipeline.train.voice.augment import PLAIN, SpeechAugmentation
from pipeline.train.voice.problem import GenderProblem, VoiceSet, balanced_weights, validation_features
from pipeline.train.voice.recipe import GenderRecipe, quick
from pipeline.train.voice.seeds import (
    LIMITS,
    best_seed,
    best_temperature,
    spread_over_seeds,
    train_seeds,
    training_key,
)
from pipeline.train.voice.sounds import RATE_HZ, Noises, as_int16

SMALL = EcapaParameters(width=8, aggregated=16, bottleneck=4, embedding=8)
RECIPE = GenderRecipe(
    network=SMALL,
    augmentation=replace(PLAIN, gain_db=6.0, noise=0.3, snr_db=(10.0, 20.0)),
    schedule=Schedule(epochs=6, learning_rate=0.02, warmup_epochs=1, average=0.7),
    batch=8,
    steps=4,
    crop_s=(0.2, 0.4),
)
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def voice(hz: float, seed: int) -> Tensor:
    """Harmonics of a pitch that falls, in a little noise: 0.6 s."""
    generator, time_s = np.random.default_rng(seed), np.arange(round(0.6 * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * np.cumsum(hz * (1.05 - 0.15 * time_s)) / RATE_HZ
    tones = sum(np.sin(number * phase) / number for number in range(1, 20))
    return as_int16((0.05 * tones + generator.normal(0, 0.002, len(time_s))).astype(np.float32))


def heard(speakers: int, first: int = 0, clips: int = 3) -> VoiceSet:
    rows, voices = [], []
    for sex, hz in (("female", 210.0), ("male", 110.0)):
        for number in range(first, first + speakers):
            for clip in range(clips):
                seed = 1000 * number + clip + (sex == "male") * 500
                voices.append(voice(hz * np.random.default_rng(number).uniform(0.85, 1.15), seed))
                rows.append((f"a/{sex}{number}/{clip}", "a", f"a/{sex}{number}", sex))
    noises = Noises([as_int16(np.random.default_rng(0).normal(0, 0.1, 9_000).astype(np.float32))])
    return VoiceSet(pd.DataFrame(rows, columns=["clip_id", "dataset", "speaker", "sex"]), voices, [], noises)


@pytest.fixture(scope="module")
def train() -> VoiceSet:
    return heard(3)


@pytest.fixture(scope="module")
def validation() -> VoiceSet:
    return heard(2, first=10, clips=2)


def test_each_sex_in_each_corpus_and_each_speaker_in_it_weighs_the_same() -> None:
    counts = {("a", "female"): (5, 1), ("a", "male"): (2, 4, 6), ("b", "female"): (3,), ("b", "male"): (1, 1)}
    rows = [
        (dataset, sex, f"{dataset}/{sex}{number}")
        for (dataset, sex), clips in counts.items()
        for number, count in enumerate(clips)
        for _ in range(count)
    ]
    clips = pd.DataFrame(rows, columns=["dataset", "sex", "speaker"])
    weights = clips.assign(weight=balanced_weights(clips))
    assert weights.groupby(["dataset", "sex"])["weight"].sum().tolist() == pytest.approx([0.25] * 4)
    assert weights.groupby("speaker")["weight"].sum()["a/male2"] == pytest.approx(0.25 / 3)


def test_batches_are_of_one_length_each_and_follow_from_seed_and_epoch(
    train: VoiceSet, validation: VoiceSet
) -> None:
    problem = GenderProblem(train, validation, RECIPE, 1)
    first = list(problem.batches(2))
    frames = [features.shape[2] for features, _ in first]
    assert len(first) == 4 and len(set(frames)) > 1 and all(20 < count <= 41 for count in frames)
    assert all(
        features.shape[:2] == (8, 80) and bool(torch.isfinite(features).all()) for features, _ in first
    )
    for again, other in ((problem, True), (GenderProblem(train, validation, RECIPE, 2), False)):
        list(again.batches(1))  # what was drawn before does not matter
        pairs = zip(first, again.batches(2), strict=True)
        same = [one.shape == two.shape and torch.equal(one, two) for (one, _), (two, _) in pairs]
        assert all(same) if other else not any(same)


def test_both_sexes_are_drawn_equally_often(train: VoiceSet, validation: VoiceSet) -> None:
    fewer = VoiceSet(
        train.clips.iloc[:12], train.voices[:12], [], train.noises
    )  # nine by women, three by one man
    problem = GenderProblem(fewer, validation, replace(RECIPE, steps=40), 0)
    codes = torch.cat([codes for _, codes in problem.batches(1)])
    assert float(codes.float().mean()) == pytest.approx(0.5, abs=0.1)


def test_crops_through_opus_are_as_often_as_set(train: VoiceSet, validation: VoiceSet) -> None:
    silent = [torch.zeros_like(one) for one in train.voices]
    both = VoiceSet(train.clips, train.voices, silent, Noises([]))
    how = replace(RECIPE, augmentation=replace(PLAIN, opus=0.25), steps=40)
    features = [row for batch, _ in GenderProblem(both, validation, how, 0).batches(1) for row in batch]
    assert np.mean([not row.any() for row in features]) == pytest.approx(0.25, abs=0.07)


def test_crops_are_played_backwards_as_often_as_asked(train: VoiceSet, validation: VoiceSet) -> None:
    louder = [(one * torch.linspace(0.02, 1, len(one))).to(one.dtype) for one in train.voices]
    both = VoiceSet(train.clips, louder, [], Noises([]))
    how = replace(RECIPE, augmentation=replace(PLAIN, backwards=0.25), steps=40)
    features = [row for batch, _ in GenderProblem(both, validation, how, 0).batches(1) for row in batch]
    falls = [row[:, : row.shape[1] // 3].mean() > row[:, -row.shape[1] // 3 :].mean() for row in features]
    assert np.mean(falls) == pytest.approx(0.25, abs=0.07)


def test_half_the_precision_is_nearly_the_same_loss(train: VoiceSet, validation: VoiceSet) -> None:
    losses = {}
    for precision in ("float32", "bfloat16"):
        problem = GenderProblem(train, validation, replace(RECIPE, precision=precision), 0)
        inputs, targets = next(problem.batches(1))
        loss, _ = problem.loss(made(2, SMALL, 0).train(), inputs, targets)
        loss.backward()
        losses[precision] = float(loss.detach())
        assert loss.dtype == torch.float32
    assert losses["bfloat16"] != losses["float32"]
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=0.02)


def test_validation_is_the_same_for_every_seed_and_degraded_in_its_second_half(validation: VoiceSet) -> None:
    how = replace(RECIPE, augmentation=SpeechAugmentation())
    first, again = (GenderProblem(validation, validation, how, seed).watched for seed in (0, 5))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert len(first) == 2 * len(validation.voices) and first[-1].shape[1] == 101
    clean = validation_features(
        VoiceSet(validation.clips, validation.voices, [], Noises([])), RECIPE, _features()
    )
    assert torch.equal(clean[0], first[0]) and not torch.equal(clean[-1], first[-1])


def _features():
    from models.speech import SpeechFeatures

    return SpeechFeatures()


def test_it_tells_those_it_has_not_met_and_validation_chooses(train: VoiceSet, validation: VoiceSet) -> None:
    told: list[str] = []
    recipe = replace(RECIPE, schedule=replace(RECIPE.schedule, epochs=12))
    results = train_seeds(
        train, validation, recipe, [0, 1], device=CPU, on_epoch_end=lambda one: told.append(one.fold)
    )
    best = best_seed(results)
    assert best.validation["validation_accuracy_whole"] == 1.0
    assert best.validation["validation_loss"] == min(one.validation["validation_loss"] for one in results)
    assert set(told) == {"seed 0", "seed 1"}
    mean, by = spread_over_seeds(results)["validation_loss"]
    values = [one.validation["validation_loss"] for one in results]
    assert (mean, by) == (pytest.approx(np.mean(values)), pytest.approx(np.std(values)))
    strangers = heard(2, first=20, clips=1)
    answers = best.model.predict([one.numpy().astype(np.float32) / 32_767 for one in strangers.voices])
    assert answers.probabilities.argmax(1).tolist() == strangers.codes.tolist()


def test_after_a_kill_the_same_network_comes_out(
    tmp_path: Path, train: VoiceSet, validation: VoiceSet, monkeypatch
) -> None:
    recipe = replace(RECIPE, schedule=replace(RECIPE.schedule, epochs=4))
    (whole,) = train_seeds(train, validation, recipe, [3], device=CPU)

    class Killed(GenderProblem):
        def batches(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
            for number, batch in enumerate(super().batches(epoch)):
                if epoch == 4 and number == 2:
                    raise KeyboardInterrupt
                yield batch

    with monkeypatch.context() as patched:
        patched.setattr(gender, "GenderProblem", Killed)
        with pytest.raises(KeyboardInterrupt):
            train_seeds(train, validation, recipe, [3], device=CPU, checkpoints=tmp_path)
    (again,) = train_seeds(train, validation, recipe, [3], device=CPU, checkpoints=tmp_path)
    assert again.history == whole.history and again.temperature == whole.temperature
    for old, new in zip(
        whole.network.state_dict().values(), again.network.state_dict().values(), strict=True
    ):
        assert torch.equal(old, new)


def test_another_recipe_or_other_clips_are_another_training(train: VoiceSet, validation: VoiceSet) -> None:
    keys = {
        training_key(RECIPE, train, validation),
        training_key(replace(RECIPE, smoothing=0.1), train, validation),
        training_key(RECIPE, validation, train),
        training_key(RECIPE, VoiceSet(train.clips, train.voices, [], Noises([])), validation),
    }
    assert len(keys) == 4 and training_key(RECIPE, train, validation) in keys


def test_changed_recordings_under_the_same_names_are_another_training(
    train: VoiceSet, validation: VoiceSet
) -> None:
    """A checkpoint of the ones that are no longer there is not gone on from."""
    quieter = VoiceSet(train.clips, [one // 2 for one in train.voices], [], train.noises)
    other_noise = VoiceSet(train.clips, train.voices, [], Noises([one.flip(0) for one in train.noises.clips]))
    relabelled = VoiceSet(
        train.clips.assign(sex=train.clips["sex"].iloc[::-1].to_list()), train.voices, [], train.noises
    )
    keys = {training_key(RECIPE, one, validation) for one in (train, quieter, other_noise, relabelled)}
    assert len(keys) == 4


def test_quick_is_small_and_short() -> None:
    recipe, small = GenderRecipe(), quick(GenderRecipe())
    assert small.network.width < recipe.network.width and small.schedule.epochs < recipe.schedule.epochs


@pytest.mark.parametrize("planted", [0.5, 1.0, 3.0])
def test_a_planted_temperature_is_found(planted: float) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(20_000, 2, generator=generator)
    codes = torch.multinomial(torch.softmax(logits, 1), 1, generator=generator)[:, 0]
    assert best_temperature(logits * planted, codes) == pytest.approx(planted, rel=0.05)


def test_where_all_is_right_or_wrong_it_stays_within_its_limits() -> None:
    logits, codes = torch.tensor([[2.0, 0.0], [0.0, 2.0]]), torch.tensor([0, 1])
    assert best_temperature(logits, codes) == pytest.approx(LIMITS[0], rel=1e-2)
    assert best_temperature(logits, 1 - codes) == pytest.approx(LIMITS[1], rel=1e-2)
