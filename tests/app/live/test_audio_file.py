"""Files of every kind as blocks of sound, and a clear word for those that hold none."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from app.live import audio_file
from pipeline.audio.decode import AudioError, decode
from pipeline.audio.intake import Intake

TONE_HZ = 440.0
BY_SOUNDFILE = {
    "wav": ("WAV", "PCM_16"), "wav24": ("WAV", "PCM_24"), "wavfloat": ("WAV", "FLOAT"), "wavdouble": ("WAV", "DOUBLE"),
    "wav8": ("WAV", "PCM_U8"), "flac": ("FLAC", "PCM_24"), "ogg": ("OGG", "VORBIS"), "mp3": ("MP3", "MPEG_LAYER_III"),
}  # fmt: skip
BY_FFMPEG = {"m4a": ("ipod", "aac"), "webm": ("webm", "libopus"), "opus": ("ogg", "libopus")}


def tone(seconds: float, rate_hz: int = 48_000) -> NDArray[np.float32]:
    return (0.5 * np.sin(2 * np.pi * TONE_HZ * np.arange(round(seconds * rate_hz)) / rate_hz)).astype(
        np.float32
    )


def written(samples: NDArray[Any], rate_hz: int, kind: str = "wav") -> bytes:
    file = io.BytesIO()
    container, subtype = BY_SOUNDFILE[kind]
    soundfile.write(file, samples, rate_hz, format=container, subtype=subtype)
    return file.getvalue()


def encoded(samples: NDArray[np.float32], rate_hz: int, kind: str) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=BY_FFMPEG[kind][0]) as container:
        stream = container.add_stream(BY_FFMPEG[kind][1], rate=rate_hz)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(
            (samples * 32767).astype(np.int16)[None], format="s16", layout="mono"
        )
        frame.sample_rate = rate_hz
        converter = av.AudioResampler(format=stream.format.name, layout="mono", rate=rate_hz)
        for ready in [*converter.resample(frame), *converter.resample(None), None]:
            container.mux(stream.encode(ready))
    return file.getvalue()


def silent_film() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=5)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        for frame in [
            *(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24") for _ in range(4)),
            None,
        ]:
            container.mux(stream.encode(frame))
    return file.getvalue()


def heard(data: bytes) -> NDArray[np.float32]:
    return np.concatenate([one.samples for one in audio_file.blocks(data)])


def loudest_hz(samples: NDArray[np.float32], rate_hz: int) -> float:
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(power) * rate_hz / len(samples))


@pytest.mark.parametrize("kind", [*BY_SOUNDFILE, *BY_FFMPEG])
def test_every_kind_is_read_at_its_own_rate(kind: str) -> None:
    data = written(tone(2.5), 48_000, kind) if kind in BY_SOUNDFILE else encoded(tone(2.5), 48_000, kind)

    facts, samples = audio_file.look(data), heard(data)

    assert facts.rate_hz == 48_000
    assert facts.channels == 1
    assert facts.duration_s == pytest.approx(2.5, abs=0.1)
    assert len(samples) / 48_000 == pytest.approx(2.5, abs=0.1)
    assert samples.dtype == np.float32
    assert loudest_hz(samples[4_800:-4_800], 48_000) == pytest.approx(TONE_HZ, abs=1)
    assert np.abs(samples[4_800:-4_800]).max() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 96_000, 192_000])
def test_every_rate_is_told_and_kept(rate_hz: int) -> None:
    data = written(tone(1.5, rate_hz), rate_hz, "flac")

    assert audio_file.look(data).rate_hz == rate_hz
    assert {one.rate_hz for one in audio_file.blocks(data)} == {rate_hz}
    np.testing.assert_allclose(heard(data), tone(1.5, rate_hz), atol=1e-6)


@pytest.mark.parametrize("kind", ["wav", "wav24", "flac", "ogg"])
def test_channels_are_averaged(kind: str) -> None:
    left = tone(1.0, 16_000)
    data = written(np.stack([left, np.zeros_like(left)], axis=1), 16_000, kind)

    assert audio_file.look(data).channels == 2
    samples = heard(data)
    assert loudest_hz(samples, 16_000) == pytest.approx(TONE_HZ, abs=2)
    assert np.abs(samples[1_000:-1_000]).max() == pytest.approx(0.25, abs=0.03)


def test_sound_comes_in_small_blocks_and_nothing_is_lost() -> None:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, 16_000 * 7 + 123).astype(np.float32)
    data = written(samples, 16_000, "wavfloat")

    found = list(audio_file.blocks(data))

    assert max(len(one.samples) for one in found) < 1.5 * 16_000
    assert len(found) >= 5
    np.testing.assert_array_equal(np.concatenate([one.samples for one in found]), samples)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"hello, this is no sound at all\n" * 40, "can read it"),
        (np.random.default_rng(1).bytes(4_000), "can read it"),
        (written(tone(1), 48_000)[:30], "ends after 30 bytes; expected the 96,044"),
        (silent_film(), "No sound in this WEBM file"),
        (written(tone(0.3), 48_000), "at least 0.5 s"),
        (written(tone(1.0, 2_000), 2_000), "sample rate is 2,000 Hz"),
    ],
    ids=["empty", "text", "noise", "header", "film", "short", "rate"],
)
def test_what_is_no_recording_is_told_in_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(AudioError, match=said) as caught:
        audio_file.look(data)
    assert "\n" not in str(caught.value)
    assert "expected" in str(caught.value)


def test_a_playlist_opens_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FFmpeg reads lists of files and addresses; with one, a visitor could hear files of the server."""
    monkeypatch.chdir(tmp_path)
    secret = tmp_path / "secret.wav"
    secret.write_bytes(written(tone(2), 48_000))
    lists = [
        f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile 'secret.wav'\n",
    ]
    for one in lists:
        with pytest.raises(AudioError, match="can read it"):
            audio_file.look(one.encode())


def test_what_is_too_large_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_file, "MAX_MB", 0.01)
    with pytest.raises(AudioError, match=r"larger than 0.01 MB \(96,044 bytes\)"):
        audio_file.look(written(tone(1), 48_000))


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "m4a", "webm"])
def test_what_is_too_long_is_refused_before_it_is_decoded(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = written(tone(9), 48_000, kind) if kind in BY_SOUNDFILE else encoded(tone(9), 48_000, kind)
    monkeypatch.setattr(audio_file, "MAX_S", 5.0)
    monkeypatch.setattr("pipeline.audio.ffmpeg.LARGE", 0)
    monkeypatch.setattr(Intake, "add", None)
    with pytest.raises(AudioError, match=r"lasts .* min; expected at most 0 min"):
        audio_file.look(data)


def test_what_turns_out_to_be_too_long_is_left_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long recording that is packed so well that no header of its size would be believed."""
    monkeypatch.setattr(audio_file, "MAX_S", 300.0)
    taken: list[int] = []
    add = Intake.add
    monkeypatch.setattr(Intake, "add", lambda self, block: taken.append(len(block)) or add(self, block))
    with pytest.raises(AudioError, match="more than 5 min"):
        audio_file.look(written(np.zeros(8_000 * 3_600), 8_000, "flac"))
    assert sum(taken) < 8_000 * 600


def test_a_wav_that_ends_early_is_refused_as_in_a_build() -> None:
    whole = written(tone(4, 16_000), 16_000)
    with pytest.raises(AudioError, match=r"ends after 2.0 s; expected the 4.0 s") as caught:
        audio_file.look(whole[: len(whole) // 2])
    with pytest.raises(AudioError) as built:
        decode(whole[: len(whole) // 2])
    assert str(caught.value) == str(built.value)


@pytest.mark.parametrize("length", [0, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_wav_that_was_streamed_promises_nothing(length: int) -> None:
    data = bytearray(written(tone(2, 16_000), 16_000))
    for place in (4, data.index(b"data") + 4):
        data[place : place + 4] = struct.pack("<I", length)

    assert audio_file.look(bytes(data)).duration_s == 2


def test_a_small_hole_in_a_file_is_counted_and_the_rest_is_heard() -> None:
    data = written(tone(10), 48_000, "mp3")
    third = len(data) // 3
    hole = np.random.default_rng(2).bytes(third // 20)
    broken = data[:third] + hole + data[third + len(hole) :]

    facts = audio_file.look(broken)

    assert facts.damaged > 0
    heard_s = sum(len(one.samples) for one in audio_file.blocks(broken, facts)) / 48_000
    assert heard_s == pytest.approx(facts.duration_s)
    assert 9.5 < heard_s < 10


def test_a_large_hole_is_refused() -> None:
    data = written(tone(10), 48_000, "mp3")
    third = len(data) // 3
    with pytest.raises(AudioError, match=r"expected (the 10|all of it)"):
        audio_file.look(
            data[:third] + np.random.default_rng(2).bytes(third // 2) + data[third + third // 2 :]
        )
