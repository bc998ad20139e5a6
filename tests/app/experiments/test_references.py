"""What others report: only beside what it is of, and marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.experiments import references

FIFTY = [f"class {number}" for number in range(50)]


@pytest.mark.parametrize(
    ("reader", "columns", "found"),
    [
        ("esc50", {"classes": sorted(references.ESC10)}, ("ESC-10", 0.727, 0.957)),
        ("esc50", {"classes": FIFTY}, ("ESC-50", 0.443, 0.813)),
        ("esc50", {"classes": FIFTY[:10]}, None),
        ("esc50", {"classes": FIFTY, "target": "label_group"}, None),
        ("folder", {"classes": FIFTY}, None),
    ],
)
def test_they_belong_to_a_set_of_classes(
    experiment: Callable[..., pd.Series],
    reader: str,
    columns: dict[str, Any],
    found: tuple[str, float, float] | None,
) -> None:
    row = experiment(**{name: np.array(one, dtype=object) if isinstance(one, list) else one
                        for name, one in columns.items()})  # fmt: skip
    known = references.of(pd.Series({"reader": reader}), row)
    if found is None:
        assert known == []
        return
    told = {one.what: one.accuracy for one in known}
    assert ({one.of for one in known}, told["Random forest"], told["Human listeners"]) == (
        {found[0]},
        *found[1:],
    )
    said = references.sentence(known)
    assert (
        "not measured here" in said and "10.1145/2733373.2806390" in said and f"{100 * found[1]:.1f}%" in said
    )
    assert references.table(known)["accuracy %"].tolist() == [100 * one.accuracy for one in known]
