"""The kinds of collections a person can add, as the Pipeline page offers them."""

from __future__ import annotations

from pipeline.clips import Dataset
from pipeline.datasets import DATASETS

Reader = Dataset
READERS: list[Dataset] = [dataset for dataset in DATASETS.values() if not dataset.synthetic]
