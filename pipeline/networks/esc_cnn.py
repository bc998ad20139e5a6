"""The networks that were trained on a dataset fold by fold, as an experiment beside the classifiers."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.classify.metrics import MetricRow, class_rows, measure
from pipeline.classify.protocol import protocol
from pipeline.experiments import rows
from pipeline.experiments.spec import NETWORK, TRAINED, VERSION, ExpectedExperiment, ExperimentSpec
from pipeline.experiments.unit import Gap
from pipeline.networks.rows import SOUND, experiment_row, fold_rows
from pipeline.train.esc import trained as files
from pipeline.train.esc.trained import TrainedFolds, read_trained, training_folder
from pipeline.train.layout import TrainError
from store.reader import Reader
from store.results import ExperimentRows


def expected(root: Path, reader: Reader) -> list[ExpectedExperiment]:
    """An experiment for each dataset of the store that a network was trained on, whole or not."""
    found = []
    for row in reader.rows("all_datasets"):
        dataset = row["dataset"]
        if (training_folder(root, dataset) / files.RECIPE).exists():
            found.append(_expected(root, reader, dataset))
    return found


def _expected(root: Path, reader: Reader, dataset: str) -> ExpectedExperiment:
    one, reason = _trained(root, reader, dataset)
    spec = ExperimentSpec(
        dataset=dataset, target="label", method=files.NETWORK, views=(SOUND,), kind=NETWORK, origin=TRAINED
    )
    told = reason or (one.key if one else "")
    key = hashlib.sha256(f"{VERSION} {told}".encode()).hexdigest()[:16]
    return ExpectedExperiment(spec, spec.id(()), key)


def _trained(root: Path, reader: Reader, dataset: str) -> tuple[TrainedFolds | None, str | None]:
    """The training, and why it cannot be told of."""
    try:
        one = read_trained(root, dataset)
    except TrainError as error:
        return None, str(error)
    if one is None:
        return None, "Nothing was trained."
    if not one.complete:
        missing = [name for name in one.fold_names if name not in {fold.name for fold in one.folds}]
        return one, (
            f"Not trained yet: {', '.join(missing)}. Go on with `python -m pipeline train esc --dataset {dataset}`."
        )
    return one, one.mismatch(reader.clips(dataset))


def make(root: Path, reader: Reader, one: ExpectedExperiment) -> ExperimentRows | Gap:
    """The rows of a training, or why there are none."""
    dataset = one.spec.dataset
    trained, reason = _trained(root, reader, dataset)
    if trained is None or reason:
        told = {"what": "The network", "reason": reason, "target": one.spec.target, "dataset": dataset}
        return Gap(one.experiment_id, told | {"experiment_id": one.experiment_id, "key": one.key})
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
    told = pd.DataFrame(
        {
            "clip_id": trained.clip_ids, "fold": trained.fold_of,
            "truth": classes[trained.truth], "predicted": classes[predicted],
        }
    )  # fmt: skip
    folds = trained.fold_table()
    return ExperimentRows(
        experiment=experiment_row(
            one, metrics, version=files.VERSION, classes=trained.classes, protocol=planned.name,
            protocol_title=planned.title, protocol_summary=planned.sentence, unit=planned.unit,
            parameters=trained.parameters, versions=trained.versions, notes=trained.notes, seed=trained.seed,
            seconds=float(folds["seconds"].sum()),
        ),
        predictions=rows.predictions(told, probabilities),
        metrics=[*_by_fold(trained, folds), *class_rows(metrics, trained.classes)],
        history=[{str(name): value for name, value in row.items()} for row in trained.history.to_dict("records")],
    )  # fmt: skip


def _by_fold(trained: TrainedFolds, folds: pd.DataFrame) -> list[MetricRow]:
    return [
        found
        for fold, (_, row) in zip(trained.folds, folds.iterrows(), strict=True)
        for found in fold_rows(fold.name, fold.truth, fold.probabilities, row["train"], row["seconds"])
    ]
