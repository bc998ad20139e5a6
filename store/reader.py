"""Questions to one snapshot, each answered as a DataFrame or as ids with a matrix."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from store.database import Database, view_query
from store.errors import StoreError, listed
from store.results_reader import AnalysisQueries, AuditQueries, ExperimentQueries
from store.snapshots import Snapshot, Store

COLUMNS_NAMED = 8
"""A view may have hundreds of columns: a message names those that are most like the one it was asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """The vectors of one view: row ``i`` of ``values`` belongs to ``clip_ids[i]``."""

    clip_ids: NDArray[np.object_]
    values: NDArray[np.float32]
    columns: tuple[str, ...]


class Reader(AnalysisQueries, ExperimentQueries, AuditQueries, Database):
    """What there is to ask of a snapshot; may be shared by threads.

    A snapshot from before there were scores, projections, clusterings or experiments answers that it has none.
    """

    def _vectors(self, name: str, view: str, **parameters: Any) -> pa.Table:
        return self.table(view_query(name, view), **parameters)

    def vector_ids(self, view: str) -> set[str]:
        """The clips that have a vector in ``view``."""
        return set(self._vectors("vector_ids", view).column("clip_id").to_pylist())

    def clip_hashes(self) -> dict[str, str]:
        """By dataset, what changes with its clips, their content and their labels."""
        return {row["dataset"]: row["hash"] for row in self.rows("clip_hashes")}

    def content_hashes(self) -> dict[str, str]:
        """By dataset, what changes with its clips and their content alone."""
        return {row["dataset"]: row["hash"] for row in self.rows("content_hashes")}

    def metadata_hashes(self) -> dict[str, str]:
        """By dataset, what changes with its clips, their content and all that is known of them."""
        return {row["dataset"]: row["hash"] for row in self.rows("metadata_hashes")}

    def datasets(self) -> pd.DataFrame:
        """What collections there are, with their sizes; see ``queries/datasets.sql``."""
        return self.frame("datasets")

    def clips(self, dataset: str) -> pd.DataFrame:
        """Everything known of a dataset's clips, one row each. Whole numbers with gaps come as floats.

        Raises
        ------
        StoreError
            No such dataset; the message lists those there are.
        """
        self._require_dataset(dataset)
        return self.frame("clips", dataset=dataset)

    def clips_table(self, dataset: str) -> pa.Table:
        """As :meth:`clips`, in the store's own types: the same for each dataset, whatever it lacks."""
        self._require_dataset(dataset)
        return self.ask("clips", dataset=dataset)

    def _require_dataset(self, dataset: str) -> None:
        known = [row["dataset"] for row in self.rows("all_datasets")]
        if dataset not in known:
            raise StoreError(f"There is no dataset '{dataset}' in this snapshot; {listed(known)}.")

    def clip(self, clip_id: str) -> pd.Series:
        """One clip in full, with its dataset's title, licence and root folder.

        Raises
        ------
        StoreError
            No such clip in this snapshot.
        """
        return self.clips_in_full([clip_id]).iloc[0]

    def clips_in_full(self, clip_ids: Sequence[str]) -> pd.DataFrame:
        """As :meth:`clip`, a row each in the order that is asked for, by one query."""
        found = self.frame("clips_in_full", clip_ids=list(clip_ids)).set_index("clip_id", drop=False)
        for clip_id in clip_ids:
            if clip_id not in found.index:
                raise StoreError(f"There is no clip '{clip_id}' in this snapshot. Choose one from the table.")
        return found.loc[list(clip_ids)].reset_index(drop=True)

    def views(self, dataset: str | None = None) -> pd.DataFrame:
        """Every view in its order, or those that hold vectors of a dataset; see ``queries/views.sql``.

        ``learned`` marks a view that a network made, which was trained on labels.
        """
        made = self.embeddings()
        found = self.frame("views")
        found["learned"] = found["view"].isin(made["view"])
        if dataset is not None:
            here = made[(made["dataset"] == dataset) & (made["clips"] > 0)]
            found = found[~found["learned"] | found["view"].isin(here["view"])]
        return found.reset_index(drop=True)

    def view(self, name: str) -> pd.Series:
        """
        Raises
        ------
        StoreError
            No such view; the message lists those there are.
        """
        views = self.views()
        found = views[views["view"] == name]
        if found.empty:
            raise StoreError(f"There is no view '{name}' in this snapshot; {listed(list(views['view']))}.")
        return found.iloc[0]

    def failures(self) -> pd.DataFrame:
        return self.frame("failures")

    def builds(self) -> pd.DataFrame:
        return self.frame("builds")

    def matrix(self, dataset: str | None, view: str) -> Matrix:
        """The vectors of a view, through Arrow without a Python loop.

        Parameters
        ----------
        dataset : str or None
            A dataset's name; None for all datasets together.
        view : str
            A view's name.

        Returns
        -------
        Matrix
            ``clip_ids`` (n,), ``values`` float32 (n, dimension), the names of its columns. Pitch
            columns are NaN where no frame is voiced.

        Raises
        ------
        StoreError
            No such view or dataset; the message lists those there are.
        """
        if dataset is not None:
            self._require_dataset(dataset)
        columns = tuple(self.view(view)["columns"])
        table = self._vectors("vectors", view, dataset=dataset)
        flat = table.column("vector").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        # Copied, because Arrow's memory is read-only and compiled code such as HDBSCAN's asks to write.
        # (clips * dimension,) -> (clips, dimension)
        values = flat.reshape(table.num_rows, len(columns)).copy()
        return Matrix(table.column("clip_id").to_numpy(), values, columns)

    def column(self, dataset: str, view: str, column: str) -> pd.DataFrame:
        """One column of a view: ``clip_id``, ``value``.

        Raises
        ------
        StoreError
            No such view or dataset, or no such column in it.
        """
        self._require_dataset(dataset)
        columns = list(self.view(view)["columns"])
        if column not in columns:
            near = (
                difflib.get_close_matches(column, columns, COLUMNS_NAMED, cutoff=0.4)
                or columns[:COLUMNS_NAMED]
            )
            raise StoreError(f"The view '{view}' has no column '{column}'; {listed(near, len(columns))}.")
        position = columns.index(column) + 1
        return self._vectors("column", view, dataset=dataset, position=position).to_pandas()


def open_current(store: Store) -> tuple[Snapshot, Reader] | None:
    """The current snapshot, open; None where the store is empty.

    A build may drop a snapshot between looking and opening: the one that has become the current one since is
    opened then. An open file can be read to its end, whoever deletes it.

    Raises
    ------
    StoreError
        The snapshot is damaged, or nobody knows which is the current one.
    """
    while current := store.current():
        try:
            return current, Reader(current.path)
        except StoreError:
            if current.path.exists() and store.current() == current:
                raise
    return None
