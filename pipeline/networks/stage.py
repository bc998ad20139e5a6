"""The stage of a build that embeds clips by networks; and what else a build asks of them: views and experiments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.clips import Scan
from pipeline.experiments.spec import CARD, NETWORK, ExpectedExperiment
from pipeline.experiments.unit import Gap
from pipeline.features.view import View
from pipeline.networks import NETWORKS
from pipeline.sources import Source
from pipeline.stage import Run, Stage, State, Unit
from store.reader import Reader
from store.results import ExperimentRows

KINDS = frozenset({NETWORK, CARD})
"""The kinds of networks' experiments."""


def views(root: Path) -> dict[str, View]:
    """The views that networks can make, by name; ``root`` is the store's folder."""
    found = {one.view: one.load().find_view(root) for one in NETWORKS.values()}
    return {name: view for name, view in found.items() if view is not None}


def fitting(
    possible: Mapping[str, View], sources: Mapping[str, Source], scans: Mapping[str, Scan]
) -> dict[str, View]:
    """Without the views of networks that none of a build's datasets can have."""
    fits = {one.view: one.load().fits for one in NETWORKS.values()}
    return {
        name: view for name, view in possible.items() if name not in fits or fits[name](view, sources, scans)
    }


def stale(state: State, reader: Reader) -> list[Unit]:
    """The datasets and views of networks of which the store holds other vectors than it should."""
    return [
        (dataset, network.view)
        for network in NETWORKS.values()
        if network.view in state.views
        for dataset in network.load().vectors.stale(state.root, reader, state.views[network.view])
    ]


def embed(run: Run) -> int:
    """Bring the vectors in the staging database up to date; how many were computed for that."""
    made = run.state.views
    return sum(
        network.load().vectors.embed(run, made[network.view])
        for network in NETWORKS.values()
        if network.view in made
    )


def forget(state: State, staging: Path) -> None:
    """Take over what costs nothing, and drop what is of other clips."""
    for network in NETWORKS.values():
        if network.view in state.views:
            network.load().vectors.take_over(state.root, staging)


EMBEDDINGS = Stage(
    name="embeddings",
    title="embeddings by networks",
    unit="clips",
    stale=stale,
    run=embed,
    outdated=stale,
    forget=forget,
    cost_s=lambda clips, views: 1.5 + 0.012 * clips,
    makes_vectors=True,
)


def expected(root: Path, reader: Reader) -> list[ExpectedExperiment]:
    """The experiments that there should be of all networks."""
    return [one for network in NETWORKS.values() for one in network.load().expected(root, reader)]


def make(root: Path, reader: Reader, one: ExpectedExperiment) -> ExperimentRows | Gap:
    """The rows of one of them, or why there are none."""
    return NETWORKS[one.spec.method].load().make(root, reader, one)
