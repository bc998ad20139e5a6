"""The demo corpora on disk: read by the readers of the corpora whose layout they have."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from pipeline.datasets import demo
from pipeline.datasets.demo import DEMO_SOUNDS, DEMO_VOICES, PrepareError
from pipeline.synthesis import files, sounds
from pipeline.synthesis.files import write_sound, write_speaker
from pipeline.synthesis.speech.lexicon import SENTENCES
from pipeline.synthesis.speech.voices import roster

FEW_KINDS = ("church_bells", "frog", "rain")


@pytest.fixture(scope="session")
def demo_sounds(shared_folder: Path) -> Path:
    """Three of the ten kinds, all folds: the rest differs in nothing that a reader sees."""
    few = [clip for clip in sounds.corpus() if clip.category in FEW_KINDS]
    root = shared_folder / "demo" / "three_sounds"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sounds, "corpus", lambda: few)
        patch.setattr(demo, "RECORDINGS", len(few))
        patch.setattr(files, "_MOST_PROCESSES", 1)
        assert DEMO_SOUNDS.prepare is not None
        DEMO_SOUNDS.prepare(root)
    return root


def test_say_that_they_are_synthetic() -> None:
    for dataset, name in ((DEMO_SOUNDS, "demo_sounds"), (DEMO_VOICES, "demo_voices")):
        assert dataset.name == name
        assert dataset.synthetic and dataset.prepare is not None
        assert "synthetic" in dataset.title
        assert "MIT" in dataset.licence


def test_sounds_are_an_esc50(demo_sounds: Path) -> None:
    assert DEMO_SOUNDS.validate(demo_sounds) == []
    scan = DEMO_SOUNDS.scan(demo_sounds, "demo_sounds")
    assert scan.problems == [] and scan.notes == []
    assert Counter(clip.label for clip in scan.clips) == dict.fromkeys(FEW_KINDS, 20)
    assert Counter(clip.fold for clip in scan.clips) == dict.fromkeys(range(1, 6), 12)
    folds = {(clip.source, clip.fold) for clip in scan.clips}
    assert len(folds) == len({source for source, _ in folds}) == 30
    info = sf.info(scan.clips[0].path)
    assert (info.samplerate, info.channels, info.frames, info.subtype) == (44_100, 1, 220_500, "PCM_16")


def test_voices_are_a_timit(demo_voices: Path) -> None:
    assert DEMO_VOICES.validate(demo_voices) == []
    scan = DEMO_VOICES.scan(demo_voices, "demo_voices")
    assert scan.problems == [] and scan.notes == []
    assert len(scan.clips) == 200
    assert Counter(clip.sex for clip in scan.clips) == {"male": 140, "female": 60}
    splits = {(clip.speaker, clip.split) for clip in scan.clips}
    assert Counter(split for _, split in splits) == {"train": 28, "test": 12}
    assert len({speaker for speaker, _ in splits}) == 40
    for clip in scan.clips:
        assert clip.sentence is not None
        assert clip.text == SENTENCES[clip.sentence]
        assert clip.dialect is not None
        assert clip.age_years is not None and 18 < clip.age_years < 70
        assert clip.height_cm is not None and 140 < clip.height_cm < 210


def test_words_and_phones_are_aligned(demo_voices: Path) -> None:
    wav = next(demo_voices.rglob("SA2.WAV"))
    frames = sf.info(wav).frames
    phones = [line.split() for line in wav.with_suffix(".PHN").read_text().splitlines()]
    assert phones[0][0] == "0" and phones[-1][1] == str(frames)
    assert phones[0][2] == phones[-1][2] == "h#"
    assert [line[0] for line in phones[1:]] == [line[1] for line in phones[:-1]]
    words = [line.split() for line in wav.with_suffix(".WRD").read_text().splitlines()]
    assert " ".join(line[2] for line in words) == SENTENCES["SA2"].lower().rstrip(".")
    assert wav.with_suffix(".TXT").read_text() == f"0 {frames} {SENTENCES['SA2']}\n"


def test_the_same_bytes_in_any_process(demo_sounds: Path, demo_voices: Path, tmp_path: Path) -> None:
    for clip in [clip for clip in sounds.corpus() if clip.category in FEW_KINDS][::17]:
        write_sound(tmp_path, clip)
        assert (tmp_path / clip.filename).read_bytes() == (demo_sounds / "audio" / clip.filename).read_bytes()
    write_speaker(tmp_path, roster()[11])
    written = [path for path in tmp_path.rglob("S*.*") if path.is_file()]
    assert len(written) == 20
    for path in written:
        assert path.read_bytes() == (demo_voices / path.relative_to(tmp_path)).read_bytes()


def test_a_second_prepare_writes_nothing(demo_voices: Path) -> None:
    told: list[int] = []
    demo.prepare_voices(demo_voices, progress=lambda done, total: told.append(done))
    assert told == []


def test_progress_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = sounds.corpus()[:2]
    monkeypatch.setattr(sounds, "corpus", lambda: few)
    monkeypatch.setattr(files, "_MOST_PROCESSES", 1)
    monkeypatch.setattr(demo, "RECORDINGS", 2)
    told: list[tuple[int, int]] = []
    demo.prepare_sounds(tmp_path / "sounds", progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


def test_a_folder_of_someone_elses_is_refused(tmp_path: Path) -> None:
    sf.write(tmp_path / "mine.wav", np.zeros(10), 8_000)
    with pytest.raises(PrepareError):
        demo.prepare_sounds(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.wav"]
