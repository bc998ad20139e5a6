"""One clip in full: player, waveform, log-mel spectrogram, labels and provenance."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from app.cache import snapshot
from app.ui import show, sound_charts
from pipeline.audio.decode import AudioError, to_wav_bytes
from pipeline.fields import with_role

PAGES = {
    "similar": ("What sounds like it", ":material/hearing:"),
    "clusters": ("Among the others", ":material/bubble_chart:"),
}


def clip_in_full(clip_id: str, *, autoplay: bool = False) -> None:
    """Draw everything known of a clip; a recording that is gone since the build is said so."""
    clip = snapshot.clip(clip_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(heading(clip), anchor=False, width="content")
        show.synthetic_mark(bool(clip["synthetic"]))
        _ways_on(clip)
    st.caption(f"`{clip_id}`")
    if clip["text"]:
        st.markdown(f"> {clip['text']}")
    try:
        samples, rate_hz = snapshot.samples(str(recording(clip)), str(clip["content_hash"]))
    except AudioError as error:
        st.warning(f"This recording cannot be played. {error}", icon=":material/hearing_disabled:")
    else:
        st.audio(to_wav_bytes(samples, rate_hz), format="audio/wav", autoplay=autoplay)
        wave = sound_charts.waveform_table(samples, rate_hz)
        show.chart(sound_charts.waveform(samples, rate_hz), wave, "waveform")
        spectrogram = sound_charts.log_mel(samples, rate_hz)
        show.chart(spectrogram, sound_charts.log_mel_table(spectrogram), "log_mel")
    left, right = st.columns(2)
    left.markdown("**Labels**")
    left.table(labels(clip), border="horizontal")
    right.markdown("**Measured**")
    right.table(facts(clip), border="horizontal")
    st.caption(
        f"{clip['dataset_title']} · {clip['licence']} · {clip['url']} · sha256 {clip['content_hash'][:12]}…"
    )


def _ways_on(clip: pd.Series) -> None:
    """Links to this clip on the other pages."""
    here = {"dataset": clip["dataset"], "clip": clip["clip_id"]}
    for page, (label, icon) in PAGES.items():
        st.page_link(f"../pages/{page}.py", label=label, icon=icon, query_params=here)


def heading(clip: pd.Series) -> str:
    """What a person would call the clip: its label, who speaks, which sentence; else its file."""
    told = [str(clip[column]) for column in ("label", "speaker", "sentence") if pd.notna(clip[column])]
    return " · ".join(told) or str(clip["relative_path"])


def recording(clip: pd.Series) -> Path:
    """Where a clip's recording lies."""
    return Path(clip["root"]) / clip["relative_path"]


def labels(clip: pd.Series) -> dict[str, str]:
    """What the corpus tells of a clip, without what it does not tell."""
    fields = with_role("label", clip.index)
    return {field.heading: field.text(clip[name]) for name, field in fields.items() if pd.notna(clip[name])}


def facts(clip: pd.Series) -> dict[str, str]:
    """What was measured on a clip, with units."""
    fields = with_role("fact", clip.index)
    return {field.name: f"{field.text(clip[name])} {field.unit}".rstrip() for name, field in fields.items()}
