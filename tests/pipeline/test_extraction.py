"""Extraction: one clip, many, failing ones, and one that takes its process down."""

from __future__ import annotations

import hashlib
import os
import signal
import time
import warnings
from contextlib import closing
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile

from pipeline import extraction as work
from pipeline.audio.decode import Recording, content_hash, to_wav_bytes
from pipeline.extraction import Job, Outcome, extract, extract_clip
from pipeline.features import VIEWS
from pipeline.features.spectra import SAMPLE_RATE_HZ, Spectra

FAST = ("mfcc", "chroma", "contrast")
rng = np.random.default_rng(4)


class DeadlyPath:
    """A path that kills the process that opens it, as a broken decoder would."""

    def __fspath__(self) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


class SlowPath(str):
    """A path that takes its time to open."""

    def __fspath__(self) -> str:
        time.sleep(0.5)
        return str(self)


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{i}.wav" for i in range(10)]
    for path in paths:
        path.write_bytes(to_wav_bytes(rng.normal(scale=0.1, size=8_000).astype(np.float32), 16_000))
    return paths


def _jobs(paths: list[Path]) -> list[Job]:
    return [Job(path.name, path, FAST) for path in paths]


def _extracted(jobs: list[Job], **options: int) -> dict[str, Outcome]:
    outcomes = [outcome for batch in extract(jobs, **options) for outcome in batch]
    assert len(outcomes) == len(jobs)
    return {outcome.clip_id: outcome for outcome in outcomes}


def test_one_clip_from_file_to_vectors(tmp_path: Path) -> None:
    path = tmp_path / "stereo.flac"
    soundfile.write(path, rng.normal(scale=0.1, size=(30_000, 2)), 44_100)
    outcome = extract_clip(Job("a/stereo.flac", path, tuple(VIEWS)))
    assert (outcome.clip_id, outcome.stage, outcome.reason) == ("a/stereo.flac", None, None)
    assert outcome.content_hash == hashlib.sha256(path.read_bytes()).hexdigest() == content_hash(path)
    assert outcome.facts is not None and outcome.facts.channels == 2 and outcome.facts.codec == "FLAC PCM_16"
    spectra = Spectra(librosa.load(path, sr=SAMPLE_RATE_HZ)[0])
    assert list(outcome.vectors) == list(VIEWS)
    for name, vector in outcome.vectors.items():
        np.testing.assert_array_equal(vector, VIEWS[name].compute(spectra))


def test_a_known_hash_is_not_computed_again(clips: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "content_hash", lambda _: pytest.fail("hashed"))
    outcome = extract_clip(Job("a", clips[0], (), content_hash="known"))
    assert outcome.content_hash == "known" and outcome.facts is not None and outcome.vectors == {}


def test_failures_are_outcomes(tmp_path: Path, clips: list[Path]) -> None:
    (tmp_path / "rubbish.wav").write_bytes(b"rubbish" * 99)
    (tmp_path / "silent.wav").write_bytes(to_wav_bytes(np.zeros(9_000, dtype=np.float32), 16_000))
    bad = [tmp_path / name for name in ("rubbish.wav", "gone.wav", "silent.wav")]
    outcomes = _extracted(_jobs([*bad, clips[0]]), n_jobs=1)
    stages = [outcomes[path.name].stage for path in bad]
    assert stages == ["decode", "decode", "check"]
    assert all(outcomes[path.name].facts is None and outcomes[path.name].reason for path in bad)
    assert outcomes[clips[0].name].facts is not None


def test_a_file_that_goes_away_on_the_way(clips: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def vanish(_: Path) -> str:
        raise FileNotFoundError(2, "No such file")

    monkeypatch.setattr(work, "content_hash", vanish)
    outcome = extract_clip(Job("a", clips[0], FAST))
    assert outcome.stage == "decode" and "not there" in (outcome.reason or "")


def test_a_fault_in_a_view_is_an_outcome(clips: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "Spectra", lambda _: 1 / 0)
    outcome = extract_clip(Job("a", clips[0], FAST))
    assert (outcome.stage, outcome.reason) == ("features", "ZeroDivisionError: division by zero")
    assert extract_clip(Job("a", clips[0], ("mfc",))).stage == "features"


def test_nan_is_a_fault_but_where_the_view_declares_it(
    clips: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = extract_clip(Job("a", clips[0], ("pitch",)))
    assert noise.stage is None and noise.vectors["pitch"][-1] < 0.5
    monkeypatch.setattr(work, "measure", lambda _: None)
    monkeypatch.setattr(work, "Spectra", lambda _: Spectra(np.full(9_000, np.nan, dtype=np.float32)))
    outcome = extract_clip(Job("a", clips[0], ("mfcc",)))
    assert outcome.stage == "features" and "mfcc_00_mean" in (outcome.reason or "")


def test_cores_and_batches_change_nothing(clips: list[Path]) -> None:
    alone = _extracted(_jobs(clips), n_jobs=1)
    together = _extracted(_jobs(clips), n_jobs=2, batch_size=3)
    assert alone.keys() == together.keys()
    for clip_id, outcome in alone.items():
        assert outcome.facts == together[clip_id].facts
        for name in FAST:
            np.testing.assert_array_equal(outcome.vectors[name], together[clip_id].vectors[name])


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_nothing_to_do(n_jobs: int) -> None:
    assert list(extract([], n_jobs=n_jobs)) == []


def test_a_clip_that_kills_its_worker_costs_only_itself(clips: list[Path]) -> None:
    jobs = _jobs(clips)
    for place in (7, 3):
        jobs.insert(place, Job(f"deadly {place}", DeadlyPath(), FAST))  # type: ignore[arg-type]
    outcomes = _extracted(jobs, n_jobs=2, batch_size=2)
    for path in clips:
        assert outcomes[path.name].facts is not None
    for place in (7, 3):
        assert outcomes[f"deadly {place}"].stage == "features"
        assert "died" in (outcomes[f"deadly {place}"].reason or "")
    assert _extracted(_jobs(clips[:4]), n_jobs=2, batch_size=1)  # a new pool stands in for the dead one


@pytest.mark.filterwarnings("error")
def test_closing_early_ends_the_work(clips: list[Path]) -> None:
    jobs = [Job(str(i), SlowPath(clips[0]), FAST) for i in range(200)]  # type: ignore[arg-type]
    began = time.monotonic()
    with closing(extract(jobs, n_jobs=2, batch_size=1)) as batches:
        assert len(next(batches)) == 1
    assert time.monotonic() - began < 25  # all of it would take 50 s
    assert len(_extracted(_jobs(clips), n_jobs=2)) == len(clips)


def test_a_warning_comes_with_the_name_of_its_file(tmp_path: Path, capfd, caplog, monkeypatch) -> None:
    """Libraries warn through Python, or write to standard error beside it, as decoders of MP3 do."""
    for name in ("noisy.wav", "quiet.wav"):
        soundfile.write(tmp_path / name, 0.3 * np.sin(np.arange(8_000) * 0.05), 16_000)

    def decode(path: Path) -> Recording:
        if path.name == "noisy.wav":
            os.write(2, b"[mp3 @ 0x1] Header missing\n")
            warnings.warn("overflow", RuntimeWarning, stacklevel=1)
        return true_decode(path)

    true_decode = work.decode
    monkeypatch.setattr(work, "decode", decode)
    jobs = [Job(one.name, one, ("dynamics",)) for one in sorted(tmp_path.iterdir())]
    outcomes = work.extract_batch(jobs)
    assert [len(outcome.warnings) for outcome in outcomes] == [2, 0]
    assert work.log_warnings(outcomes) == 1
    assert caplog.messages and all(text.startswith("noisy.wav: ") for text in caplog.messages)
    assert capfd.readouterr().err == ""


def test_of_very_many_noisy_files_a_part_is_shown(caplog) -> None:
    outcomes = [Outcome(f"{number}.mp3", None, warnings=("Note",)) for number in range(50)]
    assert work.log_warnings(outcomes[30:], work.log_warnings(outcomes[:30])) == 50
    assert len(caplog.messages) == work.FILES_WARNED_OF + 1 and "--verbose" in caplog.messages[-1]
