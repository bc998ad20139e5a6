"""A header is a claim: cut off, never filled in, put together, or untrue."""

from __future__ import annotations

import io
import logging
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from pipeline.audio.decode import AudioError, decode, load_mono

RATE_HZ = 16_000
rng = np.random.default_rng(4)
NOISE = (0.1 * rng.normal(size=2 * RATE_HZ)).astype(np.float32)
Samples = NDArray[np.float32]


def _file(samples: Samples, kind: str = "WAV", subtype: str | None = None, rate_hz: int = RATE_HZ) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, format=kind, subtype=subtype)
    return buffer.getvalue()


def _seconds(data: bytes) -> float:
    samples, rate_hz = load_mono(data)
    return len(samples) / rate_hz


def _refusal(data: bytes) -> str:
    with pytest.raises(AudioError) as caught:
        decode(data)
    return str(caught.value)


PROMISING = [
    ("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "GSM610"), ("WAV", "IMA_ADPCM"), ("WAVEX", "PCM_24"),
    ("RF64", "PCM_16"),
    ("W64", "PCM_16"), ("W64", "MS_ADPCM"), ("AIFF", "PCM_16"), ("AIFF", "IMA_ADPCM"), ("AU", "PCM_16"), ("AU", "ULAW"),
    ("AU", "G721_32"), ("CAF", "PCM_16"), ("CAF", "ALAC_16"), ("NIST", "PCM_16"), ("NIST", "ULAW"), ("VOC", "PCM_16"),
    ("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("MP3", "MPEG_LAYER_III"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "subtype"), PROMISING)
@pytest.mark.parametrize("share", [0.9, 0.5])
def test_a_file_that_was_cut_off_says_what_was_promised(kind: str, subtype: str, share: float) -> None:
    whole = _file(NOISE, kind, subtype)
    assert _seconds(whole) == pytest.approx(2.0, rel=0.05)
    reason = _refusal(whole[: int(len(whole) * share)])
    assert any(f"{promised} s" in reason for promised in ("1.9", "2.0", "2.1")), reason
    assert "cut off" in reason or "ends after" in reason


@pytest.mark.parametrize(
    ("muxer", "encoder", "rate_hz"),
    [
        ("ipod", "aac", 44_100),
        ("ipod", "alac", 44_100),
        ("matroska", "libopus", 48_000),
        ("webm", "libopus", 48_000),
        ("asf", "libmp3lame", 44_100),
        ("wv", "wavpack", 44_100),
        ("tta", "tta", 44_100),
        ("avi", "pcm_s16le", 16_000),
        ("wav", "adpcm_ms", 44_100),
        ("mp3", "libmp3lame", 44_100),
    ],
)
@pytest.mark.parametrize("share", [0.9, 0.5])
def test_what_ffmpeg_reads_says_so_as_well(
    encode: Callable[..., bytes], muxer: str, encoder: str, rate_hz: int, share: float
) -> None:
    whole = encode((0.1 * rng.normal(size=3 * rate_hz)).astype(np.float32), rate_hz, muxer, encoder)
    assert _seconds(whole) == pytest.approx(3.0, rel=0.05)
    reason = _refusal(whole[: int(len(whole) * share)])
    assert "cut off" in reason or "ends after" in reason


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("share", [0.9, 0.5])
def test_an_ogg_cut_off_says_that_its_last_page_is_missing(subtype: str, share: float) -> None:
    whole = _file(np.tile(NOISE, 2), "OGG", subtype)
    reason = _refusal(whole[: int(len(whole) * share)])
    assert "in the middle of an Ogg page" in reason
    whole_pages = whole[: whole.rindex(b"OggS")]
    assert 2 < _seconds(whole_pages) < 4  # nothing is promised there: a stream may end so


def test_a_flac_with_damaged_frames_says_how_much_is_left() -> None:
    data = bytearray(_file(np.tile(NOISE, 2), "FLAC"))
    for place in range(len(data) // 3, len(data) // 2, 100):
        data[place] ^= 0xFF
    assert _refusal(bytes(data)).startswith("Only ")


def test_a_flac_that_promises_far_more_than_it_holds() -> None:
    data = bytearray(_file(NOISE[:RATE_HZ], "FLAC"))
    data[21:26] = (int.from_bytes(data[21:26], "big") & ~(2**36 - 1) | 540 * RATE_HZ).to_bytes(5, "big")
    assert "1.0 s" in _refusal(bytes(data)) and "540.0 s" in _refusal(bytes(data))
    data[21:26] = (int.from_bytes(data[21:26], "big") & ~(2**36 - 1)).to_bytes(5, "big")
    assert _seconds(bytes(data)) == 1.0  # streamed: its length is not known


@pytest.mark.parametrize(("kind", "subtype"), [("WAV", "PCM_16"), ("WAV", "IMA_ADPCM"), ("W64", "PCM_16")])
@pytest.mark.parametrize("length", [0, 2**63 - 1])
def test_a_length_that_was_never_filled_in(kind: str, subtype: str, length: int) -> None:
    whole = _file(NOISE, kind, subtype)
    data, size = bytearray(whole), 8 if kind == "W64" else 4
    places = (16, data.index(b"data") + 16) if kind == "W64" else (4, data.index(b"data") + 4)
    if kind == "W64" and length == 0:
        pytest.skip("a chunk of Wave64 counts its own head")
    for place in places:
        data[place : place + size] = min(length, 2 ** (8 * size) - 1).to_bytes(size, "little")
    np.testing.assert_array_equal(decode(bytes(data)).samples, decode(whole).samples)


def test_a_header_without_any_sound_is_short() -> None:
    listed = b"LIST" + struct.pack("<I", 4) + b"INFO"
    empty = bytearray(_file(NOISE[:0]) + listed)
    empty[4:8] = struct.pack("<I", len(empty) - 8)
    assert "0.000 s" in _refusal(bytes(empty))


@pytest.mark.parametrize("more", ["garbage", "data"])
def test_sound_behind_what_the_header_counts_is_not_passed_over(more: str) -> None:
    whole = _file(NOISE)
    half = bytearray(whole)
    at = half.index(b"data") + 4
    count = struct.unpack("<I", half[at : at + 4])[0] // 2
    half[at : at + 4] = struct.pack("<I", count)
    if more == "data":
        half[at + 4 + count : at + 4 + count] = b"data" + struct.pack("<I", count)
    assert "promises 1.0 s of sound, but 1.0 s more follow" in _refusal(bytes(half))


@pytest.mark.parametrize(
    "tail", [b"TAG" + b"x" * 125, b"APETAGEX" + b"x" * 9_000, bytes(40_000), b"LIST\x04\0\0\0INFO"]
)
def test_tags_and_filling_are_no_sound(tail: bytes) -> None:
    assert _seconds(_file(NOISE) + tail) == 2.0


@pytest.mark.parametrize(
    ("kind", "subtype", "second_hz"),
    [
        ("OGG", "VORBIS", 16_000),
        ("OGG", "VORBIS", 44_100),
        ("OGG", "OPUS", 48_000),
        ("FLAC", "PCM_16", 16_000),
        ("WAV", "PCM_16", 22_050),
        ("MP3", "MPEG_LAYER_III", 16_000),
    ],
)
def test_files_put_one_behind_the_other_are_all_read(kind: str, subtype: str, second_hz: int) -> None:
    time_s = np.arange(2 * second_hz) / second_hz
    second = (0.3 * np.sin(2 * np.pi * 1_000 * time_s)).astype(np.float32)
    rate_hz = 48_000 if subtype == "OPUS" else RATE_HZ
    first = (0.1 * rng.normal(size=rate_hz)).astype(np.float32)
    samples, found_hz = load_mono(
        _file(first, kind, subtype, rate_hz) + _file(second, kind, subtype, second_hz)
    )
    assert found_hz == rate_hz
    assert len(samples) / rate_hz == pytest.approx(3.0, abs=0.25)
    end = samples[-rate_hz - rate_hz // 4 : -rate_hz // 4]
    assert np.argmax(np.abs(np.fft.rfft(end))) == pytest.approx(1_000, abs=3)


def test_links_of_other_channels_go_on_as_the_first_began() -> None:
    stereo = np.stack([NOISE, 0.5 * NOISE], axis=1)
    recording = decode(_file(NOISE, "OGG") + _file(stereo, "OGG"))
    assert recording.channels == 1 and recording.levels.duration_s == pytest.approx(4.0)
    recording = decode(_file(stereo, "OGG") + _file(NOISE, "OGG"))
    assert recording.channels == 2 and recording.levels.duration_s == pytest.approx(4.0)


@pytest.mark.parametrize("pipe", [False, True])
def test_an_mp3_of_variable_rate_without_its_header_is_read_to_its_end(
    encode: Callable[..., bytes], pipe: bool
) -> None:
    time_s = np.arange(4 * 44_100) / 44_100
    quiet_then_loud = np.concatenate(
        [0.1 * np.sin(2 * np.pi * 300 * time_s), 0.25 * rng.normal(size=len(time_s))]
    )
    data = encode(
        quiet_then_loud.astype(np.float32),
        44_100,
        "mp3",
        "libmp3lame",
        pipe=pipe,
        write_xing="0",
        variable=True,
    )
    samples, rate_hz = load_mono(data)
    assert len(samples) / rate_hz == pytest.approx(8.0, rel=0.02)
    assert np.std(samples[-rate_hz:]) == pytest.approx(0.25, rel=0.2)


@pytest.mark.parametrize("scale", [2**15, 2**23, 1e30, 12])
def test_integers_saved_as_float_are_told_by_their_size(scale: float) -> None:
    samples = (NOISE / np.abs(NOISE).max() * scale).astype(np.float32)
    reached = f"{scale:,.0f}" if scale < 1e9 else "1e+30"
    assert f"Values reach {reached}" in _refusal(_file(samples, subtype="FLOAT"))


def test_a_mix_in_floating_point_may_pass_full_scale() -> None:
    assert decode(_file(20 * NOISE, subtype="FLOAT")).levels.peak > 2


def test_what_is_too_large_for_32_bits_warns_of_nothing(recwarn: pytest.WarningsRecorder) -> None:
    assert "too large for 32 bits" in _refusal(_file(NOISE.astype(np.float64) * 1e300, subtype="DOUBLE"))  # type: ignore[arg-type]
    stereo = np.stack([NOISE, NOISE], axis=1)
    assert "Values reach" in _refusal(_file(stereo / np.abs(NOISE).max() * np.float32(3e38), subtype="FLOAT"))
    assert not recwarn


@pytest.mark.parametrize(("second", "channel"), [(-1.0, 1), (-0.99, 1), (-1.2, 2), (-0.8, 1)])
def test_channels_in_antiphase_give_the_louder_one(second: float, channel: int) -> None:
    recording = decode(_file(np.stack([NOISE, np.float32(second) * NOISE], axis=1), subtype="FLOAT"))
    assert str(recording.mixdown).startswith(f"channel {channel} alone")
    np.testing.assert_allclose(recording.samples, NOISE if channel == 1 else np.float32(second) * NOISE)


def test_unrelated_dead_and_many_channels_are_mixed() -> None:
    other = (0.1 * rng.normal(size=len(NOISE))).astype(np.float32)
    dead = np.zeros_like(NOISE)
    for channels in (
        [NOISE, other],
        [NOISE, dead],
        [NOISE, -0.3 * NOISE, 0.2 * NOISE],
        [NOISE] + [dead] * 15,
    ):
        recording = decode(_file(np.stack(channels, axis=1), subtype="FLOAT"))
        assert recording.mixdown == f"mean of {len(channels)} channels"


def test_a_wav_of_no_bits_is_an_audio_error(caplog: pytest.LogCaptureFixture) -> None:
    data = bytearray(_file(NOISE))
    data[34:36] = b"\0\0"
    _refusal(bytes(data))
    assert not caplog.records


def test_a_fault_of_ours_is_logged_and_still_an_audio_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise AttributeError("no such thing")

    monkeypatch.setattr("pipeline.audio.containers.inspect", fails)
    with caplog.at_level(logging.ERROR):
        assert "AttributeError: no such thing" in _refusal(_file(NOISE))
    assert caplog.records[0].exc_info


def test_a_name_tells_nothing(tmp_path: Path) -> None:
    """FFmpeg would take any bytes for raw samples where the name ends so; a page has the bytes alone."""
    path = tmp_path / "clip.gsm"
    path.write_bytes(rng.bytes(4_000))
    with pytest.raises(AudioError, match="can read it"):
        decode(path)
