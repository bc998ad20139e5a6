"""The page's part: one hearing for one recording, a word where there is none, and a way out."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import soundfile
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.live import recording_tab, timeline_view
from app.live.analysis import ExampleContent, UploadedRecording
from app.live.audio_file import Facts
from app.live.example import ReferenceUtterance
from app.live.recording_tab import CANCELLED, KEPT
from app.live.timeline import Segment
from models.decisions import State, StreamParameters
from models.gender import Inference

RATE_HZ = 16_000


class Ear:
    """A voice above 180 Hz is female."""

    classes = ("female", "male")
    temperature = 1.0

    def infer(self, voice: np.ndarray) -> Inference:
        pitch_hz = np.argmax(np.abs(np.fft.rfft(voice))) * RATE_HZ / len(voice)
        logit = 6.0 if pitch_hz > 180 else -6.0
        return Inference(np.array([logit, 0], np.float32), np.zeros(192, np.float32), 0.001, 0.002)


class LoudIsSpeech:
    def __call__(self, chunk: np.ndarray) -> float:
        return float(np.sqrt(np.mean(chunk**2)) > 0.01)

    def reset(self) -> None: ...


def talk() -> bytes:
    time_s = np.arange(3 * RATE_HZ) / RATE_HZ
    parts = [
        0.4 * np.sin(2 * np.pi * 250 * time_s),
        np.full(2 * RATE_HZ, 2**-12),
        0.4 * np.sin(2 * np.pi * 100 * time_s),
    ]
    file = io.BytesIO()
    soundfile.write(file, np.concatenate(parts), RATE_HZ, format="WAV")
    return file.getvalue()


def page() -> None:
    from app.live import recording_tab
    from models.decisions import StreamParameters

    recording_tab.draw(recording_tab.EAR, StreamParameters())  # type: ignore[attr-defined]


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """``app(given)``: the page after somebody has given this; ``app.heard`` counts how often one was heard."""
    monkeypatch.setattr(recording_tab, "EAR", Ear(), raising=False)
    monkeypatch.setattr(recording_tab, "Silero", LoudIsSpeech)
    counted: list[bytes] = []
    hear = recording_tab._analyse

    def hear_and_count(data: bytes, *rest: Any) -> Any:
        counted.append(data)
        return hear(data, *rest)

    monkeypatch.setattr(recording_tab, "_analyse", hear_and_count)

    class Page:
        heard = counted

        def __call__(self, given: UploadedRecording | None) -> AppTest:
            self.give(given)
            return AppTest.from_function(page, default_timeout=30).run()

        def give(self, given: UploadedRecording | None) -> None:
            monkeypatch.setattr(recording_tab, "_sent", lambda: given)

    return Page()


def words(test: AppTest) -> str:
    return " ".join(
        one.value for kind in ("markdown", "caption", "info", "warning") for one in test.get(kind)
    )


def test_a_recording_is_heard_once_however_often_the_page_is_drawn(app: Any) -> None:
    test = app(UploadedRecording("talk.wav", talk()))

    assert not test.exception
    assert "talk.wav" in words(test)
    table = test.dataframe[0].value.set_index("state")
    assert table.loc["female-like voice", "on the time line"].startswith("3.0 s")
    assert table.loc["male-like voice", "on the time line"].startswith("3.0 s")
    test.run()
    assert len(app.heard) == 1


def test_another_recording_takes_the_place_of_the_last_and_none_lets_it_go(app: Any) -> None:
    test = app(UploadedRecording("talk.wav", talk()))
    first = test.session_state[KEPT].key
    app.give(UploadedRecording("talk.wav", talk() + bytes(2)))
    test.run()
    assert test.session_state[KEPT].key != first
    assert len(app.heard) == 2

    app.give(None)
    test.run()
    assert KEPT not in test.session_state


def test_the_example_shows_how_much_is_right(app: Any) -> None:
    truth = (
        ReferenceUtterance(0, 3, "a/1", "Ann", "female"),
        ReferenceUtterance(5, 8, "b/1", "Bob", "female"),
    )
    test = app(UploadedRecording("example.wav", talk(), ExampleContent(truth, "Two sentences.", "Demo")))

    shown = {one.label: one.value for one in test.metric}
    assert shown["On the time line: named time that is correct"] == "50.0%"
    assert "n = 2 sentences of 2 speakers, Demo" in words(test)


@pytest.mark.parametrize("data", [b"", b"no sound at all" * 100])
def test_what_is_no_recording_is_said_and_the_next_one_is_heard(app: Any, data: bytes) -> None:
    test = app(UploadedRecording("ba`d.wav", data))
    assert not test.exception
    (warning,) = test.warning
    assert "``ba`d.wav`` cannot be used." in warning.value
    assert "expected" in warning.value

    app.give(UploadedRecording("talk.wav", talk()))
    test.run()
    assert not test.warning
    assert len(test.dataframe) == 1


def test_silence_is_told_to_be_silence(app: Any) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.full(2 * RATE_HZ, 2**-12), RATE_HZ, format="FLAC")
    test = app(UploadedRecording("nothing.flac", file.getvalue()))
    assert not test.exception
    assert "No speech was found" in words(test)


def test_who_cancels_is_left_alone_until_asking_again(app: Any) -> None:
    test = app(UploadedRecording("talk.wav", talk()))
    key = test.session_state[KEPT].key
    del test.session_state[KEPT]
    test.session_state[CANCELLED] = key

    test.run()
    assert "You cancelled" in words(test)
    assert len(app.heard) == 1

    (again,) = [one for one in test.button if one.label == "Analyse it"]
    again.click().run()
    assert len(app.heard) == 2
    assert KEPT in test.session_state


def test_a_script_that_ends_while_it_hears_lets_go_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit ends a script with an exception out of its own calls when a person clicks elsewhere."""

    class Ended(BaseException): ...

    class Bar:
        def progress(self, *_: Any) -> None:
            raise Ended

    opened: list[Any] = []
    blocks = recording_tab.audio_file.blocks

    def remembered(data: bytes, facts: Facts) -> Any:
        opened.append(blocks(data, facts))
        return opened[0]

    monkeypatch.setattr(recording_tab, "PROGRESS_EVERY_S", 0.0)
    monkeypatch.setattr(recording_tab, "Silero", LoudIsSpeech)
    monkeypatch.setattr(recording_tab.audio_file, "blocks", remembered)
    monkeypatch.setattr(st, "progress", lambda *_: Bar())
    with pytest.raises(Ended):
        recording_tab._analyse(
            talk(), recording_tab.audio_file.look(talk()), Ear(), StreamParameters(), "key"
        )
    assert opened[0].gi_frame is None  # closed, and the file with it


def test_describe_progress() -> None:
    facts = Facts(1_800.0, RATE_HZ, 1, "")
    assert recording_tab.describe_progress(0.0, facts, 0.1) == "Analysing: 0:00 of 30:00"
    assert (
        recording_tab.describe_progress(600.0, facts, 20.0)
        == "Analysing: 10:00 of 30:00, 30 times real time, 40 s left"
    )


def test_tables_say_who_was_put_into_speech_and_nobody_into_silence() -> None:
    line = [
        Segment(start_s=0, end_s=65, state=State.NO_SPEECH),
        Segment(
            start_s=65, end_s=68, state=State.MALE, probability=0.934, named_after_s=0.85, begins="pause"
        ),
        Segment(start_s=68, end_s=70, state=State.UNSURE),
    ]
    truth = (ReferenceUtterance(64.9, 68.1, "b/1", "Bob", "male"),)

    table = timeline_view.described(line, truth)
    assert table["recorded"].tolist() == ["", "Bob (male)", "Bob (male)"]
    cells = timeline_view.cells(table)
    assert cells["start"].tolist() == ["0:00.0", "1:05.0", "1:08.0"]
    assert cells["probability"].tolist() == ["", "93.4%", ""]
    assert cells["named after"].tolist() == ["", "0.8 s", ""]
    assert "recorded" not in timeline_view.described(line, ())


def test_an_upload_is_copied_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Upload:
        name, file_id, copies = "a.wav", "1", 0

        def getvalue(self) -> bytes:
            self.copies += 1
            return bytes(bytearray(talk()))  # each time a copy of its own

    sent: Any = Upload()
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "caption", lambda _: None)
    first = recording_tab._uploaded(sent)
    assert first is not None and recording_tab._uploaded(sent) is first and sent.copies == 1
    sent.file_id = "2"
    assert recording_tab._uploaded(sent) is not first
    assert recording_tab._uploaded(None) is None and not st.session_state
