"""A snapshot of version 4 answers every query as if its tables had today's names, and a build goes on with it."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta

import duckdb
import numpy as np
import pandas as pd
import pytest

from store import audits, database, publishing, results
from store.reader import Reader
from store.results import Staged

PARAMETERS = {
    "dataset": "a",
    "view": "level",
    "clip_id": "a/cat1.wav",
    "clip_ids": ["a/dog2.wav", "a/cat1.wav"],
    "projection_id": "a.level.pca-2d",
    "clustering_id": "a.level.pca.kmeans",
    "experiment_id": "a.label.level.logistic",
    "version": 1,
    "datasets": ["a", "b"],
}
NAMES = [
    path.stem
    for path in sorted((database.HERE / "queries").glob("*.sql"))
    if "{table}" not in path.read_text() and not path.stem.startswith("diff_") and "score" not in path.stem
]


@pytest.fixture
def full(store, filler, clips, made, writer):
    """A snapshot with a row in every table but those of scores."""
    ids = sorted(row["clip_id"] for row in clips if row["dataset"] == "a")
    units, experiments = [filler.unit("a", "level", ids)], [made("a", ids, ["level"])]
    filler.publish(store, clips, units=units, experiments=experiments)
    publishing.begin(store)
    parts = [{"part": "split", "summary": "official folds", "notes": ["one"]}]
    audit = {"dataset": "a", "key": "k", "experiment_id": experiments[0].id, "clips": 2, "seconds": 0.5}
    leak = {"kind": ["source"], "value": ["x"], "sides": ["1, 2"], "clips": [3], "removed": [1]}
    removed = {"clip_id": ids[:1], "kind": ["source"], "value": ["x"], "side": ["1"]}
    issue = {"clip_id": ids[:1], "rank": [1], "given": ["c"], "suggested": ["d"], "self_confidence": [0.1]}
    issue |= {"margin": [-0.8], "issue": [True]}
    found = {"audit_leaks": leak, "audit_removed": removed, "audit_label_issues": issue}
    frames = {name: pd.DataFrame(columns) for name, columns in found.items()}
    with writer() as opened, opened.transaction():
        audits.replace_audit(opened, audits.AuditRows(audit=audit, parts=parts, found=frames))
        audits.write_fingerprints(opened, 1, ["hash of cat1.wav"], np.ones((1, 2, 256), np.uint32))
    return publishing.publish(store, store.next_number())


def bound(name: str) -> dict[str, object]:
    return {one: PARAMETERS[one] for one in set(re.findall(r"\$(\w+)", database.query(name)))}


def test_every_query_answers_as_before(full, make_old) -> None:
    with Reader(full.path) as reader:
        today = {name: reader.ask(name, **bound(name)) for name in NAMES}
        matrix = reader.matrix("a", "level")
    assert {name for name in NAMES if name.startswith("audit_") and today[name].num_rows} >= {
        "audit_parts", "audit_leaks", "audit_removed", "audit_label_issues"
    }  # fmt: skip
    make_old(full.path, 4)
    with Reader(full.path) as reader:
        assert reader.version == "4"
        for name in NAMES:
            if name != "meta":
                assert reader.ask(name, **bound(name)).equals(today[name]), name
        assert np.array_equal(reader.matrix("a", "level").values, matrix.values)
        assert (
            reader.scores("a").empty and reader.clip_scores("a", "level").empty and reader.score_keys() == {}
        )


def content(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """All rows; through Arrow, as DuckDB's own times with an offset would want one more library."""
    return repr(con.sql(f"from {table} order by all").to_arrow_table().to_pylist())


def test_the_history_of_an_older_version_was_in_local_time(full, store, writer, make_old) -> None:
    with Reader(full.path) as reader:
        today = reader.rows("builds")
    make_old(full.path, 4)
    with Reader(full.path) as reader:
        old = reader.rows("builds")
        assert reader.builds()["started_at"].dt.tz is not None
    assert [row["started_at"].astimezone() for row in old] == [row["started_at"] for row in today]
    assert [row["seconds"] for row in old] == [row["seconds"] for row in today]
    publishing.begin(store)
    with writer() as opened:
        began = datetime.now(UTC)
        publishing.begin_build(opened, "new", began)
        publishing.sign_build(opened, "new", 9, began + timedelta(seconds=2), {"clips": 1})
    with Reader(store.staging) as reader:
        new, *others = reader.rows("builds")
    assert (new["started_at"], new["seconds"]) == (began, 2) and others == today


def test_a_build_goes_on_with_a_copy_of_it(full, store, writer, make_old, tmp_path) -> None:
    with duckdb.connect(str(full.path), read_only=True) as con:
        today = {name: content(con, name) for name in tables(con)}
        columns = con.execute("select table_name, column_name from duckdb_columns() order by all").fetchall()
    make_old(full.path, 4)
    publishing.begin(store)
    with writer() as opened:
        assert Staged(opened).audit_leaks("a")["kind"].tolist() == ["source"]
        with opened.transaction():
            results.drop_scores(opened, dataset="a")
    shutil.copyfile(store.staging, tmp_path / "after.duckdb")
    with duckdb.connect(str(tmp_path / "after.duckdb")) as con:
        assert {name: content(con, name) for name in tables(con)} == today
        found = con.execute("select table_name, column_name from duckdb_columns() order by all").fetchall()
        assert found == columns


def tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    return [row[0] for row in con.execute("select table_name from duckdb_tables() order by all").fetchall()]
