"""Questions about projections and clusterings. Rows of clips come in the order of clip_id."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from store.errors import StoreError

NOISE = -1
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
