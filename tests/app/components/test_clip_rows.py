"""What the browser gets to draw the rows from, and what comes back from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st

from app.components.clip_rows import clip_rows

CELLS = pd.DataFrame(
    {
        "clip": ["a/1.wav", "a/2.wav"],
        "fold": ["1", "2"],
        "level (dBFS)": ["-20.1", "-3.0"],
        "mixed": ["3", "three"],
        "take": ["", ""],
    },
    dtype="string",
)


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the component is called with: outside a running page there is no browser behind it."""
    told: dict[str, Any] = {}
    monkeypatch.setattr(clip_rows, "_component", told.update)
    return told


def test_each_row_has_its_id_its_sound_and_its_cells(mounted: dict[str, Any]) -> None:
    clip_rows.clip_rows(
        CELLS, ["a/1", "a/2"], ["data:1", None], chosen="a/2", on_choose=lambda _: None, key="rows"
    )
    data = mounted["data"]
    assert data["chosen"] == "a/2"
    assert data["rows"] == [
        {"id": "a/1", "sound": "data:1", "cells": ["a/1.wav", "1", "-20.1", "3", ""]},
        {"id": "a/2", "sound": None, "cells": ["a/2.wav", "2", "-3.0", "three", ""]},
    ]


def test_only_columns_of_numbers_stand_to_the_right(mounted: dict[str, Any]) -> None:
    clip_rows.clip_rows(
        CELLS, ["a/1", "a/2"], [None, None], chosen=None, on_choose=lambda _: None, key="rows"
    )
    numbers = {column["name"] for column in mounted["data"]["columns"] if column["number"]}
    assert numbers == {"fold", "level (dBFS)"}


def test_a_row_too_few_is_no_silent_shift(mounted: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="shorter"):
        clip_rows.clip_rows(CELLS, ["a/1", "a/2"], [None], chosen=None, on_choose=lambda _: None, key="rows")


def test_a_chosen_row_comes_back_as_its_id(mounted: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[str] = []
    clip_rows.clip_rows(CELLS, ["a/1", "a/2"], [None, None], chosen=None, on_choose=chosen.append, key="rows")
    monkeypatch.setattr(st, "session_state", {"rows": {"chosen": "a/2"}})
    mounted["on_chosen_change"]()
    assert chosen == ["a/2"]


def test_a_file_name_is_written_as_text() -> None:
    # A file may be called "<img onerror=...>.wav": no cell may be taken for HTML.
    script = (Path(clip_rows.__file__).parent / "clip_rows.js").read_text(encoding="utf-8")
    assert "innerHTML" not in script and "insertAdjacentHTML" not in script
