"""Questions about what a build has computed: projections and clusterings, experiments, audits.

Rows of clips come in the order of clip_id. Of what a snapshot does not hold there are no rows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from store.errors import StoreError

NOISE = -1
CODES = 512
"""Numbers in a fingerprint."""
NEW_MEASURES = ("generalisation", "within_stability", "trust_spread")


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Where the clips lie in one projection; row ``i`` of each array belongs to ``clip_ids[i]``."""

    clip_ids: NDArray[np.object_]
    positions: NDArray[np.float32]
    """(n, k)"""
    trustworthiness: NDArray[np.float32]
    """(n,) 0 to 1; NaN where it was not measured."""
    continuity: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Every clustering of a dataset: ``labels[i, j]`` is the cluster of ``clip_ids[j]`` in
    ``clustering_ids[i]``, -1 where the clip is noise or was not part of the clustering."""

    clustering_ids: NDArray[np.object_]
    clip_ids: NDArray[np.object_]
    labels: NDArray[np.int32]
    """(m, n)"""


class Answers(ABC):
    """The questions; a snapshot answers them (``store.reader``), and so does a build (``store.results``)."""

    @abstractmethod
    def ask(self, name: str, **parameters: Any) -> pa.Table:
        """The answer to ``queries/NAME.sql``."""

    def _frame(self, name: str, **parameters: Any) -> pd.DataFrame:
        return self.ask(name, **parameters).to_pandas()

    def units(self) -> dict[tuple[str, str, str], str]:
        """(stage, dataset, view) to the key of what was computed there."""
        rows = self.ask("units").to_pylist()
        return {(row["stage"], row["dataset"], row["view"]): row["key"] for row in rows}

    def embeddings(self) -> pd.DataFrame:
        """``view``, ``dataset``, ``key``, ``clips``: what networks have made of which datasets."""
        return self._frame("embeddings")

    def analyses(self, dataset: str) -> pd.DataFrame:
        """One row a view and stage: ``stage``, ``view``, ``key``, ``clips``, ``seconds``, ``notes``."""
        return self._frame("analyses", dataset=dataset)

    def gaps(self, dataset: str) -> pd.DataFrame:
        """What was not computed, and why: ``view``, ``what``, ``reason``."""
        return self._frame("gaps", dataset=dataset)

    def projections(self, dataset: str) -> pd.DataFrame:
        """One row a projection; see ``queries/projections.sql``. ``parameters`` is JSON."""
        return self._frame("projections", dataset=dataset)

    def points(self, projection_id: str) -> Points:
        """
        Raises
        ------
        StoreError
            No such projection.
        """
        table = self.ask("points", projection_id=projection_id)
        if not table.num_rows:
            raise StoreError(
                f"There is no projection '{projection_id}' in this snapshot. Choose another one, or build again."
            )
        flat = table.column("position").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return Points(
            table.column("clip_id").to_numpy(),
            # (clips * dimension,) -> (clips, dimension); copied, as Arrow's memory is read-only
            flat.reshape(table.num_rows, -1).astype(np.float32),
            _numbers(table, "trustworthiness"),
            _numbers(table, "continuity"),
        )

    def axes(self, projection_id: str) -> pd.DataFrame:
        """``axis`` (from 1), ``explained``, ``columns``, ``loadings``; no row where the method has none."""
        return self._frame("axes", projection_id=projection_id)

    def clusterings(self, dataset: str) -> pd.DataFrame:
        """One row a clustering, the first of the ranking first; see ``queries/clusterings.sql``.

        Measures that a snapshot from before has not are NaN; its places are its ranks.
        """
        found = self._frame("clusterings", dataset=dataset)
        if "place" not in found:
            found = found.assign(place=found["rank"], **dict.fromkeys(NEW_MEASURES, np.nan))
        return found.sort_values("place", kind="stable", ignore_index=True)

    def members(self, clustering_id: str) -> pd.DataFrame:
        """``clip_id``, ``cluster`` (-1: noise), ``strength`` (NaN where the method does not say).

        Raises
        ------
        StoreError
            No such clustering.
        """
        found = self._frame("members", clustering_id=clustering_id)
        if found.empty:
            raise StoreError(
                f"There is no clustering '{clustering_id}' in this snapshot. Choose another one, or build again."
            )
        return found

    def all_members(self, dataset: str) -> Members:
        """Every clustering of a dataset at once, by ``clustering_id``; clips that are in none are left out."""
        owners, clips = self.ask("clustering_ids", dataset=dataset), self.ask("clip_ids", dataset=dataset)
        # Numbers in the place of names: sorting millions of names would take most of the time.
        table = self.ask("all_members", dataset=dataset)
        row, place, cluster = (
            table.column(name).to_numpy() for name in ("clustering_number", "clip_number", "cluster")
        )
        labels = np.full((owners.num_rows, clips.num_rows), NOISE, dtype=np.int32)
        labels[row, place] = cluster
        held = np.zeros(clips.num_rows, dtype=bool)
        held[place] = True
        ids = clips.column("clip_id").to_numpy()[held]
        return Members(owners.column("clustering_id").to_numpy(), ids, labels[:, held])

    def tree(self, clustering_id: str) -> pd.DataFrame:
        """``parent``, ``child``, ``lambda``, ``size``, ``selected``; no row where there is no tree.

        A child below the number of clips is the clip of that place among the clustering's ``members``.
        """
        return self._frame("tree", clustering_id=clustering_id)


def _numbers(table: pa.Table, column: str) -> NDArray[np.float32]:
    return table.column(column).to_numpy(zero_copy_only=False).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What one experiment said of each clip it tested; row ``i`` of each is of the same clip."""

    table: pd.DataFrame
    """``clip_id``, ``fold``, ``truth``, ``predicted``, ``confidence`` (of what was predicted, 0 to 1)."""
    probabilities: NDArray[np.float32]
    """(n, classes), in the order of ``classes``."""
    classes: tuple[str, ...]

    @property
    def truth(self) -> NDArray[np.intp]:
        """Positions in ``classes``, (n,)."""
        return pd.Index(self.classes).get_indexer(pd.Index(self.table["truth"]))

    @property
    def predicted(self) -> NDArray[np.intp]:
        """Positions in ``classes``, (n,)."""
        return pd.Index(self.classes).get_indexer(pd.Index(self.table["predicted"]))


class Learned(ABC):
    """The questions; a snapshot answers them, and so does a build."""

    @abstractmethod
    def ask(self, name: str, **parameters: Any) -> pa.Table:
        """The answer to ``queries/NAME.sql``."""

    def experiment_keys(self) -> pd.DataFrame:
        """One row an experiment: ``experiment_id``, ``dataset``, ``key``, ``subset``, ``origin`` (None: in vain)."""
        return self.ask("experiment_keys").to_pandas()

    def experiments(self, dataset: str) -> pd.DataFrame:
        """One row an experiment, the most accurate first; see ``queries/experiments.sql``."""
        return self.ask("experiments", dataset=dataset).to_pandas()

    def experiment(self, experiment_id: str) -> pd.Series:
        """
        Raises
        ------
        StoreError
            No such experiment.
        """
        found = self.ask("experiment", experiment_id=experiment_id).to_pandas()
        if found.empty:
            raise StoreError(
                f"There is no experiment '{experiment_id}' in this snapshot. Choose another one, or build again."
            )
        return found.iloc[0]

    def experiment_metrics(self, experiment_id: str) -> pd.DataFrame:
        """``kind``, ``name``, ``metric``, ``value``, in the order in which they were written."""
        return self.ask("experiment_metrics", experiment_id=experiment_id).to_pandas()

    def experiment_history(self, experiment_id: str) -> pd.DataFrame:
        """``fold``, ``epoch``, ``metric``, ``value``; no row for what was not trained in epochs."""
        return self.ask("experiment_history", experiment_id=experiment_id).to_pandas()

    def experiment_gaps(self, dataset: str) -> pd.DataFrame:
        """What could not be learned of a dataset, and why: ``target``, ``what``, ``reason``."""
        return self.ask("experiment_gaps", dataset=dataset).to_pandas()

    def predictions(self, experiment_id: str) -> Predictions:
        """
        Raises
        ------
        StoreError
            No such experiment.
        """
        classes = tuple(self.experiment(experiment_id)["classes"])
        table = self.ask("predictions", experiment_id=experiment_id)
        flat = table.column("probabilities").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        # (clips * classes,) -> (clips, classes); copied, as Arrow's memory is read-only
        told = flat.reshape(table.num_rows, len(classes)).astype(np.float32)
        frame = table.drop_columns(["probabilities"]).to_pandas()
        places = pd.Index(classes).get_indexer(pd.Index(frame["predicted"]))
        return Predictions(frame.assign(confidence=told[np.arange(len(told)), places]), told, classes)


Prints = tuple[NDArray[np.object_], NDArray[np.uint32]]


class Audited(ABC):
    """The questions; a snapshot answers them, and so does a build. A dataset without an audit has no rows."""

    @abstractmethod
    def ask(self, name: str, **parameters: Any) -> pa.Table:
        """The answer to ``queries/NAME.sql``."""

    def audits(self) -> pd.DataFrame:
        """One row a dataset that was audited: ``dataset``, ``key``, ``experiment_id``, ``clips``, ``seconds``."""
        return self.ask("audits").to_pandas()

    def audit_parts(self, dataset: str) -> pd.DataFrame:
        """``part``, ``told`` (a sentence), ``notes`` (more of them)."""
        return self.ask("audit_parts", dataset=dataset).to_pandas()

    def audit_pairs(self, dataset: str) -> pd.DataFrame:
        """Clips that hold the same sound: ``first``, ``second``, ``kind``, ``similarity``, ``lag_s``,
        ``shared_s``, ``group``."""
        return self.ask("audit_pairs", dataset=dataset).to_pandas()

    def audit_ties(self, dataset: str) -> pd.DataFrame:
        """What is on both sides of the split: ``tie``, ``value``, ``sides``, ``clips``, ``removed``."""
        return self.ask("audit_ties", dataset=dataset).to_pandas()

    def audit_removed(self, dataset: str) -> pd.DataFrame:
        """The clips without which nothing is: ``clip_id``, ``tie``, ``value``, ``side``."""
        return self.ask("audit_removed", dataset=dataset).to_pandas()

    def audit_doubts(self, dataset: str) -> pd.DataFrame:
        """The most doubtful label first: ``clip_id``, ``rank``, ``given``, ``suggested``,
        ``self_confidence``, ``margin``, ``issue``."""
        return self.ask("audit_doubts", dataset=dataset).to_pandas()

    def audit_facts(self, dataset: str) -> pd.DataFrame:
        """How well each fact names the label: ``fact``, ``title``, ``accuracy``, ``balanced_accuracy``,
        ``spread``, ``chance``, ``majority``, ``clips``."""
        return self.ask("audit_facts", dataset=dataset).to_pandas()

    def audit_balance(self, dataset: str) -> pd.DataFrame:
        """Clips by ``label`` and ``side``: ``clips``, ``expected``, ``residual``, ``verdict``."""
        return self.ask("audit_balance", dataset=dataset).to_pandas()

    def prints(self, dataset: str, version: int) -> Prints:
        """The clips that have a fingerprint of that version (n,), and those, uint32 (n, 2, 256)."""
        table = self.ask("audit_prints", dataset=dataset, version=version)
        flat = table.column("print").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        # (n * 512,) -> (n, 2, 256): codes, then frames; copied, as Arrow's memory is read-only
        return table.column("clip_id").to_numpy(), flat.astype(np.uint32).reshape(
            table.num_rows, 2, CODES // 2
        )

    def unprinted(self, datasets: Sequence[str], version: int) -> pd.DataFrame:
        """Recordings without a fingerprint of that version: ``content_hash``, ``clip_id``, ``root``,
        ``relative_path``."""
        return self.ask("audit_unprinted", datasets=list(datasets), version=version).to_pandas()
