"""Train the network for environmental sounds: one fold, or all of them, out of fold.

The clips of a fold are classified, and embedded, only by networks that learned from the other folds. Nothing is
chosen by what is tested: the epochs are fixed beforehand and the last weights are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.esc_cnn import EscCnn, made
from pipeline.train.checkpoint import Row
from pipeline.train.esc.problem import EscProblem, embed_and_classify, statistics
from pipeline.train.esc.recipe import EscRecipe
from pipeline.train.loop import EpochEnd, Keeping, OnEpochEnd, fit

Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Part:
    """Clips of one side of a split: their mel power (n_mels, frames) each, and their codes (n,)."""

    powers: Sequence[Tensor]
    codes: Codes


@dataclass(frozen=True, eq=False)
class FoldResult:
    """
    What one fold gave. ``probabilities`` (m, classes) and ``embeddings`` (m, dimension) of the tested clips
    are of all members together; ``history`` holds the mean of the members' values.
    """

    members: tuple[EscCnn, ...]
    probabilities: NDArray[np.float32]
    embeddings: NDArray[np.float32]
    learned_embeddings: NDArray[np.float32]
    """(n, dimension) of the clips learned from: by them the spaces of two folds can be compared."""
    history: list[Row]
    seconds: float


def train_fold(
    learned: Part,
    tested: Part,
    classes: int,
    recipe: EscRecipe,
    *,
    device: torch.device,
    checkpoints: Path | None = None,
    key: str = "",
    on_epoch_end: OnEpochEnd | None = None,
    name: str = "fold",
) -> FoldResult:
    """
    Train the members of one fold on ``learned`` and let them classify ``tested``.

    Parameters
    ----------
    learned, tested : Part
        The clips to learn from and those to keep unseen. No number of a network depends on ``tested``.
    checkpoints : Path, optional
        A path without suffix; each member keeps where it stands beside it, and goes on from there.
    key : str
        Which training the checkpoints are of; others are not gone on from.
    on_epoch_end : callable, optional
        Is called after each epoch.
    """
    members, histories, seconds = [], [], 0.0
    for number in range(recipe.members):
        network, history, took = _member(
            number,
            learned,
            tested,
            classes,
            recipe,
            device,
            _keeping(checkpoints, key, number),
            on_epoch_end,
            name,
        )
        members.append(network)
        histories.append(history)
        seconds += took
    embeddings, logits = ensemble(members, tested.powers, recipe, device)
    return FoldResult(
        tuple(members),
        torch.softmax(logits, 1).numpy().astype(np.float32),
        embeddings.numpy().astype(np.float32),
        ensemble(members, learned.powers, recipe, device)[0].numpy().astype(np.float32),
        _mean_history(histories),
        seconds,
    )


def ensemble(
    members: Sequence[EscCnn], powers: Sequence[Tensor], recipe: EscRecipe, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Mean embedding (n, dimension) and mean logits (n, classes) of several networks with one fixed head."""
    answers = [embed_and_classify(network.to(device).eval(), powers, recipe, device) for network in members]
    return torch.stack([one for one, _ in answers]).mean(0), torch.stack([one for _, one in answers]).mean(0)


def checkpoint_of(checkpoints: Path, member: int) -> Path:
    """Where a member keeps how far it is."""
    return checkpoints.with_name(f"{checkpoints.name}.member-{member + 1}.checkpoint")


def _keeping(checkpoints: Path | None, key: str, member: int) -> Keeping | None:
    return Keeping(checkpoint_of(checkpoints, member), f"{key}/{member}") if checkpoints else None


def _member(
    number: int,
    learned: Part,
    tested: Part,
    classes: int,
    recipe: EscRecipe,
    device: torch.device,
    keeping: Keeping | None,
    on_epoch_end: OnEpochEnd | None,
    name: str,
) -> tuple[EscCnn, list[Row], float]:
    # All members of all folds begin with the same weights, so that they stay in one space; what they see
    # of the clips, and in which order, is each one's own.
    network = made(classes, recipe.network, recipe.seed)
    mean, deviation = statistics(learned.powers, recipe.frontend)
    network.mean.copy_(mean)
    network.deviation.copy_(deviation)
    watched = (tested.powers, tested.codes)
    problem = EscProblem(learned.powers, learned.codes, classes, recipe, recipe.seed * 101 + number, watched)

    def report(epoch: int, rows: list[Row]) -> None:
        if on_epoch_end:
            on_epoch_end(EpochEnd(name, number + 1, recipe.members, epoch, recipe.schedule.epochs, rows))

    fitted = fit(
        network,
        problem,
        recipe.schedule,
        seed=problem.seed,
        device=device,
        keeping=keeping,
        on_epoch_end=report,
    )
    return cast(EscCnn, fitted.network), fitted.history, fitted.seconds


def _mean_history(histories: Sequence[Sequence[Row]]) -> list[Row]:
    values: dict[tuple[int, str], list[float]] = {}
    for history in histories:
        for epoch, metric, value in history:
            values.setdefault((epoch, metric), []).append(value)
    return [(epoch, metric, float(np.mean(found))) for (epoch, metric), found in values.items()]
