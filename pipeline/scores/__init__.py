"""Scores: a number for each clip of a view. A new one is one file here and one line in ``SCORES``."""

from __future__ import annotations

from pipeline.scores import knn_distance
from pipeline.scores.score import Score

SCORES: dict[str, Score] = {
    "knn_distance": knn_distance.SCORE,
}
