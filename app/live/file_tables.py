"""The stretches of a recording as tables, for a person and for a file. No Streamlit."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from app.experiments import summary as words
from app.live import timeline, timeline_view
from app.live.timeline import Segment
from app.live.truth import Spoken
from models.decisions import State


def described(line: Sequence[Segment], known: Sequence[Spoken]) -> pd.DataFrame:
    """:func:`app.live.timeline.table`, with who was put there where that is known."""
    table = timeline.table(line)
    if known:
        table["recorded"] = [_recorded(one, known) for one in line]
    return table


def cells(table: pd.DataFrame) -> pd.DataFrame:
    """The same as a person reads it."""
    shown = {
        "start": table["start_s"].map(timeline_view.clock),
        "lasts": table["seconds"].map("{:.1f} s".format),
        "heard as": table["state"],
        "begins": table["begins"],
        "probability": [words.percent(one) if one == one else "" for one in table["probability"]],
        "named after": [f"{one:.1f} s" if one == one else "" for one in table["named_after_s"]],
    }
    if "recorded" in table:
        shown["recorded"] = table["recorded"]
    return pd.DataFrame(shown, dtype="string")


def sums(line: Sequence[Segment], live: pd.DataFrame) -> pd.DataFrame:
    """Each state on the time line, and its share of what the live stream said (``LiveHistory.shares``)."""
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


def clock(seconds: float) -> str:
    """``2:03``: whole minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _recorded(one: Segment, known: Sequence[Spoken]) -> str:
    """Who was put into a stretch of speech; the silence at both ends of a sentence is nobody's."""
    there = [who for who in known if min(one.end_s, who.end_s) > max(one.start_s, who.start_s)]
    if one.state is State.NO_SPEECH:
        return ""
    return " and ".join(f"{who.speaker} ({who.sex})" for who in there)
