"""The figure shows every stretch, where it is, and what a click on it is to play."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import pytest

from app.live import timeline_view
from app.live.example import ReferenceUtterance
from app.live.timeline import BOTH, CHANGE, PAUSE, Segment
from models.decisions import State

LINE = [
    Segment(start_s=0.0, end_s=1.0, state=State.NO_SPEECH),
    Segment(start_s=1.0, end_s=3.5, state=State.FEMALE, probability=0.93),
    Segment(start_s=3.5, end_s=4.0, state=State.UNSURE),
    Segment(start_s=4.0, end_s=70.0, state=State.MALE, probability=0.88, begins=CHANGE),
    Segment(start_s=70.0, end_s=72.0, state=State.NO_SPEECH),
    Segment(start_s=72.0, end_s=75.0, state=State.FEMALE, probability=0.99, begins=BOTH),
]
TOLD = pd.DataFrame(
    {
        "time_s": [0.5, 2.0, 80.0],
        "state": [State.NO_SPEECH, State.FEMALE, State.MALE],
        "female": [0.5, 0.93, 0.12],
    }
).astype({"state": str})
TRUTH = (
    ReferenceUtterance(1.0, 3.6, "a/1", "Ann", "female"),
    ReferenceUtterance(3.9, 70.2, "b/1", "Bob", "male"),
)


def bars(figure: go.Figure, name: str) -> list[tuple[str, float, float]]:
    return [
        (base, x, data[0])
        for trace in figure.data
        if trace.type == "bar" and trace.name == name
        for base, x, data in zip(trace.base, trace.x, trace.customdata, strict=True)
    ]


def test_each_stretch_is_a_bar_in_the_row_of_its_state() -> None:
    figure = timeline_view.figure(LINE, TOLD, 0.8)

    assert bars(figure, "female-like voice") == [
        ("1970-01-01T00:00:01.000", 2500.0, 1.0),
        ("1970-01-01T00:01:12.000", 3000.0, 72.0),
    ]
    assert bars(figure, "male-like voice") == [("1970-01-01T00:00:04.000", 66_000.0, 4.0)]
    assert len(bars(figure, "no speech")) == 2
    rows = {trace.name: set(trace.y) for trace in figure.data if trace.type == "bar"}
    assert len(set().union(*rows.values())) == len(State)
    assert all(len(one) == 1 for one in rows.values())


def test_colour_is_never_the_only_sign() -> None:
    figure = timeline_view.figure(LINE, TOLD, 0.8, TRUTH)
    patterns = {trace.name: trace.marker.pattern.shape for trace in figure.data if trace.type == "bar"}
    assert patterns[str(State.UNSURE)]
    assert len(set(timeline_view.COLOURS.values())) == len(State)
    letters = [text for trace in figure.data if trace.name == timeline_view.RECORDED for text in trace.text]
    assert letters == ["F", "M"]


def test_marks_stand_where_speech_begins_anew() -> None:
    figure = timeline_view.figure(LINE, TOLD, 0.8)
    marks = {
        trace.name: trace for trace in figure.data if trace.type == "scatter" and trace.mode == "markers"
    }
    named = {begins: name for begins, (name, _) in timeline_view.MARKS.items()}
    assert [one[0] for one in marks[named[CHANGE]].customdata] == [4.0]
    assert [one[0] for one in marks[named[BOTH]].customdata] == [72.0]
    assert not marks[named[PAUSE]].showlegend
    assert len({trace.marker.symbol for trace in marks.values()}) == 3


def test_what_is_known_has_a_row_of_its_own() -> None:
    assert not bars(timeline_view.figure(LINE, TOLD, 0.8), timeline_view.RECORDED)
    with_truth = timeline_view.figure(LINE, TOLD, 0.8, TRUTH)
    assert [start for _, _, start in bars(with_truth, timeline_view.RECORDED)] == [1.0, 3.9]
    assert timeline_view.RECORDED in with_truth.layout.yaxis.categoryarray


def test_the_probability_is_drawn_where_somebody_speaks() -> None:
    figure = timeline_view.figure(LINE, TOLD, 0.8)
    (line,) = [trace for trace in figure.data if trace.type == "scatter" and "lines" in trace.mode]
    assert list(pd.isna(list(line.y))) == [True, False, False]
    assert line.y[1] == pytest.approx(0.93)
    (band,) = figure.layout.shapes
    assert (band.y0, band.y1) == pytest.approx((0.2, 0.8))


def test_a_recording_without_anything_is_drawn_too() -> None:
    silent = [Segment(start_s=0.0, end_s=2.0, state=State.NO_SPEECH)]
    figure = timeline_view.figure(silent, TOLD.iloc[:1], 0.8)
    assert bars(figure, "no speech") == [("1970-01-01T00:00:00.000", 2000.0, 0.0)]
    assert isinstance(figure.to_json(), str)
