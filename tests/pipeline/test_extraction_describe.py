"""A recording by itself gets the vectors that a build gives it, and a clear word where it gets none."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from pipeline.audio.decode import AudioError, content_hash
from pipeline.extraction import DescriptionError, Job, comparable, describe, extract
from pipeline.features import VIEWS
from store.reader import Reader
from store.snapshots import Store

RATE_HZ = 16_000
NOISE = (0.1 * np.random.default_rng(5).normal(size=RATE_HZ)).astype(np.float32)


def _bytes(samples: np.ndarray, rate_hz: int = RATE_HZ, kind: str = "WAV") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, format=kind)
    return buffer.getvalue()


def _container(name: str, codec: str, rate_hz: int) -> bytes:
    buffer = io.BytesIO()
    try:
        with av.open(buffer, "w", format=name) as output:
            stream = output.add_stream(codec, rate=rate_hz, layout="mono")
            frame = av.AudioFrame.from_ndarray(np.tile(NOISE, 3)[None], format="fltp", layout="mono")
            frame.rate = rate_hz
            for packets in (stream.encode(frame), stream.encode(None)):
                output.mux(packets)
    except (av.FFmpegError, ValueError) as error:
        pytest.skip(f"FFmpeg cannot write {codec} in {name} here: {error}")
    return buffer.getvalue()


def _files(folder: Path) -> dict[str, bytes]:
    stereo = np.stack([NOISE, 0.5 * NOISE[::-1]], axis=1)  # (samples, 2)
    return {
        "mono.wav": _bytes(NOISE),
        "stereo.wav": _bytes(stereo, 44_100),
        "low.flac": _bytes(NOISE, 8_000, "FLAC"),
        "lossy.ogg": _bytes(NOISE, 22_050, "OGG"),
        "lossy.mp3": _bytes(NOISE, 44_100, "MP3"),
        "phone.m4a": _container("ipod", "aac", 48_000),
        "browser.webm": _container("webm", "libopus", 48_000),
    }


def test_the_same_vectors_and_facts_as_a_build(tmp_path: Path) -> None:
    files = _files(tmp_path)
    jobs = []
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        jobs.append(Job(name, tmp_path / name, tuple(VIEWS)))
    for outcome in chain.from_iterable(extract(jobs, n_jobs=1)):
        found = describe(files[outcome.clip_id])
        assert found.content_hash == outcome.content_hash == content_hash(tmp_path / outcome.clip_id)
        # A matrix product on one core rounds its last bit otherwise than on many; so does the MP3 decoder.
        near = 1e-4 if outcome.clip_id.endswith("mp3") else 1e-5
        assert outcome.facts is not None
        assert found.facts.duration_s == outcome.facts.duration_s
        assert found.facts.codec == outcome.facts.codec
        assert set(found.vectors) == set(outcome.vectors) == set(VIEWS)
        for view, vector in outcome.vectors.items():
            np.testing.assert_allclose(
                found.vectors[view], vector, rtol=near, atol=near, err_msg=outcome.clip_id
            )


def test_the_same_vectors_as_the_store_holds(demo_store: Path) -> None:
    current = Store(demo_store).current()
    assert current is not None
    with Reader(current.path) as reader:
        for dataset in reader.datasets()["dataset"]:
            clip = reader.clip(reader.clips(dataset)["clip_id"].iloc[7])
            found = describe((Path(clip["root"]) / clip["relative_path"]).read_bytes())
            assert found.content_hash == clip["content_hash"]
            for view in VIEWS:
                matrix = reader.matrix(dataset, view)
                stored = matrix.values[matrix.clip_ids == clip["clip_id"]][0]
                np.testing.assert_allclose(found.vectors[view], stored, rtol=1e-5, atol=1e-5)


def test_vectors_side_by_side_in_the_order_asked_for() -> None:
    found = describe(_bytes(NOISE), ["dynamics", "pitch"])
    assert set(found.vectors) == {"dynamics", "pitch"}
    joined = found.joined(["pitch", "dynamics"])
    expected = np.concatenate([found.vectors["pitch"], found.vectors["dynamics"]])
    np.testing.assert_array_equal(joined, expected)
    with pytest.raises(DescriptionError, match="not by mel"):
        found.joined(["mel"])
    with pytest.raises(DescriptionError, match="no view"):
        found.joined([])


def test_an_unknown_view_lists_those_there_are() -> None:
    with pytest.raises(DescriptionError, match=r"no view 'melody'.*mfcc"):
        describe(_bytes(NOISE), ["melody"])


@pytest.mark.parametrize(
    ("data", "stage", "told"),
    [
        (b"", "decode", "empty"),
        (b"no recording at all", "decode", "Neither libsndfile nor FFmpeg"),
        (b"%PDF-1.7\n%" + bytes(2_000), "decode", "Neither libsndfile nor FFmpeg"),
        (_bytes(NOISE)[:4_000], "decode", "ends after"),
        (_bytes(NOISE[: RATE_HZ // 100]), "check", "0.010 s"),
        (_bytes(np.zeros(RATE_HZ)), "check", "digital silence"),
        (_bytes(np.zeros(4_000 * 601), 4_000), "check", "at most 10 min"),
        (_bytes(NOISE, 1_000), "check", "sample rate is 1,000 Hz"),
    ],
)
def test_what_cannot_be_described_is_told_in_a_sentence(data: bytes, stage: str, told: str) -> None:
    with pytest.raises(AudioError, match=told) as caught:
        describe(data)
    assert caught.value.stage == stage
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


WHOLE = {kind: _bytes(NOISE[:8_000], kind=kind) for kind in ("WAV", "FLAC", "OGG", "MP3")}


@given(kind=st.sampled_from(sorted(WHOLE)), data=st.data())
def test_damaged_bytes_are_refused_or_described_but_nothing_else(kind: str, data: st.DataObject) -> None:
    whole = bytearray(WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    del whole[data.draw(st.integers(0, len(whole))) :]
    try:
        found = describe(bytes(whole), ["dynamics"])
    except AudioError as error:
        assert "\n" not in str(error)
    else:
        assert np.isfinite(found.vectors["dynamics"]).all()


def test_a_fault_in_a_view_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, view_of: Callable[..., object]
) -> None:
    def fails(_: object) -> np.ndarray:
        raise ZeroDivisionError("by zero")

    monkeypatch.setitem(VIEWS, "dynamics", view_of("dynamics", compute=fails))
    with pytest.raises(AudioError, match=r"ZeroDivisionError: by zero"):
        describe(_bytes(NOISE), ["dynamics"])


def test_views_of_another_version_are_not_compared(view_of: Callable[..., object]) -> None:
    keys = {name: view.key for name, view in VIEWS.items()}
    assert comparable(keys) == {}
    older = view_of("mel", version=VIEWS["mel"].version + 1)
    refused = comparable(keys | {"mel": older.key, "aura": "0"})  # type: ignore[attr-defined]
    assert set(refused) == {"mel", "aura"}
    assert all("Build again" in sentence for sentence in refused.values())
