"""SpeechBrain's ECAPA-TDNN with our weights in it, and what must be changed for both to compute the same.

SpeechBrain 1.1 differs from the paper, and so from ours, in four ways. Convolutions mirror the ends of a clip, where
the paper's and ours find zeros; a block is fed with the result of the last one, not with the sum of all before; the
aggregation has a batch norm of its own; and a deviation may be as small as 1e-6, ours 1e-3. ``equal`` makes a network
of SpeechBrain's that is changed in these four and in nothing else.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import models.torch_audio  # noqa: F401 - for SpeechBrain's own import of torchaudio to work, see there
from models.ecapa.network import MIN_VARIANCE, EcapaParameters, EcapaTdnn, Norm, factor_and_shift, made

FOLDER = Path(__file__).resolve().parents[1] / "build" / "benchmarks"
ABSENT = "SpeechBrain is not here: `make bench` installs it into build/benchmarks."


def architecture() -> Any:
    """SpeechBrain's class ECAPA_TDNN; None where SpeechBrain is not installed."""
    if FOLDER.is_dir() and str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))  # last, so that it replaces nothing
    try:
        return importlib.import_module("speechbrain.lobes.models.ECAPA_TDNN").ECAPA_TDNN
    except ModuleNotFoundError:
        return None


def ours(width: int, seed: int = 0) -> EcapaTdnn:
    """Our network with random weights, and norms as if they had learned: statistics, factors and shifts."""
    network = made(2, EcapaParameters(width=width), seed)
    generator = torch.Generator().manual_seed(seed)
    for norm in [part for part in network.modules() if isinstance(part, Norm)]:
        norm.running_mean = 0.3 * torch.randn(norm.num_features, generator=generator)
        norm.running_var = torch.rand(norm.num_features, generator=generator) + 0.5
        norm.weight.data = torch.randn(norm.num_features, generator=generator)
        norm.bias.data = 0.5 * torch.randn(norm.num_features, generator=generator)
    return network.eval().requires_grad_(False)


def as_published(network: EcapaTdnn) -> Any:
    """SpeechBrain's network, as it comes, of the size and with the weights of ours: the same work, another result."""
    told = network.settings
    theirs = architecture()(
        told.n_mels,
        channels=[told.width] * 4 + [told.aggregated],
        lin_neurons=told.embedding,
        attention_channels=told.bottleneck,
        se_channels=told.bottleneck,
    )
    theirs.load_state_dict(_renamed(network, theirs.state_dict()))
    return theirs.eval().requires_grad_(False)


def equal(network: EcapaTdnn) -> Any:
    """SpeechBrain's network, changed so that it computes what ours does."""
    theirs = as_published(network)
    for part in theirs.modules():
        if hasattr(part, "padding_mode"):
            part.padding_mode = "constant"
    theirs.asp.eps = MIN_VARIANCE
    theirs.mfa.norm = nn.Identity()
    before: list[Tensor] = []

    def keep(block: nn.Module, given: Any, out: Tensor) -> None:
        before.append(out)

    def feed(block: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        if block is theirs.blocks[1]:
            del before[:-1]  # what an earlier call left
        return (torch.stack(before).sum(0), *given[1:])

    for block in theirs.blocks:
        block.register_forward_hook(keep)
    for block in theirs.blocks[1:]:
        block.register_forward_pre_hook(feed)
    return theirs


def _renamed(network: EcapaTdnn, into: dict[str, Tensor]) -> dict[str, Tensor]:
    """Our weights under SpeechBrain's names, in the shapes of ``into``, from which comes what ours lacks."""
    names = {"stem": "blocks.0", "pooling.hidden": "asp.tdnn"}
    for number in range(3):
        here, there = f"blocks.{number}", f"blocks.{number + 1}"
        names |= {f"{here}.first": f"{there}.tdnn1", f"{here}.last": f"{there}.tdnn2"}
        names |= {f"{here}.res2.layers.{n}": f"{there}.res2net_block.blocks.{n}" for n in range(7)}
    parts = {f"{one}.convolution": f"{other}.conv.conv" for one, other in names.items()}
    parts |= {f"{one}.norm": f"{other}.norm.norm" for one, other in names.items()}
    for number in range(3):
        here, there = f"blocks.{number}.excitation", f"blocks.{number + 1}.se_block"
        parts |= {f"{here}.down": f"{there}.conv1.conv", f"{here}.up": f"{there}.conv2.conv"}
    parts |= {
        "aggregation": "mfa.conv.conv",
        "pooling.weights": "asp.conv.conv",
        "pooled_norm": "asp_bn.norm",
    }
    state = dict(into)
    for name, values in network.state_dict().items():
        part, _, last = name.rpartition(".")
        if part in parts:
            state[f"{parts[part]}.{last}"] = values
    # Its last layer has no norm behind it: ours goes into the weights.
    factor, shift = factor_and_shift(network.embedding_norm)  # type: ignore[arg-type]
    state["fc.conv.weight"] = (network.embedding.weight * factor[:, None])[:, :, None]
    state["fc.conv.bias"] = network.embedding.bias * factor + shift
    return state
