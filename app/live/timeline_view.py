"""The time line of a recording as a figure: a row a state, where speech begins anew, the probability. No Streamlit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.live.timeline import BOTH, CHANGE, NAMES, PAUSE, Segment
from app.live.truth import Spoken
from models.decisions import State

COLOURS = {
    # The first colours of the theme for categories, as for the sexes in every other chart: Streamlit puts them in.
    State.FEMALE: "#000001",
    State.MALE: "#000002",
    State.UNSURE: "#000005",
    State.NO_SPEECH: "rgba(128, 128, 128, 0.45)",
}
PATTERNS = {State.UNSURE: "/"}
ROWS = {
    State.FEMALE: "female-like",
    State.MALE: "male-like",
    State.UNSURE: "not sure yet",
    State.NO_SPEECH: "no speech",
}
BEGINS, RECORDED = "begins anew", "recorded as"
MARKS = {
    CHANGE: ("another voice name", "triangle-down"),
    PAUSE: ("after a long pause", "line-ns-open"),
    BOTH: ("another name after a long pause", "diamond"),
}
STATE_OF = {name: state for state, name in NAMES.items()}
ROW_PX = 34
TITLE = "Who is heard like what"


def figure(
    line: Sequence[Segment], told: pd.DataFrame, sure_from: float, truth: Sequence[Spoken] = ()
) -> go.Figure:
    """
    Draw a time line; a click on a bar or a mark gives its start in seconds, the first of its ``customdata``.

    Parameters
    ----------
    line : sequence of Segment
    told : DataFrame
        ``time_s``, ``state`` and ``female`` (probability): a row a decision, see ``LiveHistory.probabilities``.
    sure_from : float
        A name needs this probability; the band between is shaded.
    truth : sequence of Spoken
        Who was put where; a row of its own.
    """
    rows = [BEGINS, *([RECORDED] if truth else []), *ROWS.values()]
    shown = make_subplots(
        rows=2, shared_xaxes=True, vertical_spacing=0.06, row_heights=[ROW_PX * len(rows), 3.4 * ROW_PX]
    )
    for state in ROWS:
        shown.add_trace(_bars(line, state), row=1, col=1)
    for sex, state in STATE_OF.items():
        if truth:
            shown.add_trace(_recorded([one for one in truth if one.sex == sex], state), row=1, col=1)
    for begins in MARKS:
        shown.add_trace(_marks([one for one in line if one.begins == begins], begins), row=1, col=1)
    shown.add_trace(_probability(told), row=2, col=1)
    shown.add_hrect(
        1 - sure_from, sure_from, row=2, col=1, line_width=0, fillcolor="rgba(128, 128, 128, 0.18)"
    )
    _axes(shown, rows, line[-1].end_s if line else 0.0)
    height = 170 + ROW_PX * len(rows) + round(3.4 * ROW_PX)
    return shown.update_layout(title=TITLE, height=height, bargap=0.2, barmode="overlay")


def _axes(shown: go.Figure, rows: Sequence[str], ends_s: float) -> None:
    # As dates, so that the ticks are minutes and seconds however far one zooms in.
    span = [_moment(-0.01 * ends_s), _moment(1.01 * ends_s)]
    shown.update_xaxes(type="date", range=span, minallowed=span[0], maxallowed=span[1], tickformat="%-M:%S")
    shown.update_xaxes(title="time (minutes:seconds)", row=2, col=1)
    shown.update_yaxes(
        categoryorder="array", categoryarray=list(rows), range=[len(rows) - 0.5, -0.5], fixedrange=True, row=1, col=1
    )  # fmt: skip
    ticks = {"tickvals": [0, 0.5, 1], "ticktext": ["male-like 1", "0.5", "female-like 1"]}
    shown.update_yaxes(**ticks, range=[-0.05, 1.05], fixedrange=True, row=2, col=1)


def _bars(line: Iterable[Segment], state: State) -> go.Bar:
    """The stretches of one state, in its row."""
    of = [one for one in line if one.state is state]
    return go.Bar(
        base=[_moment(one.start_s) for one in of],
        x=[1000 * (one.end_s - one.start_s) for one in of],
        y=[ROWS[state]] * len(of),
        orientation="h",
        marker={"color": COLOURS[state], "pattern": {"shape": PATTERNS.get(state, "")}, "line": {"width": 0}},
        customdata=[[one.start_s, clock(one.start_s), clock(one.end_s), _sure(one)] for one in of],
        hovertemplate=f"{state}<br>%{{customdata[1]}} to %{{customdata[2]}}%{{customdata[3]}}<extra></extra>",
        showlegend=False,
        name=str(state),
    )


def _recorded(truth: Sequence[Spoken], state: State) -> go.Bar:
    return go.Bar(
        base=[_moment(one.start_s) for one in truth],
        x=[1000 * (one.end_s - one.start_s) for one in truth],
        y=[RECORDED] * len(truth),
        orientation="h",
        # The letter is the second sign beside the colour.
        text=[one.sex[0].upper() for one in truth],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        marker={"color": COLOURS[state], "line": {"width": 0}},
        customdata=[[one.start_s, one.speaker, one.sex, one.clip_id] for one in truth],
        hovertemplate="%{customdata[1]}, recorded as %{customdata[2]}<br>%{customdata[3]}<extra></extra>",
        showlegend=False,
        name=RECORDED,
    )


def _marks(of: Sequence[Segment], begins: str) -> go.Scatter:
    name, symbol = MARKS[begins]
    return go.Scatter(
        x=[_moment(one.start_s) for one in of],
        y=[BEGINS] * len(of),
        mode="markers",
        marker={"symbol": symbol, "size": 11, "color": "rgb(128, 128, 128)", "line": {"width": 2}},
        customdata=[[one.start_s, clock(one.start_s), one.state] for one in of],
        hovertemplate=f"%{{customdata[2]}}: {name}<br>%{{customdata[1]}}<extra></extra>",
        name=name,
        showlegend=bool(of),
    )


def _probability(told: pd.DataFrame) -> go.Scatter:
    speech = told["state"] != str(State.NO_SPEECH)
    return go.Scatter(
        x=[_moment(time_s) for time_s in told["time_s"]],
        y=told["female"].where(speech).round(4),
        mode="lines+markers",  # a single decision would make no line
        line={"width": 2, "color": "rgb(128, 128, 128)"},
        marker={"size": 4},
        customdata=np.column_stack([told["time_s"], 1 - told["female"]]),
        hovertemplate="female-like %{y:.0%}, male-like %{customdata[1]:.0%}<extra></extra>",
        name="probability, as the live stream said it",
        showlegend=False,
    )


def _moment(time_s: float) -> str:
    return str((pd.Timestamp(0) + pd.Timedelta(seconds=time_s)).isoformat(timespec="milliseconds"))


def clock(time_s: float) -> str:
    """``2:03.4``: minutes, seconds, tenths."""
    minutes, tenths = divmod(round(10 * time_s), 600)
    return f"{minutes}:{tenths // 10:02d}.{tenths % 10}"


def _sure(one: Segment) -> str:
    return "" if one.state not in NAMES else f"<br>probability {one.probability:.0%}"
