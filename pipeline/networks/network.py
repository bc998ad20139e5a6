"""What a network that was trained here brings; ``NETWORKS`` in this package lists them.

The entry itself is words and names, so that help and pages need not load what the network works with. What a build
asks of it is loaded when a build asks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pipeline.clips import Scan
    from pipeline.experiments.spec import ExpectedExperiment
    from pipeline.experiments.unit import Gap
    from pipeline.features.view import View
    from pipeline.sources import Source
    from pipeline.stage import Run
    from store.reader import Reader
    from store.results import ExperimentRows


class Vectors(Protocol):
    """How a network's vectors come into the store."""

    def stale(self, root: Path, reader: Reader, view: View) -> Collection[str]:
        """The datasets whose vectors in ``view`` are missing or out of date; ``root`` is the store's folder."""
        ...

    def embed(self, run: Run, view: View) -> int:
        """Bring the vectors in the staging database up to date; how many were computed."""
        ...

    def take_over(self, root: Path, staging: Path) -> None:
        """Write what is there without any work, and drop what is of other clips than there are now."""
        ...


@dataclass(frozen=True, kw_only=True)
class NetworkBuild:
    """What a build asks of a network. ``root`` is the store's folder, where trained networks lie."""

    find_view: Callable[[Path], View | None]
    """The view that the network makes; None where there is no network that is whole."""
    fits: Callable[[View, Mapping[str, Source], Mapping[str, Scan]], bool]
    """Whether any of a build's datasets can have vectors in the view."""
    vectors: Vectors
    expected: Callable[[Path, Reader], list[ExpectedExperiment]]
    """The experiments that there should be of the network."""
    make: Callable[[Path, Reader, ExpectedExperiment], ExperimentRows | Gap]
    """The rows of one of them, or why there are none."""


@dataclass(frozen=True, kw_only=True)
class Network:
    """One entry of ``NETWORKS``."""

    name: str
    """The method of its experiments, and its folder under ``networks/`` in the store's folder."""
    title: str
    noun: str
    """The network within a sentence: "the voice network"."""
    view: str
    """The name of the view that it makes."""
    command: str
    """``python -m pipeline train COMMAND``."""
    purpose: str
    """What the command trains, for its help."""
    training: str
    """The module of the command: ``add_arguments(parser, at_least_one)`` and ``run(options, console)``."""
    load: Callable[[], NetworkBuild]
    learned_elsewhere: bool = False
    """Whether it learned from other collections and is only tested on those of a store: it has no folds there, and of
    its training a store holds what its card says."""
    has_card: bool = False
    """Whether a card lies beside its weights, which every build writes into the store."""
    trained_on_speech: bool = False
    page: Mapping[str, str] = field(default_factory=dict)
    """The part of the page Models that shows its training, as query parameters; empty where there is none."""
