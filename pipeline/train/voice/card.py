"""A trained voice network on disk: the weights, and the card that says on what, how and how well it was trained."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from torch import Tensor

from models import gender as voices
from models.gender_format import SEXES
from models.voice_card import CARD, NETWORK, WEIGHTS
from pipeline.audio.decode import content_hash
from pipeline.train.checkpoint import write_tensors
from pipeline.train.layout import plain
from pipeline.train.voice.data import Voices
from pipeline.train.voice.evaluate import Evaluation
from pipeline.train.voice.recipe import GenderRecipe
from pipeline.train.voice.scores import by_speaker
from pipeline.train.voice.seeds import SeedResult, spread_over_seeds
from store.snapshots import write_atomically

LIBRARIES = ("torch", "torchaudio", "numpy", "soxr", "soundfile", "av")
SAYS = (
    "The classes are the sex or gender that the makers of each corpus recorded for a speaker. The network says how "
    "alike a voice is to those of the women and of the men it learned from: female-like or male-like.",
    "It knows adults who read or act. Children, illness, song and languages that it did not learn from may mislead it.",
    "It does not know who anybody is, nor how they see themselves, and must not be used to decide that.",
    "The network, its epoch and its calibration were chosen on validation speakers; no tested clip took part.",
)


@dataclass(frozen=True, eq=False)
class VoiceTraining:
    """All that a training gave: its seeds, the one that is shipped, and how it did."""

    recipe: GenderRecipe
    key: str
    results: Sequence[SeedResult]
    best: SeedResult
    voices: Voices
    titles: Mapping[str, str]
    device: str


def write_weights(place: Path, trained: VoiceTraining) -> Path:
    """The chosen network as safetensors; matrices in half precision, which halves the file. The card says how well
    this file does, not the network that was rounded."""
    path = place / WEIGHTS
    metadata = voices.metadata(trained.recipe.network, SEXES, trained.best.temperature, trained.key)
    state = trained.best.network.state_dict()
    write_tensors(path, {name: _slim(value) for name, value in state.items()}, metadata)
    return path


def _slim(value: Tensor) -> Tensor:
    return value.half() if value.is_floating_point() and value.ndim > 1 else value


def write_card(
    place: Path,
    trained: VoiceTraining,
    evaluations: Mapping[str, Evaluation],
    stream: Mapping[str, Any] | None = None,
) -> Path:
    """The card beside the weights, which it names by their contents.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation
        By who was tested: ``validation``, ``test``.
    stream : mapping, optional
        As :func:`pipeline.train.voice.stream_threshold.fit_threshold` gives it.
    """
    path = place / CARD
    content = {
        "network": NETWORK,
        "key": trained.key,
        "weights": {"file": WEIGHTS, "sha256": hashlib.sha256((place / WEIGHTS).read_bytes()).hexdigest()},
        "classes": list(SEXES),
        "says": list(SAYS),
        "notes": list(trained.voices.notes),
        "recipe": plain(trained.recipe.parameters()),
        "parameters": sum(value.numel() for value in trained.best.network.parameters()),
        "temperature": trained.best.temperature,
        "seed": trained.best.seed,
        "seeds": [_seed(result) for result in trained.results],
        "over_seeds": {
            name: {"mean": mean, "spread": by}
            for name, (mean, by) in spread_over_seeds(trained.results).items()
        },
        "speakers": {
            "train": _speakers(trained.voices.train, trained.titles),
            "validation": _speakers(trained.voices.validation, trained.titles),
            "test": _speakers(trained.voices.test, trained.titles),
        },
        "heard": {"train": _hashes(trained.voices.train), "validation": _hashes(trained.voices.validation)},
        "history": [[result.seed, *row] for result in trained.results for row in result.history],
        "evaluation": {name: _evaluation(one) for name, one in evaluations.items()},
        "made": f"{date.today():%Y-%m-%d}",
        "device": trained.device,
        "versions": {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
    }
    if stream is not None:
        content["stream"] = dict(stream)
    write_atomically(path, json.dumps(content, indent=1) + "\n")
    return path


def _seed(result: SeedResult) -> dict[str, Any]:
    return {
        "seed": result.seed, "validation": result.validation, "temperature": result.temperature,
        "best_epoch": result.best_epoch, "epochs": max(row[0] for row in result.history),
        "seconds": round(result.seconds, 1),
    }  # fmt: skip


def _speakers(clips: pd.DataFrame, titles: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "dataset": name, "title": titles.get(str(name), str(name)), "clips": len(own),
            **{sex: int(own["speaker"][own["sex"] == sex].nunique()) for sex in SEXES},
        }
        for name, own in clips.groupby("dataset")
    ]  # fmt: skip


def _hashes(clips: pd.DataFrame) -> list[str]:
    """By their contents, so that another collection can tell which of its speakers were learned from."""
    return sorted({content_hash(Path(path)) for path in clips["path"]})


def _evaluation(one: Evaluation) -> dict[str, Any]:
    """Every measure, every answer to clean clips (its id, its sex, how likely male), and by speaker."""
    clean = one.clean
    answers = clean[["clip_id", "sex", SEXES[1]]]
    return {
        "metrics": one.rows(),
        "reliability": {
            "edges": one.metrics.reliability.edges.tolist(), "clips": one.metrics.reliability.clips.tolist(),
            "accuracy": [None if value != value else value for value in one.metrics.reliability.accuracy.tolist()],
        },
        "speakers": by_speaker(clean).to_dict("records"),
        "answers": [[*row[:2], round(float(row[2]), 6)] for row in answers.itertuples(index=False, name=None)],
    }  # fmt: skip
