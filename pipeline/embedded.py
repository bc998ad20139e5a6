"""The views that trained networks make: what of them belongs into the store, and its way there.

Training is a command of its own (``python -m pipeline train``), for it takes long; a build takes over what it
has left in the store's folder, and nothing here needs torch.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.features.spectra import Spectra
from pipeline.features.view import View
from pipeline.train import kept, layout
from pipeline.train.errors import TrainError
from pipeline.train.trained import Trained
from store import vectors
from store.reader import Reader
from store.writer import Writer

log = logging.getLogger(__name__)
TITLE = "Network trained on ESC (out of fold)"
SOURCE = (
    "The penultimate layer of this project's log-mel CNN, trained from scratch by the official folds; a clip is "
    "embedded by the network of its own fold, which has not seen it."
)
NOTES = (
    "Made with labels: its groups are no evidence for them. What is learned from this view in turn meets the "
    "tested labels at second hand, for the networks of the other folds have seen them."
)


def trainings(root: Path) -> dict[str, Trained]:
    """What was trained in the store's folder to its end, by dataset; what is damaged is told and left out."""
    found: dict[str, Trained] = {}
    for place in sorted((root / "networks" / layout.NETWORK).glob("*/")):
        try:
            one = kept.trained(root, place.name)
        except TrainError as error:
            log.warning("%s", error)
            continue
        if one is not None and one.complete:
            found[place.name] = one
    return found


def views(root: Path) -> dict[str, View]:
    """The views that networks in the store's folder make; none where nothing was trained."""
    there = trainings(root)
    if not there:
        return {}
    dimension = next(iter(there.values())).embeddings.shape[1]
    view = View(
        name=layout.NETWORK,
        version=layout.VERSION,
        title=TITLE,
        columns=tuple(f"{layout.NETWORK}_{number:03d}" for number in range(dimension)),
        units=("1",) * dimension,
        parameters={"trainings": {dataset: one.key for dataset, one in there.items()}},
        source=SOURCE,
        compute=_by_training_alone,
        notes=NOTES,
        learned=True,
    )
    return {view.name: view}


def _by_training_alone(spectra: Spectra) -> NDArray[np.float32]:
    raise TrainError(
        "The view of a trained network is not computed from a clip's spectra; expected its vectors from the "
        "training. Run `python -m pipeline train esc`, then build."
    )


def wanted(root: Path, reader: Reader) -> dict[str, tuple[Trained, bool]]:
    """The trainings of a snapshot's datasets, and whether each speaks of the clips as they are."""
    present = {row["dataset"] for row in reader.rows("all_datasets")}
    return {
        dataset: (one, one.matches(reader.clips(dataset)))
        for dataset, one in trainings(root).items()
        if dataset in present
    }


def stale(root: Path, reader: Reader) -> bool:
    """Whether the store holds other vectors of networks than it should."""
    there = reader.embeddings()
    held = dict(zip(there["dataset"], zip(there["key"], there["clips"], strict=True), strict=True))
    should = {
        dataset: (one.key, len(one.clip_ids) if speaks else 0)
        for dataset, (one, speaks) in wanted(root, reader).items()
    }
    return held != should


def embed(root: Path, staging: Path, defined: Mapping[str, View]) -> None:
    """Bring the vectors in the staging database up to date; of clips that have changed since, there are none."""
    with Reader(staging) as reader:
        if layout.NETWORK not in defined or not stale(root, reader):
            return
        found = wanted(root, reader)
    rows = {
        dataset: (one.key, one.clip_ids.tolist() if speaks else [], one.embeddings)
        for dataset, (one, speaks) in found.items()
    }
    with Writer(staging) as writer, writer.transaction():
        vectors.replace_embeddings(writer, layout.NETWORK, rows)
