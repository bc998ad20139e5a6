"""One trained fold to disk: the weights with the embeddings, then the JSON that makes it count."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.classify.protocol import Split
from pipeline.train import layout
from pipeline.train.checkpoint import write_tensors
from pipeline.train.esc.train import FoldResult
from pipeline.train.esc.training import Training
from store.snapshots import write_atomically

LIBRARIES = ("torch", "torchaudio", "numpy", "soxr", "soundfile")


def write_fold(
    training: Training, split: Split, result: FoldResult, base: Path, device: torch.device
) -> None:
    """Write ``base`` with both suffixes. The JSON comes last: without it the fold does not count."""
    write_tensors(base.with_name(f"{base.name}.safetensors"), _tensors(result), {"key": training.key})
    content = _made(training, result, device) | _clips(training, split, result)
    write_atomically(base.with_name(f"{base.name}.json"), json.dumps(content) + "\n")


def _tensors(result: FoldResult) -> dict[str, Tensor]:
    tensors = {
        f"member-{number + 1}/{name}": value
        for number, network in enumerate(result.members)
        for name, value in network.state_dict().items()
    }
    tensors[layout.TESTED] = torch.from_numpy(result.embeddings)
    tensors[layout.LEARNED] = torch.from_numpy(result.learned_embeddings)
    return tensors


def _made(training: Training, result: FoldResult, device: torch.device) -> dict[str, Any]:
    """How and with what the fold was trained."""
    return {
        "key": training.key,
        "classes": list(training.protocol.classes),
        "seed": training.recipe.seed,
        "seconds": round(result.seconds, 1),
        "device": _device_words(device),
        "threads": torch.get_num_threads(),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        "history": result.history,
    }


def _clips(training: Training, split: Split, result: FoldResult) -> dict[str, Any]:
    """What was learned from, and what is said of each tested clip."""
    rows = training.clips.iloc[training.protocol.rows]
    ids, hashes = rows["clip_id"].to_numpy(), rows["content_hash"].to_numpy()
    return {
        "fold": split.name,
        "learned": {"clip_id": list(ids[split.train]), "content_hash": list(hashes[split.train])},
        "tested": {
            "clip_id": list(ids[split.test]),
            "content_hash": list(hashes[split.test]),
            "truth": training.protocol.codes[split.test].tolist(),
            "probabilities": np.round(result.probabilities.astype(np.float64), 7).tolist(),
        },
    }


def _device_words(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
