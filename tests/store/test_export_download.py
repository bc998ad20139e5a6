"""What is downloaded reads back as what was selected, in the programs it is meant for."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from urllib.parse import unquote, urlparse

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import StoreError
from store.export import metadata_tsv, to_csv, to_m3u, to_parquet, to_projector, vectors_tsv

ROWS = pd.DataFrame(
    {
        "clip_id": ["a/ö, 1.wav", 'a/"2".wav'],
        "label": ["dog", None],
        "x": np.array([0.1, np.nan], np.float32),
        "cluster": np.array([-1, 3], np.int32),
    },
    index=[7, 9],
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
WORDS = st.one_of(st.none(), st.text(max_size=10), st.integers(), st.floats(allow_nan=True))


def test_csv_reads_back() -> None:
    found = pd.read_csv(io.BytesIO(to_csv(ROWS)), dtype={"x": np.float32, "cluster": np.int32})
    pd.testing.assert_frame_equal(found, ROWS.reset_index(drop=True), check_dtype=False)


def test_parquet_reads_back_with_its_types() -> None:
    table = pq.read_table(io.BytesIO(to_parquet(ROWS)))
    kinds = [str(one).removeprefix("large_") for one in table.schema.types]
    assert kinds == ["string", "string", "float", "int32"]
    found = table.to_pandas()
    pd.testing.assert_frame_equal(found, ROWS.reset_index(drop=True), check_dtype=False)
    with pytest.raises(StoreError, match="do not fit into Parquet"):
        to_parquet(pd.DataFrame({"mixed": [1, "x"]}))


def test_a_playlist() -> None:
    text = to_m3u(
        ["/sounds/dog.wav", "/sounds/köpek 2.wav", "/sounds/x.wav"],
        [4.5, 0.2, float("nan")],
        ["dog, barks", "köpek\n2", "x"],
        "My\ndogs",
    ).decode("utf-8")
    assert text == (
        "#EXTM3U\n#PLAYLIST:My dogs\n"
        "#EXTINF:5,dog, barks\n/sounds/dog.wav\n"
        "#EXTINF:1,köpek 2\n/sounds/köpek 2.wav\n"
        "#EXTINF:-1,x\n/sounds/x.wav\n"
    )
    assert to_m3u([], [], []) == b"#EXTM3U\n"
    with pytest.raises(StoreError, match="1 paths came with 2 durations"):
        to_m3u(["a"], [1, 2], ["x"])


@given(names=st.lists(TEXTS.filter(lambda one: "/" not in one and one not in ("", ".", "..")), max_size=5))
def test_a_playlist_has_two_lines_a_recording_whatever_its_name(names) -> None:
    paths = [Path("/sounds") / name for name in names]
    lines = to_m3u(paths, [1.0] * len(paths), names).decode("utf-8").splitlines()
    assert len(lines) == 1 + 2 * len(paths)
    for path, title, entry in zip(paths, lines[1::2], lines[2::2], strict=True):
        assert title.startswith("#EXTINF:1,")
        decoded = unquote(urlparse(entry).path) if entry.startswith("file:") else entry
        assert decoded == str(path)


def test_a_relative_path_becomes_absolute() -> None:
    assert to_m3u(["x.wav"], [1], ["x"]).decode().splitlines()[2] == str(Path.cwd() / "x.wav")


def test_the_projector_pair() -> None:
    packed = to_projector("My dogs/1", np.array([[1.5, np.nan], [2, 4]]), ROWS)
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        assert opened.namelist() == ["My_dogs_1.vectors.tsv", "My_dogs_1.metadata.tsv"]
        vectors, metadata = (opened.read(name).decode("utf-8") for name in opened.namelist())
    assert vectors == "1.5\t4.0\n2.0\t4.0\n"
    assert metadata.splitlines()[:2] == ["clip_id\tlabel\tx\tcluster", "a/ö, 1.wav\tdog\t0.1\t-1"]
    assert packed == to_projector("My dogs/1", np.array([[1.5, np.nan], [2, 4]]), ROWS)
    with pytest.raises(StoreError, match="1 vectors came with 2 rows"):
        to_projector("x", np.zeros((1, 2)), ROWS)
    with zipfile.ZipFile(io.BytesIO(to_projector("../", np.zeros((2, 1)), ROWS))) as opened:
        assert opened.namelist()[0] == "clips.vectors.tsv"


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
