"""The Live page without a microphone's stream: a recording, a file or an example, heard at full speed."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass

import streamlit as st

from app.cache import snapshot, tables
from app.live import audio_file, example, timeline_view
from app.live.analysis import Given, Hearer, Hearing, Known, left_s
from app.live.audio_file import KINDS, Facts
from app.live.timeline import minutes
from app.ui import show, upload
from app.ui.clip import recording
from app.ui.upload import Sent
from app.voice.card import listed
from models.decisions import StreamParameters
from models.gender import StreamingModel
from models.stream import VoiceStream
from models.vad import RATE_HZ, Silero
from models.voice_card import Card
from pipeline.audio.decode import AudioError, load_mono, to_wav_bytes
from pipeline.errors import PipelineError

RECORD, FILE, EXAMPLE = "Record here", "A file of mine", "An example"
KEPT, CANCELLED, SENT = "live_file_heard", "live_file_cancelled", "live_file_sent"
TELL_S = 0.25
"""How often the progress bar moves; each time, Streamlit also looks whether the person has gone elsewhere."""
MADE = "live_example"
ROLES = {
    example.NEVER_MET: "The network never met these speakers.",
    example.VALIDATED: "The network has not learned from these speakers, but was chosen by how it did on them: that "
    "flatters it.",
    example.LEARNED: "The network has learned from these speakers: that it knows them proves little.",
}


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """The last recording that was heard in this session, so that it is not heard again when the page is drawn anew."""

    key: tuple[bytes, StreamParameters]
    ear: StreamingModel
    found: tuple[Facts, Hearing] | AudioError


def draw(ear: StreamingModel, parameters: StreamParameters) -> None:
    """
    The choice between recording, file and example; then its time line.

    Parameters
    ----------
    ear : Ear
        The network, shared by all sessions.
    parameters : StreamParameters
        As the microphone's stream is decided on.
    """
    way = st.segmented_control(
        "What to listen to", [RECORD, FILE, EXAMPLE], default=FILE, required=True, key="live_file_of"
    )
    given = {RECORD: _recorded, FILE: _sent, EXAMPLE: example_recording}[way]()
    if given is None:
        st.session_state.pop(KEPT, None)
        return
    kept = _heard(given, ear, parameters)
    if kept is None:
        return
    if isinstance(kept.found, AudioError):
        st.warning(upload.in_words(given.name, kept.found), icon=":material/hearing_disabled:")
        return
    timeline_view.draw(given, *kept.found, parameters, ear.classes)


def _recorded() -> Given | None:
    # At the stream's own rate: half an hour would be 170 MB otherwise.
    sent = st.audio_input(
        f"Record, at most {audio_file.MOST_S / 60:.0f} minutes", sample_rate=16_000, key="live_audio_input"
    )
    return _given(sent)


def _sent() -> Given | None:
    sent = st.file_uploader(
        f"{KINDS}, at most {audio_file.MOST_S / 60:.0f} minutes and {audio_file.MOST_MB} MB",
        type=list(audio_file.SUFFIXES),
        max_upload_size=audio_file.MOST_MB,
        key="live_file",
    )
    return _given(sent)


def _given(sent: Sent | None) -> Given | None:
    st.caption(upload.PRIVATE)
    if sent is None:
        st.session_state.pop(SENT, None)
        return None
    kept = st.session_state.get(SENT)
    if kept is None or kept[0] != sent.file_id:  # up to 100 MB: not copied again whenever the page is drawn
        kept = st.session_state[SENT] = (sent.file_id, Given(sent.name, sent.getvalue()))
    given: Given = kept[1]
    return given


def _heard(given: Given, ear: StreamingModel, parameters: StreamParameters) -> Kept | None:
    """What was decided on the recording; None where the person has cancelled."""
    key = (given.data, parameters)  # compared at once: of one upload it is always the same object
    kept: Kept | None = st.session_state.get(KEPT)
    if kept is not None and kept.key == key and kept.ear is ear:
        return kept
    st.session_state.pop(KEPT, None)
    if st.session_state.get(CANCELLED) == key:
        st.info("You cancelled listening to this recording.", icon=":material/cancel:")
        st.button("Listen to it", on_click=lambda: st.session_state.pop(CANCELLED), key="live_file_again")
        return None
    try:
        facts = audio_file.look(given.data)
        found: tuple[Facts, Hearing] | AudioError = facts, _hear(given.data, facts, ear, parameters, key)
    except AudioError as error:
        found = error
    kept = st.session_state[KEPT] = Kept(key, ear, found)
    return kept


def _hear(
    data: bytes,
    facts: Facts,
    ear: StreamingModel,
    parameters: StreamParameters,
    key: tuple[bytes, StreamParameters],
) -> Hearing:
    """
    Hear it while the person looks on, in the script's own thread.

    Whatever the person does next, cancel, leave or close, ends the script where the bar is moved, and with it all that
    hearing holds.
    """
    hearer, began, told_s = Hearer(data, VoiceStream(ear, Silero(), parameters)), time.perf_counter(), 0.0
    place = st.empty()
    with place.container(), closing(hearer.seconds()) as seconds:
        bar = st.progress(0.0, "Listening ...")

        def cancel() -> None:
            st.session_state[CANCELLED] = key

        st.button("Cancel", on_click=cancel, key="live_file_cancel", icon=":material/close:")
        for heard_s in seconds:
            spent_s = time.perf_counter() - began
            if spent_s - told_s >= TELL_S:
                told_s = spent_s
                bar.progress(min(1.0, heard_s / facts.duration_s), progress_in_words(heard_s, facts, spent_s))
    place.empty()
    return hearer.found


def progress_in_words(heard_s: float, facts: Facts, spent_s: float) -> str:
    """How far hearing is, how fast, and how long it will take."""
    told = f"Listening: {minutes(heard_s)} of {minutes(facts.duration_s)}"
    still_s = left_s(heard_s, facts, spent_s)
    if still_s is None:
        return told
    return f"{told}, {heard_s / spent_s:.0f} times as fast as it was spoken, {still_s:.0f} s left"


@dataclass(frozen=True, slots=True)
class _Made:
    key: tuple[str, int, str]
    given: Given


def example_recording() -> Given | None:
    """Make the example, or say why there is none."""
    network = tables.voice_card()
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
        lambda clip: load_mono(recording(clip, roots[clip["dataset"]])),
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
