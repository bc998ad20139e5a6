"""What a picture's axes are made of, and parameters in words."""

from __future__ import annotations

import json

import pandas as pd
from hypothesis import given
from hypothesis import strategies as some

from app.clusters.quality import describe_parameters, heaviest


def _axis(loadings: list[float]) -> pd.Series:
    return pd.Series({"columns": [f"c{at}" for at in range(len(loadings))], "loadings": loadings})


def test_the_heaviest_come_first_whatever_their_sign() -> None:
    found = heaviest(_axis([0.1, -0.9, 0.5, 0.0]), 3)
    assert found["column"].tolist() == ["c1", "c2", "c0"]
    assert found["loading"].tolist() == [-0.9, 0.5, 0.1]


def test_columns_that_weigh_the_same_stay_in_their_order() -> None:
    assert heaviest(_axis([0.5, -0.5, 0.5]))["column"].tolist() == ["c0", "c1", "c2"]


@given(some.lists(some.floats(-1, 1), max_size=30), some.integers(1, 15))
def test_nothing_left_out_weighs_more(loadings: list[float], most: int) -> None:
    found = heaviest(_axis(loadings), most)
    kept = found["loading"].abs().tolist()
    assert kept == sorted(map(abs, loadings), reverse=True)[:most]


def test_parameters_are_told_without_the_seed() -> None:
    told = describe_parameters(json.dumps({"n_neighbors": 15, "metric": "cosine", "seed": 4}))
    assert told == "n neighbors 15, metric cosine"
    assert describe_parameters("{}") == ""
