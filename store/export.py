"""A snapshot as files for other programs: Parquet, CSV, and pairs for the Embedding Projector."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from store.errors import StoreError
from store.reader import Matrix, Reader

Format = Literal["parquet", "csv", "projector"]
FORMATS: tuple[Format, ...] = ("parquet", "csv", "projector")


def export(
    reader: Reader, target: Path, format_: str, datasets: Sequence[str] = (), views: Sequence[str] = ()
) -> list[Path]:
    """Write clips and views below ``target``, one folder a dataset, one file a view.

    Parquet is partitioned as ``dataset=NAME/view=NAME/part-0.parquet``, with the clips' facts and
    labels under ``clips/dataset=NAME/``: `pyarrow.dataset` and Dask read it as it stands.

    Raises
    ------
    StoreError
        An unknown format, dataset or view, or a snapshot without clips.
    """
    if format_ not in FORMATS:
        raise StoreError(f"'{format_}' is no export format; there are: {', '.join(FORMATS)}.")
    wanted_datasets = _choose("dataset", datasets, list(reader.datasets()["dataset"]))
    wanted_views = _choose("view", views, list(reader.views()["view"]))
    written: list[Path] = []
    for dataset in wanted_datasets:
        clips = reader.clips(dataset)
        if format_ != "projector":
            written.append(_write_table(clips, target / "clips" / f"dataset={dataset}", "clips", format_))
        for view in wanted_views:
            matrix = reader.matrix(dataset, view)
            if len(matrix.clip_ids):
                written += _write_view(matrix, clips, target, dataset, view, format_)
    return written


def _choose(what: str, wanted: Sequence[str], known: list[str]) -> list[str]:
    if not known:
        raise StoreError(f"The store holds no {what} to export. Run `python -m pipeline build` first.")
    for name in wanted:
        if name not in known:
            raise StoreError(f"There is no {what} '{name}' in the store; there are: {', '.join(known)}.")
    return list(wanted) or known


def _write_view(
    matrix: Matrix, clips: pd.DataFrame, target: Path, dataset: str, view: str, format_: str
) -> list[Path]:
    if format_ == "projector":
        return _write_projector(matrix, clips, target / dataset, view)
    folder = target / "views" / f"dataset={dataset}" / f"view={view}"
    table = pd.DataFrame(matrix.values, columns=list(matrix.columns))
    table.insert(0, "clip_id", matrix.clip_ids)
    return [_write_table(table, folder, view, format_)]


def _write_table(table: pd.DataFrame, folder: Path, name: str, format_: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if format_ == "csv":
        path = folder / f"{name}.csv"
        table.to_csv(path, index=False)
        return path
    path = folder / "part-0.parquet"
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), path)
    return path


def _write_projector(matrix: Matrix, clips: pd.DataFrame, folder: Path, view: str) -> list[Path]:
    """``VIEW.vectors.tsv`` and ``VIEW.metadata.tsv``, row by row the same clips.

    The projector has no word for a missing number: NaN becomes its column's median.
    """
    folder.mkdir(parents=True, exist_ok=True)
    vectors, metadata = folder / f"{view}.vectors.tsv", folder / f"{view}.metadata.tsv"
    values = matrix.values.astype(np.float64)
    with np.errstate(all="ignore"):
        median = np.nan_to_num(pd.DataFrame(values).median().to_numpy())
    np.savetxt(vectors, np.where(np.isnan(values), median, values), fmt="%.6g", delimiter="\t")
    told = ["clip_id", "label", "label_group", "fold", "split", "speaker", "sex", "dialect", "duration_s"]
    rows = clips.set_index("clip_id", drop=False).loc[list(matrix.clip_ids), told]
    rows = rows.replace({r"[\t\r\n]": " "}, regex=True)
    rows.to_csv(metadata, sep="\t", index=False, quoting=csv.QUOTE_NONE, escapechar="\\")
    return [vectors, metadata]
