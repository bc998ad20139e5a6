"""Who is tested by whom: official folds and splits, groups that stay together, and words for bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.classify.classifier import ClassifyError
from pipeline.classify.groups import groups_of, inner_splits
from pipeline.classify.protocol import Protocol, protocol


def crossing(planned: Protocol) -> int:
    """How many groups are on both sides of a split."""
    return sum(
        len(set(planned.groups[split.train]) & set(planned.groups[split.test])) for split in planned.splits
    )


def test_official_folds_are_taken_as_they_are(frame) -> None:
    clips = frame(label=["a", "b"] * 10, fold=np.repeat([1, 2, 3, 4, 5], 4))
    planned = protocol(clips)
    assert planned.name == "official_folds"
    assert planned.fold_names == ("fold 1", "fold 2", "fold 3", "fold 4", "fold 5")
    for number, split in enumerate(planned.splits, start=1):
        assert (clips["fold"].to_numpy()[planned.rows[split.test]] == number).all()
        assert (clips["fold"].to_numpy()[planned.rows[split.train]] != number).all()
    assert "5 official folds: 20 clips of 2 classes" in planned.sentence
    assert planned.notes == ()


STRAY = np.repeat([4, 1, 2, 3, 5], [400, 4, 4, 3, 3])
FITTING = np.tile([1, 2, 3, 4, 5], 83)[:414]


@pytest.mark.parametrize(
    ("folds", "labels", "why"),
    [
        (STRAY, 10, "400 of 414 clips lie in fold 4"),
        (np.full(414, 4), 10, "414 of 414 clips lie in fold 4"),
        (np.repeat([1, 2], [300, 114]), 10, "300 of 414 clips lie in fold 1"),
        (
            np.where(np.arange(414) // 5 % 10 == 3, 1, FITTING),
            10,
            "they would test 374 of 414 clips and 9 of 10 classes",
        ),
        (np.where(np.arange(414) < 50, None, FITTING), 10, "50 of 414 clips have no fold"),
        (
            np.where(np.arange(414) < 50, FITTING, np.arange(414) // 5 % 10),
            10,
            "369 of 414 clips lie in the one fold that holds nearly all of their class",
        ),
        (FITTING, 10, ""),
        (np.repeat([1, 2], [215, 199]), 10, ""),
        (np.where(np.arange(414) < 10, None, FITTING), 10, ""),
        (np.where(np.arange(414) // 5 % 50 == 3, 1, FITTING), 50, ""),
    ],
)
def test_official_folds_only_where_they_test_nearly_all_and_learn_from_enough(
    frame, folds, labels, why
) -> None:
    label = [f"l{number // 5 % labels}" for number in range(414)]
    source = [f"s{number // 2}" for number in range(414)]
    planned = protocol(frame(label=label, fold=folds, source=source))
    assert (planned.name == "official_folds") == (not why)
    assert planned.sentence.startswith(f"Folds by source, not the official ones: {why}" if why else "The ")
    for split in planned.splits:
        assert set(planned.codes[split.test]) <= set(planned.codes[split.train])
        assert len(split.train) >= 0.4 * len(planned.rows)
    assert len(planned.rows) >= 0.95 * 414


@pytest.mark.parametrize(
    ("train", "labels", "why"),
    [
        (300, 5, ""),
        (100, 5, "TRAIN has 100 of 400 clips"),
        (385, 5, "TEST has 15 clips, fewer than 24"),
        (350, 100, "they have 50 of 100 classes in common"),
    ],
)
def test_an_official_split_only_where_it_tests_nearly_all_and_learns_from_enough(
    frame, train, labels, why
) -> None:
    split = np.where(np.arange(400) < train, "train", "test")
    planned = protocol(frame(label=[f"l{number % labels:02d}" for number in range(400)], split=split))
    assert (planned.name == "official_split") == (not why)
    if why:
        assert planned.sentence.startswith(f"Folds drawn at random, not the official TRAIN and TEST: {why}.")


def test_a_clip_without_a_fold_is_left_out_of_official_folds(frame) -> None:
    planned = protocol(frame(label=["a", "b"] * 20, fold=[None, *([1, 2, 3] * 13)]))
    assert planned.name == "official_folds" and len(planned.rows) == 39 and 0 not in planned.rows
    assert planned.fold_names == ("fold 1", "fold 2", "fold 3")
    assert planned.notes == ("1 clip has no fold: left out.",)


def test_no_word_of_official_folds_where_there_are_none(frame) -> None:
    assert protocol(frame(label=["a", "b"] * 10)).sentence.startswith("5 folds drawn at random")
    both = frame(label=["a", "b"] * 10, fold=[1] * 19 + [2], split=["train", None] * 10)
    assert protocol(both).sentence.startswith(
        "Folds drawn at random, not the official ones: 19 of 20 clips lie in fold 1; and not the official TRAIN and "
        "TEST: 10 of 20 clips are in neither. 5 folds"
    )


def test_inner_folds_leave_one_official_fold_out(frame) -> None:
    planned = protocol(frame(label=["a", "b"] * 10, fold=np.repeat([1, 2, 3, 4, 5], 4)))
    train = planned.splits[0].train
    folds = planned.inner_groups[train]
    inner = inner_splits(planned.codes[train], folds, 0)
    assert len(inner) == 4
    assert all(
        len(set(folds[check])) == 1 and not set(folds[fit]) & set(folds[check]) for fit, check in inner
    )


def timit(frame, speakers: int) -> pd.DataFrame:
    """As many speakers on either side of TRAIN and TEST, two sentences each."""
    each = np.repeat(np.arange(2 * speakers), 2)
    sex = np.where(each % 2 == 0, "female", "male")
    return frame(
        label=sex, sex=sex, speaker=[f"S{s}" for s in each], split=np.where(each < speakers, "train", "test")
    )


def test_the_official_split_where_either_side_has_enough(frame) -> None:
    planned = protocol(timit(frame, 24), "sex")
    assert (planned.name, planned.fold_names) == ("official_split", ("test",))
    assert len(planned.splits[0].train) == len(planned.splits[0].test) == 48
    assert "48 are learned from and 48 tested" in planned.sentence


def test_speaker_disjoint_folds_where_the_test_part_is_tiny(frame) -> None:
    planned = protocol(timit(frame, 10), "sex")
    assert (planned.name, planned.unit) == ("grouped", "speaker")
    assert len(planned.splits) == 5
    assert crossing(planned) == 0
    assert "no speaker in two of them" in planned.sentence
    assert "20 groups by speaker" in planned.sentence
    why = "Folds by speaker, not the official TRAIN and TEST: TRAIN has 10 speakers, fewer than 24. 5 folds"
    assert planned.sentence.startswith(why)


def test_no_more_folds_than_classes_have_groups(frame) -> None:
    speaker = np.repeat(np.arange(16), 10)
    planned = protocol(
        frame(dialect=[f"DR{s // 2}" for s in speaker], speaker=speaker.astype(str)), "dialect"
    )
    assert len(planned.splits) == 2
    assert crossing(planned) == 0
    for split in planned.splits:
        assert set(planned.codes[split.train]) == set(planned.codes[split.test]) == set(range(8))


def test_source_and_speaker_both_bind_also_by_way_of_a_third() -> None:
    clips = pd.DataFrame({"speaker": ["a", "a", "b", "c"], "source": ["1", "2", "2", "3"]})
    assert groups_of(clips, "label").codes.tolist() == [0, 0, 0, 1]


def test_equal_recordings_stay_together_where_nothing_else_binds(frame) -> None:
    clips = frame(label=["a", "b"] * 20, content_hash=[f"h{i // 4}" for i in range(40)])
    planned = protocol(clips)
    assert planned.name == "stratified"
    assert crossing(planned) == 0


def test_speakers_are_learned_by_sentences_that_no_fold_shares(frame) -> None:
    clips = frame(
        speaker=[f"S{i}" for i in range(6) for _ in range(6)],
        sentence=[f"T{j}" for _ in range(6) for j in range(6)],
    )
    planned = protocol(clips, "speaker")
    assert planned.unit == "sentence"
    assert crossing(planned) == 0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), min_size=4, max_size=40), st.integers(0, 3)
)
def test_whatever_the_groups_none_crosses_and_each_class_is_learned_where_tested(pairs, seed) -> None:
    clips = pd.DataFrame(
        {
            "label": [label for label, _ in pairs],
            "source": [str(source) for _, source in pairs],
            "content_hash": [str(i) for i in range(len(pairs))],
        }
    )
    try:
        planned = protocol(clips, seed=seed)
    except ClassifyError:
        return
    assert crossing(planned) == 0
    assert sorted(np.concatenate([split.test for split in planned.splits])) == list(range(len(planned.rows)))
    for split in planned.splits:
        assert set(planned.codes[split.test]) <= set(planned.codes[split.train])


class TestBadInput:
    def test_no_such_column(self, frame) -> None:
        with pytest.raises(ClassifyError, match="no column 'colour'"):
            protocol(frame(label=["a", "b"]), "colour")

    def test_no_labels(self, frame) -> None:
        with pytest.raises(ClassifyError, match="None of the 4 clips has a 'sex'"):
            protocol(frame(label=["a"] * 4), "sex")

    def test_one_class_only(self, frame) -> None:
        with pytest.raises(ClassifyError, match="All 4 clips have the label 'a'"):
            protocol(frame(label=["a"] * 4))

    def test_clips_without_a_label_are_told(self, frame) -> None:
        planned = protocol(frame(label=["a", "b"] * 5 + [None, ""]))
        assert len(planned.rows) == 10
        assert planned.notes == ("2 clips have no label: left out.",)

    def test_a_class_with_one_clip_is_left_out_and_told(self, frame) -> None:
        planned = protocol(frame(label=["a", "b"] * 10 + ["rare"]))
        assert planned.classes == ("a", "b")
        assert 20 not in planned.rows
        assert "having only 1 clip" in planned.notes[0]
        assert "the class 'rare'" in planned.notes[0]

    def test_only_classes_with_one_clip(self, frame) -> None:
        with pytest.raises(ClassifyError, match="fewer than two can be both learned and tested"):
            protocol(frame(label=["a", "b", "c"]))

    def test_a_fold_without_a_class_is_told(self, frame) -> None:
        planned = protocol(frame(label=["a", "b"] * 4 + ["a", "a"], fold=[1] * 4 + [2] * 4 + [3] * 2))
        assert planned.notes == ("No clip of 'b' is tested in fold 3.",)

    def test_a_class_of_one_official_fold_is_left_out(self, frame) -> None:
        labels = [f"l{number // 2:02d}" for number in range(80)] + ["rare", "rare"]
        planned = protocol(frame(label=labels, fold=[1, 2] * 40 + [1, 1]))
        assert planned.name == "official_folds" and len(planned.classes) == 40
        assert (
            "clips of only one fold, which cannot be both learned and tested: the class 'rare'"
            in planned.notes[0]
        )

    def test_a_target_that_equals_the_group(self, frame) -> None:
        with pytest.raises(ClassifyError, match="the clips of one speaker"):
            protocol(frame(label=["a"] * 5 + ["b"] * 5, speaker=["S1"] * 5 + ["S2"] * 5))

    def test_sources_that_official_folds_part_are_told(self, frame) -> None:
        clips = frame(label=["a", "b"] * 4, fold=[1, 1, 2, 2] * 2, source=[str(i // 4) for i in range(8)])
        assert protocol(clips).notes == (
            "Of 2 groups of clips by source, 2 are in more than one official fold.",
        )
