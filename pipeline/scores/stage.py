"""The stage that computes the scores: each of them, of each view of each dataset, has a key of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

import pipeline.scores
from pipeline.analyses.recipe import computable, described, digest, matrices_of, view_keys
from pipeline.errors import FAILURES, failure_sentence
from pipeline.inputs import ALL, given_of
from pipeline.runtime import stop
from pipeline.scores.score import ALL_VIEWS, EACH_VIEW, Score
from pipeline.stage import Run, Stage, State, Unit, Units
from store import results
from store.reader import Matrix, Reader
from store.writer import Writer


@dataclass(frozen=True, eq=False)
class Task:
    """The scores of one view of one dataset that are missing, each with its key."""

    dataset: str
    view: str
    matrices: dict[str, Matrix]
    """The view's, or those of all views that are put together."""
    scores: list[tuple[Score, str]]
    thorough: bool


@dataclass(eq=False)
class Computed:
    """One score of one view; no values where ``reason`` says why."""

    score: Score
    key: str
    clip_ids: NDArray[np.object_] = field(default_factory=lambda: np.empty(0, object))
    values: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    seconds: float = 0.0
    reason: str | None = None


def _expected(state: State, reader: Reader) -> dict[Unit, tuple[str]]:
    """The key that each score of each view should have, by dataset, view and name."""
    views, contents = view_keys(state.views), reader.content_hashes()
    made = reader.embeddings()
    trained = {(row["dataset"], row["view"]): row["key"] for row in made.to_dict("records")}
    found: dict[Unit, tuple[str]] = {}
    for dataset, there in computable(state, reader).items():
        for view in there:
            vectors = [views[view], trained.get((dataset, view)), contents[dataset]]
            for score in pipeline.scores.SCORES.values():
                if (ALL_VIEWS if view == ALL else EACH_VIEW) in score.scope:
                    limit = None if state.thorough else score.max_clips
                    found[dataset, view, score.name] = (digest([score.name, score.version, limit, *vectors]),)
    return found


def _stored(reader: Reader) -> dict[Unit, str]:
    return dict(reader.score_keys())


def _drop(writer: Writer, units: list[Unit]) -> None:
    for dataset, view, score in units:
        results.drop_scores(writer, dataset=dataset, view=view, score=score)


UNITS = Units(expected=_expected, stored=_stored, drop=_drop)
