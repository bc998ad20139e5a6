"""What trained networks predict of the clips that they had not seen, as plain numbers: nothing here needs torch.

``networks/esc_cnn/DATASET/`` in the store's folder holds ``recipe.json`` and for each fold ``fold-1.safetensors``
(weights, and embeddings of the clips) with ``fold-1.json`` beside it, which is written last: a fold is there once
its JSON is. Only files that carry the key of ``recipe.json`` count.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from pipeline.classify.classifier import ClassifyError
from pipeline.classify.protocol import Protocol, protocol
from pipeline.train.esc.align import alignments
from pipeline.train.layout import TrainError, digest, network_folder

NETWORK = "esc_cnn"
VERSION = 1
"""Raise it when a network would come out otherwise for a reason that no number of its recipe shows."""
RECIPE = "recipe.json"
TESTED, LEARNED = "tested/embedding", "learned/embedding"
"""The tensors with the embeddings of a fold's tested clips, and of those that it learned from."""


class DamagedTrainingError(TrainError):
    """A file of a training cannot be read; ``path`` says which."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path = path


def training_folder(root: Path, dataset: str) -> Path:
    """Where the networks of a dataset lie in the store at ``root``."""
    return network_folder(root, NETWORK) / dataset


def file_stem(fold: str) -> str:
    """``fold 1`` -> ``fold-1``."""
    return fold.replace(" ", "-")


def data_key(clips: pd.DataFrame, plan: Protocol) -> str:
    """Changes with the recordings, their labels or their folds, and not with the order of the clips."""
    rows = clips.iloc[plan.rows]
    folds = ["" if fold < 0 else plan.fold_names[fold] for fold in plan.folds]
    truth = [plan.classes[code] for code in plan.codes]
    return digest(sorted(zip(rows["clip_id"], rows["content_hash"], truth, folds, strict=True)))


def training_key(parameters: Mapping[str, object], data: str) -> str:
    """Names a training: what it is made with and what it is made of."""
    return digest([NETWORK, VERSION, parameters, data])


@dataclass(frozen=True, eq=False)
class TrainedFold:
    """One fold: its network's path and what it predicted of the tested clips (m,), which it has never seen."""

    name: str
    weights: Path
    clip_ids: NDArray[np.object_]
    truth: NDArray[np.intp]
    probabilities: NDArray[np.float32]
    embeddings: NDArray[np.float32]
    """float32 (m, dimension), in the network's own space."""
    learned: tuple[str, ...]
    """The clips that it has learned from."""
    learned_embeddings: NDArray[np.float32]
    history: pd.DataFrame
    seconds: float
    content: Mapping[str, Any]
    """The JSON as it is: versions, device, threads."""

    @property
    def accuracy(self) -> float:
        return float((self.probabilities.argmax(1) == self.truth).mean())


@dataclass(frozen=True, eq=False)
class TrainedFolds:
    """The networks of one recipe on one dataset; each clip is spoken of by one that has not seen it."""

    dataset: str
    key: str
    data: str
    classes: tuple[str, ...]
    fold_names: tuple[str, ...]
    """All folds there shall be, trained or not."""
    parameters: Mapping[str, Any]
    notes: tuple[str, ...]
    folds: tuple[TrainedFold, ...]

    @property
    def complete(self) -> bool:
        return len(self.folds) == len(self.fold_names)

    @property
    def seed(self) -> int:
        return int(self.parameters["seed"])

    @property
    def versions(self) -> dict[str, str]:
        return {name: version for fold in self.folds for name, version in fold.content["versions"].items()}

    @cached_property
    def clip_ids(self) -> NDArray[np.object_]:
        """(n,) of all tested clips, fold by fold; so are truth, probabilities, fold_of and embeddings."""
        return np.concatenate([fold.clip_ids for fold in self.folds])

    @cached_property
    def truth(self) -> NDArray[np.intp]:
        return np.concatenate([fold.truth for fold in self.folds])

    @cached_property
    def probabilities(self) -> NDArray[np.float32]:
        """float32 (n, classes)."""
        return np.concatenate([fold.probabilities for fold in self.folds])

    @cached_property
    def fold_of(self) -> NDArray[np.object_]:
        """(n,) names of folds."""
        return np.repeat(
            np.array([fold.name for fold in self.folds], dtype=object),
            [len(fold.clip_ids) for fold in self.folds],
        )

    @cached_property
    def embeddings(self) -> NDArray[np.float32]:
        """float32 (n, dimension): out of fold, in the space that is common to all folds."""
        way = alignments(self.folds)
        return np.concatenate([way[fold.name](fold.embeddings) for fold in self.folds])

    @property
    def history(self) -> pd.DataFrame:
        """fold, epoch, metric, value."""
        return pd.concat([fold.history for fold in self.folds], ignore_index=True)

    def fold_table(self) -> pd.DataFrame:
        """One row a trained fold: fold, train and test (clips), accuracy, seconds, device."""
        return pd.DataFrame(
            [
                (
                    fold.name,
                    len(fold.learned),
                    len(fold.clip_ids),
                    fold.accuracy,
                    fold.seconds,
                    fold.content["device"],
                )
                for fold in self.folds
            ],
            columns=["fold", "train", "test", "accuracy", "seconds", "device"],
        )

    def mismatch(self, clips: pd.DataFrame) -> str | None:
        """Why these networks do not speak of the clips as they are now, in a sentence; None if they do."""
        try:
            now = data_key(clips, protocol(clips, "label"))
        except ClassifyError as error:
            return str(error)
        if now == self.data:
            return None
        return (
            f"The recordings, labels or folds of {self.dataset} have changed since the networks were trained. "
            f"Train again: `python -m pipeline train esc --dataset {self.dataset}`."
        )

    def matches(self, clips: pd.DataFrame) -> bool:
        """Whether they were trained on these clips, labels and folds."""
        return self.mismatch(clips) is None


def read_trained(root: Path, dataset: str) -> TrainedFolds | None:
    """
    What was trained on a dataset, from the store's folder; None where nothing was.

    A build asks several times: the files are read once, and again when one of them has changed.

    Raises
    ------
    TrainError
        A file is damaged; the message says which.
    """
    place = training_folder(root, dataset)
    if not (place / RECIPE).exists():
        return None
    files = (
        (path.name, path.stat())
        for kind in ("json", "safetensors")
        for path in sorted(place.glob(f"*.{kind}"))
    )
    return _read(place, dataset, tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in files))


@lru_cache(maxsize=4)
def _read(place: Path, dataset: str, stamps: tuple[tuple[str, int, int], ...]) -> TrainedFolds:
    content = read_json(place / RECIPE)
    try:
        folds = [_fold(place, name, content["key"]) for name in content["folds"]]
        return TrainedFolds(
            dataset, content["key"], content["data"], tuple(content["classes"]), tuple(content["folds"]),
            content["parameters"], tuple(content["notes"]), tuple(fold for fold in folds if fold),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(place, error) from error


def read_json(path: Path) -> Any:
    """Raises ``TrainError`` where the file is no JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> DamagedTrainingError:
    return DamagedTrainingError(
        path,
        f"{path} cannot be read ({type(error).__name__}: {error}); expected what the training wrote. "
        "Delete it and train again.",
    )


def _fold(place: Path, name: str, key: str) -> TrainedFold | None:
    path = place / f"{file_stem(name)}.json"
    if not path.exists():
        return None
    content = read_json(path)
    if content["key"] != key:
        return None
    weights = path.with_suffix(".safetensors")
    tested, history = (
        content["tested"],
        pd.DataFrame(content["history"], columns=["epoch", "metric", "value"]),
    )
    history.insert(0, "fold", name)
    return TrainedFold(
        name=name,
        weights=weights,
        clip_ids=np.array(tested["clip_id"], dtype=object),
        truth=np.array(tested["truth"], dtype=np.intp),
        probabilities=np.array(tested["probabilities"], dtype=np.float32),
        embeddings=_embeddings(weights, key, TESTED, len(tested["clip_id"])),
        learned=tuple(content["learned"]["clip_id"]),
        learned_embeddings=_embeddings(weights, key, LEARNED, len(content["learned"]["clip_id"])),
        history=history,
        seconds=float(content["seconds"]),
        content=content,
    )


def _embeddings(path: Path, key: str, tensor: str, clips: int) -> NDArray[np.float32]:
    try:
        with safe_open(path, framework="numpy") as file:
            there, found = (file.metadata() or {}).get("key"), file.get_tensor(tensor)
    except (OSError, SafetensorError) as error:
        raise _damaged(path, error) from error
    if there != key or len(found) != clips:
        raise DamagedTrainingError(
            path, f"{path} does not belong to the JSON beside it. Delete both and train again."
        )
    return np.asarray(found, dtype=np.float32)
