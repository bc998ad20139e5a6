"""The views that trained networks make: what of them belongs into the store, and its way there.

Training is a command of its own (``python -m pipeline train``), for it takes long; a build takes over what it
has left in the store's folder, and nothing here needs torch.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from pipeline import embed
from pipeline.features.view import View
from pipeline.train import kept, layout
from pipeline.train.errors import TrainError
from pipeline.train.trained import Trained
from store import vectors
from store.reader import Reader
from store.writer import Writer

log = logging.getLogger(__name__)


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
    view = embed.described(there)
    return {view.name: view}


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


def place(root: Path, staging: Path, defined: Mapping[str, View]) -> None:
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
