"""The collections that Sesatlas can read. A new one is a module here and a line in ``DATASETS``."""

from __future__ import annotations

from pipeline.clips import Dataset
from pipeline.datasets import demo, emodb, esc50, folder, librispeech, ravdess, timit

DATASETS: dict[str, Dataset] = {
    "esc50": esc50.DATASET,
    "timit": timit.DATASET,
    "librispeech": librispeech.DATASET,
    "ravdess": ravdess.DATASET,
    "emodb": emodb.DATASET,
    "folder": folder.DATASET,
    "demo_sounds": demo.DEMO_SOUNDS,
    "demo_voices": demo.DEMO_VOICES,
}
