"""The two texts have a line a clip, whatever stands in them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from store.projector import metadata_tsv, vectors_tsv

WORDS = st.one_of(st.none(), st.text(max_size=10), st.integers(), st.floats(allow_nan=True))


@given(rows=st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=8))
def test_every_row_is_one_line_of_as_many_words(rows) -> None:
    text = metadata_tsv(pd.DataFrame(rows, columns=["one", "two"], dtype=object))
    lines = text.removesuffix("\n").split("\n")
    assert lines[0] == "one\ttwo" and len(lines) == 1 + len(rows)
    assert all(line.count("\t") == 1 for line in lines)


def test_one_column_has_no_header() -> None:
    """The projector would take it for a clip."""
    assert metadata_tsv(pd.DataFrame({"label": ["dog", None]})) == "dog\n\n"


def test_a_missing_number_becomes_the_median() -> None:
    values = np.array([[1, np.nan], [np.nan, np.nan], [3, np.nan], [5, np.nan]], np.float32)
    assert vectors_tsv(values) == "1.0\t0.0\n3.0\t0.0\n3.0\t0.0\n5.0\t0.0\n"
