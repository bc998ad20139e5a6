"""Which voices and which sounds there are to train on: from folders that are named, or from a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.clips import Clip
from pipeline.sources import Source
from pipeline.train.corpora import COLUMNS, table
from pipeline.train.errors import TrainError
from store.reader import Reader

ENVIRONMENT = "environment"
"""The kind of dataset whose clips are the noise."""


@dataclass(frozen=True, eq=False)
class Collected:
    """Voices as :func:`pipeline.train.corpora.table` gives them; sounds with their ``path`` and ``fold``."""

    voices: pd.DataFrame
    sounds: pd.DataFrame
    titles: Mapping[str, str]
    """What each dataset is called, by its name."""


def from_sources(sources: Mapping[str, Source]) -> Collected:
    """Clips of folders, without a store.

    Raises
    ------
    TrainError
        A folder is not the dataset that it is said to be.
    """
    voices: list[Clip] = []
    sounds: list[tuple[str, int | None]] = []
    for name, source in sources.items():
        if source.dataset.prepare is not None:
            source.dataset.prepare(source.path)
        missing = source.dataset.validate(source.path)
        if missing:
            raise TrainError(f"{source.path} cannot be read as {source.dataset.title}. {missing[0]}")
        clips = source.dataset.scan(source.path, name).clips
        if source.dataset.kind == ENVIRONMENT:
            sounds += [(str(clip.path), clip.fold) for clip in clips]
        else:
            voices += clips
    titles = {name: source.dataset.title for name, source in sources.items()}
    return Collected(table(voices), pd.DataFrame(sounds, columns=["path", "fold"]), titles)


def from_store(reader: Reader) -> Collected:
    """Clips of a snapshot; the synthetic ones only where there are no others of their kind."""
    known = reader.datasets()
    chosen = [
        _real_first(known[is_sound])
        for is_sound in (known["kind"] == ENVIRONMENT, known["kind"] != ENVIRONMENT)
    ]
    sounds = [_rows(reader, row)[["path", "fold"]] for _, row in chosen[0].iterrows()]
    voices = [_rows(reader, row)[list(COLUMNS)] for _, row in chosen[1].iterrows()]
    both = [*chosen[0].itertuples(), *chosen[1].itertuples()]
    return Collected(
        pd.concat(voices) if voices else table([]),
        pd.concat(sounds) if sounds else pd.DataFrame([], columns=["path", "fold"]),
        {str(row.dataset): str(row.title) for row in both},
    )


def _real_first(datasets: pd.DataFrame) -> pd.DataFrame:
    real = datasets[~datasets["synthetic"].astype(bool)]
    return datasets if real.empty else real


def _rows(reader: Reader, dataset: pd.Series) -> pd.DataFrame:
    clips = reader.clips(str(dataset["dataset"]))
    root = Path(str(dataset["path"]))
    speakers = clips["speaker"]
    return clips.assign(
        dataset=dataset["dataset"],
        path=[str(root / path) for path in clips["relative_path"]],
        speaker=(f"{dataset['dataset']}/" + speakers.astype(str)).where(speakers.notna(), None),
    )
