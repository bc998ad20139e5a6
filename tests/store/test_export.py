"""What is exported reads back as what the store holds, in the programs it is meant for."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pyarrow.dataset as ds
import pytest

from store import export as exporting
from store.errors import StoreError
from store.export import FORMATS, export
from store.reader import Reader


@pytest.fixture
def reader(filled):
    with Reader(filled.path) as opened:
        yield opened


def test_parquet_clips_are_one_table_of_all_datasets(reader, tmp_path) -> None:
    """Dataset a has no speakers and b no folds: both keep the store's types."""
    export(reader, tmp_path / "out", "parquet")
    table = ds.dataset(tmp_path / "out" / "clips", partitioning="hive").to_table()
    found = sorted(table.to_pylist(), key=lambda row: row["clip_id"])
    stored = sorted(reader.rows("all_clips"), key=lambda row: row["clip_id"])
    assert found == stored
    assert table.schema.field("fold").type == "int32" and table.schema.field("speaker").type == "string"


def test_parquet_views_are_one_table_a_view(reader, tmp_path, filler) -> None:
    export(reader, tmp_path / "out", "parquet")
    for spec in filler.specs:
        table = ds.dataset(tmp_path / "out" / "views" / f"view={spec.name}", partitioning="hive").to_table()
        frame = table.to_pandas().set_index("clip_id").sort_index()
        matrix = reader.matrix(None, spec.name)
        assert list(frame.index) == list(matrix.clip_ids)
        np.testing.assert_array_equal(frame[list(matrix.columns)].to_numpy(np.float32), matrix.values)
        assert (
            set(frame["dataset"]) == {"a", "b"} and (frame.dtypes[list(matrix.columns)] == np.float32).all()
        )
    query = f"select view, dataset, clip_id from '{tmp_path}/out/views/view=tone/*/*.parquet' order by all"
    assert duckdb.sql(query).fetchall()[0] == ("tone", "a", "a/cat1.wav")


def test_csv_reads_back(reader, tmp_path) -> None:
    export(reader, tmp_path / "out", "csv")
    clips = pd.read_csv(tmp_path / "out" / "clips" / "dataset=b" / "part-0.csv")
    stored = reader.clips("b")
    assert list(clips.columns) == list(stored.columns)
    assert clips[["clip_id", "speaker", "size_bytes"]].equals(stored[["clip_id", "speaker", "size_bytes"]])
    matrix = reader.matrix("b", "level")
    level = pd.read_csv(
        tmp_path / "out" / "views" / "view=level" / "dataset=b" / "part-0.csv", dtype={"clip_id": str}
    )
    assert list(level["clip_id"]) == list(matrix.clip_ids)
    np.testing.assert_array_equal(level[list(matrix.columns)].to_numpy(np.float32), matrix.values)


def test_csv_keeps_awkward_words(store, filler, tmp_path) -> None:
    words = 'a, "b"\nc\tü'
    snapshot = filler.publish(store, [filler.clip("a", "x", text=words, label=None)])
    with Reader(snapshot.path) as reader:
        export(reader, tmp_path / "csv", "csv")
        export(reader, tmp_path / "tsv", "projector")
        export(reader, tmp_path / "parquet", "parquet")
    read = pd.read_csv(tmp_path / "csv" / "clips" / "dataset=a" / "part-0.csv")
    assert read["text"][0] == r'a, "b"\nc\tü'
    assert ds.dataset(tmp_path / "parquet" / "clips").to_table()["text"][0].as_py() == words


def test_projector_pairs_fit_row_by_row(reader, tmp_path) -> None:
    written = export(reader, tmp_path / "out", "projector")
    assert len(written) == 8
    for dataset in ("a", "b"):
        matrix = reader.matrix(dataset, "level")
        vectors = (tmp_path / "out" / dataset / "level.vectors.tsv").read_text().splitlines()
        header, *rows = (tmp_path / "out" / dataset / "level.metadata.tsv").read_text().splitlines()
        assert len(vectors) == len(rows) == len(matrix.clip_ids)
        assert header.split("\t")[:2] == ["clip_id", "label"]
        assert [row.split("\t")[0] for row in rows] == list(matrix.clip_ids)
        assert {len(row.split("\t")) for row in rows} == {len(header.split("\t"))}
        # No header, no missing number; what was a number is the same number.
        found = np.array([row.split("\t") for row in vectors], dtype=np.float32)
        known = np.isfinite(matrix.values)
        assert np.isfinite(found).all() and np.array_equal(found[known], matrix.values[known])


def test_projector_metadata_is_plain_words(store, filler, tmp_path) -> None:
    row = filler.clip("a", "x", label='tab\there "q" \\ back\r\nend', fold=3, speaker=None)
    snapshot = filler.publish(store, [row, filler.clip("a", "y", fold=None)])
    with Reader(snapshot.path) as reader:
        export(reader, tmp_path / "out", "projector", metadata=["label", "fold", "speaker"])
    header, x, y = (tmp_path / "out" / "a" / "tone.metadata.tsv").read_text().splitlines()
    row = dict(zip(header.split("\t"), x.split("\t"), strict=True))
    assert row["label"] == 'tab here "q" \\ back end' and row["fold"] == "3" and row["speaker"] == ""
    assert dict(zip(header.split("\t"), y.split("\t"), strict=True))["fold"] == ""


def test_only_what_is_asked_for(reader, tmp_path) -> None:
    written = export(reader, tmp_path / "out", "parquet", ["b", "b"], ["tone"])
    assert [path.relative_to(tmp_path / "out").as_posix() for path in written] == [
        "clips/dataset=b/part-0.parquet",
        "views/view=tone/dataset=b/part-0.parquet",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("excel",), "no export format; there are: parquet, csv, projector"),
        (("csv", ["c"]), "no dataset 'c' in the store; there are: a, b"),
        (("csv", ["a"], ["x"]), "no view 'x' in the store; there are: level, tone"),
    ],
)
def test_an_unknown_name_lists_the_valid_ones(reader, tmp_path, arguments, message) -> None:
    with pytest.raises(StoreError, match=message):
        export(reader, tmp_path / "out", *arguments)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("format_", FORMATS)
def test_an_older_export_is_not_mixed_in(reader, tmp_path, format_) -> None:
    export(reader, tmp_path / "out", format_)
    with pytest.raises(StoreError, match="is not empty; expected a new or an empty folder"):
        export(reader, tmp_path / "out", format_)


def test_a_store_without_clips(store, filler, tmp_path) -> None:
    with (
        Reader(filler.publish(store, []).path) as reader,
        pytest.raises(StoreError, match="holds no dataset"),
    ):
        export(reader, tmp_path / "out", "csv")


@pytest.mark.parametrize("there", [False, True], ids=["new", "empty"])
@pytest.mark.parametrize("format_", FORMATS)
def test_a_disk_that_fills_leaves_nothing(reader, tmp_path, monkeypatch, format_, there) -> None:
    """At each of the files in turn, with half of it written; the next export into the same folder is whole."""
    target = tmp_path / "out"
    if there:
        target.mkdir()
    name = "_write_projector" if format_ == "projector" else "_write_table"
    write = getattr(exporting, name)
    for number in range(4):
        calls = iter(range(100))

        def full(*arguments, calls=calls, number=number):
            written = write(*arguments)
            if next(calls) == number:
                raise OSError(28, "Error writing bytes to file")
            return written

        with monkeypatch.context() as patch:
            patch.setattr(exporting, name, full)
            with pytest.raises(StoreError, match=r"No space left on device. Nothing was exported") as refused:
                export(reader, target, format_)
        assert "\n" not in str(refused.value)
        assert not list(tmp_path.rglob("*part*")) and target.exists() == there
    inode = target.stat().st_ino if there else None
    written = export(reader, target, format_)
    assert all(path.is_file() and path.is_relative_to(target) for path in written)
    assert {path for path in target.rglob("*") if path.is_file()} == set(written)
    assert inode in (None, target.stat().st_ino)


@pytest.mark.parametrize("there", [False, True], ids=["new", "empty"])
def test_a_killed_export_and_a_second_one_at_once(reader, tmp_path, there) -> None:
    target = tmp_path / "out"
    partial = target / ".partial" if there else tmp_path / ".out.partial"
    (partial / "clips").mkdir(parents=True)
    (partial / "clips" / "half.parquet").write_bytes(b"half")
    with exporting._held(partial):
        (partial / "half.parquet").write_bytes(b"half")
        with pytest.raises(StoreError, match="Another export writes into"):
            export(reader, target, "parquet")
    assert (partial / "half.parquet").exists()
    export(reader, target, "parquet")
    assert not list(tmp_path.rglob("*half*")) and not list(tmp_path.rglob("*.partial"))


def test_a_target_below_a_file(reader, tmp_path) -> None:
    (tmp_path / "file").touch()
    for target in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreError, match=r"cannot be written: Not a directory.*is a file"):
            export(reader, target, "csv")
