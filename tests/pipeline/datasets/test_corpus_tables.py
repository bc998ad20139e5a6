from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datasets.corpus import DatasetError, read_table


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_header_case_marks_and_lines(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "t.csv"
    lines = ["\ufeffPath, Label", 'a.wav,"one\ntwo"', "", ",", "b.wav,x,y", "c.wav"]
    path.write_text("\r\n".join(lines).replace(",", delimiter), encoding="utf-8")
    table = read_table(path)
    assert table.columns == ["path", "label"]
    assert [row.cells.get("path") for row in table.rows] == ["a.wav", "b.wav", "c.wav"]
    assert [row.line for row in table.rows] == [3, 6, 7]
    assert [row.width for row in table.rows] == [2, 3, 1]


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (b"", "no header"),
        (b"path,PATH\n", "more than one column 'path'"),
        ("path\nB\u00e4r.wav\n".encode("latin-1"), "not UTF-8 text"),
        (b'path\n"' + b"x" * 200_000, "is not a table"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path: Path, content: bytes, seen: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=seen) as caught:
        read_table(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "t.csv")
        path.write_bytes(content)
        try:
            table = read_table(path)
        except DatasetError:
            return
        assert all(set(row.cells) <= set(table.columns) for row in table.rows)
