"""Decoding, checking, mixing, resampling and writing, on files whose content is known."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import av
import librosa
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.audio.decode import AudioError, decode, load_mono, resample, to_mono, to_wav_bytes

RATE_HZ = 16_000
rng = np.random.default_rng(1)
NOISE = (0.1 * rng.normal(size=RATE_HZ)).astype(np.float32)


def _file(samples: NDArray, rate_hz: int = RATE_HZ, kind: str = "WAV", subtype: str | None = None) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, format=kind, subtype=subtype)
    return buffer.getvalue()


def _ffmpeg_file(samples: NDArray, container: str, codec: str, rate_hz: int) -> bytes:
    """Encode ``(samples,)`` or ``(samples, 2)`` with FFmpeg; skips the test where it has no such encoder."""
    layout = "mono" if samples.ndim == 1 else "stereo"
    planes = np.ascontiguousarray(samples.reshape(len(samples), -1).T)  # (channels, samples)
    buffer = io.BytesIO()
    try:
        with av.open(buffer, "w", format=container) as output:
            stream = output.add_stream(codec, rate=rate_hz, layout=layout)
            frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
            frame.rate = rate_hz
            for packets in (stream.encode(frame), stream.encode(None)):
                output.mux(packets)
    except (av.FFmpegError, ValueError) as error:
        pytest.skip(f"FFmpeg cannot write {codec} in {container} here: {error}")
    return buffer.getvalue()


def _refusal(source: str | Path | bytes) -> tuple[str, str]:
    with pytest.raises(AudioError) as caught:
        decode(source)
    reason = str(caught.value)
    assert "\n" not in reason and reason.endswith(".")
    return caught.value.stage, reason


@pytest.mark.parametrize(
    ("kind", "subtype", "tolerance"),
    [
        ("WAV", "PCM_16", 2**-15),
        ("WAV", "PCM_24", 2**-22),
        ("WAV", "PCM_U8", 2**-7),
        ("WAV", "FLOAT", 0),
        ("FLAC", "PCM_16", 2**-15),
        ("AIFF", "PCM_16", 2**-15),
        ("NIST", "PCM_16", 2**-15),
        ("OGG", "VORBIS", 0.3),
        ("MP3", "MPEG_LAYER_III", 0.3),
    ],
)
def test_decodes_what_libsndfile_reads(tmp_path: Path, kind: str, subtype: str, tolerance: float) -> None:
    path = tmp_path / "clip.raw"  # the name says nothing, and what it says is ignored
    path.write_bytes(_file(NOISE, kind=kind, subtype=subtype))
    recording = decode(path)
    assert (recording.sample_rate_hz, recording.channels) == (RATE_HZ, 1)
    assert recording.codec == f"{kind} {subtype}"
    assert recording.samples.dtype == np.float32 and recording.samples.shape == NOISE.shape
    assert np.abs(recording.samples - NOISE).max() <= tolerance
    # The MP3 decoder rounds the last bit by where in memory its buffers lie.
    last_bit = 1e-6 if kind == "MP3" else 0
    np.testing.assert_allclose(recording.samples, decode(path.read_bytes()).samples, atol=last_bit)
    expected, _ = soundfile.read(io.BytesIO(path.read_bytes()), dtype="float32")
    np.testing.assert_allclose(recording.samples, expected, atol=last_bit)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    ("container", "codec", "rate_hz", "name"),
    [
        ("mp4", "aac", 44_100, "MP4 AAC"),
        ("adts", "aac", 16_000, "AAC AAC"),
        ("webm", "libopus", 48_000, "WEBM OPUS"),
    ],
)
def test_decodes_what_ffmpeg_reads(
    tmp_path: Path, container: str, codec: str, rate_hz: int, name: str, channels: int
) -> None:
    tone = (0.5 * np.sin(2 * np.pi * 1_000 * np.arange(rate_hz) / rate_hz)).astype(np.float32)
    path = tmp_path / "clip"
    samples = tone if channels == 1 else np.stack([tone, np.zeros_like(tone)], axis=1)
    path.write_bytes(_ffmpeg_file(samples, container, codec, rate_hz))
    recording = decode(path)
    assert (recording.sample_rate_hz, recording.channels) == (rate_hz, channels)
    assert recording.codec in (name, name.replace("OPUS", "LIBOPUS"))
    assert len(recording.samples) == pytest.approx(rate_hz, rel=0.1)
    mono = recording.samples
    spectrum = np.abs(np.fft.rfft(mono[: rate_hz // 2]))
    assert np.argmax(spectrum) * 2 == pytest.approx(1_000, abs=4)
    assert np.sqrt(np.mean(mono**2)) == pytest.approx(0.354 / channels, rel=0.1)
    np.testing.assert_allclose(recording.samples, decode(path.read_bytes()).samples, atol=1e-6)


def test_a_film_without_sound_is_refused() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        stream = output.add_stream("mpeg4", rate=10, width=32, height=32, pix_fmt="yuv420p")
        picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), dtype=np.uint8), format="rgb24")
        for packets in (stream.encode(picture), stream.encode(None)):
            output.mux(packets)
    stage, reason = _refusal(buffer.getvalue())
    assert stage == "decode" and "No sound in this MP4 file" in reason


def test_stereo_mixes_down() -> None:
    stereo = np.stack([NOISE, -0.5 * NOISE], axis=1)
    recording = decode(_file(stereo, subtype="FLOAT"))
    assert recording.channels == 2 and recording.mixdown == "mean of 2 channels"
    mono, rate_hz = load_mono(_file(stereo, subtype="FLOAT"))
    assert rate_hz == RATE_HZ
    np.testing.assert_array_equal(mono, recording.samples)
    np.testing.assert_allclose(mono, 0.25 * NOISE, atol=1e-8)


@given(channels=st.integers(1, 9))
def test_mono_is_that_of_librosa(channels: int) -> None:
    samples = np.random.default_rng(channels).normal(size=(500, channels)).astype(np.float32)
    np.testing.assert_allclose(to_mono(samples), librosa.to_mono(samples.T), atol=1e-6)


@given(
    length=st.integers(1_000, 9_000), rate_hz=st.sampled_from([8_000, 11_025, 16_000, 44_100, 48_000, 22_050])
)
def test_resampling_is_that_of_librosa(length: int, rate_hz: int) -> None:
    samples = np.random.default_rng(length).normal(size=length).astype(np.float32)
    expected = librosa.resample(samples, orig_sr=rate_hz, target_sr=22_050, res_type="soxr_hq")
    np.testing.assert_array_equal(resample(samples, rate_hz, 22_050), expected)


def test_load_is_that_of_librosa(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    path.write_bytes(_file(np.stack([NOISE, np.roll(NOISE, 9)], axis=1), 44_100))
    mono, rate_hz = load_mono(path)
    np.testing.assert_array_equal(resample(mono, rate_hz, 22_050), librosa.load(path, sr=22_050)[0])


def test_wav_bytes_are_exact_in_16_bits_and_clip() -> None:
    sixteen = (rng.integers(-(2**15), 2**15, size=8_000) / 2**15).astype(np.float32)
    np.testing.assert_array_equal(decode(to_wav_bytes(sixteen, 8_000)).samples, sixteen)
    loud, rate_hz = load_mono(to_wav_bytes(np.full(8_000, 3.0, dtype=np.float32), 8_000))
    assert rate_hz == 8_000 and np.all(loud == 32_767 / 32_768)
    assert decode(to_wav_bytes(np.stack([sixteen, sixteen], axis=1), 8_000)).channels == 2


def test_refuses_what_is_no_recording(tmp_path: Path) -> None:
    assert "empty" in _refusal(b"")[1]
    for rubbish in (b"not audio at all" * 100, b"RIFF", b"fLaC" + bytes(50), b"\x00" * 3_000, b"x"):
        stage, reason = _refusal(rubbish)
        assert stage == "decode" and "expected" in reason
    assert "not there" in _refusal(tmp_path / "gone.wav")[1]
    assert "folder" in _refusal(tmp_path)[1]


def test_refuses_a_file_it_may_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pipeline.audio.decode.io.FileIO", refuse)
    assert _refusal(tmp_path / "clip.wav") == (
        "decode",
        "The file may not be read; expected permission to read it.",
    )


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
@pytest.mark.parametrize("share", [0.001, 0.02, 0.5, 0.9])
def test_a_file_cut_off_is_refused_or_shorter_but_never_a_crash(kind: str, share: float) -> None:
    whole = _file(NOISE, kind=kind)
    try:
        recording = decode(whole[: int(len(whole) * share)])
    except AudioError as error:
        assert error.stage in ("decode", "check")
    else:
        assert kind in ("OGG", "MP3") and len(recording.samples) < len(NOISE)


def test_a_streamed_wav_without_its_length_is_read() -> None:
    whole = bytearray(_file(NOISE))
    for place in (4, whole.index(b"data") + 4):
        whole[place : place + 4] = b"\xff\xff\xff\xff"
    assert len(decode(bytes(whole)).samples) == len(NOISE)


HEADS = [b"", b"RIFF\x00\x01\x00\x00WAVEfmt ", b"fLaC", b"OggS", b"ID3"]


@given(tail=st.binary(min_size=1, max_size=400), head=st.sampled_from(HEADS))
def test_no_bytes_crash_the_decoder(tail: bytes, head: bytes) -> None:
    with pytest.raises(AudioError):
        decode(head + tail)


@pytest.mark.parametrize(
    ("samples", "rate_hz", "word"),
    [
        (np.zeros(0), 16_000, "0 samples"),
        (NOISE[:3_000], 16_000, "0.188 s"),
        (np.zeros(16_000), 16_000, "digital silence"),
        (np.full(16_000, 2**-16), 16_000, "digital silence"),
        (np.where(np.arange(16_000) == 5, np.nan, NOISE), 16_000, "NaN"),
        (np.where(np.arange(16_000) == 5, np.inf, NOISE), 16_000, "NaN or infinite"),
        (NOISE, 3_999, "3,999 Hz"),
        (NOISE, 400_000, "400,000 Hz"),
        (np.tile(NOISE, 151), 4_000, "10.1 min"),
    ],
)
def test_refuses_what_no_view_can_use(samples: NDArray, rate_hz: int, word: str) -> None:
    stage, reason = _refusal(_file(samples, rate_hz, subtype="FLOAT"))
    assert stage == "check" and word in reason and "expected" in reason


def test_too_long_is_told_before_anything_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundfile.SoundFile, "read", lambda *_, **__: pytest.fail("decoded"))
    assert "cut it into shorter clips" in _refusal(_file(np.tile(NOISE, 160), 4_000))[1]


def test_too_long_is_told_on_the_way_where_no_header_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    tone = np.tile(NOISE, 8)
    file = _ffmpeg_file(tone, "adts", "aac", RATE_HZ)
    monkeypatch.setattr("pipeline.audio.decode.MAX_DURATION_S", 2.0)
    assert "cut it into shorter clips" in _refusal(file)[1]


def test_an_error_survives_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(AudioError("Too long.", "check")))
    assert (error.stage, str(error)) == ("check", "Too long.")


def test_a_playlist_opens_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a file of a folder nor one that a visitor sends may lead FFmpeg to other files of this machine."""
    monkeypatch.chdir(tmp_path)  # FFmpeg opens what lies where the program runs
    Path("secret.wav").write_bytes(to_wav_bytes(np.full(RATE_HZ, 0.1, np.float32), RATE_HZ))
    with pytest.raises(AudioError, match="can read it"):
        load_mono(b"ffconcat version 1.0\nfile 'secret.wav'\n")
