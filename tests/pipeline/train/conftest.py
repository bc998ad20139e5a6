"""Tones of three classes in three folds, as files with the clips frame of a store, and a recipe of seconds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from models.esc_cnn import EscCnnParameters
from models.frontend import LogMelParameters
from pipeline.train.esc.augment import Augmentation
from pipeline.train.esc.recipe import EscRecipe
from pipeline.train.loop import Schedule

RATE_HZ = 16_000
CLASSES_HZ = {"high": 2_500.0, "low": 300.0, "middle": 900.0}
QUIET = Augmentation(mix=0.3, stretch=0.05, shift_bands=0.5, gain_db=3, equalise_db=1, noise=0.3, masks=0)
SECONDS = EscRecipe(
    frontend=LogMelParameters(
        sample_rate_hz=RATE_HZ,
        n_fft=512,
        win_length=512,
        hop_length=256,
        n_mels=16,
        f_min_hz=50,
        f_max_hz=8_000,
    ),
    network=EscCnnParameters(n_mels=16, widths=(8, 16), stem_width=4),
    augmentation=QUIET,
    schedule=Schedule(epochs=20, learning_rate=0.01, warmup_epochs=1, average=0.8),
    members=1,
    batch=8,
    crop_frames=24,
    test_crops=2,
    watch_every=5,
)


@dataclass(frozen=True)
class Tones:
    """A folder of recordings and the clips frame that a store would hold of them."""

    root: Path
    clips: pd.DataFrame


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Tones:
    """36 tones a little off their class's pitch, in noise, padded with zeros; 12 a fold, one without label."""
    root = tmp_path_factory.mktemp("tones")
    generator, rows = np.random.default_rng(0), []
    for number in range(37):
        label = sorted(CLASSES_HZ)[number % 3]
        hz = CLASSES_HZ[label] * generator.uniform(0.85, 1.15)
        time_s = np.arange(round(generator.uniform(0.3, 1.0) * RATE_HZ)) / RATE_HZ
        sound = 0.3 * np.sin(2 * np.pi * hz * time_s) + generator.normal(0, 0.02, len(time_s))
        path = root / f"{number:02d}.wav"
        soundfile.write(path, np.pad(sound, (0, RATE_HZ - len(sound))), RATE_HZ, subtype="PCM_16")
        labelled = number < 36
        rows.append(
            {
                "clip_id": f"tones/{path.name}",
                "relative_path": path.name,
                "content_hash": hashlib.sha256(path.read_bytes()).hexdigest(),
                "label": label if labelled else None,
                "fold": number // 3 % 3 + 1,
                "split": None,
                "source": None,
                "speaker": None,
            }
        )
    return Tones(root, pd.DataFrame(rows))


@pytest.fixture
def recipe() -> EscRecipe:
    return SECONDS


@pytest.fixture(scope="session")
def trained_store(tmp_path_factory: pytest.TempPathFactory, tones: Tones) -> Path:
    """A store's folder with networks for all three folds of the tones, only to be read."""
    from pipeline.train.esc import folds

    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("networks_store")
    training = folds.plan_training(root, "tones", tones.clips, SECONDS)
    folds.train_all(training, tones.root, device=torch.device("cpu"))
    return root


@pytest.fixture
def power() -> Callable[..., torch.Tensor]:
    """Power like that of noise, (batch, n_mels, frames), never 0."""

    def made(*shape: int, seed: int = 0) -> torch.Tensor:
        return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) + 0.01

    return made
