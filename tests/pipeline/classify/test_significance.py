"""McNemar's test against known cases."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.classify.classifier import ClassifyError
from pipeline.classify.significance import compare


def said(right: str) -> pd.DataFrame:
    """One clip a letter: r for right, w for wrong."""
    return pd.DataFrame(
        {
            "clip_id": [f"c{i}" for i in range(len(right))],
            "truth": ["a"] * len(right),
            "predicted": ["a" if letter == "r" else "b" for letter in right],
        }
    )


def test_the_table_and_the_clips() -> None:
    found = compare(said("rrwwr"), said("rwrww"))
    assert (found.clips, found.both_right, found.both_wrong) == (5, 1, 1)
    assert found.only_first == ("c1", "c4")
    assert found.only_second == ("c2",)
    assert found.difference == pytest.approx(0.2)
    assert "too little to tell them apart" in found.sentence


def test_p_values() -> None:
    """b = 2, c = 12: exact 2 (1 + 14 + 91) / 2^14; (|b - c| - 1)^2 / (b + c) = 81 / 14."""
    found = compare(said("r" * 2 + "w" * 12 + "r" * 30), said("w" * 2 + "r" * 12 + "r" * 30))
    assert found.exact == pytest.approx(2 * 106 / 2**14)
    assert found.statistic == pytest.approx(81 / 14)
    assert found.chi_squared == pytest.approx(0.01616, abs=2e-5)
    assert "the second is better" in found.sentence


def test_the_same_experiment_twice() -> None:
    found = compare(said("rwr"), said("rwr"))
    assert (found.exact, found.statistic, found.chi_squared) == (1.0, None, None)


def test_clips_in_common_only() -> None:
    assert compare(said("rrr"), said("rrrww")).clips == 3


def test_nothing_to_compare() -> None:
    other = said("rr")
    with pytest.raises(ClassifyError, match="no clip in common"):
        compare(other, other.assign(clip_id=["x", "y"]))
    with pytest.raises(ClassifyError, match="different targets"):
        compare(other, other.assign(truth="b"))
