"""A snapshot, or some clips of it, as files for other programs.

:func:`export` writes a snapshot into a folder: Parquet, CSV, or pairs of TSV for the Embedding Projector
(https://projector.tensorflow.org). Each ``to_`` function makes bytes to download and writes nothing.

Parquet has every text as the store has it. A CSV is opened by spreadsheets: a text that one would compute has an
apostrophe in front, and control characters are spelled out, see :func:`store.text.spreadsheet_safe`. The reader of
folders takes the apostrophe away again.
"""

from __future__ import annotations

import fcntl
import io
import logging
import math
import os
import re
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from store.errors import StoreError
from store.reader import Matrix, Reader
from store.snapshots import flush
from store.text import spreadsheet_safe, visible

Format = Literal["parquet", "csv", "projector"]
FORMATS: tuple[Format, ...] = ("parquet", "csv", "projector")
log = logging.getLogger(__name__)
PARTIAL = ".partial"
"""In the name of a folder that holds an export which is not whole yet."""
UNKNOWN_S = -1
"""M3U's word for a duration that is not known."""


def export(
    reader: Reader,
    target: Path,
    format_: str,
    datasets: Sequence[str] = (),
    views: Sequence[str] = (),
    metadata: Sequence[str] = ("label",),
) -> list[Path]:
    """Write clips and views below ``target``, one file a dataset and view; all of them or, if that fails, none.

    Parquet and CSV go to ``clips/dataset=NAME/`` and ``views/view=NAME/dataset=NAME/``. Parquet is a
    partitioned data set as `pyarrow.dataset`, Dask and DuckDB read it: ``clips`` is one table, and so
    is each ``views/view=NAME``, as all datasets have the same columns there. ``metadata`` names the columns of the
    clips that the projector may colour by and search for.

    Raises
    ------
    StoreError
        An unknown format, dataset or view, nothing to export, or a target that is not empty or cannot be written.
    """
    if format_ not in FORMATS:
        raise StoreError(f"'{format_}' is no export format; there are: {', '.join(FORMATS)}.")
    chosen_datasets = _choose("dataset", datasets, list(reader.datasets()["dataset"]))
    chosen_views = _choose("view", views, list(reader.views()["view"]))
    with _whole_folder(target) as folder:
        written: list[Path] = []
        for dataset in chosen_datasets:
            clips = reader.clips_table(dataset)
            names = ["clip_id", *(name for name in metadata if name in clips.column_names)]
            if format_ != "projector":
                written.append(_write_table(clips, folder / "clips", dataset, format_))
            for view in chosen_views:
                matrix = reader.matrix(dataset, view)
                if not len(matrix.clip_ids):
                    continue
                if format_ == "projector":
                    written += _write_projector(matrix, clips.select(names), folder / dataset, view)
                else:
                    place = folder / "views" / f"view={view}"
                    written.append(_write_table(_table(matrix), place, dataset, format_))
        for path in written:
            flush(path)
    return [target / path.relative_to(folder) for path in written]


def _choose(what: str, names: Sequence[str], known: list[str]) -> list[str]:
    if not known:
        raise StoreError(f"The store holds no {what} to export. Run `python -m pipeline build` first.")
    for name in names:
        if name not in known:
            raise StoreError(f"There is no {what} '{name}' in the store; there are: {', '.join(known)}.")
    return list(dict.fromkeys(names)) or known


@contextmanager
def _whole_folder(target: Path) -> Iterator[Path]:
    """Where to write what shall lie in ``target``: it gets there once it is whole, and is gone if that fails.

    A new target appears at once. An empty one stays the folder that it is, for it may be a disk of its own. What
    a killed export left behind is cleared by the next one into the same target.

    Raises
    ------
    StoreError
        The target is not empty, another export is writing to it, or the disk refuses.
    """
    is_new = not target.exists()
    partial = target.with_name(f".{target.name}{PARTIAL}") if is_new else target / PARTIAL
    try:
        _require_empty(target)
        with _held(partial):
            try:
                yield partial
                if is_new:
                    partial.rename(target)
                else:
                    for path in sorted(partial.iterdir()):
                        path.rename(target / path.name)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error).rstrip(".")
        raise StoreError(
            f"{target} cannot be written: {reason}. Nothing was exported. Mend that, or name another folder."
        ) from error


@contextmanager
def _held(partial: Path) -> Iterator[None]:
    """Hold a folder against a second export, and empty it of what a killed one left."""
    partial.parent.mkdir(parents=True, exist_ok=True)
    partial.mkdir(exist_ok=True)
    handle = os.open(partial, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(
                f"Another export writes into {partial} now. Wait for its end, or name another folder."
            ) from None
        except OSError as error:
            log.debug("A file system without locks: %s", error)
        for left in partial.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        yield
    finally:
        os.close(handle)


def _require_empty(target: Path) -> None:
    """What an older export left in the folder would be read together with this one."""
    there = next(path for path in (target.absolute(), *target.absolute().parents) if path.exists())
    if not there.is_dir():
        raise StoreError(
            f"{target} cannot be written: Not a directory. {there} is a file; name another folder."
        )
    if target.is_dir() and any(path.name != PARTIAL for path in target.iterdir()):
        raise StoreError(f"{target} is not empty; expected a new or an empty folder. Name another one.")


def _table(matrix: Matrix) -> pa.Table:
    columns = [pa.array(column) for column in np.ascontiguousarray(matrix.values.T)]
    return pa.table([pa.array(matrix.clip_ids, pa.string()), *columns], ["clip_id", *matrix.columns])


def _write_table(table: pa.Table, folder: Path, dataset: str, format_: str) -> Path:
    folder = folder / f"dataset={dataset}"
    folder.mkdir(parents=True, exist_ok=True)
    if format_ == "csv":
        path = folder / "part-0.csv"
        pa.csv.write_csv(_safe(table), path)
        return path
    path = folder / "part-0.parquet"
    if "dataset" in table.column_names:
        table = table.drop_columns("dataset")  # The folder's name says it; twice would be a column too many.
    pq.write_table(table, path)
    return path


def _safe(table: pa.Table) -> pa.Table:
    """The table with every text fit for a spreadsheet."""
    for number, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            texts = [spreadsheet_safe(value) for value in table.column(number).to_pylist()]
            table = table.set_column(number, field, pa.array(texts, field.type))
    return table


def _write_projector(matrix: Matrix, clips: pa.Table, folder: Path, view: str) -> list[Path]:
    """``VIEW.vectors.tsv`` without a header and ``VIEW.metadata.tsv`` with one, row by row the same clips."""
    folder.mkdir(parents=True, exist_ok=True)
    vectors, metadata = folder / f"{view}.vectors.tsv", folder / f"{view}.metadata.tsv"
    vectors.write_text(vectors_tsv(matrix.values), encoding="utf-8", newline="")
    rows = clips.to_pandas(integer_object_nulls=True).set_index("clip_id", drop=False)
    metadata.write_text(metadata_tsv(rows.loc[list(matrix.clip_ids)]), encoding="utf-8", newline="")
    return [vectors, metadata]


def to_csv(rows: pd.DataFrame) -> bytes:
    """A table as CSV in UTF-8, a header first, without the index; texts as :func:`store.text.spreadsheet_safe`."""
    safe = rows.copy(deep=False)
    for number, kind in enumerate(rows.dtypes):
        if isinstance(kind, pd.CategoricalDtype | pd.StringDtype) or pd.api.types.is_object_dtype(kind):
            safe.isetitem(number, [spreadsheet_safe(value) for value in rows.iloc[:, number]])
    text: str = safe.rename(columns=spreadsheet_safe).to_csv(index=False, lineterminator="\n")
    return text.encode("utf-8")


def to_parquet(rows: pd.DataFrame) -> bytes:
    """A table as Parquet, without the index.

    Raises
    ------
    StoreError
        A column holds values of different kinds.
    """
    target = io.BytesIO()
    try:
        pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), target)
    except pa.ArrowException as error:
        reason = str(error.args[0]).rstrip(".") if error.args else "no reason given"
        raise StoreError(f"These clips do not fit into Parquet ({reason}). Export them as CSV.") from error
    return target.getvalue()


def to_m3u(
    paths: Sequence[str | Path], durations_s: Sequence[float], titles: Sequence[str], name: str = ""
) -> bytes:
    """A playlist in extended M3U, UTF-8, as VLC, mpv and foobar2000 read it.

    Parameters
    ----------
    paths : sequence of path
        The recordings; they become absolute. One with a line end or another control character in it, which M3U
        cannot write, becomes a ``file:`` address.
    durations_s : sequence of float
        Seconds; M3U knows whole ones, so they are rounded, but not to 0. NaN becomes -1: unknown.
    titles : sequence of str
        What the player shows.
    name : str
        Of the playlist.

    Raises
    ------
    StoreError
        The three are not equally long.
    """
    if not len(paths) == len(durations_s) == len(titles):
        raise StoreError(
            f"{len(paths)} paths came with {len(durations_s)} durations and {len(titles)} titles; "
            "expected one of each a clip."
        )
    lines = ["#EXTM3U", *([f"#PLAYLIST:{_line(name)}"] if name.strip() else [])]
    for path, duration_s, title in zip(paths, durations_s, titles, strict=True):
        lines += [f"#EXTINF:{_whole(float(duration_s))},{_line(str(title))}", _entry(Path(path).absolute())]
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")


def to_projector(name: str, values: NDArray, rows: pd.DataFrame) -> bytes:
    """A zip of ``NAME.vectors.tsv`` and ``NAME.metadata.tsv``, line by line the same clips.

    Parameters
    ----------
    values : (n, d) float
        NaN becomes its column's median.
    rows : DataFrame
        (n) rows: what the projector may colour by and search for.

    Raises
    ------
    StoreError
        Another number of vectors than of rows.
    """
    if len(values) != len(rows):
        raise StoreError(f"{len(values)} vectors came with {len(rows)} rows; expected one of each a clip.")
    stem = re.sub(r"[^\w.-]+", "_", name).strip("._") or "clips"
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for kind, text in (("vectors", vectors_tsv(values)), ("metadata", metadata_tsv(rows))):
            # Without the time of day, so that the same clips are the same bytes.
            member = zipfile.ZipInfo(f"{stem}.{kind}.tsv")
            member.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(member, text.encode("utf-8"))
    return target.getvalue()


def _whole(duration_s: float) -> int:
    return max(1, math.floor(duration_s + 0.5)) if math.isfinite(duration_s) else UNKNOWN_S


def _line(text: str) -> str:
    return visible(" ".join(text.split()))


def _entry(path: Path) -> str:
    text = str(path)
    is_plain = text == text.strip() == visible(text) and len(text.splitlines()) == 1
    return text if is_plain else path.as_uri()


def vectors_tsv(values: NDArray) -> str:
    """One line a row, no header. The projector has no word for a missing number: it becomes its column's
    median."""
    frame = pd.DataFrame(values)
    text: str = frame.fillna(frame.median().fillna(0)).to_csv(
        sep="\t", header=False, index=False, lineterminator="\n"
    )
    return text


def metadata_tsv(rows: pd.DataFrame) -> str:
    """One line a row, and a header above more than one column: that is how the projector knows which is which."""
    words = rows.apply(_short).astype(object)
    words.columns = words.columns.astype(str)
    # The projector splits at every tab and line end and knows no quoting.
    words = words.where(words.notna(), "").astype(str).replace(r"[\t\r\n]+", " ", regex=True).map(visible)
    header = [words.columns.tolist()] if len(words.columns) > 1 else []
    return "".join("\t".join(line) + "\n" for line in [*header, *words.to_numpy().tolist()])


def _short(column: pd.Series) -> pd.Series:
    """0.1 in float32 shall not become 0.10000000149011612 on its way to a word."""
    return column.astype(str).where(column.notna()) if column.dtype == np.float32 else column
