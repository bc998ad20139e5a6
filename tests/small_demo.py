"""Sixty recordings of each demo corpus, for tests that look at a store of the demo: ``small_demo.py FOLDER``.

A build makes a demo corpus anew where fewer recordings lie in its folder than it expects. So empty files make up
the number here: they are counted, but lie in a hidden folder, where no reader looks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest import mock

from pipeline.datasets import demo
from pipeline.datasets.demo import make_once
from pipeline.synthesis import files, sounds
from pipeline.synthesis.sounds import SoundClip
from pipeline.synthesis.speech import voices
from pipeline.synthesis.speech.voices import Speaker, roster

FOLDS = 3


def few_sounds() -> list[SoundClip]:
    """All ten kinds in three folds: of each one source a fold, and two takes of it."""
    return [clip for clip in sounds.corpus() if clip.fold <= FOLDS and clip.src_file % 10 == 1]


def few_speakers() -> list[Speaker]:
    """Five women and seven men of three regions, on both sides of the split in each; five sentences a speaker."""
    of = [[speaker for speaker in roster() if speaker.dialect == region] for region in (1, 3, 5)]
    return [*of[0], *of[1], of[2][1], of[2][-1]]


def small(write: Callable[[Path], None], folder: Path) -> None:
    write(folder)
    written = sum(path.suffix.lower() == ".wav" for path in folder.rglob("*"))
    (folder / ".left_out").mkdir()
    for number in range(written, demo.RECORDINGS):
        (folder / ".left_out" / f"{number}.wav").touch()


def main(folder: Path) -> None:
    made: dict[str, tuple[int, Callable[[Path], None]]] = {
        "demo_sounds": (sounds.VERSION, files.write_sounds),
        "demo_voices": (voices.VERSION, files.write_voices),
    }
    clips, speakers = few_sounds(), few_speakers()
    with (
        mock.patch.object(sounds, "corpus", lambda: clips),
        mock.patch.object(files, "roster", lambda: speakers),
        mock.patch.object(files, "_MOST_PROCESSES", 1),  # others cost more to start than they save
    ):
        for name, (version, write) in made.items():
            stamp = {"corpus": name, "version": version, "recordings": demo.RECORDINGS}
            make_once(folder / name, stamp, partial(small, write))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
