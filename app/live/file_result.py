"""What was heard in a recording: its time line, a player that begins where one clicks, the stretches, their sums."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.cache import sounds
from app.components.players.recording_player import recording_player
from app.live import line_doubt, timeline, timeline_view, truth
from app.live.analysis import Hearing
from app.live.audio_file import Facts
from app.live.file_tables import cells, clock, described, sums
from app.live.given import Given, Known
from app.live.history import LiveHistory
from app.live.timeline import Segment
from app.ui import show
from models.decisions import State, StreamParameters

CHART, FLAC = "live_timeline_chart", "audio/flac"


def draw(
    given: Given, facts: Facts, hearing: Hearing, parameters: StreamParameters, classes: Sequence[str]
) -> None:
    """Draw all that is known of a recording that was heard."""
    line = timeline.segments(hearing.decisions, hearing.duration_s, parameters)
    history = LiveHistory(classes, keep=len(hearing.decisions) + 1)
    history.add(hearing.decisions)
    known = given.known.truth if given.known else ()
    _say(given, facts, hearing, line)
    if given.known:
        _agreement(given.known, line, hearing)
    figure = timeline_view.figure(line, history.probabilities(), parameters.sure_from, known)
    figure.update_layout(margin={"t": 56, "b": 48, "r": 8}, legend=show.LEGEND_BELOW)
    st.plotly_chart(figure, key=CHART, config={"displaylogo": False}, alt=timeline_view.TITLE)
    table = described(line, known)
    recording_player(
        sounds.url(hearing.sound, FLAC, "live_recording"),
        cells(table),
        [(one.start_s, one.end_s) for one in line],
        chart=CHART,
        key="live_recording_player",
    )
    st.caption(about(parameters))
    show.download(table, "timeline")
    line_doubt.draw(given, hearing, line)
    st.markdown("**Share of time**")
    st.dataframe(sums(line, history.shares()), hide_index=True, key="live_file_shares", width="content")
    st.caption(
        "The time line knows the whole recording; the live stream names a voice only after some of it."
    )


def about(parameters: StreamParameters) -> str:
    """How to read the time line, and what it cannot tell."""
    return (
        "Click a stretch, a mark or a row to hear it from there. Voice begins and ends where it is heard; the "
        "beginning of a stretch has the name that the live stream gave it only *named after* so many seconds. A voice "
        "is said to be like those of women or of men; nobody is identified, and two women who follow each other may be "
        f"one stretch. After a pause of {parameters.forget_s:g} s the stream listens afresh; when somebody else goes "
        "on sooner, the name changes only once the new voice clearly sounds otherwise: late, or not at all."
    )


def _say(given: Given, facts: Facts, hearing: Hearing, line: Sequence[Segment]) -> None:
    st.caption(
        f"`{given.shown}` · {clock(hearing.duration_s)} min · {facts.rate_hz:,} Hz · "
        f"{show.counted(facts.channels, 'channel')} · {facts.codec} · heard in {hearing.took_s:.1f} s"
    )
    if facts.cut_off:
        st.warning(
            "The file ends before its header says; what there is was heard. Copy it again for the rest."
        )
    if hearing.damaged:
        st.warning(
            f"{show.counted(hearing.damaged, 'piece')} of the file cannot be decoded and were left out: the times "
            "after them are a little early. Export it again if you have the original."
        )
    if all(one.state is State.NO_SPEECH for one in line):
        st.info(
            "No speech was heard in it. If somebody speaks, the recording may be too quiet or too noisy: move closer "
            "to the microphone or raise its level.",
            icon=":material/hearing:",
        )


def _agreement(known: Known, line: Sequence[Segment], hearing: Hearing) -> None:
    st.markdown(known.about)
    late = truth.agreement(truth.of_line(line), known.truth)
    live = truth.agreement(truth.of_decisions(hearing.decisions), known.truth)
    for place, one, name in zip(st.columns(2), (late, live), ("On the time line", "Live"), strict=True):
        right = f"{one.right:.1%}" if one.right == one.right else "none named"
        place.metric(f"{name}: named time that is right", right)
        undecided = (
            f"{one.undecided:.1%} of the speech heard was not named" if one.undecided == one.undecided else ""
        )
        place.caption(
            f"of {one.right_s + one.wrong_s:.0f} s; {undecided}; {one.outside_s:.1f} s named in the silence between"
        )
    st.caption(
        f"n = {len(known.truth)} sentences of {known.speakers} speakers, {known.title}. Right is a voice that is named "
        "as its corpus records the speaker's sex."
    )
