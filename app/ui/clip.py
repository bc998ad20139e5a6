"""One clip in full: player, waveform, log-mel spectrogram, labels and provenance."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from app.cache import snapshot, sounds
from app.ui import escape, show
from pipeline.audio.decode import AudioError, to_wav_bytes
from pipeline.fields import with_role
from store.errors import SesatlasError

PAGES = {
    "similar": ("What sounds like it", ":material/hearing:"),
    "clusters": ("Among the others", ":material/bubble_chart:"),
}


def clip_in_full(clip_id: str, *, autoplay: bool = False) -> None:
    """Draw everything known of a clip; where the recording is gone since the build, a sentence says so."""
    clip = snapshot.clip(clip_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(escape.markdown(heading(clip)), anchor=False, width="content")
        show.synthetic_mark(bool(clip["synthetic"]))
        _ways_on(clip)
    st.caption(escape.code(clip_id))
    if clip["text"]:
        st.markdown(f"> {escape.markdown(clip['text'])}")
    try:
        samples, rate_hz = snapshot.samples(str(recording(clip)), str(clip["content_hash"]))
    except AudioError as error:
        st.warning(
            f"This recording cannot be played. {escape.sentence(error)}", icon=":material/hearing_disabled:"
        )
    else:
        st.audio(to_wav_bytes(samples, rate_hz), format="audio/wav", autoplay=autoplay)
        wave = waveform_table(samples, rate_hz)
        show.chart(waveform(samples, rate_hz), wave, "waveform")
        spectrogram = log_mel(samples, rate_hz)
        show.chart(spectrogram, log_mel_table(spectrogram), "log_mel")
    left, right = st.columns(2)
    left.markdown("**Labels**")
    left.table(escape.table(labels(clip)), border="horizontal")
    right.markdown("**Measured**")
    right.table(escape.table(facts(clip)), border="horizontal")
    st.caption(
        f"{escape.markdown(clip['dataset_title'])} · {escape.markdown(clip['licence'])} · {clip['url']} · "
        f"sha256 {clip['content_hash'][:12]}…"
    )


def _ways_on(clip: pd.Series) -> None:
    """Links to this clip on the other pages."""
    here = {"dataset": clip["dataset"], "clip": clip["clip_id"]}
    for page, (label, icon) in PAGES.items():
        st.page_link(f"../pages/{page}.py", label=label, icon=icon, query_params=here)


def heading(clip: pd.Series) -> str:
    """What the clip is called: its label, who speaks, which sentence; else its file."""
    words = [str(clip[column]) for column in with_role("heading", clip.index) if pd.notna(clip[column])]
    return " · ".join(words) or str(clip["relative_path"])


def recording(clip: pd.Series, root: str | None = None) -> Path:
    """Where a clip's recording lies: below ``root``, or below the folder that the row names itself."""
    return Path(clip["root"] if root is None else root) / clip["relative_path"]


def wav(clip: pd.Series, root: str | None = None) -> bytes | None:
    """A clip as WAV; None where its recording cannot be read any more."""
    try:
        return to_wav_bytes(*snapshot.samples(str(recording(clip, root)), str(clip["content_hash"])))
    except (AudioError, SesatlasError):
        return None


def mp3(clip: pd.Series, root: str | None = None) -> bytes | None:
    """A clip as a small MP3; None where its recording cannot be read any more."""
    return snapshot.mp3(str(recording(clip, root)), str(clip["content_hash"]))


def mp3_url(clip: pd.Series, root: str | None = None) -> str | None:
    """As :func:`mp3`, for the row of a table."""
    found = mp3(clip, root)
    return None if found is None else sounds.data_url(found)


def labels(clip: pd.Series) -> dict[str, str]:
    """What the corpus says of a clip; what it does not say is left out."""
    fields = with_role("label", clip.index)
    return {field.heading: field.text(clip[name]) for name, field in fields.items() if pd.notna(clip[name])}


def facts(clip: pd.Series) -> dict[str, str]:
    """What was measured on a clip, with units."""
    fields = with_role("fact", clip.index)
    return {
        field.name: f"{field.text(clip[name])} {field.unit}".rstrip()
        for name, field in fields.items()
        if pd.notna(clip[name])
    }


COLUMNS = 900
"""A waveform is drawn as the lowest and the highest sample of this many stretches of time."""
WINDOW_S, HOP_S, N_MELS, RANGE_DB = 0.046, 0.008, 80, 80.0
"""The window is long enough that no mel band falls between two bins, at any sample rate."""
MOST_FRAMES = 1200
TICKS_HZ = (250, 500, 1000, 2000, 4000, 8000, 16000)
MAGMA = ["#010105", *px.colors.sequential.Magma[1:]]
"""Streamlit takes "#000001" to "#000020" for places to put its theme's own colours; Magma begins there."""


def waveform(samples: NDArray[np.float32], sample_rate_hz: int) -> go.Figure:
    """Amplitude over time, full scale at 1."""
    table = waveform_table(samples, sample_rate_hz)
    time_s = np.repeat(table["time_s"].to_numpy(), 2)
    amplitude = table[["lowest", "highest"]].to_numpy().ravel()  # (stretches, 2) -> (stretches * 2,)
    figure = go.Figure(go.Scattergl(x=time_s, y=amplitude, mode="lines", line_width=1, hoverinfo="skip"))
    figure.update_layout(title="Waveform", height=220, margin_t=50)
    # To the clip's own peak: a quiet recording would be a line. Its level stands in the axis and beside.
    peak = max(float(np.abs(amplitude).max()), 1e-4) * 1.05
    figure.update_yaxes(title="amplitude", range=[-peak, peak])
    return figure.update_xaxes(title="time (s)")


def waveform_table(samples: NDArray[np.float32], sample_rate_hz: int) -> pd.DataFrame:
    """``time_s``, ``lowest``, ``highest`` of each stretch: no peak is lost, however long the clip."""
    edges = np.linspace(0, len(samples), min(COLUMNS, len(samples)) + 1).astype(int)
    lowest = np.minimum.reduceat(samples, edges[:-1])
    highest = np.maximum.reduceat(samples, edges[:-1])
    time_s = edges[:-1] / sample_rate_hz
    return pd.DataFrame({"time_s": time_s.round(4), "lowest": lowest, "highest": highest})


def log_mel(samples: NDArray[np.float32], sample_rate_hz: int) -> go.Figure:
    """Mel bands in dB below the loudest, time in seconds and frequency in hertz."""
    n_fft = 2 ** int(np.ceil(np.log2(WINDOW_S * sample_rate_hz)))
    hop_length = max(int(HOP_S * sample_rate_hz), len(samples) // MOST_FRAMES)
    power = librosa.feature.melspectrogram(
        y=samples, sr=sample_rate_hz, n_fft=n_fft, hop_length=hop_length, n_mels=N_MELS
    )
    level_db = librosa.power_to_db(power, ref=np.max, top_db=RANGE_DB)  # (bands, frames)
    centres_hz = librosa.mel_frequencies(N_MELS + 2, fmax=sample_rate_hz / 2)[1:-1]
    time_s = librosa.frames_to_time(np.arange(level_db.shape[1]), sr=sample_rate_hz, hop_length=hop_length)
    figure = go.Figure(
        go.Heatmap(
            # Whole decibels and hertz in small integers: in doubles a click would send a megabyte.
            z=level_db.round().astype(np.int8),
            x=time_s.round(3),
            y=np.arange(N_MELS),
            customdata=np.broadcast_to(centres_hz[:, None].round().astype(np.uint16), level_db.shape),
            colorscale=MAGMA,
            zmin=-RANGE_DB,
            zmax=0,
            colorbar={"title": "dB", "thickness": 10},
            hovertemplate="%{x:.2f} s<br>%{customdata:.0f} Hz<br>%{z} dB<extra></extra>",
        )
    )
    ticks = [hz for hz in TICKS_HZ if hz < centres_hz[-1]]
    places = np.interp(ticks, centres_hz, np.arange(N_MELS))
    figure.update_yaxes(title="frequency (Hz)", tickvals=places, ticktext=[f"{hz:,}" for hz in ticks])
    figure.update_layout(title="Log-mel spectrogram (dB below the loudest)", height=340, margin_t=50)
    return figure.update_xaxes(title="time (s)")


def log_mel_table(figure: go.Figure) -> pd.DataFrame:
    """The numbers of a :func:`log_mel` figure: a row a band, named by its centre, a column a frame."""
    heat = figure.data[0]
    table = pd.DataFrame(heat.z, columns=[f"{time:.3f} s" for time in heat.x])
    table.insert(0, "band_hz", heat.customdata[:, 0])
    return table
