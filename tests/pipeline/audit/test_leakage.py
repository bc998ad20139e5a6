"""Whatever lies on two sides is told, and without the clips named nothing does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audit.duplicates import Duplicates, duplicates
from pipeline.audit.leakage import effect, leakage, repeat_without, summary
from pipeline.audit.report import removal_part
from pipeline.audit.splits import AuditError
from pipeline.classify.classifier import ClassifyError
from pipeline.classify.protocol import protocol
from pipeline.classify.significance import wilson
from pipeline.experiments.spec import ExperimentSpec
from pipeline.experiments.unit import Task

pytestmark = pytest.mark.xdist_group("esc10")

# Rows of ESC-50's published table: all clips of the four sources that lie in two folds, and one more.
PUBLISHED = [
    "2-131943-A-38",
    "3-131943-A-37",
    "2-134049-A-6",
    "3-134049-A-1",
    "4-209698-A-37",
    "5-209698-A-38",
    "4-234879-A-6",
    "5-234879-A-1",
    "5-234879-B-1",
    "1-100032-A-0",
]


def group(*members: str) -> Duplicates:
    return Duplicates(pd.DataFrame(), pd.Series(0, index=pd.Index(members, name="clip_id")))


CLIPS = pd.DataFrame(
    {
        "clip_id": list("abcdef"),
        "fold": [1, 1, 1, 2, 2, 2],
        "source": ["s", "s", "t", "s", "u", "v"],
        "speaker": [None] * 6,
    }
)


def test_a_source_in_two_folds_is_told_and_its_fewer_clips_go():
    result = leakage(CLIPS)
    assert result.found.to_dict("records") == [
        {"kind": "source", "value": "s", "sides": "1, 2", "clips": 3, "removed": 1}
    ]
    assert result.removed.to_dict("records") == [
        {"clip_id": "d", "kind": "source", "value": "s", "side": "2"}
    ]
    assert result.checked == ("source",)
    assert "speaker, sentence, duplicate" in result.notes[0]
    assert summary(result) == "On two sides of the folds: 1 source. Without 1 clip of 6 nothing crosses."


def test_duplicates_across_folds_count_and_within_a_fold_do_not():
    assert leakage(CLIPS, group("a", "b"), kinds=["duplicate"]).found.empty
    result = leakage(CLIPS, group("c", "f"), kinds=["duplicate"])
    assert result.found["value"].tolist() == ["c"]
    assert result.removed["clip_id"].tolist() == ["f"]


def test_train_and_test_by_speaker_and_sentence():
    clips = pd.DataFrame(
        {
            "clip_id": list("abcd"),
            "fold": [None] * 4,
            "split": ["train", "train", "train", "test"],
            "speaker": ["x", "x", "y", "z"],
            "sentence": ["SA1", "SX1", "SA1", "SA1"],
        }
    )
    result = leakage(clips)
    assert result.protocol == "split"
    assert result.found.to_dict("records") == [
        {"kind": "sentence", "value": "SA1", "sides": "test, train", "clips": 3, "removed": 1}
    ]
    assert leakage(clips, kinds=["source", "speaker"]).removed.empty
    assert any("nothing is left of test" in note for note in result.notes)


def test_nothing_crosses_is_said_too():
    assert (
        summary(leakage(CLIPS[:3].assign(fold=[1, 1, 2])))
        == "Nothing crosses the folds: no source is on two sides."
    )


@settings(max_examples=25)
@given(st.lists(st.tuples(*[st.integers(0, 4)] * 4), min_size=2, max_size=30))
def test_without_the_removed_nothing_is_left(rows):
    clips = pd.DataFrame(rows, columns=["fold", "source", "speaker", "sentence"])
    clips["clip_id"] = [f"c{number:02d}" for number in range(len(clips))]
    try:
        result = leakage(clips, group("c00", "c01"))
    except AuditError:
        assert clips["fold"].nunique() < 2
        return
    assert result.removed["clip_id"].is_unique
    assert result.found.empty == result.removed.empty
    left = clips[~clips["clip_id"].isin(result.removed["clip_id"])]
    for tie in ("source", "speaker", "sentence"):
        assert (left.groupby(tie)["fold"].nunique() <= 1).all()
    assert left.loc[left["clip_id"].isin(["c00", "c01"]), "fold"].nunique() <= 1


def test_bad_input_is_a_sentence():
    with pytest.raises(AuditError, match="one side of the split"):
        leakage(CLIPS[:3])
    with pytest.raises(AuditError, match="There is 1 clip"):
        leakage(CLIPS[:1])
    with pytest.raises(AuditError, match="There is no kind of leak 'microphone'"):
        leakage(CLIPS, kinds=["microphone"])


def test_clips_without_a_fold_are_left_out_and_told():
    result = leakage(CLIPS.assign(fold=[1, 1, 1, None, 2, 2]))
    assert result.found.empty and result.clips == 5
    assert result.notes[0] == "1 clip of 6 has no fold and was left out."


def test_the_sources_of_esc50_in_two_folds():
    parts = [name.split("-") for name in PUBLISHED]
    clips = pd.DataFrame(
        {"clip_id": PUBLISHED, "fold": [p[0] for p in parts], "source": [p[1] for p in parts]}
    )
    result = leakage(clips)
    assert dict(zip(result.found["value"], result.found["sides"], strict=True)) == {
        "131943": "2, 3",
        "134049": "2, 3",
        "209698": "4, 5",
        "234879": "4, 5",
    }
    assert sorted(result.removed["clip_id"]) == [
        "3-131943-A-37",
        "3-134049-A-1",
        "4-234879-A-6",
        "5-209698-A-38",
    ]


def test_the_whole_published_table_has_no_others(published):
    result = leakage(published)
    assert sorted(result.found["value"]) == ["131943", "134049", "209698", "234879"]
    assert len(result.removed) == 4


def test_a_real_copy_in_two_folds_of_esc10_that_no_source_tells_of(esc10):
    result = leakage(esc10.clips, duplicates(esc10.clips, esc10.prints))
    assert result.found[["kind", "sides", "clips"]].to_numpy().tolist() == [["duplicate", "3, 5", 2]]
    assert result.removed["clip_id"].tolist() == ["5-151085-A-20.wav"]
    assert summary(result).startswith("On two sides of the folds: 1 duplicate group.")


def _said(predicted: str, first: int = 0) -> pd.DataFrame:
    """A row a letter: what was said of clips whose truth is always ``a``."""
    ids = [f"{first + place}" for place in range(len(predicted))]
    return pd.DataFrame({"clip_id": ids, "truth": "a", "predicted": list(predicted)})


def test_both_are_compared_on_the_clips_that_both_tested() -> None:
    found = effect(_said("aabbaaaa"), _said("abab", first=2))
    # Clips 2 to 5: before b b a a, after a b a b.
    assert (found.clips, found.before, found.after) == (4, 0.5, 0.5)
    assert found.before_interval == wilson(2, 4)
    assert (found.comparison.only_first, found.comparison.only_second) == (("5",), ("2",))
    assert "Of the 4 clips tested both times, 50.0%" in found.sentence
    assert "1 right only before, 1 only after (McNemar's exact test, p = 1)" in found.sentence


def test_nothing_in_common_is_an_error_and_no_number() -> None:
    with pytest.raises(ClassifyError):
        effect(_said("aa"), _said("aa", first=5))


def _task(n: int = 40, **columns: object) -> Task:
    """Two classes that one column tells apart, NaN in another, as pitch has it."""
    random = np.random.default_rng(0)
    labels = np.array(["cat", "dog"] * (n // 2), dtype=object)
    values = np.column_stack([(labels == "dog") * 4 + random.normal(size=n), random.normal(size=n)])
    values[::3, 1] = np.nan
    ids = [f"d/{place:02d}" for place in range(n)]
    nothing = dict.fromkeys(("fold", "split", "source", "speaker", "sentence"))
    clips = pd.DataFrame(nothing | {"clip_id": ids, "content_hash": ids, "label": labels} | columns)
    wanted = ExperimentSpec(dataset="d", target="label", method="logistic", views=("v",))
    return Task(wanted, "d.label.v.logistic", "k", clips, {"v": values.astype(np.float32)}, {"v": ("x", "y")})


def test_official_folds_stay_and_removed_clips_are_neither_learned_nor_tested() -> None:
    task = _task(fold=[1, 1, 2, 2] * 10)
    gone = ["d/00", "d/01", "d/17"]
    found = repeat_without(task, gone)
    assert found.protocol.name == "official_folds" and len(found.clip_ids) == 37
    assert not set(gone) & set(found.clip_ids)
    assert np.isfinite(found.probabilities).all() and found.metrics.accuracy > 0.9
    assert sum(fold.train for fold in found.folds) == 37


def test_drawn_folds_are_kept_so_that_only_the_clips_differ() -> None:
    task = _task(speaker=[f"s{place // 4}" for place in range(40)])
    before = protocol(task.clips, "label")
    found = repeat_without(task, ["d/03", "d/30"])
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
    found = repeat_without(task, [f"d/{place}" for place in (36, 37, 38)])
    assert found.protocol.classes == ("cat", "dog") and len(found.clip_ids) == 36


def test_what_remains_of_one_class_cannot_be_learned() -> None:
    task = _task(fold=[1, 1, 2, 2] * 10)
    with pytest.raises(ClassifyError):
        repeat_without(task, [name for name, label in zip(task.clips["clip_id"], task.clips["label"], strict=True)
                             if label == "dog"])  # fmt: skip


def test_it_says_what_was_taken_out_and_what_for() -> None:
    task = _task(fold=[1, 1, 2, 2] * 10)
    whole, gone = (
        repeat_without(task, []),
        pd.DataFrame({"clip_id": ["d/00", "d/01"], "kind": ["duplicate"] * 2}),
    )
    after = repeat_without(task, gone["clip_id"])
    part = removal_part(whole.predictions(), after, "Logistic regression on v", gone)
    assert part.summary.startswith(
        "2 clips were taken out, tied to another side by the same sound. Of the 38 clips"
    )
    assert part.notes[0] == "Learned by Logistic regression on v."
