"""One's own voice on the map: where it walks among the sentences of the store, and which of them are nearest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.cache import snapshot, tables
from app.components.clip_rows.clip_rows import clip_rows
from app.components.cloud.cloud import Scene, cloud
from app.live import ground as ground_of
from app.live.ground import Ground
from app.live.metrics import Sitting
from app.similar import search
from app.ui import clip as listen
from app.ui import colours
from pipeline.audio.decode import AudioError, to_wav_bytes

COUNT = 5
KEY, HEARD = "live_map", "live_map_heard"
NONE = (
    "The map needs a collection of speech that this very network has listened to. Build the demo on Home, or add "
    "recordings of speech on the Pipeline page; a store that was built with another network needs one more build."
)
WAITING = "Speak for a second, and your voice appears here as a trail."


def draw(sitting: Sitting | None) -> None:
    """Draw the cloud with the trail of this session's voice in it, and the nearest sentences."""
    st.subheader("Voice on the map", anchor=False)
    titles = ground_of.collections()
    dataset = _choose(titles)
    ground = ground_of.of(dataset, titles[dataset]) if dataset else None
    if ground is None:
        st.info(NONE, icon=":material/scatter_plot:")
        return
    voice = [] if sitting is None else sitting.voice
    left, right = st.columns([3, 2])
    with left:
        _cloud(ground, voice)
    with right:
        _nearest(ground, voice)


def _choose(titles: dict[str, str]) -> str | None:
    if len(titles) < 2:
        return next(iter(titles), None)
    return st.selectbox("Collection", list(titles), format_func=titles.__getitem__, key="live_map_dataset")


def _cloud(ground: Ground, voice: Sequence[NDArray[np.float32]]) -> None:
    clips = tables.aligned(snapshot.clips(ground.dataset), np.array(ground.clip_ids, dtype=object))
    labels = colours.categories(clips[ground.by], ground.by.capitalize())
    trail = ground.place(voice) if voice else None
    chosen = st.session_state.get(HEARD)
    cloud(
        [Scene(name="PCA", dimension=3, points=ground.points, title=f"PCA of {ground.title}", trail=trail)],
        ground.clip_ids,
        labels,
        None,
        labels,
        symbols=False,
        selected=None,
        chosen=ground.clip_ids.index(chosen) if chosen in ground.clip_ids else None,
        sound=_sound(str(chosen)) if chosen in ground.clip_ids else None,
        on_choose=lambda place: _hear(ground.clip_ids[place]),
        on_select=lambda _: None,
        key=KEY,
        height=440,
        turning=False,  # the trail is what moves
    )
    st.caption(
        "Each point is a sentence of the store; the trail is your voice, its newest place the larger mark. Three "
        "principal components, fitted on the store alone. Click a point to hear its sentence."
    )


def _hear(clip_id: str) -> None:
    st.session_state[HEARD] = clip_id


def _sound(clip_id: str) -> bytes | None:
    """A clip as WAV; None where it cannot be read any more, which its own page says."""
    clip = snapshot.clip(clip_id)
    try:
        return to_wav_bytes(*snapshot.samples(str(listen.recording(clip)), str(clip["content_hash"])))
    except AudioError:
        return None


def _nearest(ground: Ground, voice: Sequence[NDArray[np.float32]]) -> None:
    if not voice:
        st.caption(WAITING)
        return
    hits = ground.nearest(voice[-1], COUNT)
    st.markdown(f"**Nearest sentences.** {search.agreement(hits[ground.by].tolist(), None)}")
    sounds = [snapshot.preview(str(listen.recording(hit)), hit["content_hash"]) for _, hit in hits.iterrows()]
    said = [hit["text"] if pd.notna(hit["text"]) else listen.heading(hit) for _, hit in hits.iterrows()]
    words = pd.DataFrame(
        {"distance": hits["distance"].map("{:.4f}".format), "sentence": said}, dtype="string"
    )
    clip_rows(words, hits["clip_id"].tolist(), sounds, chosen=None, on_choose=_hear, key=f"{KEY}_rows")
    st.caption(
        f"By cosine distance in all {len(voice[-1])} numbers, not in the picture. Nearest in what tells the sexes "
        "apart, so it does not say who you are."
    )
