"""What a model had learned from when it met a clip, and the nearest of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from app.experiments import errors, training_clips
from pipeline.inputs import FeatureMatrix, InputError, standardise
from store.reader import Matrix

TABLE = pd.DataFrame(
    {
        "clip_id": ["a", "b", "c", "d"],
        "fold": ["fold 1", "fold 1", "fold 2", "fold 2"],
        "truth": ["cat", "dog", "cat", "dog"],
    }
)


def _given(ids: list[str], values: list[list[float]]) -> FeatureMatrix:
    n = len(values[0])
    return FeatureMatrix(
        np.array(ids, dtype=object), np.array(values, dtype=np.float32), tuple(map(str, range(n))),
        np.zeros(n), np.ones(n), np.zeros(n), np.ones(n, dtype=bool), (),
    )  # fmt: skip


def test_of_folds_the_other_folds_were_learned_from() -> None:
    known = training_clips.training(TABLE, "grouped", pd.Series(dtype=object), "a")
    assert known.to_dict() == {"c": "cat", "d": "dog"}


def test_of_an_official_split_what_was_not_tested_was_learned_from() -> None:
    targets = pd.Series({"a": "cat", "x": "cat", "y": None, "z": "owl", "w": "dog"}, dtype=object)
    known = training_clips.training(TABLE, "official_split", targets, "a")
    assert known.to_dict() == {"x": "cat", "w": "dog"}  # y has no class, and owls are never tested


def test_of_the_voice_network_every_clip_of_other_speakers() -> None:
    clips = pd.DataFrame({"speaker": ["s", "s", "t", None, None]}, index=list("abcde"))
    targets = pd.Series(["cat", "cat", "dog", "cat", "owl"], index=list("abcde"), dtype=object)
    assert training_clips.others(clips, targets, ("cat", "dog"), "speaker", "a").to_dict() == {
        "c": "dog",
        "d": "cat",
    }
    alone = training_clips.others(
        clips, targets, ("cat", "dog"), "speaker", "d"
    )  # nobody knows who speaks: not itself, then
    assert alone.index.tolist() == ["a", "b", "c"]


def test_the_nearest_by_cosine_and_never_itself() -> None:
    given = _given(["a", "b", "c", "d"], [[1, 0], [2, 0], [0, 3], [-1, 0]])
    near = training_clips.nearest(given, "a", pd.Index(["a", "b", "c", "d", "gone"]), 3)
    assert near.index.tolist() == ["b", "c", "d"]
    assert np.allclose(near, [0, 1, 2], atol=1e-6)
    assert training_clips.nearest(given, "a", pd.Index(["b", "c"]), 1).index.tolist() == ["b"]


def test_a_clip_without_a_direction_is_near_to_nothing() -> None:
    given = _given(["a", "b", "c"], [[1, 0], [0, 0], [1, 1]])
    assert training_clips.nearest(given, "a", pd.Index(["b", "c"]), 5).index.tolist() == ["c"]
    assert training_clips.nearest(given, "b", pd.Index(["a", "c"]), 5).empty


def test_a_clip_without_a_vector_is_told_by_name() -> None:
    given = standardise(
        Matrix(np.array(["a", "b"], dtype=object), np.array([[0.0], [1.0]], np.float32), ("x",))
    )
    with pytest.raises(InputError, match="The clip lost lacks a vector"):
        training_clips.nearest(given, "lost", pd.Index(["a"]), 1)


def test_what_it_sounds_like() -> None:
    own, others = pd.Series([0.3, 0.4]), pd.Series([0.2])
    assert training_clips.nearer_class([("cat", own), ("dog", others)]).endswith("closer to **dog**.")
    assert training_clips.nearer_class([("cat", others), ("dog", own)]).endswith("closer to **cat**.")
    assert "dog is at 0.200, the nearest cat at 0.300" in training_clips.nearer_class(
        [("cat", own), ("dog", others)]
    )
    assert training_clips.nearer_class([("cat", own), ("dog", others.head(0))]) == ""
    assert "equally close" in training_clips.nearer_class([("cat", own), ("dog", pd.Series([0.30004]))])


def test_a_clip_in_words(experiment: Callable[..., pd.Series]) -> None:
    likeliest = pd.DataFrame({"name": ["dog", "cat"], "probability": [0.75, 0.25]})
    row = pd.Series({"truth": "cat", "predicted": "dog", "confidence": 0.75, "fold": "fold 2"})
    told = errors.describe(row, likeliest, experiment())
    assert "is **cat** and was classified as **dog** with 75.0% confidence" in told and told.endswith(
        "cat had 25.0%."
    )
    assert "classified correctly with 75.0%" in errors.describe(
        row.replace("cat", "dog"), likeliest, experiment()
    )


def test_a_clip_classified_by_the_voice_network_in_words(experiment: Callable[..., pd.Series]) -> None:
    likeliest = pd.DataFrame({"name": ["male", "female"], "probability": [0.75, 0.25]})
    row = pd.Series({"truth": "female", "predicted": "male", "confidence": 0.75, "fold": "never met"})
    voice = experiment(method="gender_ecapa", kind="network", unit="speaker")
    told = errors.describe(row, likeliest, voice)
    assert told.startswith(
        "It is recorded as **female** and was classified as **male** with 75.0% confidence, by the voice network"
    )
    assert "never met its speaker" in told
    chosen = errors.describe(row.replace("never met", "validated on"), likeliest, voice)
    assert "was chosen and calibrated on such clips" in chosen
