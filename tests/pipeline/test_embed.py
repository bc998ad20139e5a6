"""Networks over clips: out of fold, new clips by all networks, one space, and what the view says of itself."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from models.esc_cnn import EscCnnParameters, fixed_head, restored
from models.frontend import LogMel, LogMelParameters
from pipeline import embed
from pipeline.train import folds, kept
from pipeline.train.align import parts, procrustes, ways
from pipeline.train.checkpoint import below, read_tensors
from pipeline.train.errors import TrainError
from pipeline.train.esc import together
from pipeline.train.recipe import EscRecipe, recipe_of
from pipeline.train.schedule import Schedule
from pipeline.train.sounds import mel_power
from pipeline.train.trained import Trained

RATE_HZ = 8_000
RECIPE = EscRecipe(
    frontend=LogMelParameters(
        sample_rate_hz=RATE_HZ, n_fft=256, win_length=256, hop_length=128, n_mels=16, f_min_hz=50, f_max_hz=4_000
    ),
    network=EscCnnParameters(n_mels=16, widths=(8, 16), stem_width=4),
    schedule=Schedule(epochs=2),
    members=2,
    batch=4,
    crop_frames=20,
    test_crops=2,
)  # fmt: skip


def sounds_in(root: Path, count: int, first: int = 0) -> pd.DataFrame:
    """Short tones in two classes and three folds, as files with the frame of a store."""
    root.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(first, first + count):
        noise = np.random.default_rng(number).normal(0, 0.02, 3_000)
        tone = 0.2 * np.sin(2 * np.pi * (400, 1_500)[number % 2] * np.arange(3_000) / RATE_HZ)
        path = root / f"{number}.wav"
        soundfile.write(path, tone + noise, RATE_HZ, subtype="PCM_16")
        rows.append((f"{root.name}/{path.name}", path.name, hashlib.sha256(path.read_bytes()).hexdigest()))
    clips = pd.DataFrame(rows, columns=["clip_id", "relative_path", "content_hash"])
    number = np.arange(count)
    return clips.assign(label=np.array(["low", "high"])[number % 2], fold=number // 2 % 3 + 1)


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trained, pd.DataFrame, Path]:
    """Three folds of twelve clips, trained for a moment; the clips and their folder."""
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("embed")
    clips = sounds_in(root / "tones", 12)
    training = folds.planned(root, "tones", clips, RECIPE)
    folds.train_all(training, root / "tones", device=torch.device("cpu"))
    found = kept.trained(root, "tones")
    assert found is not None
    return found, clips, root


def test_a_tested_clip_is_embedded_by_the_network_of_its_fold(learned) -> None:
    """As the network itself gives it, from the file; and that network has not learned the clip."""
    found, clips, root = learned
    stored = embed.out_of_fold(found)
    embedder = embed.Embedder(found, "cpu")
    fold_of = dict(zip(found.clip_ids, found.fold_of, strict=True))
    for position in (0, 3, 11):
        clip = clips.iloc[position : position + 1]
        name, content = clip["clip_id"].iloc[0], clip["content_hash"].iloc[0]
        strangers = [fold.name for fold in found.folds if content not in fold.learned_hashes]
        assert strangers == [fold_of[name]]
        value = embedder.of_clip(clip, root / "tones", content)
        np.testing.assert_allclose(
            value, stored.values[list(stored.clip_ids).index(name)], rtol=1e-4, atol=1e-5
        )


def test_a_new_clip_is_the_mean_of_all_networks(learned) -> None:
    found, clips, root = learned
    new = sounds_in(root / "other", 2, first=100)
    result = embed.embed(found, pd.concat([new, clips.iloc[:1]]), root / "other", "cpu")
    assert list(result.clip_ids) == [*new["clip_id"], clips["clip_id"][0]] and result.values.shape == (3, 16)
    embedder = embed.Embedder(found, "cpu")
    samples, rate = soundfile.read(root / "other" / "100.wav", dtype="float32")
    np.testing.assert_allclose(embedder.of_samples(samples, rate), result.values[0], rtol=1e-4, atol=1e-5)
    power = [mel_power(samples, rate, LogMel(RECIPE.frontend))]
    alone = []
    for fold in found.folds:
        tensors, _ = read_tensors(fold.weights)
        members = [restored(below(tensors, f"member-{number}"), 2, RECIPE.network) for number in (1, 2)]
        raw, _ = together(members, power, RECIPE, torch.device("cpu"))
        alone.append(ways(found.folds)[fold.name](raw.numpy())[0])
    np.testing.assert_allclose(np.mean(alone, 0), result.values[0], rtol=1e-4, atol=1e-5)
    assert np.ptp(np.array(alone), axis=0).max() > 1e-3


def test_a_copy_of_a_learned_clip_is_left_to_those_who_have_not_seen_it(learned) -> None:
    found, clips, root = learned
    copy = clips.iloc[:1].assign(clip_id="elsewhere/0.wav")
    result = embed.embed(found, pd.concat([copy, clips.iloc[:1]]), root / "tones", "cpu")
    np.testing.assert_allclose(result.values[0], result.values[1], rtol=1e-4, atol=1e-5)


def test_a_clip_that_all_networks_have_learned_has_no_embedding(learned) -> None:
    found, clips, root = learned
    one = replace(found, folds=found.folds[:1])
    seen = clips[clips["clip_id"].isin(one.folds[0].learned)].iloc[:2]
    assert len(embed.embed(one, seen, root / "tones", "cpu").clip_ids) == 0


def test_turning_finds_the_turn_and_keeps_distances() -> None:
    generator = np.random.default_rng(0)
    onto = generator.normal(size=(60, 8))
    rotation, _ = np.linalg.qr(generator.normal(size=(8, 8)))
    values = onto @ rotation + 3
    turn = procrustes(values, onto)
    np.testing.assert_allclose(turn(values), onto, atol=1e-4)
    other = generator.normal(size=(5, 8))
    np.testing.assert_allclose(
        np.linalg.norm(turn(other)[0] - turn(other)[1]), np.linalg.norm(other[0] - other[1]), rtol=1e-4
    )


def test_the_way_looks_at_no_tested_clip(learned) -> None:
    found, _, _ = learned
    before = ways(found.folds)
    first, second = found.folds[:2]
    # What is tested in the second fold, and where it lies in the first one's space, turns nothing.
    tested = set(second.clip_ids)
    moved = first.learned_embeddings.copy()
    moved[[clip in tested for clip in first.learned]] += 100 * np.arange(16, dtype=np.float32)
    changed = (
        replace(first, learned_embeddings=moved),
        replace(second, embeddings=second.embeddings + 100, truth=1 - second.truth),
        *found.folds[2:],
    )
    after = ways(changed)
    assert before[first.name].turn is None
    np.testing.assert_array_equal(after[second.name].turn.rotation, before[second.name].turn.rotation)
    np.testing.assert_array_equal(after[second.name].turn.target, before[second.name].turn.target)


def test_the_fixed_head_says_the_same_of_the_common_space(learned) -> None:
    found, _, _ = learned
    head = fixed_head(2, 16, 4.0).numpy()
    scores = found.embeddings @ head.T
    odds = np.exp(scores - scores.max(1, keepdims=True))
    np.testing.assert_allclose(odds / odds.sum(1, keepdims=True), found.probabilities, rtol=1e-3, atol=1e-5)


def test_classes_and_all_else_count_alike(learned) -> None:
    found, _, _ = learned
    first = found.folds[0]
    before = [part.var(0).sum() for part in parts(first.learned_embeddings, 2)]
    after = [part.var(0).sum() for part in parts(ways(found.folds)[first.name](first.learned_embeddings), 2)]
    assert after[0] == pytest.approx(before[0], rel=1e-4)
    assert after[1] == pytest.approx(min(before), rel=1e-4)


def test_the_view_describes_itself(learned) -> None:
    found, _, _ = learned
    view = embed.described({"tones": found})
    assert (view.name, len(view.columns), len(view.units)) == ("esc_cnn", 16, 16)
    assert len(set(view.columns)) == 16 and "second hand" in view.notes
    other = embed.described({"tones": replace(found, key="other")})
    assert view.key == embed.described({"tones": found}).key != other.key and view.learned
    assert embed.described({"tones": replace(found, folds=found.folds[:2])}).key != view.key


def test_a_recipe_comes_back_and_that_of_another_version_is_refused(learned) -> None:
    found, _, _ = learned
    assert recipe_of(found.parameters) == RECIPE
    with pytest.raises(TrainError, match="another version of the program"):
        recipe_of({**found.parameters, "unheard_of": 1})


def test_weights_that_do_not_fit_are_told_with_the_file(learned, tmp_path: Path) -> None:
    found, _, _ = learned
    wrong = {**found.parameters, "network": {**found.parameters["network"], "blocks": 2}}
    embedder = embed.Embedder(replace(found, parameters=wrong), "cpu")
    with pytest.raises(TrainError, match=r"fold-1\.safetensors: The weights do not fit"):
        embedder.of_samples(np.ones(4_000, dtype=np.float32), RATE_HZ)
