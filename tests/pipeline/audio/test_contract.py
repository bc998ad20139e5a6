"""A build, Similar and Live get the same of every file, whole or cut off: as many seconds, or the same refusal."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.live import audio_file
from app.ui import upload
from pipeline.audio.decode import AudioError
from pipeline.extraction import Job, describe, extract_clip

SECONDS = 2.0
READ = {
    "wav pcm_s16le", "wav pcm_s16le piped", "wav adpcm_ms", "wav libmp3lame", "w64 pcm_s16le", "w64 pcm_s16le piped",
    "aiff pcm_s16be", "aiff pcm_s16be piped", "au pcm_s16be", "caf alac", "caf pcm_s16be piped", "flac flac",
    "flac flac piped", "ogg libopus", "ogg libvorbis piped", "mp3 libmp3lame", "mp3 libmp3lame piped", "adts aac",
    "ipod aac", "ipod alac", "matroska flac", "webm libopus", "webm libopus piped", "asf wmav2", "wv wavpack",
    "tta tta", "amr libopencore_amrnb", "ac3 ac3", "WAV GSM610", "WAV IMA_ADPCM", "NIST PCM_16", "RF64 PCM_16",
    "CAF ALAC_16", "AIFF PCM_24", "OGG OPUS", "MP3 MPEG_LAYER_III", "W64 FLOAT",
}  # fmt: skip
"""What must be read where it can be written: the rest may be refused."""


@dataclass
class Sent:
    """A stand-in for what Streamlit hands over."""

    data: bytes
    name: str = "mine"
    type: str = ""
    file_id: str = "1"

    @property
    def size(self) -> int:
        return len(self.data)

    def getvalue(self) -> bytes:
        return self.data


def _built(data: bytes, path: Path) -> float | str:
    path.write_bytes(data)
    outcome = extract_clip(Job("clip", path, ()))
    return outcome.facts.duration_s if outcome.facts else str(outcome.reason)


def _similar(data: bytes) -> float | str:
    found = upload.read(Sent(data))
    return str(found) if isinstance(found, AudioError) else found.facts.duration_s


def _live(data: bytes) -> float | str:
    try:
        facts = audio_file.look(data)
    except AudioError as error:
        return str(error)
    seconds = sum(len(block.samples) / block.rate_hz for block in audio_file.blocks(data, facts))
    assert seconds == pytest.approx(facts.duration_s)
    return seconds


def test_everybody_gets_the_same(
    written: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "describe", lambda data: describe(data, []))
    for name, whole in written.items():
        row = []
        for share in (1.0, 0.9, 0.5):
            data = whole[: int(len(whole) * share)]
            built, similar, live = _built(data, tmp_path / "clip"), _similar(data), _live(data)
            assert built == similar, f"{name}, {share:.0%} of it"
            if isinstance(built, float) and built < audio_file.MIN_S:
                assert "at least 0.5 s" in str(live), name
            else:
                assert live == pytest.approx(built), f"{name}, {share:.0%} of it"
            if share == 1 and (name in READ or not isinstance(built, str)):
                assert built == pytest.approx(SECONDS, rel=0.05, abs=0.1), name
            if isinstance(built, str):
                assert "expected" in built and "\n" not in built and "failed" not in built, name
            row.append(built if isinstance(built, str) else f"{built:.2f} s")
        sys.stdout.write(f"{name}: {' | '.join(row)}\n")
