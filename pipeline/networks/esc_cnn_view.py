"""The view ``esc_cnn``: the penultimate layers of the networks of a training, out of fold, in one space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from pipeline.features.spectra import Spectra
from pipeline.features.view import View
from pipeline.train.esc.trained import NETWORK, TrainedFolds
from pipeline.train.layout import TrainError

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


def described(found: Mapping[str, TrainedFolds]) -> View:
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


def _not_of_spectra(spectra: Spectra) -> NoReturn:
    raise TrainError(
        "The view of a trained network is not computed from a clip's spectra; expected its vectors from the "
        "training. Run `python -m pipeline train esc`, then build."
    )
