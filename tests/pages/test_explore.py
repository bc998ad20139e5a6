"""Explore: every section for every collection, the numbers behind its charts, and its addresses."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from app.ui.clip_table import ROWS
from store.reader import Reader
from store.snapshots import Store

if TYPE_CHECKING:
    from tests.pages.conftest import Page

SECTIONS = ("Balance", "Recordings", "Features", "Clips")
COLLECTIONS = [
    ("demo_store", "demo_sounds"),
    ("demo_store", "demo_voices"),
    ("real_store", "esc50"),
    ("real_store", "timit"),
]


def _clips(store: Path, dataset: str) -> pd.DataFrame:
    current = Store(store).current()
    assert current is not None
    with Reader(current.path) as reader:
        return reader.clips(dataset)


@pytest.mark.parametrize(("store", "dataset"), COLLECTIONS)
def test_every_section_shows_every_collection(
    open_page: Callable[..., Page], request: pytest.FixtureRequest, store: str, dataset: str
) -> None:
    root = request.getfixturevalue(store)
    page = open_page(root, "explore", dataset=dataset)
    mark = "synthetic]" if store == "demo_store" else "real recordings]"
    for section in SECTIONS:
        page.box("Show").set_value(section)
        page.at.run()
        page.sound()
        assert page.charts
        assert any(mark in badge.value for badge in page.at.markdown), section
        assert f"{len(_clips(root, dataset)):,} of" in page.text


def test_every_view_has_its_charts(open_page: Callable[..., Page], demo_store: Path) -> None:
    page = open_page(demo_store, "explore", dataset="demo_voices", show="Features")
    for place in range(len(page.box("View").options)):
        page.box("View").select_index(place)
        page.at.run()
        assert len(page.sound().charts) == 3, page.box("View").value


def test_the_bars_are_the_classes_of_the_store(open_page: Callable[..., Page], real_store: Path) -> None:
    page = open_page(real_store, "explore", dataset="esc50").sound()
    table = page.table("class_balance")
    assert table["clips"].tolist() == [40] * 10
    assert set(table["label"]) == set(_clips(real_store, "esc50")["label"])
    page.box("Split the bars by").select("fold")
    page.at.run()
    split = page.sound().table("class_balance")
    assert split["clips"].tolist() == [8] * 50  # 10 classes in 5 folds


def test_half_of_the_timit_sample_is_female(open_page: Callable[..., Page], real_store: Path) -> None:
    page = open_page(real_store, "explore", dataset="timit").sound()
    table = page.table("class_balance").set_index("label")["clips"]
    assert table.to_dict() == {"female": 80, "male": 80}
    page.box("Count clips by").select("dialect")
    page.at.run()
    assert page.sound().table("class_balance")["clips"].tolist() == [20] * 8


@pytest.mark.parametrize(("store", "dataset"), COLLECTIONS)
def test_histograms_count_every_clip(
    open_page: Callable[..., Page], request: pytest.FixtureRequest, store: str, dataset: str
) -> None:
    root = request.getfixturevalue(store)
    page = open_page(root, "explore", dataset=dataset, show="Recordings").sound()
    clips = _clips(root, dataset)
    for chart in page.charts:
        name = chart.removeprefix("chart_")
        table = page.table(name)
        assert table["clips"].sum() == len(clips)
        assert table["from"].min() <= clips[name].min() and clips[name].max() <= table["to"].max()


def test_filters_narrow_all_sections(open_page: Callable[..., Page], demo_store: Path) -> None:
    page = open_page(demo_store, "explore", dataset="demo_sounds", fold=["1", "2"]).sound()
    clips = _clips(demo_store, "demo_sounds")
    kept = clips[clips["fold"].isin([1, 2])]
    assert f"{len(kept)} of {len(clips)} clips" in page.text
    assert page.table("class_balance")["clips"].sum() == len(kept)
    page.box("Show").set_value("Features")
    page.at.run()
    told = page.sound().table("against")
    assert sorted(told["clip_id"]) == sorted(kept["clip_id"])


def test_filters_that_no_clip_passes(open_page: Callable[..., Page], demo_store: Path) -> None:
    query = {"label": "rain", "label_group": "Animals"}
    for section in SECTIONS:
        page = open_page(demo_store, "explore", dataset="demo_sounds", show=section, **query).sound()
        assert "No clip passes these filters" in page.text


def test_an_address_restores_the_page(open_page: Callable[..., Page], demo_store: Path) -> None:
    clips = _clips(demo_store, "demo_voices")
    clip = clips[clips["label"] == "female"].iloc[-1]
    page = open_page(
        demo_store,
        "explore",
        dataset="demo_voices",
        label="female",
        show="Clips",
        clip=clip["clip_id"],
        page="2",
    ).sound()
    assert page.box("Collection").value == "demo_voices"
    assert page.box("Sex").value == ["female"]
    assert page.box("Show").value == "Clips"
    assert [box.value for box in page.at.number_input] == [2]
    assert f"`{clip['clip_id']}`" in page.text
    assert page.at.subheader[0].value == f"female · {clip['speaker']} · {clip['sentence']}"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"dataset": "nowhere"}, "no collection 'nowhere'"),
        ({"show": "Clips", "clip": "demo_sounds/gone.wav"}, "holds no clip `demo_sounds/gone.wav`"),
        ({"show": "Clips", "clip": "another_store/1.wav"}, ""),
        ({"show": "Clips", "page": "999"}, ""),
        ({"show": "Clips", "page": "-1"}, ""),
        ({"show": "Clips", "page": "x", "sort": "x", "falling": "x"}, ""),
        ({"show": "Nonsense", "by": "nothing", "split_by": "<b>"}, ""),
        ({"label": "unicorn", "fold": "nine", "sex": "?"}, ""),
        ({"show": "Features", "view": "x", "column": "y", "kind": "z", "x": "1", "y": "2"}, ""),
    ],
)
def test_nonsense_in_the_address_breaks_nothing(
    open_page: Callable[..., Page], demo_store: Path, query: dict[str, str], told: str
) -> None:
    page = open_page(demo_store, "explore", **({"dataset": "demo_sounds"} | query)).sound()
    clips = len(_clips(demo_store, "demo_sounds"))
    assert f"{clips} of {clips} clips" in page.text
    assert told in page.text


def test_a_clip_outside_the_filters_is_not_replaced_silently(
    open_page: Callable[..., Page], demo_store: Path
) -> None:
    clips = _clips(demo_store, "demo_sounds")
    other = clips[clips["label"] != "rain"]["clip_id"].iloc[0]
    page = open_page(demo_store, "explore", dataset="demo_sounds", show="Clips", label="rain", clip=other)
    assert "does not pass these filters" in page.sound().text
    assert page.at.subheader[0].value == "rain"


def test_the_last_page_survives_a_filter(open_page: Callable[..., Page], demo_store: Path) -> None:
    clips = _clips(demo_store, "demo_sounds")
    last, kept = math.ceil(len(clips) / ROWS), clips[clips["fold"].isin([1, 2])]
    page = open_page(demo_store, "explore", dataset="demo_sounds", show="Clips", page=str(last)).sound()
    assert page.at.number_input[0].value == last > math.ceil(len(kept) / ROWS) > 1
    page.box("Fold").set_value([1, 2])
    page.at.run()
    assert f"{len(kept)} of {len(clips)} clips" in page.sound().text
    assert 1 <= page.at.number_input[0].value <= math.ceil(len(kept) / ROWS)


def test_another_collection_keeps_the_section(open_page: Callable[..., Page], demo_store: Path) -> None:
    page = open_page(demo_store, "explore", dataset="demo_sounds", show="Features", fold="1").sound()
    page.box("Collection").select("demo_voices")
    page.at.run()
    clips = len(_clips(demo_store, "demo_voices"))
    assert f"{clips} of {clips} clips" in page.sound().text
    assert page.box("Show").value == "Features"


def test_the_way_back_leads_to_the_collection_that_was_shown_before(
    open_page: Callable[..., Page], demo_store: Path
) -> None:
    page = open_page(demo_store, "explore", dataset="demo_sounds")
    page.box("Collection").set_value("demo_voices").run()
    assert page.at.query_params["dataset"] in ("demo_voices", ["demo_voices"])
    page.at.query_params["dataset"] = "demo_sounds"  # as the browser does when a person goes back
    page.at.run()
    assert page.box("Collection").value == "demo_sounds"
    assert page.sound().at.query_params["dataset"] in ("demo_sounds", ["demo_sounds"])
