"""What the live monitor sends to the browser a tick, and what it makes of what comes back."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import streamlit as st
from hypothesis import given, strategies
from numpy.typing import NDArray

from app.components.monitor import monitor as module
from app.live import monitor_view
from app.live.monitor_view import MonitorData, Sent, monitor_data
from app.live.session import LiveState
from app.live.spectrogram import Picture
from app.ui.clip import MAGMA
from models.decisions import Decision, State, Why

BANDS = 80
CLASSES = ("female", "male")


def decision(time_s: float, state: State = State.FEMALE, female: float | None = 0.9, **rest: Any) -> Decision:
    told = {} if female is None else {"female": female, "male": 1 - female}
    return Decision(time_s=time_s, state=state, probabilities=told, **rest)


def live(recent: Sequence[Decision] = (), picture: Picture | None = None, current: bool = True) -> LiveState:
    return LiveState(
        latest=recent[-1] if recent and current else None,
        recent=tuple(recent),
        picture=picture or Picture(),
        frames=0,
        dropped=0,
        refused=0,
        refusal="",
        age_s=0.0,
        since_audio_s=0.0,
        error="",
        closed=False,
    )


def pictured(start: int, frames: int) -> Picture:
    """Each frame has its own number as level, at ``LOW_DB`` and above; those of even tens are voiced."""
    numbers = np.arange(start, start + frames)
    decibels = np.broadcast_to(monitor_view.LOW_DB + (numbers % 80), (BANDS, frames)).astype(np.float32)
    return Picture(decibels, (numbers // 10) % 2 == 0, start * 0.01)


def made(state: LiveState, **changes: Any) -> MonitorData:
    usual: dict[str, Any] = {"session": "a", "classes": CLASSES, "sure_from": 0.8, "sent": Sent(3, 1_000)}
    return monitor_data(state, **usual | changes)


def levels(data: MonitorData) -> NDArray[np.uint8]:
    return np.frombuffer(base64.b64decode(data.columns), np.uint8).reshape(-1, BANDS)


def test_the_newest_decision_is_told_in_words() -> None:
    data = made(live([decision(1.0, State.UNSURE, 0.6, why=Why.CLOSE, level_dbfs=-20.04)]))
    assert (data.state, data.words, data.why) == ("not sure yet", "not sure yet", str(Why.CLOSE))
    assert (data.probability, data.level_dbfs, data.now_s, data.sure_from) == (0.6, -20.0, 1.0, 0.8)


@pytest.mark.parametrize("recent", [[], [decision(1.0, why=Why.CLIPPED)]])
def test_without_a_current_decision_it_waits_and_names_nobody(recent: list[Decision]) -> None:
    data = made(live(recent, current=False))
    assert (data.state, data.words, data.why) == (monitor_view.WAITING, "listening…", "")
    assert (data.probability, data.clipped) == (None, False)
    assert (data.level_dbfs, data.peak_dbfs) == (monitor_view.SILENT_DBFS, monitor_view.SILENT_DBFS)
    assert len(data.decisions) == len(recent)


def test_no_probability_where_nobody_speaks_though_it_is_remembered() -> None:
    data = made(live([decision(1.0, State.NO_SPEECH, 0.97), decision(1.25, State.UNSURE, None)]))
    assert data.probability is None
    assert [row[1] for row in data.decisions] == [None, None]


def test_probabilities_are_those_of_the_first_class() -> None:
    recent = [decision(1.0, State.MALE, 0.125)]
    assert made(live(recent)).probability == 0.125
    assert made(live(recent), classes=("male", "female")).probability == 0.875


def test_it_shows_two_classes() -> None:
    with pytest.raises(ValueError, match="exactly 2"):
        made(live(), classes=("female", "male", "child"))


def test_decisions_are_rows_of_the_last_minute() -> None:
    recent = [decision(at / 4, list(State)[at % 4]) for at in range(1, 301)]
    rows = made(live(recent)).decisions
    assert (rows[0][0], rows[-1][0], len(rows)) == (15.25, 75.0, 240)
    assert [row[2] for row in rows[:4]] == [1, 2, 3, 0]  # decisions 61 to 64, as places in STATES


def test_the_peak_is_held_and_then_let_go() -> None:
    loud, quiet = np.float32([0.1, -0.5, 0.2]), np.float32([0.01, -0.01])
    recent = [decision(1.0, sound=loud), *(decision(1 + at / 4, sound=quiet) for at in range(1, 8))]
    assert made(live(recent[:-2])).peak_dbfs == pytest.approx(-6.0, abs=0.05)
    assert made(live(recent)).peak_dbfs == pytest.approx(-40.0, abs=0.05)


@pytest.mark.parametrize(("cut_off", "why", "clipped"), [(0, "", 0), (2, "", 0), (8, "", 1), (0, "cut", 1)])
def test_it_warns_of_sound_that_is_cut_off(cut_off: int, why: str, clipped: int) -> None:
    sound = np.full(4_000, 0.3, np.float32)
    sound[:cut_off] = -1
    told = made(live([decision(1.0, sound=sound, why=Why.CLIPPED if why else Why.NONE)]))
    assert told.clipped == bool(clipped)


def test_columns_are_the_mean_power_of_two_frames() -> None:
    decibels = np.full((BANDS, 4), monitor_view.LOW_DB, np.float32)
    decibels[5, :2] = 0.0, -100.0  # half the power of 0 dB
    decibels[6, 2:] = 90.0
    found = levels(made(live([decision(0.04)], Picture(decibels, np.array([0, 1, 0, 0], bool)))))
    step_db = (monitor_view.HIGH_DB - monitor_view.LOW_DB) / 255
    assert found.shape == (2, BANDS)
    assert found[0, 5] * step_db + monitor_view.LOW_DB == pytest.approx(-3.01, abs=step_db)
    assert (found[1, 6], found[0, 4]) == (255, 0)
    assert made(live([decision(0.04)], Picture(decibels, np.array([0, 1, 0, 0], bool)))).voiced == "10"


@given(start=strategies.integers(0, 500), frames=strategies.integers(0, 900))
def test_a_column_is_the_same_whatever_the_picture_begins_with(start: int, frames: int) -> None:
    whole = made(live(picture=pictured(0, 1_400)))
    data = made(live(picture=pictured(start, frames)))
    found = levels(data)
    count = len(found)
    assert count == len(data.voiced) <= round(monitor_view.SENT_S / monitor_view.COLUMN_S)
    # All that two frames of the picture make, up to the newest.
    assert data.first + count == (start + frames) // 2 or count == 0
    assert count >= min(frames // 2 - 1, round(monitor_view.SENT_S / monitor_view.COLUMN_S))
    reference = levels(made(live(picture=pictured(2 * data.first, 2 * count))))
    assert np.array_equal(found, reference)
    assert len(levels(whole)) == round(monitor_view.SENT_S / monitor_view.COLUMN_S)


def test_voiced_columns_are_where_the_voiced_frames_are() -> None:
    data = made(live(picture=pictured(0, 60)))
    assert data.voiced == ("1" * 5 + "0" * 5) * 3


def test_a_tick_is_small() -> None:
    random = np.random.default_rng(1)
    recent = [decision(at * 0.256, State.UNSURE, random.random(), why=Why.CLIPPED) for at in range(240)]
    picture = Picture(random.normal(-30, 20, (BANDS, 800)).astype(np.float32), np.ones(800, bool), 53.4)
    assert len(json.dumps(asdict(made(live(recent, picture))))) < 15_000


def test_what_never_changes_is_told_once() -> None:
    told = monitor_view.constants()
    assert told["states"] == [str(one) for one in State]
    places = [place for _, place in told["ticks"]]
    assert places == sorted(places) and places[0] > 0 and places[-1] < 1


# Of the part that draws.


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the component is called with."""
    told: dict[str, Any] = {}
    monkeypatch.setattr(module, "_component", told.update)
    monkeypatch.setattr(st, "session_state", {})
    return told


def test_a_tick_carries_no_script_but_its_address(mounted: dict[str, Any]) -> None:
    module.monitor(asdict(made(live())), monitor_view.constants(), on_drawn=None, key="m")
    script = mounted["data"].pop("module")
    assert script == module._module(json.dumps(monitor_view.constants()))
    assert mounted["data"] == asdict(made(live()))
    assert mounted["key"] == "m"


def test_reports_come_back(mounted: dict[str, Any]) -> None:
    heard: list[Any] = []
    module.monitor(asdict(made(live())), monitor_view.constants(), on_drawn=heard.append, key="m")
    for told in ({"session": "a", "rows": [[1, 2, 3]], "reported_ms": 4}, None, "x"):
        st.session_state["m"] = {"drawn": told}
        mounted["on_drawn_change"]()
    assert heard == [{"session": "a", "rows": [[1, 2, 3]], "reported_ms": 4}]


def test_reports_may_be_of_no_interest(mounted: dict[str, Any]) -> None:
    module.monitor(asdict(made(live())), monitor_view.constants(), on_drawn=None, key="m")
    st.session_state["m"] = {"drawn": {"session": "a"}}
    mounted["on_drawn_change"]()


def test_the_colour_map_is_the_one_of_all_spectrograms() -> None:
    found = module._colour_map()
    assert ["#{:02x}{:02x}{:02x}".format(*colour) for colour in found] == MAGMA
