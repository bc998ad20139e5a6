"""Clips by label and side, and the cells that are far from even."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.audit.balance import balance, summary
from pipeline.audit.splits import AuditError

pytestmark = pytest.mark.xdist_group("esc10")


def clips(rows: dict[tuple[str, int], int]) -> pd.DataFrame:
    spread = [key for key, number in rows.items() for _ in range(number)]
    table = pd.DataFrame(spread, columns=["label", "fold"])
    return table.assign(clip_id=[f"c{number}" for number in range(len(table))])


def test_an_even_table():
    result = balance(clips({(label, fold): 8 for label in "ab" for fold in (1, 2, 10)}))
    assert list(result.counts.columns) == ["1", "2", "10"]
    assert (result.cells["verdict"] == "even").all() and result.uneven.empty
    assert result.ratio == 1
    assert (
        summary(result)
        == "2 labels over 3 folds, 8 clips in each of 6 cells: none is empty or far from even."
    )


def test_empty_and_uneven_cells_are_named():
    result = balance(clips({("a", 1): 20, ("a", 2): 20, ("b", 1): 2, ("b", 2): 30, ("c", 1): 9}))
    assert result.uneven.iloc[0][["label", "side", "verdict"]].tolist() == ["c", "2", "empty"]
    verdicts = result.cells.set_index(["label", "side"])["verdict"]
    assert verdicts[("b", "1")] == "few" and verdicts[("a", "1")] == "even" and verdicts[("c", "1")] == "many"
    assert result.cells["expected"].sum() == pytest.approx(result.cells["clips"].sum())


def test_a_label_with_one_clip_and_clips_without_a_label_are_told():
    table = clips({("a", 1): 3, ("a", 2): 3, ("b", 1): 1})
    table.loc[0, "label"] = None
    assert balance(table).notes == ("1 clip without a label left out.", "Only one clip is labelled 'b'.")


def test_bad_input_is_a_sentence():
    with pytest.raises(AuditError, match="one side"):
        balance(clips({("a", 1): 3}))
    with pytest.raises(AuditError, match="No clip has a label"):
        balance(clips({("a", 1): 3, ("a", 2): 3}).assign(label=None))
    with pytest.raises(AuditError, match="There are no clips"):
        balance(clips({("a", 1): 3})[:0])


def test_esc10_is_balanced(esc10):
    result = balance(esc10.clips)
    assert (result.counts == 8).all(axis=None)
