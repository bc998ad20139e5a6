"""The search behind the Similar page against plain NumPy, and where a recording falls against scikit-learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays
from sklearn.decomposition import PCA

from app.cache import snapshot
from app.similar import cloud, search
from app.similar.search import Query
from pipeline.extraction import describe
from pipeline.features import VIEWS
from pipeline.inputs import ALL
from store.errors import SesatlasError

ANY_VIEW = [*VIEWS, ALL]


@pytest.fixture(autouse=True)
def demo(demo_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test here asks the demo store."""
    monkeypatch.setenv("SESATLAS_STORE", str(demo_store))


def _query(clip_id: str) -> Query:
    clip = snapshot.clip(clip_id)
    return Query(clip_id, clip["content_hash"], clip["label"], clip_id=clip_id)


def _own(clip_id: str) -> Query:
    """The file of a clip, as somebody would bring it who does not know that the store has it."""
    clip = snapshot.clip(clip_id)
    found = describe((Path(clip["root"]) / clip["relative_path"]).read_bytes())
    return Query("mine.wav", found.content_hash, description=found)


def _distances(values: np.ndarray, target: np.ndarray, metric: str) -> np.ndarray:
    values, target = values.astype(float), target.astype(float)
    if metric == "Euclidean":
        return np.linalg.norm(values - target, axis=1)
    return 1 - values @ target / np.linalg.norm(values, axis=1) / np.linalg.norm(target)


@pytest.mark.parametrize("scope", ["demo_sounds", None])
@pytest.mark.parametrize("metric", search.METRICS)
@pytest.mark.parametrize("view", ["mfcc", "pitch", ALL])
def test_the_nearest_are_those_of_a_search_by_hand(view: str, metric: str, scope: str | None) -> None:
    clip_id = str(snapshot.clips("demo_sounds")["clip_id"].iloc[31])
    found = search.search(_query(clip_id), scope, view, metric)
    scaled = snapshot.standardised(scope, view)
    row = int(np.flatnonzero(scaled.clip_ids == clip_id)[0])
    distances = _distances(scaled.values, scaled.values[row], metric)
    distances[row] = np.inf
    expected = np.sort(distances)[: search.COUNT]
    np.testing.assert_allclose(found.hits["distance"], expected, rtol=1e-4, atol=1e-5)
    by_id = dict(zip(scaled.clip_ids, distances, strict=True))
    there = [by_id[one] for one in found.hits["clip_id"]]
    np.testing.assert_allclose(there, expected, rtol=1e-4, atol=1e-5)
    assert found.clips == len(scaled.clip_ids)
    assert found.seconds >= 0


def test_a_clip_never_finds_itself() -> None:
    for dataset in ("demo_sounds", "demo_voices"):
        for clip_id in snapshot.clips(dataset)["clip_id"].iloc[::12]:
            hits = search.search(_query(clip_id), None, "dynamics", "Cosine").hits
            assert clip_id not in set(hits["clip_id"])
            assert len(hits) == search.COUNT
            assert hits["distance"].is_monotonic_increasing


@pytest.mark.parametrize("metric", search.METRICS)
@pytest.mark.parametrize("view", ANY_VIEW)
def test_a_file_of_the_collection_finds_its_clip_at_no_distance(view: str, metric: str) -> None:
    clip_id = str(snapshot.clips("demo_voices")["clip_id"].iloc[5])
    for scope in ("demo_voices", None):
        first = search.search(_own(clip_id), scope, view, metric).hits.iloc[0]
        assert first["distance"] == pytest.approx(0, abs=1e-3 if metric == "Euclidean" else 1e-5)
        if view != "pitch":  # five numbers: where nothing is voiced, several clips share all of them
            assert first["clip_id"] == clip_id
            assert bool(first["same"])


def test_a_recording_that_the_store_has_is_known_by_its_content() -> None:
    clip_id = str(snapshot.clips("demo_sounds")["clip_id"].iloc[3])
    assert search.twin(_own(clip_id)) == clip_id
    assert search.twin(Query("other.wav", "0" * 64)) is None


def test_a_view_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    query = _own(str(snapshot.clips("demo_sounds")["clip_id"].iloc[0]))
    views = snapshot.views()
    views.loc[views["view"] == "mel", "key"] = "of another day"
    monkeypatch.setattr(snapshot, "views", lambda: views)
    search.vector(query, "demo_sounds", "mfcc")
    for view in ("mel", ALL):
        with pytest.raises(SesatlasError, match="another version"):
            search.vector(query, "demo_sounds", view)


@pytest.mark.parametrize(
    ("labels", "own", "told"),
    [
        (
            ["dog"] * 8 + ["cat"] * 2,
            "dog",
            "**8 of 10 are 'dog'**, as the chosen clip is; the others: cat (2).",
        ),
        (["dog"] * 10, "dog", "**All 10 are 'dog'**, as the chosen clip is."),
        (["cat"] * 10, "dog", "**None of 10 is 'dog'**, as the chosen clip is; the others: cat (10)."),
        (["dog"] * 7 + ["cat"] * 3, None, "**7 of 10 are 'dog'**; the others: cat (3)."),
        (["dog"] * 2 + [None] * 2, None, "**2 of 4 are 'dog'**; the others: without a label (2)."),
        (["a", "b", "c"], None, "No two of these 3 share a label."),
        (["a"], None, "**The one clip is 'a'**."),
        ([None, None], "dog", "None of these clips has a label."),
        ([], None, "None of these clips has a label."),
    ],
)
def test_agreement_is_a_sentence(labels: list[str | None], own: str | None, told: str) -> None:
    assert search.agreement(labels, own) == told


def test_pca_places_a_new_recording_as_scikit_learn_does() -> None:
    rng = np.random.default_rng(4)
    values = (rng.normal(size=(60, 9)) @ rng.normal(size=(9, 9))).astype(np.float32)
    values -= values.mean(axis=0)
    columns = [f"c{number}" for number in range(9)]
    pca = PCA(3).fit(values)
    axes = pd.DataFrame({"axis": [1, 2, 3], "columns": [columns] * 3, "loadings": list(pca.components_)})
    new = rng.normal(size=9).astype(np.float32)
    found = cloud.by_axes(new, columns, axes)
    assert found is not None
    np.testing.assert_allclose(found, pca.transform(new[None])[0], rtol=1e-4, atol=1e-4)
    assert cloud.by_axes(new, columns[::-1], axes) is None
    assert cloud.by_axes(new, columns, axes.iloc[:0]) is None


POSITIONS = arrays.arrays(np.float32, (5, 3), elements=some.floats(-100, 100, width=32), fill=some.nothing())
DISTANCES = arrays.arrays(float, 5, elements=some.floats(1e-3, 1e3), fill=some.nothing())


@given(positions=POSITIONS, distances=DISTANCES, factor=some.floats(0.1, 10))
def test_a_place_among_neighbours_lies_between_them(
    positions: np.ndarray, distances: np.ndarray, factor: float
) -> None:
    place = cloud.by_neighbours(positions, distances)
    assert place.shape == (3,) and place.dtype == np.float32
    assert np.all(place >= positions.min(axis=0) - 1e-3) and np.all(place <= positions.max(axis=0) + 1e-3)
    again = cloud.by_neighbours(positions, distances * factor)
    np.testing.assert_allclose(again, place, rtol=1e-3, atol=1e-2)


@given(positions=POSITIONS, distances=DISTANCES, same=some.integers(0, 4))
def test_the_place_of_a_clip_s_double_is_the_clip_s(
    positions: np.ndarray, distances: np.ndarray, same: int
) -> None:
    distances[same] = -1e-8  # rounding can make a cosine distance negative
    np.testing.assert_array_equal(cloud.by_neighbours(positions, distances), positions[same])
