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

from models.esc_cnn import EscCnnParameters
from models.frontend import LogMelParameters
from pipeline import embed
from pipeline.train import folds, kept
from pipeline.train.align import procrustes, turns
from pipeline.train.errors import TrainError
from pipeline.train.recipe import EscRecipe, recipe_of
from pipeline.train.schedule import Schedule
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
    alone = []
    for fold in found.folds:
        one = embed.Embedder(replace(found, folds=(fold,)), "cpu")
        alone.append(turns(found.folds)[fold.name](one.of_samples(samples, rate)[None])[0])
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
    onto = generator.normal(size=(60, 8)).astype(np.float32)
    rotation, _ = np.linalg.qr(generator.normal(size=(8, 8)))
    values = (onto @ rotation + 3).astype(np.float32)
    turn = procrustes(values, onto)
    np.testing.assert_allclose(turn(values), onto, atol=1e-4)
    other = generator.normal(size=(5, 8)).astype(np.float32)
    np.testing.assert_allclose(
        np.linalg.norm(turn(other)[0] - turn(other)[1]), np.linalg.norm(other[0] - other[1]), rtol=1e-4
    )


def test_the_first_fold_stays_and_the_turn_looks_at_no_tested_clip(learned) -> None:
    found, _, _ = learned
    before = turns(found.folds)
    first, second = found.folds[:2]
    np.testing.assert_array_equal(before[first.name](first.embeddings), first.embeddings)
    # What is tested in the second fold, and where it lies in the first one's space, changes nothing.
    tested = set(second.clip_ids)
    moved = first.learned_embeddings.copy()
    moved[[clip in tested for clip in first.learned]] += 100
    changed = (
        replace(first, learned_embeddings=moved),
        replace(second, embeddings=second.embeddings + 100, truth=1 - second.truth),
        *found.folds[2:],
    )
    after = turns(changed)
    np.testing.assert_array_equal(after[second.name].rotation, before[second.name].rotation)
    np.testing.assert_array_equal(after[second.name].target, before[second.name].target)


def test_the_view_describes_itself(learned) -> None:
    found, _, _ = learned
    view = embed.described(found)
    assert (view.name, view.dimension, len(view.units)) == ("esc_cnn", 16, 16)
    assert len(set(view.columns)) == 16 and "second hand" in view.notes
    assert view.key == embed.described(found).key != embed.described(replace(found, key="other")).key
    assert embed.described(replace(found, folds=found.folds[:2])).key != view.key


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
