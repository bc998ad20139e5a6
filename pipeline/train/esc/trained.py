"""What trained networks have told of the clips that they had not seen, as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.classify.classifier import ClassifyError
from pipeline.classify.protocol import protocol
from pipeline.train.esc.align import ways
from pipeline.train.layout import data_key


@dataclass(frozen=True, eq=False)
class TrainedFold:
    """One fold: its network's path and what it said of the tested clips (m,), which it has never seen."""

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
    told: Mapping[str, Any]
    """The JSON as it is: versions, device, threads."""

    @property
    def accuracy(self) -> float:
        return float((self.probabilities.argmax(1) == self.truth).mean())


@dataclass(frozen=True, eq=False)
class Trained:
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
        return {name: version for fold in self.folds for name, version in fold.told["versions"].items()}

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
        way = ways(self.folds)
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
                    fold.told["device"],
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
