"""What the browser gets to draw the player and its stretches from."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from app.components.players import recording_player

CELLS = pd.DataFrame(
    {
        "start": ["0:00.0", "0:02.5"],
        "heard as": ["no speech", "male-like voice"],
        "probability": ["", "93.4%"],
    },
    dtype="string",
)


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the component is called with: outside a running page there is no browser behind it."""
    told: dict[str, Any] = {}
    monkeypatch.setattr(recording_player, "_component", told.update)
    return told


def test_each_row_says_where_it_begins_and_ends(mounted: dict[str, Any]) -> None:
    recording_player.recording_player(
        "/media/abc", CELLS, [(0.0, 2.5), (2.5, 4.0)], chart="line", key="player"
    )

    assert mounted["key"] == "player"
    data = mounted["data"]
    assert (data["url"], data["chart"]) == ("/media/abc", "line")
    assert data["rows"] == [
        {"start_s": 0.0, "end_s": 2.5, "cells": ["0:00.0", "no speech", ""]},
        {"start_s": 2.5, "end_s": 4.0, "cells": ["0:02.5", "male-like voice", "93.4%"]},
    ]
    assert [one["number"] for one in data["columns"]] == [True, False, True]


def test_a_row_without_a_place_is_an_error(mounted: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="longer"):
        recording_player.recording_player("/media/abc", CELLS, [(0.0, 2.5)], chart="line", key="player")
    assert not mounted
