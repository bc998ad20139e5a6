"""The example of the Live page: the store's own sentences, one after the other."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from app.cache import learned, snapshot
from app.live import example
from app.live.given import Given, Known
from app.ui import show
from app.ui.clip import recording
from app.voice.card import listed
from models.vad import RATE_HZ
from models.voice_card import Card
from pipeline.audio.decode import load_mono, to_wav_bytes
from pipeline.errors import PipelineError

MADE = "live_example"
ROLES = {
    example.NEVER_MET: "The network never met these speakers.",
    example.VALIDATED: "The network has not learned from these speakers, but was chosen by how it did on them: that "
    "flatters it.",
    example.LEARNED: "The network has learned from these speakers: that it knows them proves little.",
}


@dataclass(frozen=True, slots=True)
class _Made:
    key: tuple[str, int, str]
    given: Given


def draw() -> Given | None:
    """Make the example, or say why there is none."""
    network = learned.voice_card()
    key = (str(snapshot.store().root), snapshot.current().number, network.digest)
    made: _Made | None = st.session_state.get(MADE)
    if made is None or made.key != key:
        try:
            with st.spinner("Putting sentences together ..."):
                made = st.session_state[MADE] = _Made(key, _make(network))
        except PipelineError as error:
            st.info(str(error), icon=":material/info:")
            return None
    return made.given


def _make(network: Card) -> Given:
    datasets = snapshot.datasets()
    sentences = example.choose(datasets, snapshot.clips, network)
    roots = datasets.set_index("dataset")["path"]
    made = example.build(
        sentences.clips,
        example.plan(sentences.clips),
        # Past the cache of `snapshot.samples`: it would lose what other pages have there.
        lambda clip: load_mono(recording(pd.Series({**clip, "root": roots[clip["dataset"]]}))),
    )
    about = in_words(sentences, made)
    return Given(
        "example.wav", to_wav_bytes(made.samples, RATE_HZ), Known(made.truth, about, sentences.title)
    )


def in_words(sentences: example.Sentences, made: example.Example) -> str:
    """What the example is made of, and what of it cannot be read."""
    speakers = {one.speaker: one.sex for one in made.truth}
    each = [f"{list(speakers.values()).count(sex)} recorded as {sex}" for sex in example.SEXES]
    told = (
        f"{show.counted(len(made.truth), 'sentence')} of **{sentences.title}**"
        f"{' (synthetic)' if sentences.synthetic else ''} by {len(speakers)} speakers, {listed(each)}, with silence "
        f"between them. {ROLES[sentences.role]}"
    )
    if made.missing:
        told += f" {show.counted(len(made.missing), 'recording')} cannot be read any more and were left out."
    return told
