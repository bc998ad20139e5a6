"""The views that trained networks make: what of them belongs into the store, and its way there.

``esc_cnn`` comes ready from a training, a command of its own (``python -m pipeline train esc``), for it takes long.
``ecapa`` is made here: the voice network listens to each clip of speech that has no vector yet.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from pipeline.clips import Scan
from pipeline.features.view import View
from pipeline.networks import ecapa as voice_view
from pipeline.networks import embedding as voice
from pipeline.networks import esc_cnn_view as esc_view
from pipeline.networks import speech_datasets
from pipeline.sources import Source
from pipeline.stage import Run, Stage, State, Unit
from pipeline.train.esc import trained
from pipeline.train.esc.trained import TrainedFolds
from pipeline.train.layout import TrainError, network_folder
from store import views as vectors
from store.reader import Reader
from store.writer import Writer

log = logging.getLogger(__name__)


def trainings(root: Path) -> dict[str, TrainedFolds]:
    """What was trained in the store's folder to its end, by dataset; what is damaged is told and left out."""
    found: dict[str, TrainedFolds] = {}
    for place in sorted(network_folder(root, trained.NETWORK).glob("*/")):
        try:
            one = trained.read_trained(root, place.name)
        except TrainError as error:
            log.warning("%s", error)
            continue
        if one is not None and one.complete:
            found[place.name] = one
    return found


def views(root: Path) -> dict[str, View]:
    """The views that networks can make: of a training in the store's folder, and of the voice network."""
    there, voices = trainings(root), voice_view.of_root(root)
    made = [*([esc_view.described(there)] if there else []), *([voices] if voices else [])]
    return {view.name: view for view in made}


def fitting(
    defined: Mapping[str, View], sources: Mapping[str, Source], scans: Mapping[str, Scan]
) -> dict[str, View]:
    """Without those that none of a build's datasets can have: of no speech, or of trainings of others."""
    fits = {
        voice_view.NAME: lambda view: speech_datasets.in_scans(sources, scans),
        trained.NETWORK: lambda view: any(dataset in sources for dataset in view.parameters),
    }
    return {name: view for name, view in defined.items() if name not in fits or fits[name](view)}


def stale(state: State, reader: Reader) -> list[Unit]:
    """The datasets and views of networks of which the store holds other vectors than it should."""
    voices = state.views.get(voice_view.NAME)
    found: list[Unit] = [(dataset, trained.NETWORK) for dataset in _trained_stale(state.root, reader)]
    return found + [(dataset, voice_view.NAME) for dataset in (voice.stale(reader, voices) if voices else ())]


def run(work: Run) -> int:
    """Bring the vectors in the staging database up to date; how many were computed for that."""
    state = work.state
    if trained.NETWORK in state.views:
        _place_trained(state.root, work.staging)
    voices = state.views.get(voice_view.NAME)
    return voice.embed(work, voices) if voices else 0


def forget(state: State, staging: Path) -> None:
    """Take over what trainings have left, which costs nothing, and drop what speaks of other clips."""
    if trained.NETWORK in state.views:
        _place_trained(state.root, staging)


EMBEDDINGS = Stage(
    name="embeddings",
    title="embeddings by networks",
    unit="clips",
    stale=stale,
    run=run,
    forget=forget,
    cost_s=lambda clips, views: 1.5 + 0.012 * clips,
    makes_vectors=True,
)


def _trained(root: Path, reader: Reader) -> dict[str, tuple[TrainedFolds, bool]]:
    """The trainings of a snapshot's datasets, and whether each speaks of the clips as they are."""
    present = {row["dataset"] for row in reader.rows("all_datasets")}
    return {
        dataset: (one, one.matches(reader.clips(dataset)))
        for dataset, one in trainings(root).items()
        if dataset in present
    }


def _trained_stale(root: Path, reader: Reader) -> list[str]:
    """The datasets whose vectors are not those that their training left."""
    there = reader.embeddings()
    there = there[there["view"] == trained.NETWORK]
    held = dict(zip(there["dataset"], zip(there["key"], there["clips"], strict=True), strict=True))
    should = {
        dataset: (one.key, len(one.clip_ids) if speaks else 0)
        for dataset, (one, speaks) in _trained(root, reader).items()
    }
    return sorted(name for name in held.keys() | should.keys() if held.get(name) != should.get(name))


def _place_trained(root: Path, staging: Path) -> None:
    """Take over what trainings have left; of clips that have changed since, there are no vectors."""
    with Reader(staging) as reader:
        if not _trained_stale(root, reader):
            return
        found = _trained(root, reader)
    rows = {
        dataset: (one.key, one.clip_ids.tolist() if speaks else [], one.embeddings)
        for dataset, (one, speaks) in found.items()
    }
    with Writer(staging) as writer, writer.transaction():
        vectors.replace_embeddings(writer, trained.NETWORK, rows)
