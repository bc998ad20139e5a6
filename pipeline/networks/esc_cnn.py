"""The networks for environmental sounds, which are trained on a dataset fold by fold: their view and experiments.

The view holds the penultimate layers of a training's networks, out of fold, in one space. It comes ready from the
training, a command of its own (``python -m pipeline train esc``), for that takes long.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd

from pipeline.classify.metrics import MetricRow, class_rows, measure
from pipeline.classify.protocol import protocol
from pipeline.experiments import rows
from pipeline.experiments.spec import NETWORK, TRAINED, VERSION, ExpectedExperiment, ExperimentSpec
from pipeline.experiments.unit import Gap
from pipeline.features.spectra import Spectra
from pipeline.features.view import View
from pipeline.networks.network import NetworkBuild
from pipeline.networks.rows import SOUND, experiment_row, fold_rows
from pipeline.stage import Run
from pipeline.train.esc.trained import NETWORK as NAME
from pipeline.train.esc.trained import (
    RECIPE,
    DamagedTrainingError,
    TrainedFolds,
    read_trained,
    training_folder,
)
from pipeline.train.esc.trained import VERSION as TRAINING_VERSION
from pipeline.train.layout import TrainError, network_folder
from store import views
from store.reader import Reader
from store.results import ExperimentRows
from store.writer import Writer

VIEW_VERSION = 1
NOTES = (
    "Out of fold: each clip is embedded by a network that has not seen it. But that network has learned from the "
    "clips of the other folds, with their labels. So a classifier that learns from this view meets the labels "
    "it is tested on at second hand: in its training folds stand embeddings by networks that had the tested "
    "fold to learn from. Its accuracy is no measure of how well the classes can be told; the experiment of "
    "the network itself is. Clusters and neighbours in this view are those of labels learned, not found. "
    "What of an embedding lies along the fixed directions of the classes is as the networks gave it; the other "
    "directions are turned into those of the first fold's network and weighted to count as much."
)

log = logging.getLogger(__name__)


def complete_trainings(root: Path) -> dict[str, TrainedFolds]:
    """What was trained in the store's folder to its end, by dataset; what is damaged is logged and left out."""
    found: dict[str, TrainedFolds] = {}
    for place in sorted(network_folder(root, NAME).glob("*/")):
        try:
            one = read_trained(root, place.name)
        except TrainError as error:
            log.warning("%s", error)
            continue
        if one is not None and one.complete:
            found[place.name] = one
    return found


def find_view(root: Path) -> View | None:
    """The view of all complete trainings in the store's folder; None where there is none."""
    trainings = complete_trainings(root)
    return described(trainings) if trainings else None


def described(trainings: Mapping[str, TrainedFolds]) -> View:
    """The view that the networks of these datasets make. Its key changes with every training."""
    dimension = next(iter(trainings.values())).embeddings.shape[1]
    return View(
        name=NAME,
        version=VIEW_VERSION,
        title="ESC network (out of fold)",
        columns=tuple(f"{NAME}_{number:03d}" for number in range(1, dimension + 1)),
        units=("1",) * dimension,
        parameters={
            dataset: {"training": one.key, "folds": [fold.name for fold in one.folds], **one.parameters}
            for dataset, one in trainings.items()
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


class TrainedVectors:
    """The vectors that trainings have left: :class:`pipeline.networks.network.Vectors`.

    Of clips that have changed since the training there are none.
    """

    def stale(self, root: Path, reader: Reader, view: View) -> list[str]:
        return _stale(_of_datasets(root, reader), reader)

    def embed(self, run: Run, view: View) -> int:
        self.take_over(run.state.root, run.staging)
        return 0

    def take_over(self, root: Path, staging: Path) -> None:
        with Reader(staging) as reader:
            trainings = _of_datasets(root, reader)
            if not _stale(trainings, reader):
                return
        vectors = {
            dataset: (one.key, one.clip_ids.tolist() if matches else [], one.embeddings)
            for dataset, (one, matches) in trainings.items()
        }
        with Writer(staging) as writer, writer.transaction():
            views.replace_embeddings(writer, NAME, vectors)


def _stale(trainings: Mapping[str, tuple[TrainedFolds, bool]], reader: Reader) -> list[str]:
    """The datasets whose vectors are not those that their training left."""
    made = reader.embeddings()
    made = made[made["view"] == NAME]
    stored = dict(zip(made["dataset"], zip(made["key"], made["clips"], strict=True), strict=True))
    right = {
        dataset: (one.key, len(one.clip_ids) if matches else 0)
        for dataset, (one, matches) in trainings.items()
    }
    return sorted(name for name in stored.keys() | right.keys() if stored.get(name) != right.get(name))


def _of_datasets(root: Path, reader: Reader) -> dict[str, tuple[TrainedFolds, bool]]:
    """The complete trainings of a snapshot's datasets, and whether each is of the clips as they are."""
    present = {row["dataset"] for row in reader.rows("all_datasets")}
    return {
        dataset: (one, one.matches(reader.clips(dataset)))
        for dataset, one in complete_trainings(root).items()
        if dataset in present
    }


def expected(root: Path, reader: Reader) -> list[ExpectedExperiment]:
    """An experiment for each dataset of the store that a network was trained on, whole or not."""
    datasets = [row["dataset"] for row in reader.rows("all_datasets")]
    return [
        _expected(root, reader, dataset)
        for dataset in datasets
        if (training_folder(root, dataset) / RECIPE).exists()
    ]


def _expected(root: Path, reader: Reader, dataset: str) -> ExpectedExperiment:
    trained, obstacle = _trained(root, reader, dataset)
    spec = ExperimentSpec(
        dataset=dataset, target="label", method=NAME, views=(SOUND,), kind=NETWORK, origin=TRAINED
    )
    # A key is never made of a sentence: other words for the same state are no reason to make it again.
    state = " ".join([trained.key if trained else "", *(obstacle.state if obstacle else [])])
    return ExpectedExperiment(
        spec, spec.id(()), hashlib.sha256(f"{VERSION} {state}".encode()).hexdigest()[:16]
    )


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a training gives no experiment: as words of a key, and as a sentence for a person."""

    state: Sequence[str]
    reason: str


def _trained(root: Path, reader: Reader, dataset: str) -> tuple[TrainedFolds | None, Obstacle | None]:
    """The training, and what keeps it from being an experiment."""
    try:
        trained = read_trained(root, dataset)
    except TrainError as error:
        file = error.path.name if isinstance(error, DamagedTrainingError) else ""
        return None, Obstacle(["damaged", file], str(error))
    if trained is None:
        return None, Obstacle(["missing"], "Nothing was trained.")
    if not trained.complete:
        missing = [name for name in trained.fold_names if name not in {fold.name for fold in trained.folds}]
        return trained, Obstacle(
            ["incomplete", *missing],
            f"Not trained yet: {', '.join(missing)}. Go on with `python -m pipeline train esc --dataset {dataset}`.",
        )
    mismatch = trained.mismatch(reader.clips(dataset))
    return trained, Obstacle(["mismatch"], mismatch) if mismatch else None


def make(root: Path, reader: Reader, one: ExpectedExperiment) -> ExperimentRows | Gap:
    """The rows of a training, or why there are none."""
    dataset = one.spec.dataset
    trained, obstacle = _trained(root, reader, dataset)
    if trained is None or obstacle:
        row = {
            "experiment_id": one.experiment_id, "dataset": dataset, "target": one.spec.target, "key": one.key,
            "what": "The network", "reason": obstacle.reason if obstacle else "",
        }  # fmt: skip
        return Gap(one.experiment_id, row)
    return _rows(trained, reader.clips(dataset), one)


def _rows(trained: TrainedFolds, clips: pd.DataFrame, one: ExpectedExperiment) -> ExperimentRows:
    planned = protocol(clips, "label")
    ids = clips["clip_id"].to_numpy(dtype=object)[planned.rows]
    at = pd.Index(ids).get_indexer(pd.Index(trained.clip_ids))
    probabilities = np.asarray(trained.probabilities, dtype=np.float32)
    predicted = probabilities.argmax(axis=1)
    metrics = measure(
        trained.truth, predicted, probabilities, folds=planned.folds[at], groups=planned.groups[at]
    )
    classes = np.array(trained.classes, dtype=object)
    predictions = pd.DataFrame(
        {
            "clip_id": trained.clip_ids, "fold": trained.fold_of,
            "truth": classes[trained.truth], "predicted": classes[predicted],
        }
    )  # fmt: skip
    folds = trained.fold_table()
    return ExperimentRows(
        experiment=experiment_row(
            one, metrics, version=TRAINING_VERSION, classes=trained.classes, protocol=planned.name,
            protocol_title=planned.title, protocol_summary=planned.sentence, unit=planned.unit,
            parameters=trained.parameters, versions=trained.versions, notes=trained.notes, seed=trained.seed,
            seconds=float(folds["seconds"].sum()),
        ),
        predictions=rows.predictions(predictions, probabilities),
        metrics=[*_by_fold(trained, folds), *class_rows(metrics, trained.classes)],
        history=[{str(name): value for name, value in row.items()} for row in trained.history.to_dict("records")],
    )  # fmt: skip


def _by_fold(trained: TrainedFolds, folds: pd.DataFrame) -> list[MetricRow]:
    return [
        found
        for fold, (_, row) in zip(trained.folds, folds.iterrows(), strict=True)
        for found in fold_rows(fold.name, fold.truth, fold.probabilities, row["train"], row["seconds"])
    ]


BUILD = NetworkBuild(
    find_view=find_view,
    fits=lambda view, sources, scans: any(dataset in sources for dataset in view.parameters),
    vectors=TrainedVectors(),
    expected=expected,
    make=make,
)
