"""What a collection can be filtered by, and what the collections are called."""

from __future__ import annotations

import pandas as pd
import pytest

from app.ui.filters import Selection, titles
from pipeline.fields import with_role


def _selection(label_name: str, **columns: list[object]) -> Selection:
    clips = pd.DataFrame({column: [None, None] for column in with_role("filter")} | columns)
    return Selection(pd.Series({"dataset": "mine", "label_name": label_name}), clips, len(clips))


def test_a_facet_nobody_tells_is_not_offered() -> None:
    selection = _selection("category", label=["dog", "rain"], fold=[1, None])
    assert selection.facets() == {"label": "Category", "fold": "Fold"}


def test_where_the_label_is_the_sex_there_is_one_box_for_both() -> None:
    timit = _selection("sex", label=["female", "male"], sex=["female", "male"], split=["train", "test"])
    assert timit.facets() == {"label": "Sex", "split": "Split"}
    ravdess = _selection("emotion", label=["calm", "sad"], sex=["female", "male"])
    assert ravdess.facets() == {"label": "Emotion", "sex": "Sex"}


def test_an_unlabelled_collection_has_no_facet() -> None:
    assert _selection("label").facets() == {}


@pytest.mark.parametrize("names", [["esc50"], ["esc50", "mine", "mine_too"], []])
def test_titles_tell_the_collections_apart(names: list[str]) -> None:
    kinds = {"esc50": "ESC-50"}
    table = pd.DataFrame(
        {
            "dataset": pd.Series(names, dtype="string"),
            "title": pd.Series([kinds.get(name, "A folder of your own") for name in names], dtype="string"),
        }
    )
    told = titles(table)
    assert list(told) == names
    assert len(set(told.values())) == len(names)
    assert told.get("esc50", "ESC-50") == "ESC-50"  # alone of its kind it keeps its plain title
