"""A stretch of a time line that is wrong: which one, and what it was."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import soundfile
import streamlit as st
from numpy.typing import NDArray

from app.cache import tables
from app.live import corrections_panel
from app.live.analysis import Hearing
from app.live.corrections import Correction
from app.live.given import Given
from app.live.timeline import NAMES, Segment
from app.live.timeline_view import clock
from models.vad import RATE_HZ

MOST_S = 10.0
"""So much of a long stretch goes with its correction."""


def draw(given: Given, hearing: Hearing, line: Sequence[Segment]) -> None:
    """Draw the choice of a stretch and of what it was; a correction joins those of the microphone."""
    with st.expander("Something is wrong", icon=":material/thumb_down:", key="live_line_wrong"):
        number = st.selectbox(
            "Which stretch",
            range(len(line)),
            format_func=lambda at: f"{clock(line[at].start_s)}, {line[at].state}",
            key="live_line_stretch",
        )
        if number is None or number >= len(line):
            return
        wrong = line[number]
        should = st.segmented_control(
            f'It says "{wrong.state}". What was it?',
            corrections_panel.others(wrong.state),
            key=f"live_line_should_{number}_{wrong.state}",
        )
        if (
            st.button("Keep this correction", disabled=should is None, key="live_line_keep")
            and should is not None
        ):
            classes, network = tables.voice_ear().classes, tables.voice_card().short
            corrections_panel.add(
                Correction(
                    source=given.name,
                    time_s=wrong.start_s,
                    said=wrong.state,
                    should=should,
                    probabilities=probabilities(wrong, classes),
                    network=network,
                    sound=_sound(hearing, wrong),
                )
            )
    corrections_panel.draw()


def probabilities(stretch: Segment, classes: Sequence[str]) -> dict[str, float]:
    """Of each of the two classes, as the stretch has it; none where no voice was named."""
    named = NAMES.get(stretch.state)
    return (
        {}
        if named is None
        else {name: stretch.probability if name == named else 1 - stretch.probability for name in classes}
    )


def _sound(hearing: Hearing, stretch: Segment) -> NDArray[np.float32]:
    """float32 (samples,), 16 kHz, from the beginning of the stretch on."""
    start, seconds = round(stretch.start_s * RATE_HZ), min(MOST_S, stretch.end_s - stretch.start_s)
    samples: NDArray[np.float32]
    samples, _ = soundfile.read(io.BytesIO(hearing.sound), round(seconds * RATE_HZ), start, dtype="float32")
    return samples
