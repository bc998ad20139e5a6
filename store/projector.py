"""Pairs of TSV texts as the Embedding Projector reads them (https://projector.tensorflow.org)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def vectors_tsv(values: NDArray) -> str:
    """One line a row, no header. The projector has no word for a missing number: it becomes its column's
    median."""
    frame = pd.DataFrame(values)
    text: str = frame.fillna(frame.median().fillna(0)).to_csv(
        sep="\t", header=False, index=False, lineterminator="\n"
    )
    return text


def metadata_tsv(rows: pd.DataFrame) -> str:
    """One line a row, and a header above more than one column: that is how the projector tells them apart."""
    words = rows.apply(_short).astype(object)
    words.columns = words.columns.astype(str)
    # The projector splits at every tab and line end and knows no quoting.
    words = words.where(words.notna(), "").astype(str).replace(r"[\t\r\n]+", " ", regex=True)
    header = [words.columns.tolist()] if len(words.columns) > 1 else []
    return "".join("\t".join(line) + "\n" for line in [*header, *words.to_numpy().tolist()])


def _short(column: pd.Series) -> pd.Series:
    """0.1 in float32 shall not become 0.10000000149011612 on its way to a word."""
    return column.astype(str).where(column.notna()) if column.dtype == np.float32 else column
