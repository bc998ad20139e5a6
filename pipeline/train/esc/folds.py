"""All folds of a dataset: those that are there are left alone, the others trained and written.

Of a fold the JSON comes last: without it the fold does not count.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from models.frontend import LogMel
from pipeline.classify.protocol import Protocol, Split, protocol
from pipeline.train.checkpoint import write_tensors
from pipeline.train.display import device_title
from pipeline.train.esc import problem, trained
from pipeline.train.esc.recipe import NOTES, EscRecipe
from pipeline.train.esc.train import FoldResult, Part, checkpoint_of, train_fold
from pipeline.train.esc.trained import read_json
from pipeline.train.layout import TrainError, plain
from pipeline.train.loop import OnEpochEnd
from store.errors import listed
from store.snapshots import write_atomically

LIBRARIES = ("torch", "torchaudio", "numpy", "soxr", "soundfile")


@dataclass(frozen=True, eq=False)
class Training:
    """A recipe, the clips it is for, and where the networks shall lie."""

    dataset: str
    clips: pd.DataFrame
    protocol: Protocol
    recipe: EscRecipe
    place: Path

    @property
    def data(self) -> str:
        return trained.data_key(self.clips, self.protocol)

    @property
    def key(self) -> str:
        return trained.training_key(plain(self.recipe.parameters()), self.data)

    def is_there(self, fold: str) -> bool:
        path = self.place / f"{trained.file_stem(fold)}.json"
        return path.exists() and read_json(path).get("key") == self.key


def plan_training(root: Path, dataset: str, clips: pd.DataFrame, recipe: EscRecipe) -> Training:
    """
    A training on the clips of a dataset, into the store's folder ``root``.

    Raises
    ------
    ClassifyError
        The clips have no labels, or none that can be learned and tested.
    """
    return Training(dataset, clips, protocol(clips, "label"), recipe, trained.training_folder(root, dataset))


def begin(training: Training, replace: bool = False) -> None:
    """
    Write ``recipe.json``, from when on networks of another training no longer count.

    Raises
    ------
    TrainError
        Networks of another recipe lie there, trained on the clips as they are, and ``replace`` is False.
    """
    path = training.place / trained.RECIPE
    if path.exists():
        found = read_json(path)
        if found.get("key") == training.key:
            return
        if found.get("data") == training.data and not replace:
            raise TrainError(
                f"{training.place} holds networks of another recipe, trained on the same clips. "
                "Give --replace to train in their place, or the options they were trained with."
            )
    training.place.mkdir(parents=True, exist_ok=True)
    plan = training.protocol
    content = {
        "key": training.key,
        "data": training.data,
        "network": trained.NETWORK,
        "version": trained.VERSION,
        "dataset": training.dataset,
        "classes": list(plan.classes),
        "folds": list(plan.fold_names),
        "protocol": plan.sentence,
        "notes": [*plan.notes, *NOTES],
        "parameters": plain(training.recipe.parameters()),
    }
    write_atomically(path, json.dumps(content, indent=1) + "\n")


def chosen_folds(training: Training, words: Sequence[str] = ()) -> list[str]:
    """
    The folds that are meant: all without words, else by name (``test``) or number (``1`` is ``fold 1``).

    Raises
    ------
    TrainError
        No such fold; the message lists those there are.
    """
    names = training.protocol.fold_names
    chosen = [word if word in names else f"fold {word}" for word in words]
    for word, name in zip(words, chosen, strict=True):
        if name not in names:
            raise TrainError(f"There is no fold '{word}'; {listed(names)}.")
    return [name for name in names if not words or name in chosen]


def train_all(
    training: Training,
    recordings: Path,
    *,
    device: torch.device,
    folds: Sequence[str] = (),
    replace: bool = False,
    reading: Callable[[int, int], None] | None = None,
    on_epoch_end: OnEpochEnd | None = None,
    wrote: Callable[[str], None] | None = None,
) -> None:
    """
    Train each fold that is not there yet, and write it as soon as it is done.

    A kill loses some epochs of one fold: the next call goes on from the last checkpoint.

    Parameters
    ----------
    recordings : Path
        The dataset's folder; clips lie below it at their ``relative_path``.
    folds : sequence of str
        Names as :func:`chosen` gives them; all where empty.
    reading, on_epoch_end, wrote : callable, optional
        Are called with how many clips are read, after each epoch, and when a fold is written.

    Raises
    ------
    TrainError
        A recording cannot be opened, or networks of another recipe would be overwritten.
    """
    begin(training, replace)
    names = folds or training.protocol.fold_names
    missing = [split for split in training.protocol.splits if split.name in names]
    missing = [split for split in missing if not training.is_there(split.name)]
    if not missing:
        return
    frontend = LogMel(training.recipe.frontend)
    rows = training.clips.iloc[training.protocol.rows]
    powers = problem.read_mel_powers(rows, recordings, frontend, reading)
    for split in missing:
        _train(training, split, powers, device, on_epoch_end)
        if wrote:
            wrote(split.name)


def _train(
    training: Training,
    split: Split,
    powers: Sequence[Tensor],
    device: torch.device,
    on_epoch_end: OnEpochEnd | None,
) -> None:
    base = training.place / trained.file_stem(split.name)
    codes = training.protocol.codes
    learned = Part([powers[i] for i in split.train], codes[split.train])
    tested = Part([powers[i] for i in split.test], codes[split.test])
    result = train_fold(
        learned, tested, len(training.protocol.classes), training.recipe,
        device=device, checkpoints=base, key=training.key, on_epoch_end=on_epoch_end, name=split.name,
    )  # fmt: skip
    write_fold(training, split, result, base, device)
    for member in range(training.recipe.members):
        checkpoint_of(base, member).unlink(missing_ok=True)


def write_fold(
    training: Training, split: Split, result: FoldResult, base: Path, device: torch.device
) -> None:
    """Write ``base`` with both suffixes. The JSON comes last: without it the fold does not count."""
    write_tensors(base.with_name(f"{base.name}.safetensors"), _tensors(result), {"key": training.key})
    content = _made(training, result, device) | _clips(training, split, result)
    write_atomically(base.with_name(f"{base.name}.json"), json.dumps(content) + "\n")


def _tensors(result: FoldResult) -> dict[str, Tensor]:
    tensors = {
        f"member-{number + 1}/{name}": value
        for number, network in enumerate(result.members)
        for name, value in network.state_dict().items()
    }
    tensors[trained.TESTED] = torch.from_numpy(result.embeddings)
    tensors[trained.LEARNED] = torch.from_numpy(result.learned_embeddings)
    return tensors


def _made(training: Training, result: FoldResult, device: torch.device) -> dict[str, Any]:
    """How and with what the fold was trained."""
    return {
        "key": training.key,
        "classes": list(training.protocol.classes),
        "seed": training.recipe.seed,
        "seconds": round(result.seconds, 1),
        "device": device_title(device),
        "threads": torch.get_num_threads(),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        "history": result.history,
    }


def _clips(training: Training, split: Split, result: FoldResult) -> dict[str, Any]:
    """What was learned from, and what is predicted of each tested clip."""
    rows = training.clips.iloc[training.protocol.rows]
    ids, hashes = rows["clip_id"].to_numpy(), rows["content_hash"].to_numpy()
    return {
        "fold": split.name,
        "learned": {"clip_id": list(ids[split.train]), "content_hash": list(hashes[split.train])},
        "tested": {
            "clip_id": list(ids[split.test]),
            "content_hash": list(hashes[split.test]),
            "truth": training.protocol.codes[split.test].tolist(),
            "probabilities": np.round(result.probabilities.astype(np.float64), 7).tolist(),
        },
    }
