"""Writing twice is writing once; a transaction is all or nothing."""

from __future__ import annotations

from datetime import datetime

import duckdb
import numpy as np
import pytest

from store import database, publishing, views
from store.database import DamagedError
from store.errors import StoreError
from store.invalidate import delete_clips, keep_datasets
from store.reader import Reader


def rows(opened, table: str) -> list[tuple]:
    return opened.con.execute(f"select * from {table} order by all").fetchall()


def test_everything_written_twice_is_there_once(writer, filler, clips) -> None:
    with writer() as opened:
        filler.fill(opened, clips, [filler.failure("a", "gone")])
        once = {
            table: repr(rows(opened, table))
            for table in ("clips", "datasets", "failures", "views", "view_level")
        }
        filler.fill(opened, clips, [filler.failure("a", "gone")])
        assert once == {table: repr(rows(opened, table)) for table in once}


def test_an_upsert_replaces_the_whole_row(writer, filler) -> None:
    with writer() as opened:
        opened.upsert("clips", [filler.clip("a", "x", speaker="s1", fold=3)])
        opened.upsert("clips", [filler.clip("a", "x", label="new")])
        assert opened.con.execute("select label, speaker, fold from clips").fetchall() == [
            ("new", None, None)
        ]


def test_opening_again_keeps_what_is_there(writer, filler, clips) -> None:
    with writer() as opened:
        filler.fill(opened, clips)
    with writer() as opened:
        assert len(rows(opened, "clips")) == len(clips)


def test_a_failed_transaction_leaves_nothing(writer, filler) -> None:
    with writer() as opened:
        for fault in (ValueError, KeyboardInterrupt):
            with pytest.raises(fault), opened.transaction():
                opened.upsert("clips", [filler.clip("a", "x")])
                raise fault
        with pytest.raises(StoreError, match="could not be written"), opened.transaction():
            opened.upsert("clips", [filler.clip("a", "x")])
            opened.upsert("clips", [{"clip_id": "lacks what it needs"}])
        assert rows(opened, "clips") == []
        with opened.transaction():
            opened.upsert("clips", [filler.clip("a", "x")])
        assert len(rows(opened, "clips")) == 1


def test_only_tables_are_written_by_rows(writer) -> None:
    with writer() as opened, pytest.raises(StoreError, match="expected one of meta, datasets"):
        opened.upsert("clips; drop table clips", [{}])


def test_a_column_or_a_number_that_does_not_fit_is_one_sentence(writer, filler) -> None:
    with writer() as opened:
        with pytest.raises(StoreError, match="The table clips has no column colour; it has clip_id, dataset"):
            opened.upsert("clips", [filler.clip("a", "x", colour="red")])
        with pytest.raises(StoreError, match=r"does not fit the table clips .*Mend"):
            opened.upsert("clips", [filler.clip("a", "x", fold=10**12)])
        with pytest.raises(StoreError, match=r"does not fit the table clips .*Mend"):
            opened.upsert("clips", [filler.clip("a", "x", fold=10**30)])


def test_vectors_under_another_key_are_dropped(writer, filler, clips) -> None:
    _, tone = filler.specs
    with writer() as opened:
        filler.fill(opened, clips)
        changed = filler.spec("level", ("level_mean",), version=2)
        views.define_views(opened, [tone, changed])
        assert rows(opened, "view_level") == [] and len(rows(opened, "view_tone")) == len(clips)
        found = opened.con.execute("select view, version, dimension from views order by position").fetchall()
        assert found == [("tone", 1, 1), ("level", 2, 1)]
        views.define_views(opened, [tone])
        tables = opened.con.execute("select table_name from duckdb_tables()").fetchall()
        assert ("view_level",) not in tables and ("view_tone",) in tables


def test_a_vector_of_another_length_is_refused(writer, filler, clips) -> None:
    with writer() as opened:
        filler.fill(opened, clips)
        with pytest.raises(StoreError, match="could not be written"), opened.transaction():
            views.upsert_vectors(opened, "level", ["a/dog2.wav"], np.zeros((1, 2), np.float32))


def test_two_clips_change_places(writer, filler, clips) -> None:
    with writer() as opened:
        filler.fill(opened, clips)
        before = dict(opened.con.execute("select clip_id, vector from view_level").fetchall())
        swapped = {"b/x1.wav": "hash of y2", "b/y2.wav": "hash of x1"}
        with opened.transaction():
            copied = views.copy_vectors(opened, ["level", "tone"], swapped)
        now = dict(opened.con.execute("select clip_id, vector from view_level").fetchall())
    assert copied == 4
    assert str(now["b/x1.wav"]) == str(before["b/y2.wav"]) and str(now["b/y2.wav"]) == str(before["b/x1.wav"])


def test_one_content_lends_to_many_and_an_unknown_one_to_none(writer, filler, clips) -> None:
    with writer() as opened:
        filler.fill(opened, clips)
        hashes = {"b/new1.wav": "hash of x1", "b/new2.wav": "hash of x1", "b/new3.wav": "hash of nothing"}
        assert views.copy_vectors(opened, ["tone"], hashes) == 2
        assert views.copy_vectors(opened, ["tone"], {}) == 0
        assert "b/new1.wav" in dict(rows(opened, "view_tone")) and "b/new3.wav" not in dict(
            rows(opened, "view_tone")
        )


def test_what_is_not_kept_leaves_every_table(writer, filler, clips) -> None:
    with writer() as opened:
        filler.fill(opened, clips, [filler.failure("a", "gone"), filler.failure("b", "lost")])
        keep_datasets(opened, [filler.dataset("b")])
        for table in ("clips", "view_level", "view_tone"):
            assert opened.con.execute(
                f"select distinct split_part(clip_id, '/', 1) from {table}"
            ).fetchall() == [("b",)]
        assert opened.con.execute("select dataset from failures").fetchall() == [("b",)]
        assert opened.con.execute("select dataset from datasets").fetchall() == [("b",)]
        delete_clips(opened, ["b/x1.wav"])
        delete_clips(opened, [])
        assert [row[0] for row in rows(opened, "view_tone")] == ["b/y2.wav"]


def test_changes_are_counted_against_a_snapshot(store, filler, clips, writer) -> None:
    published = filler.publish(store, clips, [filler.failure("a", "gone")])
    relabelled, changed, *kept = [dict(row) for row in clips]
    relabelled["take"] = "Z"
    changed["content_hash"] = "another"
    kept[0]["modified_ns"] = 99  # a date is no change
    new = filler.clip("a", "new")
    with writer() as opened:
        filler.fill(opened, [relabelled, changed, kept[0], new])
        changes = publishing.changes_since(opened, published.path)
        assert changes == {"clips": 4, "failed": 0, "added": 1, "updated": 2, "removed": 1}
        assert publishing.changes_since(opened, None) == {
            "clips": 4,
            "failed": 0,
            "added": 4,
            "updated": 0,
            "removed": 0,
        }
        # Also while somebody reads that snapshot.
        with Reader(published.path):
            assert publishing.changes_since(opened, published.path) == changes


def test_a_killed_build_stays_in_the_history_as_interrupted(writer) -> None:
    with writer() as opened:
        publishing.begin_build(opened, "one", datetime(2026, 1, 1))
        publishing.begin_build(opened, "two", datetime(2026, 1, 2))
        counts = {"clips": 4, "added": 1, "updated": 2, "removed": 3, "failed": 4}
        counts |= {"vectors_computed": 5, "vectors_reused": 6}
        publishing.sign_build(opened, "two", 7, datetime(2026, 1, 2, 0, 1), counts)
        one, two = opened.con.sql("from builds order by build_id").to_arrow_table().to_pylist()
    assert (one["status"], one["snapshot"], one["started_at"]) == (
        "interrupted",
        None,
        datetime(2026, 1, 1).astimezone(),
    )
    assert (two["status"], two["snapshot"], two["started_at"]) == (
        "published",
        7,
        datetime(2026, 1, 2).astimezone(),
    )
    assert {name: two[name] for name in counts} == counts


def test_a_staging_file_of_another_version(store, writer) -> None:
    with writer() as opened:
        opened.set_meta(schema_version="7")
    with pytest.raises(StoreError, match=r"version 7.*Move the store away"):
        writer()


def test_a_staging_file_that_is_none(store, writer) -> None:
    store.staging.parent.mkdir(parents=True)
    store.staging.write_bytes(b"no database" * 1000)
    with pytest.raises(DamagedError, match=r"damaged.*has been put away"):
        writer()


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('Could not write file "x": No space left on device', "The disk is full .*Free some space"),
        ('Could not write file "x": File too large', "The disk is full"),
        ("Corrupt database file: computed checksum 1 does not match", "damaged"),
        (
            "Constraint Error: NOT NULL\nwith a hint\non more lines",
            "could not be written .Constraint Error: NOT NULL.",
        ),
        ("", "no reason given"),
    ],
)
def test_duckdbs_words_become_one_sentence(message, expected) -> None:
    error = database.write_error(message)
    assert "\n" not in str(error)
    with pytest.raises(StoreError, match=expected):
        raise error


def test_an_interrupt_in_the_middle_of_a_query_stays_an_interrupt() -> None:
    """DuckDB makes other errors of it."""
    for error in (
        RuntimeError("Query interrupted"),
        duckdb.InterruptException("INTERRUPT Error: Interrupted!"),
    ):
        with pytest.raises(KeyboardInterrupt), database.duckdb_errors_as(StoreError):
            raise error
    with pytest.raises(RuntimeError, match="other"), database.duckdb_errors_as(StoreError):
        raise RuntimeError("another matter")
