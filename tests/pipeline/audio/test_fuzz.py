"""Damaged files of every kind: samples or an AudioError, in bounded time, nothing else."""

from __future__ import annotations

import time

import numpy as np
import pytest

from pipeline.audio.decode import AudioError, decode

KINDS = {
    "wav pcm_s16le", "wav adpcm_ms", "w64 pcm_s16le", "aiff pcm_s16be", "au pcm_s16be", "caf alac", "flac flac",
    "ogg libopus", "ogg libvorbis", "ogg flac", "mp3 libmp3lame", "adts aac", "ipod aac", "ipod alac",
    "matroska libvorbis", "webm libopus piped", "asf wmav2", "wv wavpack", "tta tta", "amr libopencore_amrnb",
    "ac3 ac3", "WAV GSM610", "NIST PCM_16", "RF64 PCM_16", "CAF PCM_16", "OGG VORBIS", "MP3 MPEG_LAYER_III",
    "VOC PCM_16", "avi pcm_s16le",
}  # fmt: skip
HEAD = 200
"""Bytes: where lengths, rates and channels stand."""
PER_KIND = 12
MAX_S = 10.0


def _mutated(data: bytes, random: np.random.Generator) -> bytes:
    """Some bytes changed, half of them in the header; now and then a piece cut out, doubled or cut off."""
    changed = bytearray(data)
    for _ in range(random.integers(1, 12)):
        changed[random.integers(min(HEAD, len(changed)) if random.random() < 0.5 else len(changed))] = (
            random.integers(256)
        )
    start, stop = sorted(random.integers(0, len(changed), 2))
    match random.integers(6):
        case 0:
            del changed[start:stop]
        case 1:
            changed[start:start] = changed[start:stop]
        case 2:
            del changed[stop:]
    return bytes(changed)


@pytest.mark.parametrize("seed", range(PER_KIND))
def test_damage_is_refused_or_read(
    seed: int,
    all_kinds: dict[str, bytes],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for number, name in enumerate(sorted(KINDS & all_kinds.keys())):
        data = _mutated(all_kinds[name], np.random.default_rng([seed, number]))
        began = time.perf_counter()
        try:
            samples = decode(data).samples
        except AudioError as error:
            assert "\n" not in str(error) and str(error).endswith("."), name
        else:
            assert len(samples) and np.isfinite(samples).all(), name
        assert time.perf_counter() - began < MAX_S, name
        assert not [record for record in caplog.records if record.exc_info], name
        assert "Traceback" not in capfd.readouterr().err, name
