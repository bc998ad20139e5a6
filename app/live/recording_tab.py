"""The Live page without a microphone's stream: a recording, a file or an example, analysed at full speed."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass

import streamlit as st

from app.cache import snapshot, tables
from app.live import audio_file, example, timeline_view
from app.live.analysis import ExampleContent, RecordingAnalyser, RecordingAnalysis, UploadedRecording, left_s
from app.live.audio_file import KINDS, Facts
from app.live.timeline import minutes
from app.ui import escape, show, upload
from app.ui.clip import recording
from app.ui.show import listed
from app.ui.upload import Sent
from models.decisions import StreamParameters
from models.gender import StreamingModel
from models.stream import VoiceStream
from models.vad import RATE_HZ, Silero
from models.voice_card import Card
from pipeline.audio.decode import AudioError, load_mono, to_wav_bytes
from pipeline.errors import PipelineError

RECORD, FILE, EXAMPLE = "Record here", "A file of mine", "An example"
KEPT, CANCELLED, SENT = "live_file_heard", "live_file_cancelled", "live_file_sent"
PROGRESS_EVERY_S = 0.25
"""How often the progress bar moves; each time, Streamlit also looks whether the person has gone elsewhere."""
MADE = "live_example"
ROLES = {
    example.NEVER_MET: "The network never met these speakers.",
    example.VALIDATED: "The network did not learn from these speakers, but was chosen by its result on them: this is "
    "optimistic.",
    example.LEARNED: "The network learned from these speakers, so this says little about others.",
}


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """The last recording analysed in this session, so that it is not analysed again at each run of the page."""

    key: tuple[bytes, StreamParameters]
    model: StreamingModel
    found: tuple[Facts, RecordingAnalysis] | AudioError


def draw(model: StreamingModel, parameters: StreamParameters) -> None:
    """
    The choice between recording, file and example; then its time line.

    Parameters
    ----------
    model : StreamingModel
        The network, shared by all sessions.
    parameters : StreamParameters
        As the microphone's stream is decided on.
    """
    source = st.segmented_control(
        "Source", [RECORD, FILE, EXAMPLE], default=FILE, required=True, key="live_file_of"
    )
    uploaded = {RECORD: _recorded, FILE: _sent, EXAMPLE: example_recording}[source]()
    if uploaded is None:
        st.session_state.pop(KEPT, None)
        return
    kept = _analysed(uploaded, model, parameters)
    if kept is None:
        return
    if isinstance(kept.found, AudioError):
        st.warning(upload.in_words(uploaded.name, kept.found), icon=":material/hearing_disabled:")
        return
    timeline_view.draw(uploaded, *kept.found, parameters, model.classes)


def _recorded() -> UploadedRecording | None:
    # At the stream's own rate: half an hour would be 170 MB otherwise.
    sent = st.audio_input(
        f"Record, at most {audio_file.MAX_S / 60:.0f} minutes", sample_rate=16_000, key="live_audio_input"
    )
    return _uploaded(sent)


def _sent() -> UploadedRecording | None:
    sent = st.file_uploader(
        f"{KINDS}, at most {audio_file.MAX_S / 60:.0f} minutes and {audio_file.MAX_MB} MB",
        type=list(audio_file.SUFFIXES),
        max_upload_size=audio_file.MAX_MB,
        key="live_file",
    )
    return _uploaded(sent)


def _uploaded(sent: Sent | None) -> UploadedRecording | None:
    st.caption(upload.PRIVATE)
    if sent is None:
        st.session_state.pop(SENT, None)
        return None
    kept = st.session_state.get(SENT)
    if kept is None or kept[0] != sent.file_id:  # up to 100 MB: not copied again whenever the page is drawn
        kept = st.session_state[SENT] = (sent.file_id, UploadedRecording(sent.name, sent.getvalue()))
    uploaded: UploadedRecording = kept[1]
    return uploaded


def _analysed(
    uploaded: UploadedRecording, model: StreamingModel, parameters: StreamParameters
) -> Kept | None:
    """What was decided on the recording; None where the person has cancelled."""
    key = (uploaded.data, parameters)  # compared at once: of one upload it is always the same object
    kept: Kept | None = st.session_state.get(KEPT)
    if kept is not None and kept.key == key and kept.model is model:
        return kept
    st.session_state.pop(KEPT, None)
    if st.session_state.get(CANCELLED) == key:
        st.info("You cancelled the analysis of this recording.", icon=":material/cancel:")
        st.button("Analyse it", on_click=lambda: st.session_state.pop(CANCELLED), key="live_file_again")
        return None
    try:
        facts = audio_file.look(uploaded.data)
        found: tuple[Facts, RecordingAnalysis] | AudioError = (
            facts,
            _analyse(uploaded.data, facts, model, parameters, key),
        )
    except AudioError as error:
        found = error
    kept = st.session_state[KEPT] = Kept(key, model, found)
    return kept


def _analyse(
    data: bytes,
    facts: Facts,
    model: StreamingModel,
    parameters: StreamParameters,
    key: tuple[bytes, StreamParameters],
) -> RecordingAnalysis:
    """
    Analyse it in the script's own thread, with a progress bar.

    Whatever the person does next, cancel, leave or close, ends the script where the bar is moved, and with it the
    analysis and all that it holds.
    """
    analyser = RecordingAnalyser(data, VoiceStream(model, Silero(), parameters), facts)
    began, shown_s = time.perf_counter(), 0.0
    place = st.empty()
    with place.container(), closing(analyser.seconds()) as seconds:
        bar = st.progress(0.0, "Analysing ...")

        def cancel() -> None:
            st.session_state[CANCELLED] = key

        st.button("Cancel", on_click=cancel, key="live_file_cancel", icon=":material/close:")
        for heard_s in seconds:
            spent_s = time.perf_counter() - began
            if spent_s - shown_s >= PROGRESS_EVERY_S:
                shown_s = spent_s
                bar.progress(min(1.0, heard_s / facts.duration_s), describe_progress(heard_s, facts, spent_s))
    place.empty()
    return analyser.analysis


def describe_progress(heard_s: float, facts: Facts, spent_s: float) -> str:
    """How far the analysis is, how fast, and how long it will take."""
    progress = f"Analysing: {minutes(heard_s)} of {minutes(facts.duration_s)}"
    still_s = left_s(heard_s, facts, spent_s)
    if still_s is None:
        return progress
    return f"{progress}, {heard_s / spent_s:.0f} times real time, {still_s:.0f} s left"


@dataclass(frozen=True, slots=True)
class _Made:
    key: tuple[str, int, str]
    uploaded: UploadedRecording


def example_recording() -> UploadedRecording | None:
    """Make the example, or say why there is none."""
    network = tables.voice_card()
    key = (str(snapshot.store().root), snapshot.current().number, network.digest)
    made: _Made | None = st.session_state.get(MADE)
    if made is None or made.key != key:
        try:
            with st.spinner("Putting sentences together ..."):
                made = st.session_state[MADE] = _Made(key, _make(network))
        except PipelineError as error:
            st.info(escape.sentence(error), icon=":material/info:")
            return None
    return made.uploaded


def _make(network: Card) -> UploadedRecording:
    datasets = snapshot.datasets()
    sentences = example.choose(datasets, snapshot.clips, network)
    roots = datasets.set_index("dataset")["path"]
    made = example.build(
        sentences.clips,
        example.plan(sentences.clips),
        # Past the cache of `snapshot.samples`: it would lose what other pages have there.
        lambda clip: load_mono(recording(clip, roots[clip["dataset"]])),
    )
    about = describe_example(sentences, made)
    return UploadedRecording(
        "example.wav", to_wav_bytes(made.samples, RATE_HZ), ExampleContent(made.truth, about, sentences.title)
    )


def describe_example(sentences: example.Sentences, made: example.Example) -> str:
    """What the example is made of, and what of it cannot be read."""
    speakers = {one.speaker: one.sex for one in made.truth}
    each = [f"{list(speakers.values()).count(sex)} recorded as {sex}" for sex in example.SEXES]
    sentence = (
        f"{show.counted(len(made.truth), 'sentence')} of **{escape.markdown(sentences.title)}**"
        f"{' (synthetic)' if sentences.synthetic else ''} by {len(speakers)} speakers, {listed(each)}, with silence "
        f"between them. {ROLES[sentences.role]}"
    )
    if made.missing:
        verb = "was" if len(made.missing) == 1 else "were"
        sentence += f" {show.counted(len(made.missing), 'recording')} could not be read and {verb} left out."
    return sentence
