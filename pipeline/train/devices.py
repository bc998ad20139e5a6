"""On what to train: the CPU with so many threads, or a GPU."""

from __future__ import annotations

import torch

from pipeline.train.errors import TrainError


def device_named(name: str) -> torch.device:
    """``auto`` takes a GPU where there is one.

    Raises
    ------
    TrainError
        ``cuda`` is asked for and there is none.
    """
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise TrainError("No GPU can be used by this torch; expected one. Choose --device cpu or auto.")
    return torch.device("cuda" if there and name != "cpu" else "cpu")


def use_threads(count: int) -> None:
    """Let torch calculate on so many threads of the CPU."""
    torch.set_num_threads(count)
