"""A plan is as small as it can be: no file is opened that need not be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.audio.decode import content_hash
from pipeline.build.plan import Plan, make_plan
from pipeline.build.store_state import (
    EMPTY,
    FACTS,
    StoreState,
    clip_row,
    failure_row,
    same_file,
    stamp,
    still_the_same,
)
from pipeline.clips import Clip, Problem, Scan

VIEWS = ("one", "two")


@pytest.fixture
def scan(tmp_path: Path) -> Scan:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text(f"content of {name}")
    return Scan(
        [Clip(dataset="d", path=tmp_path / name, relative_path=name, label="x") for name in ("a", "b", "c")]
    )


def known_of(scan: Scan, *, views: tuple[str, ...] = VIEWS, failed: tuple[str, ...] = ()) -> StoreState:
    """As the store is after a build of ``scan``."""
    good = [clip for clip in scan.clips if clip.relative_path not in failed]
    facts = dict.fromkeys(FACTS, 1)
    clips = {clip.clip_id: clip_row(clip, stamp(clip.path), facts, content_hash(clip.path)) for clip in good}
    failures = {
        ("d", clip.relative_path): failure_row(
            "d", Problem(clip.relative_path, "decode", "broken"), stamp(clip.path)
        )
        for clip in scan.clips
        if clip.relative_path in failed
    }
    return StoreState(clips, failures, {view: set(clips) for view in views}, [], [], True)


def plan_of(scan: Scan, known: StoreState, **options: bool) -> Plan:
    return make_plan({"d": scan}, known, VIEWS, **options)


def test_an_empty_store_leaves_the_hashing_to_the_workers(scan, opened) -> None:
    plan = plan_of(scan, EMPTY)
    assert [(job.clip_id, job.views, job.content_hash) for job in plan.jobs] == [
        (f"d/{name}", VIEWS, None) for name in ("a", "b", "c")
    ]
    assert opened["hashed"] == [] and not (plan.rows or plan.removed or plan.reused)


def test_nothing_has_changed(scan, opened) -> None:
    plan = plan_of(scan, known_of(scan))
    assert plan.unchanged == 3 and opened["hashed"] == []
    assert not (plan.jobs or plan.rows or plan.reused or plan.removed or plan.failures)


def test_another_date(scan, opened) -> None:
    known = known_of(scan)
    os.utime(scan.clips[0].path, ns=(5, 5))
    plan = plan_of(scan, known)
    assert opened["hashed"] == ["a"] and plan.jobs == [] and plan.reused == {}
    assert [(row["clip_id"], row["modified_ns"]) for row in plan.rows] == [("d/a", 5)]


def test_a_file_renamed_onto_another_of_the_same_size_and_date(scan, opened) -> None:
    known, (a, b, _) = known_of(scan), scan.clips
    for clip in scan.clips:
        os.utime(clip.path, ns=(5, 5))
    known = known_of(scan)
    b.path.rename(a.path)
    plan = plan_of(Scan([a, scan.clips[2]]), known)
    assert opened["hashed"] == ["a"] and plan.jobs == []
    assert plan.reused == {"d/a": content_hash(a.path)} and plan.removed == ["d/b"]


def test_another_content(scan) -> None:
    known = known_of(scan)
    scan.clips[1].path.write_text("other content")
    plan = plan_of(scan, known)
    (job,) = plan.jobs
    assert (job.clip_id, job.views, job.content_hash) == ("d/b", VIEWS, content_hash(scan.clips[1].path))
    assert plan.rows == [] and plan.unchanged == 2


def test_another_label(scan, opened) -> None:
    known, (a, *others) = known_of(scan), scan.clips
    relabelled = Clip(dataset="d", path=a.path, relative_path="a", label="y")
    plan = plan_of(Scan([relabelled, *others]), known)
    assert [row["label"] for row in plan.rows] == ["y"] and plan.jobs == [] and opened["hashed"] == []


def test_a_copy_takes_over_what_is_known(scan, tmp_path) -> None:
    (tmp_path / "copy").write_text("content of a")
    copy = Clip(dataset="d", path=tmp_path / "copy", relative_path="copy")
    known = known_of(scan)
    plan = plan_of(Scan([*scan.clips, copy]), known)
    assert list(plan.reused) == ["d/copy"] and plan.jobs == [] and plan.unchanged == 3
    assert [row["clip_id"] for row in plan.rows] == ["d/copy"]


def test_only_missing_views_are_wanted(scan) -> None:
    plan = plan_of(scan, known_of(scan, views=("one",)))
    assert [job.views for job in plan.jobs] == [("two",)] * 3 and plan.rows == []
    known = known_of(scan)
    known.vectors["two"].remove("d/b")
    assert [(job.clip_id, job.views) for job in plan_of(scan, known).jobs] == [("d/b", ("two",))]


def test_a_failed_file_is_left_alone(scan, opened) -> None:
    known = known_of(scan, failed=("b",))
    plan = plan_of(scan, known)
    assert plan.failures == known.failures and plan.jobs == [] and opened["hashed"] == []
    assert [job.clip_id for job in plan_of(scan, known, retry=True).jobs] == ["d/b"]


def test_a_failed_file_that_changed_is_tried_again(scan) -> None:
    known = known_of(scan, failed=("b",))
    os.utime(scan.clips[1].path, ns=(5, 5))
    plan = plan_of(scan, known)
    assert [job.clip_id for job in plan.jobs] == ["d/b"] and plan.failures == {}


def test_a_failure_in_a_view_is_tried_again_with_other_views(scan) -> None:
    known = known_of(scan, failed=("b",), views=("one",))
    assert "d/b" not in {job.clip_id for job in plan_of(scan, known).jobs}
    known.failures["d", "b"]["stage"] = "features"
    assert "d/b" in {job.clip_id for job in plan_of(scan, known).jobs}


def test_what_is_gone_is_removed_from_scanned_datasets_alone(scan) -> None:
    known = known_of(scan)
    assert plan_of(Scan(scan.clips[1:]), known).removed == ["d/a"]
    assert make_plan({}, known, VIEWS).removed == []


def test_problems_of_the_scan_are_failures(scan) -> None:
    plan = plan_of(Scan(scan.clips, [Problem("e", "scan", "mislabelled")]), EMPTY)
    assert (
        plan.failures["d", "e"]["reason"] == "mislabelled" and plan.failures["d", "e"]["size_bytes"] is None
    )
    assert len(plan.jobs) == 3


def test_a_file_that_cannot_be_looked_at_is_a_failure(scan) -> None:
    known = known_of(scan)
    scan.clips[0].path.unlink()
    plan = plan_of(scan, known)
    assert "No such file" in plan.failures["d", "a"]["reason"] and plan.removed == ["d/a"]


def test_a_file_that_cannot_be_hashed_is_left_to_its_worker(scan, monkeypatch) -> None:
    def forbidden(path: Path) -> str:
        raise PermissionError(13, "Permission denied")

    known = known_of(Scan(scan.clips[1:]))
    monkeypatch.setattr("pipeline.build.plan.content_hash", forbidden)
    (job,) = plan_of(scan, known).jobs
    assert (job.clip_id, job.content_hash) == ("d/a", None)


def test_new_rights_are_no_change_of_content(scan) -> None:
    path = scan.clips[0].path
    before = stamp(path)
    path.chmod(0o600)
    assert still_the_same(path, before) and not same_file(before | {"changed_ns": 0}, stamp(path))
    path.write_text("x")
    assert not still_the_same(path, before)
    path.unlink()
    assert not still_the_same(path, before)
