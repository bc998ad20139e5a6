"""Scores on the pages: columns of Explore's table to sort by, and colours of the clouds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pipeline.features import VIEWS
from pipeline.scores import SCORES
from pipeline.scores.score import Score
from pipeline.scores.stage import SCORES as STAGE
from pipeline.stage import Run, State
from store import publishing
from store.reader import Reader
from store.snapshots import Store
from store.writer import Writer

if TYPE_CHECKING:
    from tests.pages.conftest import Page

TITLE = "Distance to the ten nearest"
TOY = Score(
    name="toy", version=1, title="Toy length", unit="1", format="toy {:.1f}", source="None",
    description="The length of the vector.", compute=lambda values: np.linalg.norm(values, axis=1).astype(np.float64),
)  # fmt: skip


def scores(store: Path, view: str) -> Any:
    with Reader(Store(store).current().path) as reader:
        return reader.clip_scores("tones", view)


def ids(drawn: dict[str, Any]) -> list[str]:
    return [row["id"] for row in drawn["rows"]["rows"]]


def headings(drawn: dict[str, Any]) -> list[str]:
    return [column["name"] for column in drawn["rows"]["columns"]]


@pytest.mark.parametrize("view", ["mfcc", "all"])
def test_a_link_sorts_by_a_score_of_a_view(
    open_page: Callable[..., Page], tones_store: Path, drawn: dict[str, Any], view: str
) -> None:
    query = {"dataset": "tones", "show": "Clips", "sort": f"score:knn_distance:{view}", "falling": "true"}
    page = open_page(tones_store, "explore", **query).sound()
    assert page.box("Sort by").value == query["sort"]
    expected = scores(tones_store, view)["knn_distance"].sort_values(ascending=False, kind="stable")
    assert ids(drawn) == expected.index.tolist()
    assert TITLE.lower() in [one.lower() for one in headings(drawn)]
    assert page.at.query_params["sort"] == query["sort"]


def test_another_view_keeps_the_score_to_sort_by(open_page: Callable[..., Page], tones_store: Path) -> None:
    query = {"dataset": "tones", "show": "Clips", "sort": "score:knn_distance:mfcc"}
    page = open_page(tones_store, "explore", **query).sound()
    page.box("Scores of").select("chroma")
    page.at.run()
    assert page.sound().box("Sort by").value == "score:knn_distance:chroma"


@pytest.mark.parametrize(
    ("asked", "column"), [("duration_s", "duration_s"), ("duration (s)", "duration_s"), ("x", "clip_id")]
)
def test_a_column_is_named_in_the_address_by_its_name_or_its_heading(
    open_page: Callable[..., Page], tones_store: Path, asked: str, column: str
) -> None:
    """Links from before have the heading."""
    page = open_page(tones_store, "explore", dataset="tones", show="Clips", sort=asked).sound()
    assert page.box("Sort by").value == column


def test_the_order_that_a_person_chooses_is_kept_in_the_address(
    open_page: Callable[..., Page], tones_store: Path, drawn: dict[str, Any]
) -> None:
    page = open_page(tones_store, "explore", dataset="tones", show="Clips").sound()
    assert "sort" not in page.at.query_params
    page.box("Sort by").select("rms_dbfs")
    page.at.run()
    assert page.at.query_params["sort"] == "rms_dbfs"
    page.at.run()
    assert page.sound().box("Sort by").value == "rms_dbfs"


def test_a_score_colours_the_clouds(
    open_page: Callable[..., Page], tones_store: Path, drawn: dict[str, Any]
) -> None:
    page = open_page(tones_store, "clusters", dataset="tones").sound()
    page.box("Colour by").select("score:knn_distance")
    page.at.run()
    assert TITLE in str(page.sound() and drawn["cloud"])


def test_a_new_score_is_a_column_without_another_file(
    open_page: Callable[..., Page], tones_store: Path, drawn: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCORES, "toy", TOY)
    store = Store(tones_store)
    publishing.begin(store)
    assert STAGE.run(Run(State(store.root, VIEWS), store.staging)) == len(VIEWS) + 1
    publishing.publish(store, store.next_number())
    query = {"dataset": "tones", "show": "Clips", "sort": "score:toy:mfcc"}
    open_page(tones_store, "explore", **query).sound()
    assert ids(drawn) == scores(tones_store, "mfcc")["toy"].sort_values(kind="stable").index.tolist()
    place = headings(drawn).index("toy length")
    assert all(row["cells"][place].startswith("toy ") for row in drawn["rows"]["rows"])


def test_before_there_are_scores_the_page_says_so(open_page: Callable[..., Page], tones_store: Path) -> None:
    with Writer(Store(tones_store).current().path) as writer, writer.transaction():
        for table in ("scores", "clip_scores"):
            writer.con.execute(f"delete from {table}")
    query = {"dataset": "tones", "show": "Clips", "sort": "score:knn_distance:mfcc"}
    page = open_page(tones_store, "explore", **query).sound()
    assert "no scores of these clips yet" in page.text and page.box("Sort by").value == "clip_id"
    open_page(tones_store, "clusters", dataset="tones").sound()
