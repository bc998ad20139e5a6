"""Some clips as a file to download: each function makes bytes of tables and arrays and writes nothing."""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from store.errors import StoreError
from store.projector import metadata_tsv, vectors_tsv

UNKNOWN_S = -1


def to_csv(rows: pd.DataFrame) -> bytes:
    """A table as CSV in UTF-8, a header first, without the index."""
    text: str = rows.to_csv(index=False, lineterminator="\n")
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
        The recordings; they become absolute. One with a line end in it, which M3U cannot write, becomes a
        ``file:`` address.
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
    return " ".join(text.split())


def _entry(path: Path) -> str:
    text = str(path)
    return path.as_uri() if len(text.splitlines()) > 1 or text != text.strip() else text
