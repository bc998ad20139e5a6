"""What the list sends to the browser, and what it makes of what comes back."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from hypothesis import given, strategies

from app.cache.sounds import NormalisedPreview
from app.clusters import playlist
from app.components.playlist import playlist as component
from pipeline.fields import with_role

IDS = [f"set/{number}.wav" for number in range(30)]


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the component is called with; a session, a store of 30 clips and their sounds around it."""
    told: dict[str, Any] = {}
    clips = pd.DataFrame({"clip_id": IDS, "relative_path": [one[4:] for one in IDS], "content_hash": IDS})
    for column in with_role("label"):
        clips[column] = None
    clips["label"] = "dog"
    datasets = pd.DataFrame({"dataset": ["set"], "path": ["/data"]})
    monkeypatch.setattr(component, "_component", told.update)
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(playlist.snapshot, "clips", lambda dataset: clips)
    monkeypatch.setattr(playlist.snapshot, "datasets", lambda: datasets)
    monkeypatch.setattr(
        playlist,
        "_preview",
        lambda path, content_hash: NormalisedPreview(f"data:{path}", -20.04, -3.0, "cut"),
    )
    return told


def _draw(name: str = "rain", ids: list[str] = IDS, **told: Any) -> list[str]:
    return playlist.draw(name, "set", ids, list(range(len(ids))), key="p", **told)


def _comes_back(mounted: dict[str, Any], what: str, **value: object) -> None:
    """The browser sets a value of the component; Streamlit calls back."""
    st.session_state["p_list"] = {what: value}
    mounted[f"on_{what}_change"]()


def test_rows_have_their_words_and_the_first_ones_their_sound(mounted: dict[str, Any]) -> None:
    assert _draw() == []
    data = mounted["data"]
    assert data["rows"][2] == {"id": "set/2.wav", "label": "dog", "distance": "2"}
    assert len(data["rows"]) == len(IDS)
    assert list(data["sounds"]) == [str(one) for one in range(playlist.AHEAD + 1)]
    assert data["sounds"]["1"] == {"url": "data:/data/1.wav", "loudness": "-20.0 LUFS", "note": "cut"}
    assert (data["at"], data["marks"]) == (0, [])


def test_the_order_is_the_one_that_was_given(mounted: dict[str, Any]) -> None:
    _draw(ids=IDS[::-1])
    assert [row["id"] for row in mounted["data"]["rows"]] == IDS[::-1]


def test_a_row_out_of_reach_brings_the_sounds_around_it(mounted: dict[str, Any]) -> None:
    _draw()
    _comes_back(mounted, "at", name=mounted["data"]["name"], at=20)
    _draw()
    assert [int(one) for one in mounted["data"]["sounds"]] == list(range(19, 28))
    _draw(ids=IDS[1:])  # another list begins at its beginning
    assert mounted["data"]["at"] == 0 and "0" in mounted["data"]["sounds"]


def test_marks_are_kept_by_the_name_of_the_selection(mounted: dict[str, Any]) -> None:
    _draw()
    _comes_back(mounted, "marks", name="", ids=["set/7.wav", "set/3.wav"])
    assert _draw() == ["set/3.wav", "set/7.wav"]
    assert mounted["data"]["marks"] == ["set/3.wav", "set/7.wav"]
    assert _draw("wind") == []
    assert _draw() == ["set/3.wav", "set/7.wav"]
    assert _draw(ids=IDS[:5]) == ["set/3.wav"]
    _comes_back(mounted, "marks", name="", ids=[])  # in the short list, where 7 is not seen
    assert _draw() == ["set/7.wav"]


def test_a_saved_selection_brings_its_marks_until_they_are_taken_away(mounted: dict[str, Any]) -> None:
    assert _draw(marked=["set/4.wav"]) == ["set/4.wav"]
    _comes_back(mounted, "marks", name="", ids=[])
    assert _draw(marked=["set/4.wav"]) == []


def test_clips_that_are_gone_are_left_out_and_told(
    mounted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    captions: list[str] = []
    monkeypatch.setattr(st, "caption", captions.append)
    _draw(ids=["set/gone.wav", "set/5.wav"])
    assert [row["id"] for row in mounted["data"]["rows"]] == ["set/5.wav"]
    assert mounted["data"]["rows"][0]["distance"] == "1"
    assert "1 clip of this selection" in captions[0]


def test_a_selection_of_nothing_is_a_word_and_no_list(
    mounted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(st, "info", lambda text, icon: said.append(text))
    assert _draw(ids=[]) == []
    assert said and not mounted


def test_silence_and_a_lost_recording_are_told(
    mounted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = {
        "set/0.wav": NormalisedPreview("data:", -math.inf, 0.0, "silent"),
        "set/1.wav": NormalisedPreview(None, math.nan, 0, "gone"),
    }
    monkeypatch.setattr(playlist, "_preview", lambda path, content_hash: heard[content_hash])
    _draw(ids=IDS[:2])
    assert mounted["data"]["sounds"] == {
        "0": {"url": "data:", "loudness": "silent", "note": "silent"},
        "1": {"url": None, "loudness": "", "note": "cannot be read: gone"},
    }


def test_a_very_long_list_is_cut_and_that_is_told(
    mounted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    captions: list[str] = []
    monkeypatch.setattr(st, "caption", captions.append)
    monkeypatch.setattr(playlist, "LONGEST", 3)
    assert _draw(marked=["set/2.wav", "set/9.wav"]) == ["set/2.wav", "set/9.wav"]
    assert len(mounted["data"]["rows"]) == 3
    assert "first 3 of 30" in captions[0]
    _comes_back(mounted, "marks", name="", ids=[])
    assert _draw() == ["set/9.wav"], "a mark that the list does not show is no mark taken away"


@given(
    strategies.integers(1, 500).flatmap(
        lambda n: strategies.tuples(strategies.integers(0, n - 1), strategies.just(n))
    )
)
def test_a_window_holds_its_row_and_lies_in_the_list(where: tuple[int, int]) -> None:
    at, rows = where
    found = playlist.window(at, rows)
    assert at in found and min(found) >= 0 and max(found) < rows
    assert len(found) <= playlist.BEHIND + playlist.AHEAD + 1


def test_lists_are_told_apart() -> None:
    names = [playlist.list_name(*one) for one in (("a", ["x", "y"]), ("a", ["y", "x"]), ("b", ["x", "y"]))]
    assert len(set(names)) == 3


def test_a_file_name_is_written_as_text() -> None:
    # A file may be called "<img onerror=...>.wav": no cell may be taken for HTML.
    script = (Path(component.__file__).parent / "playlist.js").read_text(encoding="utf-8")
    assert "innerHTML" not in script and "insertAdjacentHTML" not in script
