"""A recording of one's own: what can be used of it, what is said where nothing can, and what is kept."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from app.ui import upload
from pipeline.audio.decode import AudioError
from pipeline.extraction import Description, describe

RATE_HZ = 16_000
NOISE = 0.1 * np.random.default_rng(2).normal(size=RATE_HZ // 2)


@dataclass
class Sent:
    """A stand-in for what Streamlit hands over."""

    data: bytes
    name: str = "mine.wav"
    type: str = "audio/wav"
    file_id: str = "1"
    size: int = field(default=-1)

    def __post_init__(self) -> None:
        self.size = len(self.data) if self.size < 0 else self.size

    def getvalue(self) -> bytes:
        return self.data


def _bytes(samples: np.ndarray, kind: str = "WAV") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE_HZ, format=kind)
    return buffer.getvalue()


GOOD = _bytes(NOISE)


def test_a_recording_is_described_as_a_build_does() -> None:
    found = upload.read(Sent(GOOD))
    assert isinstance(found, Description)
    expected = describe(GOOD)
    assert found.content_hash == expected.content_hash
    for view, vector in expected.vectors.items():
        np.testing.assert_array_equal(found.vectors[view], vector)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "empty"),
        (b"no recording", "Neither libsndfile nor FFmpeg"),
        (_bytes(NOISE[: RATE_HZ // 100]), "lasts 0.010 s"),
        (_bytes(np.zeros(RATE_HZ)), "digital silence"),
        (_bytes(np.zeros(RATE_HZ * 601)), "expected at most 10 min"),
        (GOOD[:2_000], "ends after"),
    ],
)
def test_what_cannot_be_used_is_told(data: bytes, told: str) -> None:
    found = upload.read(Sent(data))
    assert isinstance(found, AudioError)
    assert told in upload.in_words("mine.wav", found)


def test_a_file_over_the_limit_is_not_even_opened() -> None:
    found = upload.read(Sent(GOOD, size=upload.MOST_MB * 2**20 + 1))
    assert isinstance(found, AudioError)
    assert "expected at most 200 MB" in str(found)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("`:red[x]`\n# big", r"\`\:red\[x\]\` # big"),
        ("", "`recording`"),
        ("a" * 500, f"`{'a' * 80}`"),
        ("ünï*code*.wav", "`ünï*code*.wav`"),
        ("a`b.wav", "``a`b.wav``"),
    ],
)
def test_a_name_is_shown_as_text(name: str, shown: str) -> None:
    assert upload.in_words(name, AudioError("It is empty.")) == f"{shown} cannot be used. It is empty."


def test_browsers_get_what_they_play() -> None:
    for data, kind in (
        (GOOD, "audio/wav"),
        (_bytes(NOISE, "FLAC"), "audio/flac"),
        (_bytes(NOISE, "OGG"), "audio/ogg"),
    ):
        sent = Sent(data, type="application/octet-stream")
        assert upload.playable(sent, describe(data, []).facts) == (data, kind)


@pytest.mark.parametrize(
    ("kind", "subtype", "channels", "rate_hz"),
    [
        ("AIFF", "PCM_16", 1, 16_000),
        ("WAV", "IMA_ADPCM", 1, 16_000),
        ("WAV", "GSM610", 1, 8_000),
        ("WAV", "PCM_24", 1, 16_000),
        ("CAF", "ALAC_16", 1, 16_000),
        ("NIST", "PCM_16", 1, 16_000),
        ("WAV", "PCM_16", 16, 16_000),
        ("WAV", "PCM_16", 1, 96_000),
    ],
)
def test_what_a_browser_may_not_play_is_sent_as_wav(
    kind: str, subtype: str, channels: int, rate_hz: int
) -> None:
    buffer = io.BytesIO()
    noise = np.tile(NOISE, 3)
    samples = np.stack([noise] * channels, axis=1) if channels > 1 else noise
    soundfile.write(buffer, samples, rate_hz, format=kind, subtype=subtype)
    sent = Sent(buffer.getvalue(), type="audio/wav")
    data, mime = upload.playable(sent, describe(sent.data, []).facts)
    played = soundfile.info(io.BytesIO(data))
    assert (mime, played.format, played.subtype, played.channels) == ("audio/wav", "WAV", "PCM_16", 1)
    assert played.samplerate <= 48_000
    assert played.duration == pytest.approx(len(noise) / rate_hz, rel=0.1)


def _page() -> None:
    import streamlit as st

    from app.ui import upload

    found = upload.from_file() if st.toggle("file", value=True) else upload.from_microphone()
    st.text(f"{found.name}: {found.description.facts.duration_s} s" if found else "nothing")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> tuple[AppTest, list[int]]:
    """The two boxes, and a line for each time that a recording is described."""
    lengths: list[int] = []

    def counted(data: bytes) -> Description:
        lengths.append(len(data))
        return describe(data, ["dynamics"])

    monkeypatch.setattr(upload, "describe", counted)
    return AppTest.from_function(_page).run(), lengths


def test_a_recording_is_described_once_however_often_the_page_runs(page: tuple[AppTest, list[int]]) -> None:
    at, lengths = page
    assert at.text[0].value == "nothing"
    assert any("memory" in caption.value for caption in at.caption)
    at.file_uploader[0].upload("mine.wav", GOOD, "audio/wav").run()
    assert at.text[0].value == "mine.wav: 0.5 s"
    at.run()
    assert lengths == [len(GOOD)]
    at.file_uploader[0].clear().run()
    assert at.text[0].value == "nothing"
    assert upload.LAST not in at.session_state


def test_an_error_is_said_once_a_run_and_the_next_file_is_taken(page: tuple[AppTest, list[int]]) -> None:
    at, lengths = page
    at.file_uploader[0].upload("empty.wav", b"", "audio/wav").run()
    at.run()
    (warning,) = at.warning
    assert warning.value.startswith("`empty.wav` cannot be used. The file is empty")
    assert len(lengths) == 1 and not at.exception
    at.file_uploader[0].set_value(("mine.wav", GOOD, "audio/wav")).run()
    assert not at.warning
    assert at.text[0].value == "mine.wav: 0.5 s"


def test_the_microphone_is_used_in_the_same_way(page: tuple[AppTest, list[int]]) -> None:
    at, _ = page
    at.toggle[0].set_value(False).run()
    at.audio_input[0].upload("recorded.wav", GOOD).run()
    assert at.text[0].value == "recorded.wav: 0.5 s"
    assert any("memory" in caption.value for caption in at.caption)
