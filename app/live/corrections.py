"""Decisions that a person says were wrong: kept in memory, with their sound, until the person exports or drops them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import soundfile
import streamlit as st
from numpy.typing import NDArray

from app.cache import tables
from app.live.analysis import RecordingAnalysis, UploadedRecording
from app.live.metrics import SessionStats
from app.live.timeline import NAMES, Segment, clock
from app.ui import show
from models.decisions import Decision, State
from models.vad import RATE_HZ
from pipeline.audio.decode import to_wav_bytes
from store.export import to_csv

SOUND_S = 3.0
"""So much sound before the decision goes with it: what the network listens to at most, pauses aside."""
MAX_CORRECTIONS = 100
"""Corrections of one page: 19 MB of sound."""
KEY = "live_corrections"
PRIVATE = "They and their sound exist only in this program's memory, and are gone with the page unless you export them."
MICROPHONE = "microphone"
MAX_STRETCH_S = 10.0
"""So much of a long stretch goes with its correction."""


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """One decision, and what it should have been."""

    source: str
    """Where the sound came from: the microphone, or a file's name."""
    time_s: float
    predicted: State
    should: State
    probabilities: dict[str, float]
    network: str
    """The weights that decided, by the beginning of their SHA-256."""
    sound: NDArray[np.float32]
    """float32 (samples,), 16 kHz."""


def correct(source: str, recent: Sequence[Decision], should: State, network: str) -> Correction:
    """The last of these decisions corrected, with the newest ``SOUND_S`` of their sound."""
    last = recent[-1]
    sound = np.concatenate([one.sound for one in recent])[-round(SOUND_S * RATE_HZ) :]
    return Correction(source, last.time_s, last.state, should, dict(last.probabilities), network, sound)


def corrections_table(corrections: Sequence[Correction], classes: Sequence[str]) -> pd.DataFrame:
    """A row a correction: ``source``, ``time_s``, ``said`` (predicted), ``should`` (correct), a column a class,
    ``sound_s``, ``network``."""
    return pd.DataFrame(
        [
            {
                "source": one.source,
                "time_s": round(one.time_s, 3),
                "said": str(one.predicted),
                "should": str(one.should),
            }
            | {name: one.probabilities.get(name, np.nan) for name in classes}
            | {"sound_s": len(one.sound) / RATE_HZ, "network": one.network}
            for one in corrections
        ],
        columns=["source", "time_s", "said", "should", *classes, "sound_s", "network"],
    )


def archive(corrections: Sequence[Correction], classes: Sequence[str]) -> bytes:
    """All of them as a ZIP: ``corrections.csv``, and a WAV each, which its column ``file`` names.

    The folder can be built as a collection of one's own: ``should`` is a column to take the labels from.
    """
    files = [f"correction_{number:03d}.wav" for number in range(1, len(corrections) + 1)]
    rows = corrections_table(corrections, classes).assign(file=files)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("corrections.csv", to_csv(rows))
        for name, one in zip(files, corrections, strict=True):
            out.writestr(name, to_wav_bytes(one.sound, RATE_HZ))
    return packed.getvalue()


def kept() -> list[Correction]:
    """The corrections of this browser tab."""
    found: list[Correction] = st.session_state.setdefault(KEY, [])
    return found


def add(correction: Correction) -> None:
    """Keep one more; the oldest makes room where there are too many."""
    kept().append(correction)
    del kept()[:-MAX_CORRECTIONS]


def others(predicted: State) -> list[State]:
    """What a decision should perhaps have been instead."""
    return [one for one in State if one is not predicted]


def draw_list() -> None:
    """Draw the list; nothing where there is none."""
    mine = kept()
    if not mine:
        return
    classes = tables.voice_model().classes
    st.subheader("Corrections", anchor=False)
    st.markdown(f"You have corrected {show.counted(len(mine), 'decision')}.")
    table = corrections_table(mine, classes)
    st.dataframe(table, hide_index=True, key="live_corrections_table")
    number = st.selectbox(
        "Hear one",
        range(len(mine)),
        format_func=lambda at: f"{at + 1}: {mine[at].should}, not {mine[at].predicted}",
    )
    if number is not None and number < len(mine):
        st.audio(to_wav_bytes(mine[number].sound, RATE_HZ), format="audio/wav")
    with st.container(horizontal=True):
        st.download_button(
            "Export with sound (ZIP)",
            data=lambda: archive(mine, classes),
            file_name="sesatlas_corrections.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",  # the page would run anew, and Streamlit forget what it is to make the file of
        )
        st.button("Delete them", icon=":material/delete:", on_click=mine.clear)
    st.caption(PRIVATE)


def draw_button(stats: SessionStats) -> None:
    """Draw the button, or, after a click on it, the choice; for a fragment that runs while one speaks."""
    if not stats.held:
        st.button(
            "That's wrong",
            icon=":material/thumb_down:",
            disabled=not stats.shown,
            on_click=_hold,
            args=[stats],
            help=f"Holds on to what is shown now, with its last {SOUND_S:g} s of sound, so that you can "
            "say what it was.",
            key="live_wrong",
        )
        return
    last = stats.held[-1]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        should = st.segmented_control(
            f'At {last.time_s:.1f} s the prediction was "{last.state}". What was it?',
            others(last.state),
            key=f"live_should_{stats.name}_{last.time_s}",
        )
        st.button("Never mind", on_click=_let_go, args=[stats], key="live_never_mind")
    if should is not None:
        network = tables.voice_card().short
        add(correct(MICROPHONE, stats.held, should, network))
        _let_go(stats)
        st.rerun()  # the whole page: the list of corrections is below


def _hold(stats: SessionStats) -> None:
    stats.held = stats.shown


def _let_go(stats: SessionStats) -> None:
    stats.held = ()


def draw_stretch(uploaded: UploadedRecording, analysis: RecordingAnalysis, line: Sequence[Segment]) -> None:
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
            f'Predicted: "{wrong.state}". What was it?',
            others(wrong.state),
            key=f"live_line_should_{number}_{wrong.state}",
        )
        if (
            st.button("Keep this correction", disabled=should is None, key="live_line_keep")
            and should is not None
        ):
            classes, network = tables.voice_model().classes, tables.voice_card().short
            add(
                Correction(
                    source=uploaded.name,
                    time_s=wrong.start_s,
                    predicted=wrong.state,
                    should=should,
                    probabilities=probabilities(wrong, classes),
                    network=network,
                    sound=_sound(analysis, wrong),
                )
            )
    draw_list()


def probabilities(stretch: Segment, classes: Sequence[str]) -> dict[str, float]:
    """Of each of the two classes, as the stretch has it; none where no voice was named."""
    named = NAMES.get(stretch.state)
    return (
        {}
        if named is None
        else {name: stretch.probability if name == named else 1 - stretch.probability for name in classes}
    )


def _sound(analysis: RecordingAnalysis, stretch: Segment) -> NDArray[np.float32]:
    """float32 (samples,), 16 kHz, from the beginning of the stretch on."""
    start, seconds = round(stretch.start_s * RATE_HZ), min(MAX_STRETCH_S, stretch.end_s - stretch.start_s)
    samples: NDArray[np.float32]
    samples, _ = soundfile.read(io.BytesIO(analysis.sound), round(seconds * RATE_HZ), start, dtype="float32")
    return samples
