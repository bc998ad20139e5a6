"""A network that was trained by itself, as an experiment beside the classifiers."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.classify.metrics import measure
from pipeline.classify.protocol import protocol
from pipeline.experiments import rows
from pipeline.experiments.unit import Gap
from pipeline.experiments.wanted import EVERY_CLIP, NETWORK, TRAINED, VERSION, Due, Wanted
from pipeline.train import kept, layout
from pipeline.train.errors import TrainError
from pipeline.train.trained import Trained
from store.experiments import ExperimentRows
from store.reader import Reader

SOUND = "sound"
"""What a network learns from, where a classifier learns from views."""


def due(root: Path, reader: Reader) -> list[Due]:
    """An experiment for each dataset of the store that a network was trained on, whole or not."""
    found = []
    for row in reader.rows("all_datasets"):
        dataset = row["dataset"]
        if (layout.folder(root, dataset) / layout.RECIPE).exists():
            found.append(_due(root, reader, dataset))
    return found


def _due(root: Path, reader: Reader, dataset: str) -> Due:
    one, reason = _trained(root, reader, dataset)
    wanted = Wanted(
        dataset=dataset, target="label", method=layout.NETWORK, views=(SOUND,), kind=NETWORK, origin=TRAINED
    )
    told = reason or (one.key if one else "")
    key = hashlib.sha256(f"{VERSION} {told}".encode()).hexdigest()[:16]
    return Due(wanted, wanted.id(()), key)


def _trained(root: Path, reader: Reader, dataset: str) -> tuple[Trained | None, str | None]:
    """The training, and why it cannot be told of."""
    try:
        one = kept.trained(root, dataset)
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


def make(root: Path, reader: Reader, one: Due) -> ExperimentRows | Gap:
    """The rows of a training, or why there are none."""
    dataset = one.wanted.dataset
    trained, reason = _trained(root, reader, dataset)
    if trained is None or reason:
        told = {"what": "The network", "reason": reason, "target": one.wanted.target, "dataset": dataset}
        return Gap(one.experiment_id, told | {"experiment_id": one.experiment_id, "key": one.key})
    return _rows(trained, reader.clips(dataset), one)


def _rows(trained: Trained, clips: pd.DataFrame, one: Due) -> ExperimentRows:
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
    seconds = float(folds["seconds"].sum())
    return ExperimentRows(
        experiment={
            "experiment_id": one.experiment_id, "dataset": one.wanted.dataset, "target": "label",
            "subset": EVERY_CLIP, "origin": TRAINED, "kind": NETWORK, "method": layout.NETWORK,
            "version": layout.VERSION, "views": [SOUND], "combination": "together", "columns": 0, "key": one.key,
            "seed": trained.seed, "protocol": planned.name, "protocol_title": planned.title,
            "protocol_told": planned.sentence, "unit": planned.unit, "classes": list(trained.classes),
            "parameters": rows.as_json(trained.parameters), "versions": rows.as_json(trained.versions),
            "notes": list(trained.notes), "fit_seconds": seconds, "predict_seconds": 0.0, "seconds": seconds,
            "made_at": datetime.now(),
        } | rows.overall(metrics),
        predictions=rows.predictions(told, probabilities),
        metrics=[*_by_fold(trained, folds), *rows.by_class(metrics, trained.classes)],
        history=[{str(name): value for name, value in row.items()} for row in trained.history.to_dict("records")],
    )  # fmt: skip


def _by_fold(trained: Trained, folds: pd.DataFrame) -> list[rows.Row]:
    found: list[rows.Row] = []
    for fold, (_, row) in zip(trained.folds, folds.iterrows(), strict=True):
        scored = measure(fold.truth, fold.probabilities.argmax(axis=1), fold.probabilities)
        told = {
            "train": row["train"], "test": row["test"], "fit_seconds": row["seconds"],
            "accuracy": scored.accuracy, "balanced_accuracy": scored.balanced_accuracy,
            "macro_f1": scored.macro_f1, "log_loss": scored.log_loss,
        }  # fmt: skip
        found += [rows.metric("fold", fold.name, name, value) for name, value in told.items()]
    return found
