"""The view of the networks of a training: what it says of itself, and that nothing else computes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.networks.esc_cnn import described
from pipeline.train.esc.trained import read_trained
from pipeline.train.layout import TrainError

pytestmark = pytest.mark.xdist_group("networks")


def test_the_view_describes_itself(trained_store: Path) -> None:
    found = read_trained(trained_store, "tones")
    view = described({"tones": found})
    assert (view.name, len(view.columns), len(view.units)) == ("esc_cnn", 16, 16)
    assert len(set(view.columns)) == 16 and "second hand" in view.notes
    other = described({"tones": replace(found, key="other")})
    assert view.key == described({"tones": found}).key != other.key and view.learned
    assert described({"tones": replace(found, folds=found.folds[:2])}).key != view.key
    with pytest.raises(TrainError, match="then build"):
        view.compute(None)
