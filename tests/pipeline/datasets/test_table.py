from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datasets.corpus import DatasetError
from pipeline.datasets.table import TableLayout, find_table, read_table, rows_by_file


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
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
        ("path\nm\u00e8re.wav\n".encode("latin-1"), "not UTF-8 text .*line 2.*CSV UTF-8"),
        (b"PK\x03\x04\x14\0junk", "an Excel workbook .*CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook"),
        (b"PAR1abc", "a Parquet file"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path: Path, content: bytes, seen: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=seen) as caught:
        read_table(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


ROWS = [("a.wav", "dog, loud"), ("b.wav", "cat"), ("c.wav", "dog")]


@pytest.mark.parametrize(
    "text",
    [
        "path;label\na.wav;dog, loud\nb.wav;cat\nc.wav;dog\n",
        "sep=;\npath;label\na.wav;dog, loud\nb.wav;cat\nc.wav;dog\n",
        '"sep=;"\r\npath;label\r\na.wav;dog, loud\r\nb.wav;cat\r\nc.wav;dog\r\n',
        "# made by me, today\n# and again\npath|label\na.wav|dog, loud\nb.wav|cat\nc.wav|dog\n",
        "\n,,\npath,label\n\na.wav,'dog, loud'\nb.wav,cat\n,\nc.wav,dog\n".replace("'", '"'),
        "path,label,,\na.wav,'dog, loud',,\nb.wav,cat\nc.wav,dog,\n".replace("'", '"'),
        " path ,\tlabel \na.wav, 'dog, loud'\n 'b.wav', cat\nc.wav,dog \n".replace("'", '"'),
        "path,label\ra.wav,'dog, loud'\rb.wav,cat\rc.wav,dog\r".replace("'", '"'),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_however_a_table_is_written(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding))
    table = read_table(path)
    assert [name for name in table.columns if name] == ["path", "label"]
    assert [(row.cells["path"], row.cells["label"]) for row in table.rows] == ROWS


@pytest.mark.parametrize(
    ("line", "spoilt"),
    [
        ('b.wav,cat,"oops', True),
        ('b.wav,"cat,y', True),
        ('b.wav,cat,"two\nlines"', False),
        ('b.wav,cat,"say ""hi"""', False),
        ("b.wav,cat,5'2\"", False),
        ('"b.wav" ,cat,y', False),
        ("b.wav,cat," + "y" * 200_000, True),
    ],
)
@pytest.mark.parametrize("end", ["c.wav,dog,x\n", 'c.wav,dog,"x"\n', 'c.wav,dog,"\n', ""])
def test_a_quotation_mark_spoils_its_own_line_alone(
    tmp_path: Path, line: str, spoilt: bool, end: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"path,label,text\na.wav,dog,x\n{line}\n{end}", encoding="utf-8")
    rows = read_table(path).rows
    assert [row.cells["path"].split(",")[0] for row in rows] == ["a.wav", "b.wav", "c.wav"][: 2 + bool(end)]
    assert [bool(row.fault) for row in rows[:2]] == [False, spoilt]
    assert rows[1].line == (4 if "\n" in line else 3)


def test_a_safe_export_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("path,label\n'-a.wav,'=x\nb.wav,'s\n", encoding="utf-8")
    assert [tuple(row.cells.values()) for row in read_table(path).rows] == [("-a.wav", "=x"), ("b.wav", "'s")]


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


URBAN = TableLayout(
    title="UrbanSound8K",
    expected="UrbanSound8K with audio/ and metadata/UrbanSound8K.csv",
    table="UrbanSound8K.csv",
    table_folder="metadata",
    columns=("slice_file_name", "fold", "class"),
)
URBAN_ROWS = "slice_file_name,fold,class\n100032-3-0-0.wav,5,dog_bark\n"


@pytest.mark.parametrize("given", [".", "UrbanSound8K", "UrbanSound8K/audio"])
def test_the_table_of_another_corpus_is_found(plant: Callable[..., Path], given: str) -> None:
    root = plant(
        ["UrbanSound8K/audio/fold5/100032-3-0-0.wav"], {"UrbanSound8K/metadata/UrbanSound8K.csv": URBAN_ROWS}
    )
    path, audio = find_table(root / given, URBAN)
    assert path.resolve() == (root / "UrbanSound8K/metadata/UrbanSound8K.csv").resolve()
    assert audio.resolve() == (root / "UrbanSound8K/audio").resolve()
    rows = rows_by_file(read_table(path), URBAN)
    assert {stem: row.cells["class"] for stem, row in rows.items()} == {"100032-3-0-0": "dog_bark"}


def test_a_table_that_is_not_there_or_lacks_a_column(plant: Callable[..., Path]) -> None:
    root = plant(["audio/a.wav"], {"metadata/UrbanSound8K.csv": "slice_file_name,fold\na.wav,5\n"})
    with pytest.raises(
        DatasetError, match=r"lacks the column 'class': expected slice_file_name, fold, class"
    ):
        rows_by_file(read_table(find_table(root, URBAN)[0]), URBAN)
    (root / "metadata/UrbanSound8K.csv").unlink()
    with pytest.raises(DatasetError, match=r"No UrbanSound8K.csv in .*: expected UrbanSound8K with audio/"):
        find_table(root, URBAN)
