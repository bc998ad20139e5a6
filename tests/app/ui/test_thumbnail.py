"""The small still picture of a collection: which projection it shows, and what is drawn of it."""

from __future__ import annotations

import re
import time

import numpy as np
import pandas as pd
import pytest

from app.ui import thumbnail

COLOURS = ("#000001", "#000002", "#000003")
ROOM = (thumbnail.WIDTH - 2 * thumbnail.MARGIN, thumbnail.HEIGHT - 2 * thumbnail.MARGIN)
POINT = re.compile(r"M(-?[\d.]+) (-?[\d.]+)h0")


def _rows(*ids: str) -> pd.DataFrame:
    rows = [
        {
            "projection_id": id_,
            "view": id_.split(".")[1],
            "method": id_.split(".")[2].split("-")[0],
            "dimension": int(id_[-2]),
            "origin": "build",
        }
        for id_ in ids
    ]
    return pd.DataFrame(rows, columns=["projection_id", "view", "method", "dimension", "origin"])


def test_umap_of_all_views_is_shown_else_what_there_is() -> None:
    rows = _rows("a.mfcc.umap-2d", "a.all.pca-2d", "a.all.tsne-2d", "a.all.umap-3d", "a.all.umap-2d")
    for left, expected in ((5, "a.all.umap-2d"), (4, "a.all.tsne-2d"), (2, "a.all.pca-2d")):
        found = thumbnail.best(rows.iloc[:left])
        assert found is not None and found["projection_id"] == expected
    assert thumbnail.best(rows.iloc[:1]) is None and thumbnail.best(_rows()) is None
    assert thumbnail.best(rows.assign(origin="kept")) is None


def _points(picture: str) -> np.ndarray:
    return np.array([[float(x), float(y)] for x, y in POINT.findall(picture)])


def test_every_clip_is_a_point_within_the_picture_in_the_colour_of_its_label() -> None:
    positions = np.array([[0, 0], [4, 0], [4, 3], [0, 3]], dtype=np.float32)
    picture = thumbnail.svg(positions, ["b", "a", None, "b"], COLOURS)
    points = _points(picture)
    assert len(points) == 4
    assert (points >= thumbnail.MARGIN).all()
    assert (points <= [thumbnail.WIDTH - thumbnail.MARGIN, thumbnail.HEIGHT - thumbnail.MARGIN]).all()
    # It fills the picture, and upwards is upwards.
    assert np.ptp(points, axis=0) == pytest.approx(ROOM, abs=0.2)
    of = {
        colour: POINT.findall(path)
        for colour, path in re.findall(r'<path stroke="([^"]+)" d="([^"]+)"', picture)
    }
    assert set(of) == {COLOURS[0], COLOURS[1], thumbnail.GREY}
    ((_, missing_y),), ((_, a_y),) = of[thumbnail.GREY], of[COLOURS[0]]
    assert float(missing_y) < float(a_y)


def test_a_narrow_cloud_is_stretched_only_so_far() -> None:
    width, height = np.ptp(
        _points(thumbnail.svg(np.array([[0, 0], [1, 8]], np.float32), ["a"] * 2, COLOURS)), axis=0
    )
    assert height == pytest.approx(ROOM[1], abs=0.2)
    assert width / height == pytest.approx(thumbnail.MAX_STRETCH / 8, rel=0.02)


@pytest.mark.parametrize("n", [1, 3])
def test_clips_at_one_place(n: int) -> None:
    points = _points(thumbnail.svg(np.ones((n, 2), np.float32), ["a"] * n, COLOURS))
    assert np.allclose(points, [thumbnail.WIDTH / 2, thumbnail.HEIGHT / 2])


def test_more_labels_than_colours_and_labels_that_are_numbers() -> None:
    positions = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    assert len(_points(thumbnail.svg(positions, list(range(50)), COLOURS))) == 50


def test_a_large_collection_is_sampled_evenly_and_small() -> None:
    n = 100_000
    positions = np.random.default_rng(0).normal(size=(n, 2)).astype(np.float32)
    labels = [f"label {at * 50 // n}" for at in range(n)]
    picture = thumbnail.svg(positions, labels, COLOURS)
    assert len(_points(picture)) == thumbnail.MAX_POINTS
    assert len(picture) < 60_000
    assert picture == thumbnail.svg(positions, labels, COLOURS)


def test_it_takes_next_to_no_time() -> None:
    positions = np.random.default_rng(0).normal(size=(400, 2)).astype(np.float32)
    labels = [f"label {at % 10}" for at in range(400)]
    began = time.process_time()
    thumbnail.svg(positions, labels, COLOURS)
    assert time.process_time() - began < 0.2
