"""What the reader answers is what was written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import duckdb
import numpy as np
import pandas as pd
import pytest

from store.errors import StoreError
from store.reader import Reader, open_current
from store.snapshots import Snapshot, Store


@pytest.fixture
def reader(filled):
    with Reader(filled.path) as opened:
        yield opened


def test_matrix_is_what_was_written_in_the_order_of_the_ids(reader, filler, clips) -> None:
    for spec in filler.specs:
        matrix = reader.matrix(None, spec.name)
        written = filler.matrix([row["clip_id"] for row in clips], spec)
        order = np.argsort([row["clip_id"] for row in clips])
        assert list(matrix.clip_ids) == sorted(row["clip_id"] for row in clips)
        assert matrix.values.dtype == np.float32 and matrix.columns == spec.columns
        np.testing.assert_array_equal(matrix.values, written[order])


def test_matrix_of_one_dataset(reader) -> None:
    matrix = reader.matrix("b", "level")
    assert list(matrix.clip_ids) == ["b/x1.wav", "b/y2.wav"] and matrix.values.shape == (2, 3)
    matrix.values[:] = 0  # compiled code asks for memory it may write to
    assert matrix.values.flags.c_contiguous


def test_matrix_without_a_row(store, filler, clips) -> None:
    snapshot = filler.publish(store, [row for row in clips if row["dataset"] == "a"])
    with duckdb.connect(str(snapshot.path)) as con:
        con.execute("delete from view_level")
    with Reader(snapshot.path) as reader:
        matrix = reader.matrix("a", "level")
    assert matrix.values.shape == (0, 3) and len(matrix.clip_ids) == 0


def test_column_is_the_one_of_the_matrix(reader) -> None:
    frame, matrix = reader.column("a", "level", "level_std"), reader.matrix("a", "level")
    assert list(frame["clip_id"]) == list(matrix.clip_ids)
    np.testing.assert_array_equal(frame["value"].to_numpy(np.float32), matrix.values[:, 1])


def test_datasets_are_counted(reader) -> None:
    a, b = reader.datasets().to_dict("records")
    assert (a["dataset"], a["clips"], a["classes"], a["speakers"], a["failures"]) == ("a", 2, 2, 0, 1)
    assert (b["dataset"], b["clips"], b["speakers"], b["failures"]) == ("b", 2, 1, 0)
    assert a["hours"] == pytest.approx(1 / 3600) and list(a["notes"]) == ["note on a"]


def test_clips_clip_failures_views_builds(reader) -> None:
    assert list(reader.clips("a")["clip_id"]) == ["a/cat1.wav", "a/dog2.wav"]
    one = reader.clip("b/x1.wav")
    assert (one["speaker"], one["root"], one["dataset_title"]) == ("s1", "path of b", "title of b")
    assert reader.failures().to_dict("records") == [
        {"dataset": "a", "relative_path": "gone.wav", "stage": "decode", "reason": "broken"}
    ]
    assert list(reader.views()["view"]) == ["level", "tone"]
    assert list(reader.builds()["seconds"]) == [60.0]
    assert reader.vector_ids("tone") == {"a/cat1.wav", "a/dog2.wav", "b/x1.wav", "b/y2.wav"}


def test_many_clips_in_full_by_one_query_in_the_order_asked_for(reader, monkeypatch) -> None:
    ids = ["b/y2.wav", "a/cat1.wav", "b/x1.wav"]
    each = pd.DataFrame([reader.clip(one) for one in ids]).reset_index(drop=True)
    asked: list[str] = []
    frame = reader.frame
    monkeypatch.setattr(reader, "frame", lambda name, **values: asked.append(name) or frame(name, **values))
    found = reader.clips_in_full(ids)
    assert asked == ["clips_in_full"] and found["clip_id"].tolist() == ids
    pd.testing.assert_frame_equal(found, each[found.columns], check_dtype=False)
    assert reader.clips_in_full([]).empty
    with pytest.raises(StoreError, match=r"no clip 'a/gone\.wav'"):
        reader.clips_in_full(["b/x1.wav", "a/gone.wav"])


def test_missing_values_are_none_in_rows(reader) -> None:
    folds = {row["clip_id"]: row["fold"] for row in reader.rows("all_clips")}
    assert folds == {"a/cat1.wav": 1, "a/dog2.wav": 0, "b/x1.wav": None, "b/y2.wav": None}


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda reader: reader.matrix("c", "level"), "no dataset 'c'.*there are: a, b"),
        (lambda reader: reader.clips("c"), "no dataset 'c'.*there are: a, b"),
        (lambda reader: reader.clips_table("c"), "no dataset 'c'.*there are: a, b"),
        (lambda reader: reader.matrix("a", "levle"), "no view 'levle'.*there are: level, tone"),
        (lambda reader: reader.matrix("a", "x; drop table clips"), "no view .*there are: level, tone"),
        (lambda reader: reader.column("c", "level", "level_std"), "no dataset 'c'"),
        (lambda reader: reader.column("a", "level", "levelstd"), "no column 'levelstd'.*level_std"),
        (lambda reader: reader.column("a", "tone", "x"), "no column 'x'; there are: tone_hz"),
        (lambda reader: reader.clip("a/nothing.wav"), "no clip 'a/nothing.wav'"),
    ],
)
def test_an_unknown_name_lists_the_valid_ones(reader, ask, message) -> None:
    with pytest.raises(StoreError, match=message):
        ask(reader)


def test_many_threads_ask_one_reader(reader) -> None:
    def ask(number: int) -> tuple[int, int, int]:
        return len(reader.clips("a")), len(reader.matrix(None, "level").values), len(reader.rows("views"))

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(80))) == {(2, 4, 2)}


def test_two_readers_of_one_file(filled) -> None:
    with Reader(filled.path) as first, Reader(filled.path) as second:
        assert len(first.clips("a")) == len(second.clips("a")) == 2


def test_a_closed_reader_says_so(filled) -> None:
    reader = Reader(filled.path)
    reader.close()
    with pytest.raises(StoreError, match="cannot be read"):
        reader.views()


@pytest.mark.parametrize("content", [b"", b"no database" * 1000])
def test_a_file_that_is_no_snapshot(tmp_path, content) -> None:
    path = tmp_path / "000001.duckdb"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"000001.duckdb cannot be read \(.*snapshots use NUMBER"):
        Reader(path)


def test_a_file_that_is_not_there(tmp_path) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        Reader(tmp_path / "000001.duckdb")
    assert not list(tmp_path.iterdir())


def test_a_database_of_another_kind(tmp_path) -> None:
    path = tmp_path / "000001.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("create table other (x integer)")
    with pytest.raises(StoreError, match=r"cannot be read \(Catalog Error.*expected a snapshot"):
        Reader(path)


def test_a_snapshot_of_another_version(filled) -> None:
    with duckdb.connect(str(filled.path)) as con:
        con.execute("update meta set value = '7' where key = 'schema_version'")
    with pytest.raises(StoreError, match=r"version 7; this program expects version .*Move the store away"):
        Reader(filled.path)


def test_a_damaged_snapshot_never_gives_wrong_numbers(filled, filler) -> None:
    """Damage in any place is either without effect or one sentence."""
    whole = filled.path.read_bytes()
    with Reader(filled.path) as reader:
        right = reader.matrix(None, "level").values
    refused = 0
    for start in range(0, len(whole), len(whole) // 60):
        damaged = bytearray(whole)
        damaged[start : start + 512] = bytes(byte ^ 0x5A for byte in damaged[start : start + 512])
        filled.path.write_bytes(damaged)
        try:
            with Reader(filled.path) as reader:
                np.testing.assert_array_equal(reader.matrix(None, "level").values, right)
        except StoreError as error:
            assert "cannot be read" in str(error) and "\n" not in str(error)
            refused += 1
    assert refused


def test_two_matrices_can_be_compared(filled) -> None:
    """Equal means the same object, as for all that hold arrays: an array has no one truth."""
    with Reader(filled.path) as reader:
        one, other = reader.matrix("a", "level"), reader.matrix("a", "level")
    assert one == one and one != other and len({one, other}) == 2


def test_a_snapshot_dropped_between_looking_and_opening(store, filler, clips, monkeypatch) -> None:
    """A build publishes the next one in that moment; what is damaged is no reason to look for another."""
    assert open_current(store) is None
    for _ in range(2):
        filler.publish(store, clips)
    store.delete(1)
    real, looks = store.current(), []

    def current(_: Store) -> Snapshot:
        looks.append(store.at(1) if not looks else real)
        return looks[-1]

    with monkeypatch.context() as patch:
        patch.setattr(Store, "current", current)
        found, reader = open_current(store)
    with reader:
        assert found == real and len(reader.vector_ids("tone")) == len(clips)
    real.path.write_bytes(b"no database" * 1_000)
    with pytest.raises(StoreError, match="cannot be read"):
        open_current(store)
