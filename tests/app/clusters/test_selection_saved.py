"""Selections under a name: saved, found again by name or link, and a word for what is not there any more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.cache import snapshot
from app.clusters import selection
from store.annotations import Selection, load_selection, save_selection, selections_folder
from store.snapshots import Store

IDS = [f"set/{number}.wav" for number in range(10)]
NAMES = [
    "rain",
    'Träume / 2: "wet"?',
    "../../etc/passwd",
    "雨の音",
    "🐸",
    "a" * 200,
    "C:\\nul",
    "*.json",
    "%2e&x=1#y",
]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("SESATLAS_STORE", str(tmp_path / "store"))
    found = Store(tmp_path / "store")
    (found.root / "snapshots").mkdir(parents=True)
    found.at(1).path.write_bytes(b"")
    found.use(1)
    return found


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A session at its first page; what it is told."""
    told: list[str] = []
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "query_params", {})
    for name in ("warning", "success"):
        monkeypatch.setattr(st, name, lambda text, **_: told.append(text))
    return told


def _save(name: str = "rain", places: tuple[int, ...] = (2, 5), **others: Any) -> None:
    ids = tuple(IDS[place] for place in places)
    given = {"dataset": "set", "clip_ids": ids, "snapshot": 1} | others
    save_selection(snapshot.store(), Selection(name=name, **given))


def _picked() -> list[int] | None:
    found = selection.mask("set", IDS)
    return None if found is None else np.flatnonzero(found).tolist()


@pytest.mark.parametrize("name", NAMES)
def test_any_name_leads_back_to_its_clips(said: list[str], store: Store, name: str) -> None:
    _save(name)
    selection.pick_saved("set", IDS, name)
    assert (_picked(), said) == ([2, 5], [])
    assert st.query_params[selection.SAVED] == name
    assert all(path.parent == selections_folder(store) for path in store.root.rglob("*.json"))


def test_a_link_to_a_saved_one_is_followed_once(said: list[str]) -> None:
    _save()
    st.query_params[selection.SAVED] = "rain"
    selection.follow_saved("set", IDS)
    assert _picked() == [2, 5]
    selection.put("set", IDS, None)
    selection.follow_saved("set", IDS)
    assert (_picked(), said) == (None, [])


def test_other_clips_do_not_go_by_its_name(said: list[str]) -> None:
    _save()
    selection.pick_saved("set", IDS, "rain")
    assert selection.is_linked()
    selection.put("set", IDS, np.isin(IDS, IDS[:1]))
    assert selection.SAVED not in st.query_params


def test_a_name_is_a_link_where_the_clips_are_too_many_for_one(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "LONGEST_LINK", 5)
    _save()
    selection.pick_saved("set", IDS, "rain")
    assert st.query_params == {"saved": "rain"} and selection.is_linked()
    st.session_state.clear()
    selection.follow_saved("set", IDS)
    assert _picked() == [2, 5]


def test_clips_that_stand_in_the_link_themselves_come_before_the_name(said: list[str]) -> None:
    _save()
    selection.put("set", IDS, np.isin(IDS, IDS[:1]))
    st.session_state.clear()
    st.query_params[selection.SAVED] = "rain"
    selection.follow_saved("set", IDS)
    assert (_picked(), said) == ([0], [])


@pytest.mark.parametrize(("gone", "told"), [(1, "1 clip of 'rain' is no"), (2, "2 clips of 'rain' are no")])
def test_clips_that_are_gone_are_counted(said: list[str], gone: int, told: str) -> None:
    _save(clip_ids=(IDS[4], *(f"set/gone{number}.wav" for number in range(gone))))
    selection.pick_saved("set", IDS, "rain")
    assert _picked() == [4]
    assert said[0].startswith(told)


def test_all_of_its_clips_are_gone(said: list[str]) -> None:
    _save(clip_ids=("set/gone.wav",))
    selection.pick_saved("set", IDS, "rain")
    assert _picked() is None and "1 clip of 'rain'" in said[0]


def test_one_that_does_not_exist_or_is_of_another_collection(said: list[str]) -> None:
    _save("theirs", dataset="other")
    for name, word in [
        ("nothing", "theirs"),
        ("theirs", "'other'"),
        ("", "1 to 200"),
        ("x" * 201, "1 to 200"),
    ]:
        selection.pick_saved("set", IDS, name)
        assert _picked() is None
        assert word in said[-1]


def test_a_forgotten_one_leaves_the_link(said: list[str]) -> None:
    _save()
    st.query_params[selection.SAVED] = "rain"
    selection._forget("rain")
    assert st.query_params == {} and said == []
    selection._forget("rain")
    assert "no selection 'rain'" in said[0]


def _page() -> None:
    from app.clusters import selection

    ids = [f"set/{number}.wav" for number in range(10)]
    selection.save_form("set", ids[:3], ids[:1])
    selection.load_box("set", ids)


def _opened() -> AppTest:
    at = AppTest.from_function(_page).run()
    assert not at.exception
    return at


def test_saving_with_a_note_shows_it_in_the_box_below() -> None:
    at = _opened()
    at.text_input[0].set_value("  rain ")
    at.text_input[1].set_value("heard twice")
    at.button[0].click().run()
    assert "'rain' is saved: 3 clips, 1 mark with them." in at.success[0].value
    (box,) = at.selectbox
    assert (
        box.value == "rain" and box.options[0].startswith("rain (3 clips") and "heard twice" in box.options[0]
    )
    kept = load_selection(snapshot.store(), "rain")
    assert kept.marks == (IDS[0],) and kept.snapshot == 1


def test_a_name_that_cannot_be_is_a_sentence() -> None:
    at = _opened()
    at.text_input[0].set_value("   ")
    at.button[0].click().run()
    assert "1 to 200" in at.warning[0].value and not at.exception


def test_a_damaged_file_does_not_hide_the_others(store: Store) -> None:
    _save()
    (selections_folder(store) / "broken.json").write_text("{")
    at = _opened()
    assert "broken.json" in at.caption[0].value
    assert at.selectbox[0].value == "rain"


def test_only_those_of_this_collection_are_offered() -> None:
    _save("theirs", dataset="other")
    assert not _opened().selectbox
    _save("mine")
    assert [option.split(" (")[0] for option in _opened().selectbox[0].options] == ["mine"]
