"""The time line of a recording as a figure: a row a state, where speech begins anew, the probability. No Streamlit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from app.cache import sounds
from app.components.players.recording_player import recording_player
from app.live import corrections, example, timeline
from app.live.analysis import ExampleContent, RecordingAnalysis, UploadedRecording
from app.live.audio_file import Facts
from app.live.example import ReferenceUtterance
from app.live.metrics import LiveHistory
from app.live.timeline import BOTH, CHANGE, NAMES, PAUSE, Segment, clock, minutes
from app.ui import escape, show
from app.ui.show import percent
from models.decisions import State, StreamParameters

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
TITLE = "Voices over time"
CHART, FLAC = "live_timeline_chart", "audio/flac"


def figure(
    line: Sequence[Segment], decided: pd.DataFrame, sure_from: float, truth: Sequence[ReferenceUtterance] = ()
) -> go.Figure:
    """
    Draw a time line; a click on a bar or a mark gives its start in seconds, the first of its ``customdata``.

    Parameters
    ----------
    line : sequence of Segment
    decided : DataFrame
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
    shown.add_trace(_probability(decided), row=2, col=1)
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
        hovertemplate=f"{state}<br>%{{customdata[1]}} to %{{customdata[2]}}"
        f"{'<br>%{customdata[3]}' if state in NAMES else ''}<extra></extra>",
        showlegend=False,
        name=str(state),
    )


def _recorded(truth: Sequence[ReferenceUtterance], state: State) -> go.Bar:
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


def _probability(decided: pd.DataFrame) -> go.Scatter:
    speech = decided["state"] != str(State.NO_SPEECH)
    return go.Scatter(
        x=[_moment(time_s) for time_s in decided["time_s"]],
        y=decided["female"].where(speech).round(4),
        mode="lines+markers",  # a single decision would make no line
        line={"width": 2, "color": "rgb(128, 128, 128)"},
        marker={"size": 4},
        customdata=np.column_stack([decided["time_s"], 1 - decided["female"]]),
        hovertemplate="female-like %{y:.0%}, male-like %{customdata[1]:.0%}<extra></extra>",
        name="probability, as live",
        showlegend=False,
    )


def _moment(time_s: float) -> str:
    return str((pd.Timestamp(0) + pd.Timedelta(seconds=time_s)).isoformat(timespec="milliseconds"))


def _sure(one: Segment) -> str:
    return "" if one.state not in NAMES else f"probability {one.probability:.0%}"


def draw(
    uploaded: UploadedRecording,
    facts: Facts,
    analysis: RecordingAnalysis,
    parameters: StreamParameters,
    classes: Sequence[str],
) -> None:
    """Draw all that is known of a recording that was analysed."""
    line = timeline.segments(analysis.decisions, analysis.duration_s, parameters)
    history = LiveHistory(classes, keep=len(analysis.decisions) + 1)
    history.add(analysis.decisions)
    known = uploaded.known.truth if uploaded.known else ()
    _say(uploaded, facts, analysis, line)
    if uploaded.known:
        _agreement(uploaded.known, line, analysis)
    chart = figure(line, history.probabilities(), parameters.sure_from, known)
    chart.update_layout(margin={"t": 56, "b": 48, "r": 8}, legend=show.LEGEND_BELOW)
    show.plot(chart, CHART)
    table = described(line, known)
    recording_player(
        sounds.url(analysis.sound, FLAC, "live_recording"),
        cells(table),
        [(one.start_s, one.end_s) for one in line],
        chart=CHART,
        key="live_recording_player",
    )
    st.caption(about(parameters))
    show.download(table, "timeline")
    corrections.draw_stretch(uploaded, analysis, line)
    st.markdown("**Share of time**")
    st.dataframe(sums(line, history.shares()), hide_index=True, key="live_file_shares", width="content")
    st.caption(
        "The time line knows the whole recording; the live stream names a voice only after some of it."
    )


def about(parameters: StreamParameters) -> str:
    """How to read the time line, and what it cannot show."""
    return (
        "Click a stretch, a mark or a row to play from there. The beginning of a stretch has the name that the live "
        "stream gave it only later, *named after* so many seconds. A voice is compared with those of women and of men; "
        "nobody is identified, and two women who follow each other may be one stretch. After a pause of "
        f"{parameters.forget_s:g} s the stream starts afresh; when somebody else goes on sooner, the name changes only "
        "once the new voice clearly sounds different: late, or not at all."
    )


def _say(
    uploaded: UploadedRecording, facts: Facts, analysis: RecordingAnalysis, line: Sequence[Segment]
) -> None:
    st.caption(
        f"{escape.code(uploaded.shown)} · {minutes(analysis.duration_s)} min · {facts.rate_hz:,} Hz · "
        f"{show.counted(facts.channels, 'channel')} · {escape.markdown(facts.codec)} · "
        f"analysed in {analysis.took_s:.1f} s"
    )
    if analysis.damaged:
        st.warning(
            f"{show.counted(analysis.damaged, 'piece')} of the file cannot be decoded and were left out: the times "
            "after them are a little early. Export it again if you have the original."
        )
    if all(one.state is State.NO_SPEECH for one in line):
        st.info(
            "No speech was found. If somebody speaks, the recording may be too quiet or too noisy: move closer "
            "to the microphone or raise its level.",
            icon=":material/hearing:",
        )


def _agreement(known: ExampleContent, line: Sequence[Segment], analysis: RecordingAnalysis) -> None:
    st.markdown(known.about)
    late = example.agreement(example.of_line(line), known.truth)
    live = example.agreement(example.of_decisions(analysis.decisions), known.truth)
    for place, one, name in zip(st.columns(2), (late, live), ("On the time line", "Live"), strict=True):
        right = f"{one.right:.1%}" if one.right == one.right else "none named"
        place.metric(f"{name}: named time that is correct", right)
        undecided = (
            f"{one.undecided:.1%} of the speech was not named" if one.undecided == one.undecided else ""
        )
        place.caption(
            f"of {one.right_s + one.wrong_s:.0f} s; {undecided}; {one.outside_s:.1f} s named in the silence between"
        )
    st.caption(
        f"n = {len(known.truth)} sentences of {known.speakers} speakers, {escape.markdown(known.title)}. Correct is a "
        "voice named as its corpus records the speaker's sex."
    )


def described(line: Sequence[Segment], known: Sequence[ReferenceUtterance]) -> pd.DataFrame:
    """:func:`app.live.timeline.table`, with who was put there where that is known."""
    table = timeline.table(line)
    if known:
        table["recorded"] = [_who_spoke(one, known) for one in line]
    return table


def cells(table: pd.DataFrame) -> pd.DataFrame:
    """The same as a person reads it."""
    shown = {
        "start": table["start_s"].map(timeline.clock),
        "lasts": table["seconds"].map("{:.1f} s".format),
        "classified as": table["state"],
        "begins": table["begins"],
        "probability": [percent(one) if one == one else "" for one in table["probability"]],
        "named after": [f"{one:.1f} s" if one == one else "" for one in table["named_after_s"]],
    }
    if "recorded" in table:
        shown["recorded"] = table["recorded"]
    return pd.DataFrame(shown, dtype="string")


def sums(line: Sequence[Segment], live: pd.DataFrame) -> pd.DataFrame:
    """Each state on the time line, and its share of the live stream's decisions (``LiveHistory.shares``)."""
    seconds = timeline.shares(line)
    whole_s = max(sum(seconds.values()), 1e-9)
    live_share = live.set_index("state")["share"]
    return pd.DataFrame(
        {
            "state": [str(state) for state in State],
            "on the time line": [
                f"{seconds[state]:.1f} s, {seconds[state] / whole_s:.0%}" for state in State
            ],
            "live": [f"{live_share[str(state)]:.0%}" for state in State],
        }
    )


def _who_spoke(one: Segment, known: Sequence[ReferenceUtterance]) -> str:
    """Who was put into a stretch of speech; the silence at both ends of a sentence is nobody's."""
    there = [who for who in known if min(one.end_s, who.end_s) > max(one.start_s, who.start_s)]
    if one.state is State.NO_SPEECH:
        return ""
    return " and ".join(f"{who.speaker} ({who.sex})" for who in there)
