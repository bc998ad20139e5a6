"""The search: what it finds, what it must not lose, and that it finds the same again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from pipeline.clusterings import search as search_module
from pipeline.clusterings.agreement import ari
from pipeline.clusterings.candidates import canonical
from pipeline.clusterings.search import SearchResult, search
from pipeline.inputs import ALL, FeatureMatrix, standardise, together
from pipeline.runtime import stop
from store.reader import Matrix

Values = NDArray[np.float32]


def views(values: Values, number: int = 2) -> dict[str, FeatureMatrix]:
    """Columns dealt out to a few views, and all together."""
    ids = np.array([f"clip {row:04d}" for row in range(len(values))], dtype=object)
    features_of = {}
    for view in range(number):
        own = values[:, view::number].astype(np.float32)
        features_of[f"view {view}"] = standardise(
            Matrix(ids, own, tuple(f"c{i}" for i in range(own.shape[1])))
        )
    return {**features_of, ALL: together(features_of)}


def mixture(
    seed: int, sizes: list[int], columns: int = 12, *, apart: float = 2.4, stretch: float = 0.0
) -> tuple[Values, NDArray[np.int64]]:
    """Normal distributions around drawn means, stretched along a direction of their own."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    means = rng.normal(0, apart, (len(sizes), columns))
    along = rng.normal(size=(len(sizes), columns)) / np.sqrt(columns)
    values = means[labels] + rng.normal(size=(len(labels), columns))
    values += stretch * rng.normal(size=(len(labels), 1)) * along[labels]
    return values.astype(np.float32), labels


@pytest.fixture(autouse=True)
def few_finalists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "SCREENED", 90)
    monkeypatch.setattr(search_module, "FINALISTS", 40)


@pytest.fixture(scope="module")
def five() -> tuple[Values, NDArray[np.int64]]:
    return mixture(0, [12] * 5, 12)


@pytest.fixture(scope="module")
def found(five: tuple[Values, NDArray[np.int64]]) -> SearchResult:
    values, labels = five
    with pytest.MonkeyPatch.context() as patched:  # before what is patched for each test
        patched.setattr(search_module, "SCREENED", 90)
        patched.setattr(search_module, "FINALISTS", 40)
        return _searched(values, labels)


def _searched(values: Values, labels: NDArray[np.int64]) -> SearchResult:
    return search(views(values), {}, {f"clip {row:04d}": str(one) for row, one in enumerate(labels)})


def test_known_groups_come_first(found: SearchResult) -> None:
    first = found.found[0]
    assert (first.rank, first.place) == (1, 1)
    assert (first.clustering.scores.ari or 0) > 0.85
    assert "bits of trust" in first.why


def test_a_leaderboard_that_a_person_can_read(found: SearchResult) -> None:
    assert 20 < len(found.found) <= 40
    assert [one.place for one in found.found] == list(range(1, len(found.found) + 1))
    assert [one.rank for one in found.found] == sorted(one.rank for one in found.found)
    assert {one.view for one in found.found} == {"view 0", "view 1", ALL}
    for one in found.found:
        assert one.clustering.within_stability is not None
        assert one.agreement is not None
        assert len(one.clustering.fitted.labels) == 60
    assert "clusterings were compared by size, noise" in found.summary
    assert f"{len(found.found)} finalists" in found.summary
    assert found.gaps == []


def test_labels_change_nothing_but_external_scores(
    found: SearchResult, five: tuple[Values, NDArray[np.int64]]
) -> None:
    again = search(views(five[0]), {}, None)
    assert _read(again) == _read(found)
    assert all(one.clustering.scores.ari is None for one in again.found)


@pytest.mark.parametrize(
    ("seed", "sizes", "stretch"), [(10, [12] * 4, 0.0), (12, [9] * 5, 2.0), (13, [20, 20], 1.0)]
)
def test_the_sieve_keeps_the_first_three_of_the_whole_grid(
    seed: int, sizes: list[int], stretch: float
) -> None:
    features_of = views(mixture(seed, sizes, stretch=stretch)[0], 2)
    whole = search(features_of, {}, None, thorough=True)
    assert whole.summary.startswith("All ")
    sieved = search(features_of, {}, None)
    assert len(sieved.found) <= 40 < len(whole.found)
    kept = {canonical(one.clustering.fitted.labels).tobytes() for one in sieved.found}
    for one in sorted(whole.found, key=lambda one: (one.rank, one.place))[:3]:
        assert canonical(one.clustering.fitted.labels).tobytes() in kept


def _read(result: SearchResult) -> list[tuple[object, ...]]:
    """What a person reads of the first rows."""
    return [
        (one.view, one.clustering.space, one.clustering.method, dict(one.clustering.parameters), one.rank)
        for one in result.found[:5]
    ]


def test_the_same_for_any_number_of_threads_and_order_of_work(
    found: SearchResult, five: tuple[Values, NDArray[np.int64]]
) -> None:
    def backwards(function: Callable[..., Any], arguments: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        return (function(*one) for one in reversed(list(arguments)))

    with threadpool_limits(2):
        again = search(views(five[0]), {}, None, each=backwards)
    assert _read(again) == _read(found)


@pytest.mark.parametrize("seed", range(2))
def test_rounding_moves_no_first_place(
    seed: int, found: SearchResult, five: tuple[Values, NDArray[np.int64]]
) -> None:
    moved = five[0] * (1 + 1e-6 * np.random.default_rng(seed).normal(size=five[0].shape))
    assert _read(search(views(moved.astype(np.float32)), {}, None))[0] == _read(found)[0]


def test_another_seed_finds_the_same_groups(
    found: SearchResult, five: tuple[Values, NDArray[np.int64]]
) -> None:
    first = found.found[0].clustering.fitted.labels
    for seed in (1, 2):
        again = search(views(five[0]), {}, None, seed=seed)
        assert ari(first, again.found[0].clustering.fitted.labels) > 0.8


def test_views_may_lack_clips(five: tuple[Values, NDArray[np.int64]]) -> None:
    features_of = views(five[0])
    one = features_of["view 1"]
    few = standardise(Matrix(one.clip_ids[10:], one.values[10:], one.columns))
    result = search({"view 1": few, **{view: features_of[view] for view in ("view 0", ALL)}}, {}, None)
    assert {len(each.clustering.fitted.labels) for each in result.found} == {50, 60}
    assert 4 <= result.found[0].clustering.scores.clusters <= 7


def test_one_view_alone_is_searched_as_well(five: tuple[Values, NDArray[np.int64]]) -> None:
    result = search({"view": views(five[0], 1)["view 0"]}, {}, None)
    assert 4 <= result.found[0].clustering.scores.clusters <= 7
    assert result.found[0].agreement is None


@pytest.mark.parametrize("n", [2, 3, 9])
def test_a_handful_of_clips(n: int, five: tuple[Values, NDArray[np.int64]]) -> None:
    result = search(views(five[0][::7][:n]), {}, None)
    assert all(gap.reason.endswith(".") for gap in result.gaps)
    assert bool(result.found) == (n > 2)
    if n == 2:
        assert result.gaps[0].what == "Clusterings"
        assert result.summary == "No clustering could be computed."


def test_many_clips_are_searched_by_landmarks(
    five: tuple[Values, NDArray[np.int64]], monkeypatch: pytest.MonkeyPatch
) -> None:
    values, labels = mixture(3, [40] * 3)
    monkeypatch.setattr(search_module, "MAX_WHOLE", 60)
    monkeypatch.setattr("pipeline.clusterings.cluster.MAX_WHOLE", 60)
    result = search(views(values), {}, None)
    first = result.found[0].clustering
    assert len(first.fitted.labels) == 120
    assert ari(first.fitted.labels, labels.astype(np.int32)) > 0.85
    assert "among 60 of the 120 clips" in result.summary
    assert "Found among 60 of the 120 clips" in " ".join(first.notes)


def test_a_request_to_stop_ends_it(
    five: tuple[Values, NDArray[np.int64]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stop, "check", interrupt)
    with pytest.raises(KeyboardInterrupt):
        search(views(five[0]), {}, None)


def test_the_share_that_is_done_rises_to_one(five: tuple[Values, NDArray[np.int64]]) -> None:
    shares: list[float] = []
    search(views(five[0][:30], 2), {}, None, on_progress=lambda _what, share: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1
