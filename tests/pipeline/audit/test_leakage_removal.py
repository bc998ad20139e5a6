"""What an accuracy is worth without the clips that leaked: the same folds, the same method, fewer clips."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.audit import leakage
from pipeline.audit.report import removal_part
from pipeline.classify.classifier import ClassifyError
from pipeline.classify.protocol import protocol
from pipeline.classify.significance import wilson
from pipeline.experiments.spec import Wanted
from pipeline.experiments.unit import Task


def _said(predicted: str, first: int = 0) -> pd.DataFrame:
    """A row a letter: what was said of clips whose truth is always ``a``."""
    ids = [f"{first + place}" for place in range(len(predicted))]
    return pd.DataFrame({"clip_id": ids, "truth": "a", "predicted": list(predicted)})


def test_both_are_compared_on_the_clips_that_both_tested() -> None:
    found = leakage.effect(_said("aabbaaaa"), _said("abab", first=2))
    # Clips 2 to 5: before b b a a, after a b a b.
    assert (found.clips, found.before, found.after) == (4, 0.5, 0.5)
    assert found.before_interval == wilson(2, 4)
    assert (found.comparison.only_first, found.comparison.only_second) == (("5",), ("2",))
    assert "Of the 4 clips tested both times, 50.0%" in found.sentence
    assert "1 right only before, 1 only after (McNemar's exact test, p = 1)" in found.sentence


def test_nothing_in_common_is_an_error_and_no_number() -> None:
    with pytest.raises(ClassifyError):
        leakage.effect(_said("aa"), _said("aa", first=5))


def _task(n: int = 40, **columns: object) -> Task:
    """Two classes that one column tells apart, NaN in another, as pitch has it."""
    random = np.random.default_rng(0)
    labels = np.array(["cat", "dog"] * (n // 2), dtype=object)
    values = np.column_stack([(labels == "dog") * 4 + random.normal(size=n), random.normal(size=n)])
    values[::3, 1] = np.nan
    ids = [f"d/{place:02d}" for place in range(n)]
    nothing = dict.fromkeys(("fold", "split", "source", "speaker", "sentence"))
    clips = pd.DataFrame(nothing | {"clip_id": ids, "content_hash": ids, "label": labels} | columns)
    wanted = Wanted(dataset="d", target="label", method="logistic", views=("v",))
    return Task(wanted, "d.label.v.logistic", "k", clips, {"v": values.astype(np.float32)}, {"v": ("x", "y")})


def test_official_folds_stay_and_removed_clips_are_neither_learned_nor_tested() -> None:
    task = _task(fold=[1, 1, 2, 2] * 10)
    gone = ["d/00", "d/01", "d/17"]
    found = leakage.again(task, gone)
    assert found.protocol.name == "official_folds" and len(found.clip_ids) == 37
    assert not set(gone) & set(found.clip_ids)
    assert np.isfinite(found.probabilities).all() and found.metrics.accuracy > 0.9
    assert sum(fold.train for fold in found.folds) == 37


def test_drawn_folds_are_kept_so_that_only_the_clips_differ() -> None:
    task = _task(speaker=[f"s{place // 4}" for place in range(40)])
    before = protocol(task.clips, "label")
    found = leakage.again(task, ["d/03", "d/30"])
    by_id = dict(zip(task.clips["clip_id"], before.folds, strict=True))
    folds = found.protocol.folds[found.tested]
    assert [by_id[name] for name in found.clip_ids] == folds.tolist() and len(folds) == 38
    assert found.protocol.sentence.startswith("5 folds, no speaker in two of them: 38 clips")
    clips = task.clips[~task.clips["clip_id"].isin(["d/03", "d/30"])].reset_index(drop=True)
    assert clips["clip_id"].to_numpy()[found.protocol.rows].tolist() == found.clip_ids.tolist()
    assert clips["label"].tolist() == [found.protocol.classes[code] for code in found.protocol.codes]


def test_where_a_class_is_lost_the_folds_are_drawn_anew() -> None:
    labels = ["cat", "dog"] * 18 + ["cow"] * 4
    task = _task(label=labels)
    found = leakage.again(task, [f"d/{place}" for place in (36, 37, 38)])
    assert found.protocol.classes == ("cat", "dog") and len(found.clip_ids) == 36


def test_what_remains_of_one_class_cannot_be_learned() -> None:
    task = _task(fold=[1, 1, 2, 2] * 10)
    with pytest.raises(ClassifyError):
        leakage.again(task, [name for name, label in zip(task.clips["clip_id"], task.clips["label"], strict=True)
                             if label == "dog"])  # fmt: skip


def test_it_says_what_was_taken_out_and_what_for() -> None:
    task = _task(fold=[1, 1, 2, 2] * 10)
    whole, gone = (
        leakage.again(task, []),
        pd.DataFrame({"clip_id": ["d/00", "d/01"], "tie": ["duplicate"] * 2}),
    )
    after = leakage.again(task, gone["clip_id"])
    part = removal_part(whole.predictions(), after, "Logistic regression on v", gone)
    assert part.told.startswith(
        "2 clips were taken out, tied to another side by the same sound. Of the 38 clips"
    )
    assert part.notes[0] == "Learned by Logistic regression on v."
