"""Where a training stands, in one file that is there whole or not at all, and is never a pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as packed
from torch import Tensor, nn
from torch.optim import Optimizer

from pipeline.train.layout import TrainError
from store.snapshots import flush

Row = tuple[int, str, float]
"""Epoch, from 1, a metric's name and its value."""


@dataclass(frozen=True, eq=False)
class Place:
    """After which epoch a training stands, its history, and how many seconds it has taken."""

    epoch: int
    history: list[Row]
    seconds: float


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """A safetensors file that a reader finds whole or not at all."""
    half = path.with_name(path.name + ".new")
    whole = {name: tensor.detach().to("cpu").contiguous() for name, tensor in tensors.items()}
    half.write_bytes(packed(whole, metadata=dict(metadata)))
    flush(half)
    half.replace(path)
    flush(path.parent)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a file and the metadata beside them.

    Raises
    ------
    TrainError
        The file is not there, cut off, or no safetensors file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise TrainError(
            f"{path} cannot be read ({error}); expected a safetensors file. Delete it and train again."
        ) from error


def keep(path: Path, place: Place, key: str, parts: Mapping[str, nn.Module], optimizer: Optimizer) -> None:
    """Keep networks, the optimiser's moments and the history; ``key`` says which training this is."""
    tensors = {
        f"{part}/{name}": value for part, net in parts.items() for name, value in net.state_dict().items()
    }
    for number, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{number}/{name}": torch.as_tensor(value) for name, value in state.items()}
    content = {"epoch": place.epoch, "history": place.history, "seconds": place.seconds}
    write_tensors(path, tensors, {"key": key, "place": json.dumps(content)})


def resume(path: Path, key: str, parts: Mapping[str, nn.Module], optimizer: Optimizer) -> Place | None:
    """Put networks and optimiser where ``path`` left them; None where there is nothing of this training."""
    if not path.exists():
        return None
    tensors, metadata = read_tensors(path)
    if metadata.get("key") != key:
        return None
    for part, net in parts.items():
        net.load_state_dict(below(tensors, part))
    moments: dict[int, dict[str, Tensor]] = {}
    for name, value in below(tensors, "optimizer").items():
        number, what = name.split("/")
        moments.setdefault(int(number), {})[what] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})
    place = json.loads(metadata["place"])
    history = [(int(epoch), str(metric), float(value)) for epoch, metric, value in place["history"]]
    return Place(int(place["epoch"]), history, float(place["seconds"]))


def below(tensors: Mapping[str, Tensor], part: str) -> dict[str, Tensor]:
    """Those tensors whose names begin with ``part/``, by the rest of their names."""
    return {name.removeprefix(f"{part}/"): tensors[name] for name in tensors if name.startswith(f"{part}/")}
