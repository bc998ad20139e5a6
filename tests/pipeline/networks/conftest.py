"""A tiny voice network with a made-up card in the place of the shipped one, and a collection of hums."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import soundfile
import torch
from filelock import FileLock
from safetensors.torch import save_file

from models.ecapa.network import EcapaParameters, made
from models.gender import VoiceModel, load, metadata
from models.voice_card import CARD, WEIGHTS
from pipeline.networks import in_use

RATE_HZ = 16_000
SMALL = EcapaParameters(width=8, aggregated=16, bottleneck=4, embedding=6)
TEMPERATURE = 1.5
SAID = (  # clip, speaker, sex, how likely male
    ("there/f1-1.wav", "there/f1", "female", 0.1),
    ("there/f1-2.wav", "there/f1", "female", 0.7),
    ("there/m1-1.wav", "there/m1", "male", 0.9),
    ("there/m1-2.wav", "there/m1", "male", 0.8),
    ("there/m1-3.wav", "there/m1", "male", 0.6),
)


def part() -> dict[str, Any]:
    """What a card tells of one part: four of five clips are told right."""
    speakers = []
    for speaker, sex in (("there/f1", "female"), ("there/m1", "male")):
        own = [male for _, who, _, male in SAID if who == speaker]
        right = sum((male > 0.5) == (sex == "male") for male in own)
        speakers.append(
            {
                "speaker": speaker, "dataset": "there", "sex": sex, "clips": len(own), "right": right,
                "majority": "" if 2 * right == len(own) else sex, "mean_logit": sex,
            }
        )  # fmt: skip
    metrics = [
        {"kind": "condition", "name": "noise 5 dB", "metric": "accuracy", "value": 0.6},
        {"kind": "dialect", "name": "DR1", "metric": "accuracy", "value": None},
    ]
    return {
        "metrics": metrics, "speakers": speakers, "answers": [[clip, sex, male] for clip, _, sex, male in SAID],
        "reliability": {},
    }  # fmt: skip


def card(sha256: str, **changes: Any) -> dict[str, Any]:
    corpus = {"dataset": "there", "title": "There", "clips": 8, "female": 2, "male": 3}
    kept = {"dataset": "there", "title": "There", "clips": 5, "female": 1, "male": 1}
    seeds = [{"seed": seed, "seconds": 2.5 * seed, "best_epoch": 1} for seed in (1, 2)]
    return {
        "network": "gender_ecapa", "key": "k", "weights": {"file": "x", "sha256": sha256},
        "classes": ["female", "male"], "says": ["It says."], "notes": ["A note."],
        "recipe": {"network": {"embedding": SMALL.embedding}}, "parameters": 1234, "temperature": TEMPERATURE,
        "seed": 2, "seeds": seeds, "over_seeds": {"validation_loss": {"mean": 0.5, "spread": 0.1}},
        "speakers": {"train": [corpus], "validation": [kept], "test": []},
        "heard": {"train": [], "validation": []},
        "history": [[seed, epoch, "train_loss", 1.0 / epoch] for seed in (1, 2) for epoch in (1, 2)],
        "evaluation": {"validation": part()}, "made": "2026-11-20", "device": "cpu", "versions": {"torch": "2"},
    } | changes  # fmt: skip


@dataclass
class Place:
    """A folder with weights and card, to be written again and again."""

    stream: ClassVar[dict[str, Any]] = {
        "sure_from": 0.9,
        "right": 0.99,
        "undecided": 0.1,
        "parameters": {},
        "fitted_on": {"part": "validation", "speakers": ["there/f1"], "clips": 5},
        "curve": {"clean": [[0.5, 0.97, 0.0], [0.9, 0.99, 0.1], [0.99, None, 1.0]]},
    }
    """A threshold that a card may tell."""
    path: Path

    @property
    def weights(self) -> Path:
        return self.path / WEIGHTS

    @property
    def card(self) -> Path:
        return self.path / CARD

    @property
    def model(self) -> VoiceModel:
        return load(self.weights)

    def write(self, seed: int = 0, version: str = "1", **changes: Any) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        told = metadata(SMALL, ("female", "male"), TEMPERATURE, "k") | {"version": version}
        network = made(2, SMALL, seed)
        with torch.no_grad():  # what was just made says the same of all
            network.head.weight.mul_(20)
        save_file(network.state_dict(), self.weights, metadata=told)
        self.write_card(**changes)

    def write_card(self, **changes: Any) -> None:
        """Another card to the weights that are there."""
        sha256 = hashlib.sha256(self.weights.read_bytes()).hexdigest()
        self.card.write_text(json.dumps(card(sha256, **changes)))


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def shipped(shared_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """What lies in the place of the shipped network: the same bytes in each test, so that ``built`` fits all.

    The same weights written twice would not do: safetensors writes its head in any order.
    """
    kept = Place(shared_folder / "voice_network")
    with FileLock(f"{kept.path}.lock"):
        if not kept.card.exists():
            kept.write()
    place = Place(Path(shutil.copytree(kept.path, tmp_path / "weights")))
    monkeypatch.setattr(in_use, "HOME", place.path)
    return place


@pytest.fixture
def own(builder) -> Place:
    """Where a person's own training lies, still empty."""
    return Place(in_use.voice_folder(builder.store.root))


@dataclass
class Hums:
    """A folder of one's own: recordings, and the table that says who hums, as ``label`` W or M and as ``sex``."""

    root: Path
    rows: dict[str, dict[str, str]] = field(default_factory=dict)

    def hum(self, name: str, speaker: str, number: int = 1, seconds: float = 0.4) -> Path:
        """A recording by a speaker, whose sex is the name's first letter, f or m."""
        path = self.root / name
        self.root.mkdir(parents=True, exist_ok=True)
        generator = np.random.default_rng([number, *map(ord, speaker)])
        time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
        hz = {"f": 210.0, "m": 110.0}[speaker[0]] * generator.uniform(0.9, 1.1)
        sound = sum(np.sin(2 * np.pi * hz * k * time_s) / k for k in range(1, 15))
        soundfile.write(path, 0.05 * sound + generator.normal(0, 0.003, len(time_s)), RATE_HZ)
        female = speaker[0] == "f"
        self.rows[name] = {
            "label": "W" if female else "M", "speaker": speaker, "sex": "female" if female else "male",
            "dialect": speaker[-1],
        }  # fmt: skip
        self.table()
        return path

    def table(self) -> None:
        with (self.root / "clips.csv").open("w", newline="") as file:
            names = sorted({name for row in self.rows.values() for name in row})
            table = csv.writer(file)
            table.writerow(["path", *names])
            table.writerows([path, *(row.get(name, "") for name in names)] for path, row in self.rows.items())

    def hash(self, name: str) -> str:
        return hashlib.sha256((self.root / name).read_bytes()).hexdigest()

    def hashes(self, names: Iterable[str]) -> list[str]:
        return [self.hash(name) for name in names]


@pytest.fixture
def hums(tmp_path: Path) -> Hums:
    """Two clips of each of two women and two men."""
    found = Hums(tmp_path / "hums")
    for speaker in ("f1", "f2", "m1", "m2"):
        for number in (1, 2):
            found.hum(f"{speaker}-{number}.wav", speaker, number, 0.3 + 0.1 * number)
    return found


@pytest.fixture
def built(builder, shipped, hums, built_once):
    """A builder that has built the hums."""
    return built_once("hums", f"folder={hums.root}")


@pytest.fixture
def place() -> type[Place]:
    return Place


@pytest.fixture
def grouped(esc50):
    """Thirty clips in five folds, ten of each of three labels, each label at a pitch of its own."""
    for name in list(esc50.categories):
        esc50.path(name).unlink()
    esc50.categories.clear()
    for number in range(30):
        group = number % 3
        hz = (300, 1200, 4000)[group] + 9 * number
        esc50.add(f"{number // 6 + 1}-{1000 + number}-A-{group}.wav", hz, ("dog", "rooster", "rain")[group])
    return esc50


@pytest.fixture
def built_esc50(builder, few, grouped, built_once):
    """A builder that has built the thirty clips with all that is computed from them."""
    builder.analyses = True
    return built_once("experiments", f"esc50={grouped.root}")
