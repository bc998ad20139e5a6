"""Questions to one snapshot, each answered as a DataFrame or as ids with a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from store import sql
from store.errors import StoreError


@dataclass(frozen=True, slots=True)
class Matrix:
    """The vectors of one view: row ``i`` of ``values`` belongs to ``clip_ids[i]``."""

    clip_ids: NDArray[np.object_]
    values: NDArray[np.float32]
    columns: tuple[str, ...]


class Reader:
    """A snapshot, open read-only; may be shared by threads.

    Raises
    ------
    StoreError
        The file is not there or is no DuckDB database.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._con = duckdb.connect(str(path), read_only=True)
        except duckdb.Error as error:
            raise StoreError(f"{path.name} cannot be read: {str(error).splitlines()[0]}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._con.close()

    def _frame(self, name: str, **parameters: Any) -> pd.DataFrame:
        return self._con.cursor().execute(sql.query(name), parameters).df()

    def _arrow(self, name: str, view: str, **parameters: Any) -> pa.Table:
        text = sql.query(name).format(table=sql.view_table(view))
        relation = self._con.cursor().sql(text, params=parameters)
        return relation.to_arrow_table()

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The answer to a query without parameters as dicts, with None where the store has NULL."""
        relation = self._con.cursor().sql(sql.query(name))
        return relation.to_arrow_table().to_pylist()

    def vector_ids(self, view: str) -> set[str]:
        """The clips that have a vector in ``view``."""
        return set(self._arrow("vector_ids", view).column("clip_id").to_pylist())

    def meta(self) -> dict[str, str]:
        return dict(self._con.cursor().execute("select key, value from meta").fetchall())

    def datasets(self) -> pd.DataFrame:
        """What collections there are, with their sizes; see ``queries/datasets.sql``."""
        return self._frame("datasets")

    def clips(self, dataset: str) -> pd.DataFrame:
        """Everything known of a dataset's clips, one row each."""
        return self._frame("clips", dataset=dataset)

    def clip(self, clip_id: str) -> pd.Series:
        """
        One clip in full, with its dataset's title, licence and root folder.

        Raises
        ------
        StoreError
            No such clip in this snapshot.
        """
        found = self._frame("clip", clip_id=clip_id)
        if found.empty:
            raise StoreError(f"There is no clip '{clip_id}' in this snapshot. Choose one from the table.")
        return found.iloc[0]

    def views(self) -> pd.DataFrame:
        return self._frame("views")

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
            known = ", ".join(views["view"]) or "none: run `python -m pipeline build`"
            raise StoreError(f"There is no view '{name}' in this snapshot; there are: {known}.")
        return found.iloc[0]

    def coverage(self, view: str) -> pd.DataFrame:
        """How many clips of each dataset have a vector in ``view``."""
        self.view(view)
        return self._arrow("coverage", view).to_pandas()

    def failures(self) -> pd.DataFrame:
        return self._frame("failures")

    def builds(self) -> pd.DataFrame:
        return self._frame("builds")

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
            No such view.
        """
        columns = tuple(self.view(view)["columns"])
        table = self._arrow("vectors", view, dataset=dataset)
        flat = table.column("vector").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        values = flat.reshape(table.num_rows, len(columns))  # (clips * dimension,) -> (clips, dimension)
        return Matrix(table.column("clip_id").to_numpy(), values, columns)

    def column(self, dataset: str, view: str, column: str) -> pd.DataFrame:
        """One column of a view: ``clip_id``, ``value``.

        Raises
        ------
        StoreError
            No such view, or no such column in it.
        """
        columns = list(self.view(view)["columns"])
        if column not in columns:
            raise StoreError(
                f"The view '{view}' has no column '{column}'. "
                f"It has {len(columns)}: {', '.join(columns[:5])} ..."
            )
        return self._arrow("column", view, dataset=dataset, position=columns.index(column) + 1).to_pandas()
