"""A mark comes back as it was given, outlives builds, and a damaged file is reported and never written over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.annotations import MARKS, Mark, delete_mark, load_marks, marks_path, save_mark
from store.errors import StoreError
from store.snapshots import Store

SAME_FOLDER = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
ONE = Mark(clip_id="a/1.wav", mark="doubt", label="dog", snapshot=3)


@SAME_FOLDER
@given(
    clip_id=st.text(max_size=20),
    label=st.text(max_size=20),
    mark=st.sampled_from(MARKS),
    at=st.datetimes(timezones=st.just(UTC)),
)
def test_it_comes_back_as_it_was(tmp_path: Path, clip_id, label, mark, at) -> None:
    one = Mark(clip_id=clip_id, mark=mark, label=label, snapshot=7, marked_at=at)
    save_mark(Store(tmp_path), "a", one)
    assert load_marks(Store(tmp_path), "a")[clip_id] == one


def test_a_clip_has_one_mark_and_the_last_given_stands_last(store) -> None:
    for clip_id, mark in (("1", "doubt"), ("2", "keep"), ("1", "keep")):
        save_mark(store, "a", replace(ONE, clip_id=clip_id, mark=mark))
    found = load_marks(store, "a")
    assert list(found) == ["2", "1"] and found["1"].mark == "keep"


def test_each_dataset_has_its_own(store) -> None:
    save_mark(store, "a", ONE)
    assert load_marks(store, "b") == {}
    assert [path.name for path in (store.root / "marks").iterdir()] == ["a.json"]


def test_clearing_takes_one_away_and_none_is_no_fault(store) -> None:
    delete_mark(store, "a", ONE.clip_id)
    save_mark(store, "a", ONE)
    save_mark(store, "a", replace(ONE, clip_id="2"))
    delete_mark(store, "a", ONE.clip_id)
    delete_mark(store, "a", ONE.clip_id)
    assert list(load_marks(store, "a")) == ["2"]


def test_they_outlive_builds(store, filler, clips) -> None:
    filler.publish(store, clips)
    save_mark(store, "a", ONE)
    filler.publish(store, clips[:2])
    assert load_marks(store, "a") == {ONE.clip_id: ONE}


def test_two_pages_at_once_lose_no_mark(store) -> None:
    names = [f"{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: save_mark(store, "a", replace(ONE, clip_id=name)), names))
    assert set(load_marks(store, "a")) == set(names)


def test_an_unknown_mark_is_refused(store) -> None:
    with pytest.raises(StoreError, match="no mark 'perhaps'; there are: keep, doubt"):
        save_mark(store, "a", replace(ONE, mark="perhaps"))


ROW = '{"clip_id": "1", "mark": "x", "label": "", "snapshot": 1, "marked_at": "2026-01-01"}'
DAMAGED = ["", "[]", "{}", "\x00", '{"format": 9, "marks": []}', '{"format": 1, "marks": [{}]}']


@pytest.mark.parametrize("text", [*DAMAGED, f'{{"format": 1, "marks": [{ROW}]}}'])
def test_a_damaged_file_is_reported_and_not_written_over(store, text) -> None:
    path = marks_path(store, "a")
    path.parent.mkdir(parents=True)
    path.write_text(text)
    for act in (
        lambda: load_marks(store, "a"),
        lambda: save_mark(store, "a", ONE),
        lambda: delete_mark(store, "a", "1"),
    ):  # fmt: skip
        with pytest.raises(StoreError, match=r"a\.json"):
            act()
    assert path.read_text() == text


def test_a_folder_that_cannot_be_written_is_reported(store) -> None:
    store.root.mkdir(parents=True)
    (store.root / "marks").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        save_mark(store, "a", ONE)
