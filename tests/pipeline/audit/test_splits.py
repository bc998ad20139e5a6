"""The audit looks across the classifiers' split, and across the dataset's own where nothing can be learned."""

from __future__ import annotations

import pandas as pd

from pipeline.audit.splits import own_column, split_of, split_sides
from pipeline.classify.protocol import protocol


def _clips(n: int = 12, **columns: object) -> pd.DataFrame:
    told = {"clip_id": [f"d/{number:02d}" for number in range(n)], "label": ["dog", "cat"] * (n // 2)}
    nothing = dict.fromkeys(("fold", "split", "source", "speaker", "sentence"))
    return pd.DataFrame(nothing | told | {"content_hash": told["clip_id"]} | columns)


def test_official_folds_stay_as_they_are() -> None:
    clips = _clips(fold=[3, 3, 5, 5, 7, 7] * 2)
    found = split_of(clips)
    assert (found.column, found.title, found.drawn) == ("fold", "official folds", False)
    assert found.clips["fold"].tolist() == clips["fold"].tolist()
    assert "3 official folds" in found.summary


def test_drawn_folds_are_those_of_the_classifiers() -> None:
    clips = _clips(speaker=["a", "a", "b", "b", "c", "c"] * 2, split=["train", "test"] * 6)
    found, planned = split_of(clips), protocol(clips, "label")
    assert found.drawn and found.title == "grouped folds" and own_column(found) == "split"
    assert [f"fold {number}" for number in found.clips["fold"]] == [
        planned.fold_names[one] for one in planned.folds
    ]
    assert set(split_sides(found.clips, found.column).of) == {str(number + 1) for number in planned.folds}


def test_clips_without_a_label_are_not_in_it() -> None:
    found = split_of(_clips(16, label=["dog", "cat"] * 6 + [None] * 4, fold=[1, 1, 2, 2] * 4))
    assert len(found.clips) == 12 and found.clips["label"].notna().all()


def test_an_official_split_is_read_from_its_own_column() -> None:
    speakers = [f"s{number}" for number in range(60)]
    found = split_of(_clips(60, speaker=speakers, split=["train"] * 32 + ["test"] * 28))
    assert (found.column, found.title) == ("split", "official split")
    assert own_column(found) is None


def test_without_labels_the_datasets_own_sides_stand_in_and_it_says_why() -> None:
    found = split_of(_clips(label=None, split=["train", "test"] * 6))
    assert (found.column, found.planned) == ("split", None)
    assert (
        found.title == "the dataset's own TRAIN and TEST"
        and "None of the 12 clips has a 'label'" in found.summary
    )
    nothing = split_of(_clips(label=None))
    assert (nothing.column, nothing.title) == (None, "no split")
