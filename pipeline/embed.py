"""Networks over clips: their penultimate layers as a view beside those that are computed of spectra.

A clip is embedded by the networks that have not seen it, and by no other. A tested clip has one such, that of its
own fold. A clip of another dataset, or one without a label, is new to all of them: its embedding is their mean.
A clip that every network has learned from (the training side of an official split) has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.features.spectra import Spectra
from pipeline.features.view import View
from pipeline.train.align import ways
from pipeline.train.errors import TrainError
from pipeline.train.layout import NETWORK
from pipeline.train.trained import Trained, TrainedFold

if TYPE_CHECKING:
    from models.esc_cnn import EscCnn
    from pipeline.train.recipe import EscRecipe

VERSION = 1
NOTES = (
    "Out of fold: each clip is embedded by a network that has not seen it. But that network has learned from the "
    "clips of the other folds, with their labels. So a classifier that learns from this view meets the labels "
    "it is tested on at second hand: in its training folds stand embeddings by networks that had the tested "
    "fold to learn from. Its accuracy is no measure of how well the classes can be told; the experiment of "
    "the network itself is. Clusters and neighbours in this view are those of labels learned, not found. "
    "What of an embedding lies along the fixed directions of the classes is as the networks gave it; the other "
    "directions are turned into those of the first fold's network and weighted to count as much."
)


@dataclass(frozen=True, eq=False)
class Embedded:
    """Clips (n,) and their embeddings, float32 (n, dimension)."""

    clip_ids: NDArray[np.object_]
    values: NDArray[np.float32]


def described(found: Mapping[str, Trained]) -> View:
    """The view ``esc_cnn`` that the networks of these datasets give. Its key changes with every training."""
    dimension = next(iter(found.values())).embeddings.shape[1]
    return View(
        name=NETWORK,
        version=VERSION,
        title="ESC network (out of fold)",
        columns=tuple(f"{NETWORK}_{number:03d}" for number in range(1, dimension + 1)),
        units=("1",) * dimension,
        parameters={
            dataset: {"training": one.key, "folds": [fold.name for fold in one.folds], **one.parameters}
            for dataset, one in found.items()
        },
        source=(
            "The penultimate layer of a log-mel CNN trained here, with a fixed last layer (Hoffer, Hubara and "
            "Soudry 2018) and between-class learning (Tokozume, Ushiku and Harada 2018); the folds' spaces "
            "turned into one (Schönemann 1966)"
        ),
        compute=_not_of_spectra,
        notes=NOTES,
        learned=True,
    )


def _not_of_spectra(spectra: Spectra) -> NDArray[np.float32]:
    raise TrainError(
        "The view of a trained network is not computed from a clip's spectra; expected its vectors from the "
        "training. Run `python -m pipeline train esc`, then build."
    )


def out_of_fold(found: Trained) -> Embedded:
    """The embeddings of all tested clips, each by its fold's network, in one space. Needs no torch."""
    return Embedded(found.clip_ids, found.embeddings)


def embed(found: Trained, clips: pd.DataFrame, recordings: Path, device: str = "auto") -> Embedded:
    """
    The embedding of each clip that some network has not seen, in the order of ``clips``.

    Parameters
    ----------
    clips : DataFrame
        Of any dataset, as ``Reader.clips`` gives them.
    recordings : Path
        The folder of that dataset.

    Raises
    ------
    TrainError
        A recording cannot be opened, or is another one than when the store was built.
    """
    known = out_of_fold(found)
    row_of = {clip: row for row, clip in enumerate(known.clip_ids)}
    embedder = Embedder(found, device)
    ids, values = [], []
    for position, (clip, content) in enumerate(zip(clips["clip_id"], clips["content_hash"], strict=True)):
        if clip in row_of:
            value: NDArray[np.float32] | None = known.values[row_of[clip]]
        else:
            value = embedder.of_clip(clips.iloc[position : position + 1], recordings, content)
        if value is not None:
            ids.append(clip)
            values.append(value)
    shape = (len(ids), known.values.shape[1])
    return Embedded(np.array(ids, dtype=object), np.array(values, dtype=np.float32).reshape(shape))


class Embedder:
    """The networks of a training, loaded when the first clip asks for them."""

    def __init__(self, found: Trained, device: str = "auto") -> None:
        self.found, self.device_name = found, device
        self.ways = ways(found.folds)

    def of_clip(self, clip: pd.DataFrame, recordings: Path, content: str) -> NDArray[np.float32] | None:
        """The embedding (dimension,) of one clip by those who have not seen it; None where all have."""
        from pipeline.train import sounds

        strangers = [fold for fold in self.found.folds if content not in fold.learned_hashes]
        if not strangers:
            return None
        return self._mean(sounds.read(clip, recordings, self._frontend), strangers)

    def of_samples(self, samples: NDArray[np.float32], sample_rate_hz: int) -> NDArray[np.float32]:
        """The embedding (dimension,) of mono samples that no network has seen, at any rate."""
        from pipeline.train import sounds

        return self._mean([sounds.mel_power(samples, sample_rate_hz, self._frontend)], self.found.folds)

    def _mean(self, powers: Sequence[Any], folds: Sequence[TrainedFold]) -> NDArray[np.float32]:
        from pipeline.train.esc import together

        values = []
        for fold in folds:
            embedding, _ = together(self._networks[fold.name], powers, self._recipe, self._device)
            values.append(self.ways[fold.name](embedding.numpy())[0])
        mean: NDArray[np.float32] = np.mean(values, axis=0, dtype=np.float32)
        return mean

    @cached_property
    def _device(self) -> Any:
        from pipeline.train.devices import device_named

        return device_named(self.device_name)

    @cached_property
    def _recipe(self) -> EscRecipe:
        from pipeline.train.recipe import recipe_of

        return recipe_of(self.found.parameters)

    @cached_property
    def _frontend(self) -> Any:
        from models.frontend import LogMel

        return LogMel(self._recipe.frontend)

    @cached_property
    def _networks(self) -> dict[str, list[EscCnn]]:
        return {fold.name: self._members(fold) for fold in self.found.folds}

    def _members(self, fold: TrainedFold) -> list[EscCnn]:
        from models.esc_cnn import restored
        from pipeline.train.checkpoint import below, read_tensors

        tensors, _ = read_tensors(fold.weights)
        classes, recipe = len(self.found.classes), self._recipe
        try:
            return [
                restored(below(tensors, f"member-{number}"), classes, recipe.network)
                for number in range(1, recipe.members + 1)
            ]
        except ValueError as error:
            raise TrainError(f"{fold.weights}: {error} Delete it and train again.") from error
