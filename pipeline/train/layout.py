"""Where networks lie on disk, and the keys by which they know what they were made of.

``networks/esc_cnn/DATASET/`` in the store's folder holds ``recipe.json`` and for each fold ``fold-1.safetensors``
(weights, and embeddings of the clips) with ``fold-1.json`` beside it, which is written last: a fold is there once
its JSON is. Only files that carry the key of ``recipe.json`` count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.classify.protocol import Protocol

NETWORK = "esc_cnn"
TITLE = "Log-mel CNN"
VERSION = 1
"""Raise it when a network would come out otherwise for a reason that no number of its recipe tells."""
RECIPE = "recipe.json"
TESTED, LEARNED = "tested/embedding", "learned/embedding"
"""The tensors with the embeddings of a fold's tested clips, and of those that it learned from."""


def folder(root: Path, dataset: str) -> Path:
    """Where the networks of a dataset lie in the store at ``root``."""
    return root / "networks" / NETWORK / dataset


def file_stem(fold: str) -> str:
    """``fold 1`` -> ``fold-1``."""
    return fold.replace(" ", "-")


def digest(content: object) -> str:
    """A short name for JSON content, the same wherever the content is."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def data_key(clips: pd.DataFrame, asked: Protocol) -> str:
    """Changes with the recordings, their labels or their folds, and not with the order of the clips."""
    rows = clips.iloc[asked.rows]
    folds = ["" if fold < 0 else asked.fold_names[fold] for fold in asked.folds]
    truth = [asked.classes[code] for code in asked.codes]
    return digest(sorted(zip(rows["clip_id"], rows["content_hash"], truth, folds, strict=True)))


def training_key(parameters: Mapping[str, object], data: str) -> str:
    """Names a training: what it is made with and what it is made of."""
    return digest([NETWORK, VERSION, parameters, data])


def plain(parameters: Any) -> Any:
    """As JSON gives it back, so that what is compared is alike: tuples become lists."""
    return json.loads(json.dumps(parameters))
