"""One's own voice on the map: where it walks among the sentences of the store, and which of them are nearest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.cache import snapshot, tables
from app.components.clip_rows.clip_rows import clip_rows
from app.components.cloud.cloud import Scene, cloud
from app.live.metrics import SessionStats
from app.similar import search
from app.similar.cloud import by_axes
from app.ui import clip as listen
from app.ui import colours
from pipeline.networks.voice_view import NAME, described

COUNT = 5
KEY, HEARD = "live_map", "live_map_heard"
NONE = (
    "The map needs a collection of speech with embeddings of this very network. Build the demo on Home, or add "
    "recordings of speech on the Pipeline page; a store that was built with another network needs one more build."
)
WAITING = "Speak for a second, and your voice appears here as a trail."


@dataclass(frozen=True, eq=False)
class ReferenceMap:
    """The cloud of a collection's sentences: three principal components of what the network makes of each."""

    dataset: str
    title: str
    clip_ids: list[str]
    points: NDArray[np.float32]
    """float32 (clips, 3)."""
    axes: pd.DataFrame

    def place(self, embeddings: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Where voices stand, (n, 3): on the same components, fitted on the store alone."""
        scaled = snapshot.standardised(self.dataset, NAME)
        placed = by_axes(scaled.place(np.stack(embeddings)), scaled.columns, self.axes)
        return np.zeros((0, 3), np.float32) if placed is None else placed

    def nearest(self, embedding: NDArray[np.float32], count: int) -> pd.DataFrame:
        """The clips nearest to a voice by cosine distance in all its numbers, nearest first, with ``distance``."""
        target = snapshot.standardised(self.dataset, NAME).place(embedding[None])[0]
        return search.in_full(snapshot.nearest_index(self.dataset, NAME).nearest(target, count, "cosine"))

    @property
    def by(self) -> str:
        """What the sentences are coloured by: the speaker's sex, where it is known of any."""
        return "sex" if snapshot.clips(self.dataset)["sex"].notna().any() else "label"


def collections() -> dict[str, str]:
    """The collections that the network in use has listened to, with their titles."""
    if not snapshot.store().current():
        return {}
    key = described(tables.voice_card()).key
    found = {}
    for _, row in snapshot.datasets().iterrows():
        views = snapshot.views(str(row["dataset"])).set_index("view")
        if NAME in views.index and views.loc[NAME, "key"] == key:
            found[str(row["dataset"])] = str(row["title"])
    return found


def reference_map(dataset: str, title: str) -> ReferenceMap | None:
    """The ground of a collection; None where the build made no cloud of it."""
    rows = tables.projections(dataset)
    pca = (rows["view"] == NAME) & (rows["method"] == "pca") & (rows["dimension"] == 3)
    rows = rows[pca & (rows["origin"] == "build")]
    if rows.empty:
        return None
    projection_id = str(rows["projection_id"].iloc[0])
    points = tables.points(projection_id)
    return ReferenceMap(dataset, title, list(points.clip_ids), points.positions, tables.axes(projection_id))


def draw(stats: SessionStats | None) -> None:
    """Draw the cloud with the trail of this session's voice in it, and the nearest sentences."""
    st.subheader("Voice on the map", anchor=False)
    titles = collections()
    dataset = _choose(titles)
    reference = reference_map(dataset, titles[dataset]) if dataset else None
    if reference is None:
        st.info(NONE, icon=":material/scatter_plot:")
        return
    voice = [] if stats is None else stats.voice
    left, right = st.columns([3, 2])
    with left:
        _cloud(reference, voice)
    with right:
        _nearest(reference, voice)


def _choose(titles: dict[str, str]) -> str | None:
    if len(titles) < 2:
        return next(iter(titles), None)
    return st.selectbox("Collection", list(titles), format_func=titles.__getitem__, key="live_map_dataset")


def _cloud(reference: ReferenceMap, voice: Sequence[NDArray[np.float32]]) -> None:
    clips = tables.aligned(snapshot.clips(reference.dataset), np.array(reference.clip_ids, dtype=object))
    labels = colours.categories(clips[reference.by], reference.by.capitalize())
    trail = reference.place(voice) if voice else None
    chosen = st.session_state.get(HEARD)
    cloud(
        [
            Scene(
                name="PCA",
                dimension=3,
                points=reference.points,
                title=f"PCA of {reference.title}",
                trail=trail,
            )
        ],
        reference.clip_ids,
        labels,
        None,
        labels,
        symbols=False,
        selected=None,
        chosen=reference.clip_ids.index(chosen) if chosen in reference.clip_ids else None,
        sound=_sound(str(chosen)) if chosen in reference.clip_ids else None,
        on_choose=lambda place: _hear(reference.clip_ids[place]),
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
    return listen.wav(snapshot.clip(clip_id))


def _nearest(reference: ReferenceMap, voice: Sequence[NDArray[np.float32]]) -> None:
    if not voice:
        st.caption(WAITING)
        return
    hits = reference.nearest(voice[-1], COUNT)
    st.markdown(f"**Nearest sentences.** {search.agreement(hits[reference.by].tolist(), None)}")
    sounds = [listen.mp3_url(hit) for _, hit in hits.iterrows()]
    sentences = [hit["text"] if pd.notna(hit["text"]) else listen.heading(hit) for _, hit in hits.iterrows()]
    words = pd.DataFrame(
        {"distance": hits["distance"].map("{:.4f}".format), "sentence": sentences}, dtype="string"
    )
    clip_rows(words, hits["clip_id"].tolist(), sounds, chosen=None, on_choose=_hear, key=f"{KEY}_rows")
    st.caption(
        f"By cosine distance in all {len(voice[-1])} numbers, not in the picture. They are near in what "
        "separates the sexes, which does not say who you are."
    )
