"""A snapshot as files for other programs: Parquet, CSV, and pairs for the Embedding Projector."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from store.errors import StoreError
from store.projector import metadata_tsv, vectors_tsv
from store.reader import Matrix, Reader

Format = Literal["parquet", "csv", "projector"]
FORMATS: tuple[Format, ...] = ("parquet", "csv", "projector")
TOLD = ("clip_id", "label", "label_group", "fold", "split", "speaker", "sex", "dialect", "duration_s")
"""What the projector may colour by and search for."""


def export(
    reader: Reader, target: Path, format_: str, datasets: Sequence[str] = (), views: Sequence[str] = ()
) -> list[Path]:
    """Write clips and views below ``target``, one file a dataset and view.

    Parquet and CSV go to ``clips/dataset=NAME/`` and ``views/view=NAME/dataset=NAME/``. Parquet is a
    partitioned data set as `pyarrow.dataset`, Dask and DuckDB read it: ``clips`` is one table, and so
    is each ``views/view=NAME``, as all datasets have the same columns there.

    Raises
    ------
    StoreError
        An unknown format, dataset or view, nothing to export, or a target that is not empty.
    """
    if format_ not in FORMATS:
        raise StoreError(f"'{format_}' is no export format; there are: {', '.join(FORMATS)}.")
    wanted_datasets = _choose("dataset", datasets, list(reader.datasets()["dataset"]))
    wanted_views = _choose("view", views, list(reader.views()["view"]))
    _require_empty(target)
    written: list[Path] = []
    for dataset in wanted_datasets:
        clips = reader.clips_table(dataset)
        if format_ != "projector":
            written.append(_write_table(clips, target / "clips", dataset, format_))
        for view in wanted_views:
            matrix = reader.matrix(dataset, view)
            if not len(matrix.clip_ids):
                continue
            if format_ == "projector":
                written += _write_projector(matrix, clips, target / dataset, view)
            else:
                written.append(
                    _write_table(_table(matrix), target / "views" / f"view={view}", dataset, format_)
                )
    return written


def _choose(what: str, wanted: Sequence[str], known: list[str]) -> list[str]:
    if not known:
        raise StoreError(f"The store holds no {what} to export. Run `python -m pipeline build` first.")
    for name in wanted:
        if name not in known:
            raise StoreError(f"There is no {what} '{name}' in the store; there are: {', '.join(known)}.")
    return list(dict.fromkeys(wanted)) or known


def _require_empty(target: Path) -> None:
    """What an older export left in the folder would be read together with this one."""
    if target.is_dir() and any(target.iterdir()):
        raise StoreError(f"{target} is not empty; expected a new or an empty folder. Name another one.")


def _table(matrix: Matrix) -> pa.Table:
    columns = [pa.array(column) for column in np.ascontiguousarray(matrix.values.T)]
    return pa.table([pa.array(matrix.clip_ids, pa.string()), *columns], ["clip_id", *matrix.columns])


def _write_table(table: pa.Table, folder: Path, dataset: str, format_: str) -> Path:
    folder = folder / f"dataset={dataset}"
    folder.mkdir(parents=True, exist_ok=True)
    if format_ == "csv":
        path = folder / "part-0.csv"
        pa.csv.write_csv(table, path)
        return path
    path = folder / "part-0.parquet"
    if "dataset" in table.column_names:
        table = table.drop_columns("dataset")  # The folder's name says it; twice would be a column too many.
    pq.write_table(table, path)
    return path


def _write_projector(matrix: Matrix, clips: pa.Table, folder: Path, view: str) -> list[Path]:
    """``VIEW.vectors.tsv`` without a header and ``VIEW.metadata.tsv`` with one, row by row the same clips."""
    folder.mkdir(parents=True, exist_ok=True)
    vectors, metadata = folder / f"{view}.vectors.tsv", folder / f"{view}.metadata.tsv"
    vectors.write_text(vectors_tsv(matrix.values), encoding="utf-8", newline="")
    rows = clips.select(TOLD).to_pandas(integer_object_nulls=True).set_index("clip_id", drop=False)
    metadata.write_text(metadata_tsv(rows.loc[list(matrix.clip_ids)]), encoding="utf-8", newline="")
    return [vectors, metadata]
