"""Exact nearest neighbours of a vector, found by DuckDB: every clip is compared, nothing is approximated."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from store.database import duckdb_errors_as, first_line
from store.errors import StoreError, listed

METRICS = {"cosine": "array_cosine_distance", "euclidean": "array_distance"}
"""What a person may choose, and DuckDB's function for it. Cosine distance is 1 - cosine, from 0 to 2."""
QUERY = """
select row, {function}(vector, $vector::float[{dimension}]) as distance
from held.vectors
order by distance, row
limit $count
"""
TOGETHER = 16_384
"""Rows that one core scans at a time. With DuckDB's own 122,880 one core would do all of 100,000."""
COSINE = 1e-20
"""A vector's squared length below which it has no direction."""


class Index:
    """Vectors in an in-memory DuckDB table; may be shared by threads, each question has its own cursor.

    Columns of a view have different units, so the vectors should be brought to one scale first, and
    the vector to be looked up likewise.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, clip_ids: NDArray[np.object_], dimension: int) -> None:
        self._con = con
        self.clip_ids = clip_ids
        self.dimension = dimension

    @classmethod
    def build(cls, clip_ids: ArrayLike, values: NDArray[np.float32]) -> Self:
        """Copy the vectors into DuckDB.

        Parameters
        ----------
        clip_ids : (n,) str
            Whose vectors they are.
        values : (n, d) float32
            Finite numbers.

        Raises
        ------
        StoreError
            Another number of vectors than of ids, no column, or a number that is not finite.
        """
        ids, rows = np.asarray(clip_ids, dtype=object), np.ascontiguousarray(values, dtype=np.float32)
        if rows.ndim != 2 or len(rows) != len(ids) or not rows.shape[1]:
            raise StoreError(
                f"{len(ids)} clips came with vectors of shape {rows.shape}; expected (clips, d)."
            )
        if not np.isfinite(rows).all():
            raise StoreError("A vector holds a number that is not finite. Fill the gaps of the view first.")
        column = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])
        with duckdb_errors_as(_search_error):
            con = duckdb.connect()
            con.register("batch", pa.table({"row": np.arange(len(ids), dtype=np.int32), "vector": column}))
            con.execute(f"attach ':memory:' as held (row_group_size {TOGETHER})")
            con.execute("create table held.vectors as select * from batch")
            con.unregister("batch")
        return cls(con, ids, rows.shape[1])

    def nearest(
        self, vector: ArrayLike, k: int = 10, metric: str = "euclidean", exclude: Collection[str] = ()
    ) -> pd.DataFrame:
        """The ``k`` clips nearest to a vector, nearest first; of equally near ones the earlier first.

        Parameters
        ----------
        vector : (d,) float
            In the same scale as the index.
        metric : {"cosine", "euclidean"}
        exclude : clip ids
            Those not to be found, e.g. the clip whose neighbours they are.

        Returns
        -------
        DataFrame
            ``clip_id`` and ``distance``; fewer than ``k`` rows where there are fewer clips. Under
            cosine a clip without a direction (all zeros) is at NaN, after all others.

        Raises
        ------
        StoreError
            An unknown metric, or a vector of another length, not finite, or without a direction.
        """
        query = self._checked(vector, metric)
        left_out = set(exclude)
        text = QUERY.format(function=METRICS[metric], dimension=self.dimension)
        bound = {"vector": query.tolist(), "count": max(k, 0) + len(left_out)}
        with duckdb_errors_as(_search_error), self._con.cursor() as cursor:
            found = cursor.execute(text, bound).df()
        distances = found["distance"].to_numpy(np.float64)
        hits = pd.DataFrame({"clip_id": self.clip_ids[found["row"]], "distance": distances})
        return hits[~hits["clip_id"].isin(left_out)].head(max(k, 0)).reset_index(drop=True)

    def close(self) -> None:
        """Give the memory back."""
        self._con.close()

    def _checked(self, vector: ArrayLike, metric: str) -> NDArray[np.float32]:
        if metric not in METRICS:
            raise StoreError(f"There is no distance '{metric}'; {listed(list(METRICS))}.")
        query = np.asarray(vector, dtype=np.float32)
        if query.shape != (self.dimension,):
            raise StoreError(
                f"The vector has shape {query.shape}; expected ({self.dimension},). Choose the same view."
            )
        if not np.isfinite(query).all():
            raise StoreError("The vector holds a number that is not finite. Fill its gaps as the view's are.")
        if metric == "cosine" and float(query.astype(np.float64) @ query) < COSINE:
            raise StoreError(
                "The vector is all zeros and has no direction, so no cosine. Ask for Euclidean distances."
            )
        return query


def _search_error(message: str) -> StoreError:
    return StoreError(f"The search failed ({first_line(message)}). Try a smaller view or collection.")
