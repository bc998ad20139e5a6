"""An audit comes back as it was written, goes with what it was made from, and fingerprints follow contents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from store import audits
from store.audits import AuditRows
from store.errors import StoreError
from store.invalidate import delete_clips
from store.reader import Reader
from store.results import Staged
from store.writer import Writer

FOUND = {
    "audit_pairs": pd.DataFrame(
        {
            "first": ["a/cat1.wav"] * 2, "second": ["a/dog2.wav", "a/emu3.wav"], "kind": ["near", "exact"],
            "similarity": [0.5, 1.0], "lag_s": [-0.5, 0.0], "shared_s": [3.0, np.nan], "group": [0, 0],
        }
    ),
    "audit_leaks": pd.DataFrame(
        {"kind": ["source"], "value": ["x"], "sides": ["1, 2"], "clips": [3], "removed": [1]}
    ),
    "audit_removed": pd.DataFrame({"clip_id": ["a/cat1.wav"], "kind": ["source"], "value": ["x"], "side": ["1"]}),
    "audit_label_issues": pd.DataFrame(
        {
            "clip_id": ["a/dog2.wav", "a/cat1.wav"], "rank": [2, 1], "given": ["d", "c"], "suggested": ["c", "d"],
            "self_confidence": [0.4, 0.1], "margin": [-0.2, -0.8], "issue": [False, True],
        }
    ),
    "audit_facts": pd.DataFrame(
        {
            "fact": ["peak_dbfs", "together"], "title": ["peak", "all together"], "accuracy": [0.3, 0.6],
            "balanced_accuracy": [0.2, 0.5], "spread": [0.1, 0.1], "chance": 0.5, "majority": 0.6, "clips": 4,
        }
    ),
    "audit_balance": pd.DataFrame(
        {
            "label": ["c", "c", "c"], "side": ["10", "2", "1"], "clips": [0, 1, 2], "expected": 1.0,
            "residual": [-1.0, 0.0, 1.0], "verdict": ["empty", "even", "even"],
        }
    ),
}  # fmt: skip
PARTS = [
    {"part": "split", "summary": "official folds", "notes": ["one", "two"]},
    {"part": "facts", "summary": "x", "notes": []},
]


def _rows(dataset: str = "a", **changed: Any) -> AuditRows:
    audit = {"dataset": dataset, "key": "k", "experiment_id": None, "clips": 2, "seconds": 0.5} | changed
    return AuditRows(audit=audit, parts=PARTS, found=FOUND)


@pytest.fixture
def written(writer: Callable[[], Writer], filler, clips) -> Writer:
    """A staging database with the audits of both datasets."""
    with writer() as opened:
        filler.fill(opened, clips)
        with opened.transaction():
            audits.replace_audit(opened, _rows("a"))
            audits.replace_audit(opened, _rows("b"))
        yield opened


def test_it_comes_back_as_it_was_written_each_table_in_its_order(written) -> None:
    staged = Staged(written)
    assert staged.audits()["dataset"].tolist() == ["a", "b"]
    parts = staged.audit_parts("a")
    assert parts["part"].tolist() == ["split", "facts"] and list(parts["notes"][0]) == ["one", "two"]
    pairs = staged.audit_pairs("a")
    assert pairs["kind"].tolist() == ["exact", "near"] and pairs["lag_s"].tolist() == [0.0, -0.5]
    assert staged.audit_label_issues("a")["rank"].tolist() == [1, 2]
    assert staged.audit_label_issues("a")["issue"].tolist() == [True, False]
    assert staged.audit_facts("a")["fact"].tolist() == ["together", "peak_dbfs"]
    assert staged.audit_balance("a")["side"].tolist() == ["1", "2", "10"]
    for table, frame in FOUND.items():
        assert len(getattr(staged, table)("b")) == len(frame)


def test_a_second_one_takes_the_place_of_the_first(written) -> None:
    with written.transaction():
        again = AuditRows(audit=dict(_rows().audit) | {"key": "new"}, parts=PARTS[:1])
        audits.replace_audit(written, again)
    staged = Staged(written)
    assert staged.audits().set_index("dataset")["key"].to_dict() == {"a": "new", "b": "k"}
    assert len(staged.audit_parts("a")) == 1
    assert all(getattr(staged, table)("a").empty and len(getattr(staged, table)("b")) for table in FOUND)


def test_a_table_that_is_none_of_an_audits_is_refused(written) -> None:
    odd = AuditRows(audit=_rows().audit, parts=PARTS, found={"clips": FOUND["audit_leaks"]})
    with pytest.raises(StoreError, match="'clips' is no table of an audit"), written.transaction():
        audits.replace_audit(written, odd)
    assert len(Staged(written).audit_parts("a")) == 2


def test_it_goes_when_a_clip_of_its_dataset_goes(written) -> None:
    with written.transaction():
        delete_clips(written, ["a/cat1.wav"])
    staged = Staged(written)
    assert staged.audits()["dataset"].tolist() == ["b"]
    assert all(getattr(staged, table)("a").empty for table in (*FOUND, "audit_parts"))


def test_it_goes_with_the_experiment_that_doubts_its_labels(written) -> None:
    with written.transaction():
        audits.replace_audit(written, _rows("b", experiment_id="b.label.all.logistic"))
        audits.drop_audits(written)
    assert Staged(written).audits()["dataset"].tolist() == ["a"]


def _prints(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**32, size=(n, 2, 256), dtype=np.uint32)


def test_fingerprints_come_back_by_clip_and_are_shared_by_equal_recordings(writer, filler) -> None:
    same = [filler.clip(dataset, "x", content_hash="h1") for dataset in ("a", "b")]
    with writer() as opened:
        filler.fill(opened, [*same, filler.clip("a", "y", content_hash="h2")])
        assert Staged(opened).without_fingerprint(["a", "b"], 1)["content_hash"].tolist() == ["h1", "h2"]
        assert Staged(opened).without_fingerprint(["b"], 1)["clip_id"].tolist() == ["b/x.wav"]
        prints = _prints(2)
        with opened.transaction():
            audits.write_fingerprints(opened, 1, ["h1", "h2"], prints)
        ids, found = Staged(opened).fingerprints("a", 1)
        assert ids.tolist() == ["a/x.wav", "a/y.wav"] and (found == prints).all()
        assert (Staged(opened).fingerprints("b", 1)[1] == prints[:1]).all()
        assert Staged(opened).without_fingerprint(["a", "b"], 1).empty


def test_fingerprints_of_another_version_count_as_none_and_are_replaced(writer, filler) -> None:
    with writer() as opened:
        filler.fill(opened, [filler.clip("a", "x", content_hash="h1")])
        for version in (1, 2):
            with opened.transaction():
                audits.write_fingerprints(opened, version, ["h1"], _prints(1, version))
        staged = Staged(opened)
        assert len(staged.fingerprints("a", 1)[0]) == 0 and staged.fingerprints("a", 1)[1].shape == (
            0,
            2,
            256,
        )
        assert (staged.fingerprints("a", 2)[1] == _prints(1, 2)).all()
        assert len(staged.without_fingerprint(["a"], 3)) == 1


def test_fingerprints_that_no_clip_has_any_more_are_dropped(writer, filler) -> None:
    with writer() as opened:
        filler.fill(
            opened, [filler.clip("a", "x", content_hash="h1"), filler.clip("a", "y", content_hash="h2")]
        )
        with opened.transaction():
            audits.write_fingerprints(opened, 1, ["h1", "gone"], _prints(2))
            audits.write_fingerprints(opened, 0, ["h2"], _prints(1))
            audits.drop_fingerprints(opened, version=1)
        assert opened.con.execute("select content_hash from fingerprints").fetchall() == [("h1",)]


def test_another_number_of_codes_is_refused(writer, filler) -> None:
    with writer() as opened, pytest.raises(StoreError, match="expected 512"), opened.transaction():
        audits.write_fingerprints(opened, 1, ["h1"], _prints(2))


def test_a_snapshot_from_before_there_were_audits_answers_that_it_has_none(filled) -> None:
    with duckdb.connect(str(filled.path)) as con:
        for table in (*audits.OF_AUDITS, "fingerprints"):
            con.execute(f"drop table {table}")
        con.execute("update meta set value = '2' where key = 'schema_version'")
    with Reader(filled.path) as reader:
        assert reader.audits().empty and reader.audit_parts("a").empty and reader.audit_pairs("a").empty
        assert reader.fingerprints("a", 1)[1].shape == (0, 2, 256)
