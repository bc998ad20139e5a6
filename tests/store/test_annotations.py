"""A saved selection comes back as it was, whatever its name and whatever is built meanwhile."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import snapshots
from store.annotations import Selection, delete_selection, load_selection, load_selections, save_selection
from store.errors import StoreError
from store.snapshots import Store

SAME_FOLDER = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ONE = Selection(name="My dogs", dataset="a", clip_ids=("a/2.wav", "a/1.wav"), snapshot=3, note="loud ones")


@SAME_FOLDER
@given(
    name=st.text(min_size=1, max_size=80).filter(str.strip),
    clip_ids=st.lists(st.text(max_size=20), max_size=5).map(tuple),
    note=st.text(max_size=30),
    at=st.datetimes(timezones=st.sampled_from([UTC])),
)
def test_it_comes_back_as_it_was(tmp_path: Path, name, clip_ids, note, at) -> None:
    store = Store(tmp_path)
    selection = replace(ONE, name=name, clip_ids=clip_ids, note=note, marks=clip_ids[:1], saved_at=at)
    path = save_selection(store, selection)
    assert load_selection(store, name) == selection
    assert path.parent == tmp_path / "selections" and path.name.isascii() and len(path.name) < 60


def test_names_that_read_alike_are_two_and_one_written_twice_is_one(store) -> None:
    for name in ("My dogs", "my-dogs", "my/dogs", "../my dogs", "köpek", "犬", "犬犬"):
        save_selection(store, replace(ONE, name=name))
    save_selection(store, replace(ONE, name=" My dogs ", note="again"))
    found, faults = load_selections(store)
    assert len(found) == 7 and not faults
    assert load_selection(store, "My dogs").note == "again"
    # The same letter, whole and as a letter with its accent apart.
    assert load_selection(store, "ko\u0308pek").name == "köpek"


def test_the_newest_come_first(store) -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    for number in (2, 0, 1):
        save_selection(store, replace(ONE, name=f"{number}", saved_at=now - timedelta(hours=number)))
    assert [one.name for one in load_selections(store)[0]] == ["0", "1", "2"]


def test_they_outlive_builds(store, filler, clips) -> None:
    filler.publish(store, clips)
    save_selection(store, ONE)
    filler.publish(store, clips[:1])
    assert load_selection(store, "My dogs") == ONE and store.current().number == 2


def test_deleting(store) -> None:
    save_selection(store, ONE)
    save_selection(store, replace(ONE, name="other"))
    delete_selection(store, "My dogs")
    assert [one.name for one in load_selections(store)[0]] == ["other"]
    for act in (delete_selection, load_selection):
        with pytest.raises(StoreError, match="no selection 'My dogs'; there are: other"):
            act(store, "My dogs")


def test_an_empty_store(store) -> None:
    assert load_selections(store) == ([], [])
    with pytest.raises(StoreError, match="none is saved yet"):
        load_selection(store, "x")
    assert not store.root.exists()


@pytest.mark.parametrize("name", ["", " \t", "x" * 201])
def test_no_name_or_too_long_a_one(store, name) -> None:
    with pytest.raises(StoreError, match="expected 1 to 200"):
        save_selection(store, replace(ONE, name=name))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff", b"{}", b'{"format": 9}', b'{"format": 1, "name": "x"}'],
)
def test_a_damaged_file_is_told_and_hides_no_other(store, content) -> None:
    save_selection(store, ONE)
    path = save_selection(store, replace(ONE, name="bad"))
    path.write_bytes(content)
    found, faults = load_selections(store)
    assert found == [ONE] and len(faults) == 1 and str(path) in faults[0]
    with pytest.raises(StoreError, match=r"no saved selection|is of format 9"):
        load_selection(store, "bad")


def test_it_is_written_whole_or_not_at_all(store, monkeypatch) -> None:
    path = save_selection(store, ONE)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshots, "flush", full)
    with pytest.raises(StoreError, match="cannot be written: No space left on device"):
        save_selection(store, replace(ONE, note="new"))
    assert load_selection(store, "My dogs") == ONE
    assert json.loads(path.read_text())["note"] == "loud ones"
