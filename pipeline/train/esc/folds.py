"""All folds of a dataset: those that are there are left alone, the others trained and written."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from models.frontend import LogMel
from pipeline.classify.protocol import Split
from pipeline.train import layout
from pipeline.train.errors import TrainError
from pipeline.train.esc import sounds
from pipeline.train.esc.kept import read_json
from pipeline.train.esc.recipe import NOTES
from pipeline.train.esc.train import Part, checkpoint_of, train_fold
from pipeline.train.esc.training import Training, planned
from pipeline.train.telling import Tell
from pipeline.train.writing import write_fold
from store.errors import listed
from store.snapshots import write_atomically

__all__ = ["Training", "begin", "chosen", "planned", "train_all"]


def begin(training: Training, replace: bool = False) -> None:
    """
    Write ``recipe.json``, from when on networks of another training no longer count.

    Raises
    ------
    TrainError
        Networks of another recipe lie there, trained on the clips as they are, and ``replace`` is False.
    """
    path = training.place / layout.RECIPE
    if path.exists():
        told = read_json(path)
        if told.get("key") == training.key:
            return
        if told.get("data") == training.data and not replace:
            raise TrainError(
                f"{training.place} holds networks of another recipe, trained on the same clips. "
                "Give --replace to train in their place, or the options they were trained with."
            )
    training.place.mkdir(parents=True, exist_ok=True)
    asked = training.protocol
    content = {
        "key": training.key,
        "data": training.data,
        "network": layout.NETWORK,
        "version": layout.VERSION,
        "dataset": training.dataset,
        "classes": list(asked.classes),
        "folds": list(asked.fold_names),
        "protocol": asked.sentence,
        "notes": [*asked.notes, *NOTES],
        "parameters": layout.plain(training.recipe.parameters()),
    }
    write_atomically(path, json.dumps(content, indent=1) + "\n")


def chosen(training: Training, words: Sequence[str] = ()) -> list[str]:
    """
    The folds that are meant: all without words, else by name (``test``) or number (``1`` is ``fold 1``).

    Raises
    ------
    TrainError
        No such fold; the message lists those there are.
    """
    names = training.protocol.fold_names
    wanted = [word if word in names else f"fold {word}" for word in words]
    for word, name in zip(words, wanted, strict=True):
        if name not in names:
            raise TrainError(f"There is no fold '{word}'; {listed(names)}.")
    return [name for name in names if not words or name in wanted]


def train_all(
    training: Training,
    recordings: Path,
    *,
    device: torch.device,
    folds: Sequence[str] = (),
    replace: bool = False,
    reading: Callable[[int, int], None] | None = None,
    tell: Tell | None = None,
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
    reading, tell, wrote : callable, optional
        Are told of clips read, of each epoch, and of a fold that is written.

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
    powers = sounds.read(rows, recordings, frontend, reading)
    for split in missing:
        _train(training, split, powers, device, tell)
        if wrote:
            wrote(split.name)


def _train(
    training: Training, split: Split, powers: Sequence[Tensor], device: torch.device, tell: Tell | None
) -> None:
    base = training.place / layout.file_stem(split.name)
    codes = training.protocol.codes
    learned = Part([powers[i] for i in split.train], codes[split.train])
    tested = Part([powers[i] for i in split.test], codes[split.test])
    result = train_fold(
        learned, tested, len(training.protocol.classes), training.recipe,
        device=device, checkpoints=base, key=training.key, tell=tell, name=split.name,
    )  # fmt: skip
    write_fold(training, split, result, base, device)
    for member in range(training.recipe.members):
        checkpoint_of(base, member).unlink(missing_ok=True)
