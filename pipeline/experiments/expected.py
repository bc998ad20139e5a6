"""Which experiments there should be, and which of those that are there should not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.classify import CLASSIFIERS
from pipeline.experiments.spec import EVERY_CLIP, PAGE, Due, Wanted, grid, key_of, left_out
from pipeline.features.view import View
from pipeline.networks import registry
from pipeline.networks.embedding import UNHEARD
from store.reader import Reader


@dataclass(frozen=True, slots=True)
class Sources:
    """What decides which experiments there should be, beside the clips."""

    root: Path
    """The store's folder, where trained networks lie."""
    views: Mapping[str, View]
    base: Path | None = None
    """The snapshot that a build began from: what persons have asked for there is made again."""
    thorough: bool = False
    """Whether everything is made, however long it takes."""


def due(reader: Reader, of: Sources) -> list[Due]:
    """All experiments that there should be: a build's own, what persons asked for, what networks were trained."""
    views, base = of.views, of.base
    prints = {row["dataset"]: row["fingerprint"] for row in reader.rows("learning_fingerprints")}
    keys = {name: view.key for name, view in views.items()}
    usual = [name for name, view in views.items() if not view.learned]
    columns = {name: len(view.columns) for name, view in views.items()}
    found: dict[str, Due] = {}
    for dataset, fingerprint in prints.items():
        clips = reader.clips(dataset)
        wanted = [*grid(dataset, clips, usual), *_asked_for(reader, base, dataset, keys)]
        costs, reasons = left_out(wanted, clips, columns)
        for one, cost, reason in zip(wanted, costs, reasons, strict=True):
            key = key_of(one, CLASSIFIERS[one.method].version, keys, fingerprint)
            expected = Due(one, one.id(usual), key, cost, None if of.thorough else reason)
            found[expected.experiment_id] = expected
    return [*found.values(), *registry.due(of.root, reader)]


def _asked_for(reader: Reader, base: Path | None, dataset: str, views: Mapping[str, str]) -> list[Wanted]:
    """What persons ran from the page: as this snapshot has it, or the one that the build began from."""
    tables = [reader.experiments(dataset)]
    if base is not None:
        with Reader(base) as before:
            tables.append(before.experiments(dataset))
    rows = pd.concat(tables) if any(len(table) for table in tables) else tables[0]
    wanted = [as_wanted(row) for _, row in rows[rows["origin"] == PAGE].iterrows()]
    return [one for one in wanted if one.method in CLASSIFIERS and all(view in views for view in one.views)]


def as_wanted(row: pd.Series) -> Wanted:
    """What to ask for to get an experiment of the store again."""
    return Wanted(
        dataset=row["dataset"], target=row["target"], method=row["method"], views=tuple(row["views"]),
        combination=row["combination"], seed=int(row["seed"]), kind=row["kind"], origin=row["origin"],
        detailed=row["origin"] == PAGE,
    )  # fmt: skip


def stale(reader: Reader, of: Sources) -> list[Due]:
    """The experiments that are missing or were made from something else."""
    there = reader.experiment_keys().set_index("experiment_id")["key"].to_dict()
    return [one for one in due(reader, of) if there.get(one.experiment_id) not in one.keys]


def obsolete(reader: Reader, of: Sources) -> list[str]:
    """The experiments that should not be there, or not as they are; not those other stages answer for."""
    right = {one.experiment_id: one.keys for one in due(reader, of)}
    there = reader.experiment_keys()
    # The audit answers for the others, and whoever listens for what could not be heard.
    unheard = there["experiment_id"].str.endswith(f".{UNHEARD}")
    mine = there[(there["subset"] == EVERY_CLIP) & ~unheard]
    return [
        row["experiment_id"]
        for _, row in mine.iterrows()
        if row["key"] not in right.get(row["experiment_id"], ())
    ]
