"""Trained networks as they lie on disk, read back as plain numbers: nothing here needs torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from pipeline.train.errors import TrainError
from pipeline.train.esc.trained import Trained, TrainedFold
from pipeline.train.layout import LEARNED, NETWORK, RECIPE, TESTED, VERSION, file_stem, folder

__all__ = ["NETWORK", "VERSION", "Trained", "TrainedFold", "folder", "read_json", "trained"]


def trained(root: Path, dataset: str) -> Trained | None:
    """
    What was trained on a dataset, from the store's folder; None where nothing was.

    Raises
    ------
    TrainError
        A file is damaged; the message says which.
    """
    place = folder(root, dataset)
    if not (place / RECIPE).exists():
        return None
    told = read_json(place / RECIPE)
    try:
        folds = [_fold(place, name, told["key"]) for name in told["folds"]]
        return Trained(
            dataset, told["key"], told["data"], tuple(told["classes"]), tuple(told["folds"]),
            told["parameters"], tuple(told["notes"]), tuple(fold for fold in folds if fold),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(place, error) from error


def read_json(path: Path) -> Any:
    """Raises ``TrainError`` where the file is no JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> TrainError:
    return TrainError(
        f"{path} cannot be read ({type(error).__name__}: {error}); expected what the training wrote. "
        "Delete it and train again."
    )


def _fold(place: Path, name: str, key: str) -> TrainedFold | None:
    path = place / f"{file_stem(name)}.json"
    if not path.exists():
        return None
    told = read_json(path)
    if told["key"] != key:
        return None
    weights = path.with_suffix(".safetensors")
    tested, history = told["tested"], pd.DataFrame(told["history"], columns=["epoch", "metric", "value"])
    history.insert(0, "fold", name)
    return TrainedFold(
        name=name,
        weights=weights,
        clip_ids=np.array(tested["clip_id"], dtype=object),
        truth=np.array(tested["truth"], dtype=np.intp),
        probabilities=np.array(tested["probabilities"], dtype=np.float32),
        embeddings=_embeddings(weights, key, TESTED, len(tested["clip_id"])),
        learned=tuple(told["learned"]["clip_id"]),
        learned_embeddings=_embeddings(weights, key, LEARNED, len(told["learned"]["clip_id"])),
        history=history,
        seconds=float(told["seconds"]),
        told=told,
    )


def _embeddings(path: Path, key: str, tensor: str, clips: int) -> NDArray[np.float32]:
    try:
        with safe_open(path, framework="numpy") as file:
            there, found = (file.metadata() or {}).get("key"), file.get_tensor(tensor)
    except (OSError, SafetensorError) as error:
        raise _damaged(path, error) from error
    if there != key or len(found) != clips:
        raise TrainError(f"{path} does not belong to the JSON beside it. Delete both and train again.")
    return np.asarray(found, dtype=np.float32)
