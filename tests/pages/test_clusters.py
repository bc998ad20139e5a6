"""Clusters: every view and picture, every colour, every section, other parameters, and links to all of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from app.clusters import selection
from pipeline.clusterings import CLUSTERERS
from pipeline.features import VIEWS
from store.annotations import load_selections
from store.reader import Reader
from store.snapshots import Store

if TYPE_CHECKING:
    from tests.pages.conftest import Page

TITLES = {name: one.title for name, one in VIEWS.items()} | {"all": "All views together"}
SECTIONS = ("Clip", "Picked clips", "Labels x clusters", "Condensed tree", "How far to believe it")
NAMES = ["rain", 'Träume / 2: "wet"?', "../../etc", "雨 🐸"]


@pytest.fixture
def clusters(open_page: Callable[..., Page], demo_store: Path) -> Callable[..., Page]:
    """``clusters(**query)``: the page on the demo sounds, without error."""

    def open_one(**query: str) -> Page:
        return open_page(demo_store, "clusters", **{"dataset": "demo_sounds"} | query).sound()

    return open_one


def _read(store: Path) -> Reader:
    current = Store(store).current()
    assert current is not None
    return Reader(current.path)


def _number(root: Path) -> int:
    current = Store(root).current()
    assert current is not None
    return current.number


def _clusterings(store: Path, dataset: str = "demo_sounds") -> pd.DataFrame:
    with _read(store) as reader:
        return reader.clusterings(dataset)


def _ids(store: Path, dataset: str = "demo_sounds") -> list[str]:
    with _read(store) as reader:
        return [str(one) for one in reader.clips(dataset)["clip_id"]]


def _link(ids: list[str], *places: int) -> str:
    from app.components.cloud import data as bits

    return f"{selection._stamp(ids)}.{bits.encode(np.isin(np.arange(len(ids)), places))}"


def _box(page: Page, key: str) -> Any:
    (found,) = [one for one in page.at.selectbox if one.key == key]
    return found


def _set(page: Page, **values: Any) -> Page:
    """Set widgets by their keys, one run for each."""
    kinds = ("selectbox", "toggle", "slider", "button_group", "text_input")
    for key, value in values.items():
        (widget,) = [one for kind in kinds for one in page.at.get(kind) if one.key == key]
        widget.set_value(value)
        page.at.run()
    return page


def _click(page: Page, label: str) -> Page:
    (button,) = [one for one in page.at.button if one.label == label]
    button.click()
    page.at.run()
    return page


def _query(page: Page, name: str) -> str | None:
    value = page.at.query_params.get(name)
    return value[0] if isinstance(value, list) else value


@pytest.mark.parametrize("dataset", ["demo_sounds", "demo_voices"])
def test_it_opens_with_the_first_of_the_leaderboard_and_its_view(
    clusters: Callable[..., Page], demo_store: Path, drawn: dict[str, Any], dataset: str
) -> None:
    page = clusters(dataset=dataset)
    first = _clusterings(demo_store, dataset).iloc[0]
    assert (
        f"**First of {len(_clusterings(demo_store, dataset)):,}: {CLUSTERERS[first['method']].title}"
        in page.text
    )
    assert first["why"] not in page.text, "what its rank is made of stands in the table"
    assert _query(page, "clustering") == first["clustering_id"]
    assert _query(page, "view") == first["view"]
    assert _box(page, "view").value == first["view"]
    data = drawn["cloud"]
    assert data["n"] == len(_ids(demo_store, dataset))
    assert [scene["dimension"] for scene in data["scenes"]] == [3, 2]
    assert len(data["clusters"]["names"]) == first["clusters"]
    assert (data["chosen"], data["selected"], data["symbols"]) == (None, None, False)


@pytest.mark.parametrize("view", TITLES)
def test_every_view_and_projection(clusters: Callable[..., Page], drawn: dict[str, Any], view: str) -> None:
    page = clusters(view=TITLES[view])
    assert _box(page, "view").value == view
    seen = set()
    for name in page.box("Projection").options:
        _set(page, projection=name).sound()
        seen |= {scene["points"] for scene in drawn["cloud"]["scenes"]}
        assert [scene["title"] for scene in drawn["cloud"]["scenes"]] == [f"{name}, 3-D", f"{name}, 2-D"]
        assert all((scene["axes"] != []) == (name == "PCA") for scene in drawn["cloud"]["scenes"])
        assert _query(page, "view") == view
    assert len(seen) == 6


@pytest.mark.parametrize(("shown", "dimensions"), [("3-D", [3]), ("2-D", [2]), ("3-D and 2-D", [3, 2])])
def test_one_picture_or_both(
    clusters: Callable[..., Page], drawn: dict[str, Any], shown: str, dimensions: list[int]
) -> None:
    clusters(dimensions=shown)
    assert [scene["dimension"] for scene in drawn["cloud"]["scenes"]] == dimensions


@pytest.mark.parametrize("dataset", ["demo_sounds", "demo_voices"])
def test_every_colour(clusters: Callable[..., Page], drawn: dict[str, Any], dataset: str) -> None:
    page = clusters(dataset=dataset)
    box = page.box("Colour by")
    titles = set()
    for option in box.options:
        box = page.box("Colour by")
        box.select(option)
        page.at.run()
        page.sound()
        titles.add(drawn["cloud"]["colouring"]["title"])
    assert len(titles) >= len(box.options)
    column = page.box("Column").options[2]
    _set(page, colour_column=column).sound()
    assert drawn["cloud"]["colouring"]["title"] == column


def test_a_colour_and_symbols_stand_in_the_link(clusters: Callable[..., Page], drawn: dict[str, Any]) -> None:
    page = clusters(colour="Trustworthiness of each point", symbols="true", view="MFCC", projection="PCA")
    assert drawn["cloud"]["colouring"]["title"] == "Trustworthiness of each point"
    assert drawn["cloud"]["symbols"] is True
    assert {name: _query(page, name) for name in ("view", "projection")} == {
        "view": "mfcc",
        "projection": "PCA",
    }


def test_another_clustering_by_its_link(
    clusters: Callable[..., Page], demo_store: Path, drawn: dict[str, Any]
) -> None:
    table = _clusterings(demo_store)
    row = table[table["view"] != table["view"].iloc[0]].iloc[0]
    page = clusters(clustering=row["clustering_id"])
    assert _query(page, "clustering") == row["clustering_id"]
    assert _box(page, "view").value == row["view"]
    assert len(drawn["cloud"]["clusters"]["names"]) == row["clusters"]
    assert (
        f"of {len(table):,}: {CLUSTERERS[row['method']].title}" in page.text and "**First of" not in page.text
    )
    # The view may be another one than the clustering's, all views together included.
    for view in ("MFCC", "All views together"):
        page = clusters(clustering=row["clustering_id"], view=view)
        assert TITLES[_box(page, "view").value] == view
        page.at.run()
        assert TITLES[_box(page.sound(), "view").value] == view == TITLES[_query(page, "view")]


def test_a_clustering_that_is_gone_is_said(clusters: Callable[..., Page], demo_store: Path) -> None:
    page = clusters(clustering="demo_sounds.mfcc.umap.kmeans.gone")
    assert "no clustering `demo_sounds.mfcc.umap.kmeans.gone`" in page.text
    assert _query(page, "clustering") == _clusterings(demo_store)["clustering_id"].iloc[0]


def test_a_clip_by_its_link(clusters: Callable[..., Page], demo_store: Path, drawn: dict[str, Any]) -> None:
    clip_id = _ids(demo_store)[31]
    page = clusters(clip=clip_id, view="MFCC")
    assert (drawn["cloud"]["chosen"], drawn["cloud"]["chosen_id"]) == (31, clip_id)
    assert drawn["cloud"]["sound"] and len(drawn["cloud"]["links"]) == 10
    assert f"`{clip_id}`" in page.text
    assert set(page.charts) >= {"chart_waveform", "chart_log_mel"}
    rows = [row["id"] for row in drawn["rows"]["rows"]]
    assert len(rows) == 10 and clip_id not in rows
    assert rows == [_ids(demo_store)[index] for index in drawn["cloud"]["links"]]


def test_a_clip_that_is_gone_is_none(clusters: Callable[..., Page], drawn: dict[str, Any]) -> None:
    page = clusters(clip="demo_sounds/gone.wav")
    assert drawn["cloud"]["chosen"] is None and drawn["cloud"]["links"] == []
    assert "Click a point" in page.text


def test_picked_clips_by_their_link(
    clusters: Callable[..., Page], demo_store: Path, drawn: dict[str, Any]
) -> None:
    ids = _ids(demo_store)
    link = _link(ids, 3, 8, 50)
    page = clusters(picked=link, section="Picked clips")
    assert f"3 of {len(ids)} clips" in page.text
    assert _query(page, "picked") == link
    assert drawn["cloud"]["selected"]
    assert {row["id"] for row in drawn["playlist"]["rows"]} == {ids[3], ids[8], ids[50]}
    for how in ("Compare", "Table", "Listen"):
        _set(page, with_picked=how).sound()
        assert ("chart_picked_labels" in page.charts) == (how == "Compare")
    _click(page, "The others")
    assert f"{len(ids) - 3} of {len(ids)} clips" in page.sound().text
    _click(page, "Let go")
    assert "Nothing is picked" in page.sound().text and _query(page, "picked") is None


@pytest.mark.parametrize("link", ["abcdef.xyz", "nonsense"])
def test_picked_clips_of_another_state_are_said(clusters: Callable[..., Page], link: str) -> None:
    page = clusters(picked=link, section="Picked clips")
    assert "another state of the collection" in page.text and "Nothing is picked" in page.text


def test_one_picked_and_all_picked(clusters: Callable[..., Page], demo_store: Path) -> None:
    ids = _ids(demo_store)
    for places in ([7], range(len(ids))):
        page = clusters(picked=_link(ids, *places), section="Picked clips")
        for how in ("Compare", "Table", "Listen"):
            _set(page, with_picked=how).sound()
    _set(page, with_picked="Compare")
    assert "nothing to compare them with" in page.text


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_by_its_link(clusters: Callable[..., Page], section: str) -> None:
    page = clusters(section=section)
    assert page.box("Below the clouds").value == section
    assert page.at.dataframe or page.at.info


def test_a_section_that_never_was_is_the_first(clusters: Callable[..., Page]) -> None:
    assert (
        clusters(section="Nonsense", colour="Nonsense", view="Nonsense").box("Below the clouds").value
        == "Clip"
    )


def test_a_cell_of_labels_by_clusters_picks_its_clips(
    clusters: Callable[..., Page], demo_store: Path, drawn: dict[str, Any]
) -> None:
    row = _clusterings(demo_store).iloc[0]
    page = clusters(section="Labels x clusters")
    with _read(demo_store) as reader:
        labels = reader.clips("demo_sounds").set_index("clip_id")["label"]
        members = reader.members(row["clustering_id"]).set_index("clip_id")["cluster"]
    label = str(labels.iloc[0])
    _set(page, crosstab_label=label).sound()
    found = selection.of_ids(list(labels.index), labels.index[labels == label].tolist())
    assert _query(page, "picked") == _link(list(labels.index), *np.flatnonzero(found))
    cluster = int(members[labels.index[labels == label]].mode().iloc[0])
    _set(page, crosstab_cluster="noise" if cluster < 0 else str(cluster)).sound()
    both = (labels == label) & (members.loc[labels.index] == cluster)
    assert _query(page, "picked") == _link(list(labels.index), *np.flatnonzero(both))
    _set(page, crosstab_label="", crosstab_cluster="").sound()
    assert _query(page, "picked") is None and drawn["cloud"]["selected"] is None


def test_a_branch_of_the_tree_picks_its_clips(clusters: Callable[..., Page], demo_store: Path) -> None:
    assert "Only HDBSCAN" in clusters(section="Condensed tree", clustering=_of(demo_store, "kmeans")).text
    page = clusters(section="Condensed tree", clustering=_of(demo_store, "hdbscan"))
    box = page.box("Branch")
    _set(page, tree_branch=box.options and _nodes(page)[1]).sound()
    assert _query(page, "picked")
    page = _set(page, section="Picked clips").sound()
    assert f" of {len(_ids(demo_store))} clips" in page.text and "**0 of" not in page.text


def _of(store: Path, method: str) -> str:
    table = _clusterings(store)
    return str(table.loc[(table["method"] == method) & (table["clusters"] > 1), "clustering_id"].iloc[0])


def _nodes(page: Page) -> list[int]:
    from app.cache.tables import tree
    from app.clusters.condensed_tree import branches

    return [one.node for one in branches(tree(str(_query(page, "clustering"))))]


def test_how_far_to_believe_each_picture(clusters: Callable[..., Page], demo_store: Path) -> None:
    page = clusters(section="How far to believe it", view="MFCC")
    table = page.at.dataframe[0].value
    with _read(demo_store) as reader:
        rows = reader.projections("demo_sounds")
    rows = rows[rows["view"] == "mfcc"]
    assert table["trustworthiness"].tolist() == pytest.approx(rows["trustworthiness"].tolist())
    assert {"chart_axis_1", "chart_axis_2", "chart_axis_3"} <= set(page.charts)
    assert "Venna and Kaski" in page.text


@pytest.mark.parametrize("method", CLUSTERERS)
def test_other_parameters_are_clustered_at_once(
    clusters: Callable[..., Page], drawn: dict[str, Any], method: str
) -> None:
    page = clusters(view="MFCC")
    _set(page, try_clustering=True, try_method=method).sound()
    assert "clusters " in page.text and "No label has chosen anything" in page.text
    assert drawn["cloud"]["clusters"]["title"] == "Clusters as tried"
    before = page.text
    for slider in page.at.slider:
        if slider.key.startswith(f"try_{method}_"):
            _set(page, **{slider.key: type(slider.value)(slider.min)}).sound()
    assert page.text != before


def test_every_space_can_be_tried(clusters: Callable[..., Page]) -> None:
    page = _set(clusters(view="MFCC"), try_clustering=True)
    assert len(_box(page, "try_space").options) >= 3
    for space in _box(page, "try_space").options:
        _box(page, "try_space").select(space)
        page.at.run()
        page.sound()
        assert "No label has chosen anything" in page.text


def test_as_many_clusters_as_it_takes(
    clusters: Callable[..., Page], demo_store: Path, drawn: dict[str, Any]
) -> None:
    most = len(_ids(demo_store)) - 1
    page = _set(clusters(view="MFCC"), try_clustering=True, try_kmeans_n_clusters=most).sound()
    assert f"clusters {most}" in page.text
    assert len(drawn["cloud"]["clusters"]["names"]) == most


def test_another_projection_is_shown_but_not_kept(
    clusters: Callable[..., Page], demo_store: Path, drawn: dict[str, Any]
) -> None:
    page = _set(clusters(view="MFCC"), try_projection=True, try_projection_method="tsne").sound()
    assert not [one for one in page.at.button if one.key == "keep_projection"]
    _click(page, "Project").sound()
    assert [scene["title"] for scene in drawn["cloud"]["scenes"]] == [
        "t-SNE, 3-D, as tried",
        "t-SNE, 2-D, as tried",
    ]
    _set(page, view="chroma").sound()
    assert drawn["cloud"]["scenes"][0]["title"] == "UMAP, 3-D", "of another view"
    assert len(Store(demo_store).snapshots()) == 1


def test_a_clustering_is_kept_and_listed(open_page: Callable[..., Page], demo_copy: Path) -> None:
    page = open_page(demo_copy, "clusters", dataset="demo_sounds", view="Dynamics").sound()
    before, number = _clusterings(demo_copy), _number(demo_copy)
    _set(page, try_clustering=True, try_kmeans_n_clusters=37).sound()
    _click(page, "Keep it in the store").sound()
    assert _query(page, "snapshot") == str(number + 1)
    after = _clusterings(demo_copy)
    (kept,) = after[after["origin"] == "kept"].to_dict("records")
    assert len(after) == len(before) + 1
    assert (kept["view"], kept["method"], kept["clusters"]) == ("dynamics", "kmeans", 37)
    assert kept["stability"] is not None and kept["why"]
    assert f"{len(after):,} of {len(after):,} clusterings" in page.text
    opened = open_page(demo_copy, "clusters", dataset="demo_sounds", clustering=kept["clustering_id"]).sound()
    assert _box(opened, "view").value == "dynamics"
    old = open_page(demo_copy, "clusters", dataset="demo_sounds", snapshot=str(number)).sound()
    assert f"You look at snapshot {number}" in old.text and f"{len(before):,} clusterings" in old.text


def test_a_projection_is_kept_and_offered(
    open_page: Callable[..., Page], demo_copy: Path, drawn: dict[str, Any]
) -> None:
    number = _number(demo_copy)
    page = open_page(demo_copy, "clusters", dataset="demo_sounds", view="Dynamics", dimensions="2-D").sound()
    _set(page, try_projection=True, try_projection_method="tsne", try_tsne_perplexity=7).sound()
    _click(_click(page, "Project").sound(), "Keep it in the store").sound()
    (kept,) = [one for one in page.box("Projection").options if "perplexity 7" in one]
    _set(page, projection=kept).sound()
    assert drawn["cloud"]["scenes"][0]["title"].startswith(kept)
    assert _number(demo_copy) == number + 1


def test_what_was_tried_on_an_older_snapshot_is_not_kept(
    open_page: Callable[..., Page], demo_copy: Path
) -> None:
    store, number = Store(demo_copy), _number(demo_copy)
    shutil.copy(store.at(number).path, store.at(number + 1).path)
    store.use(number + 1)
    asked = {"dataset": "demo_sounds", "view": "Dynamics", "snapshot": str(number)}
    page = open_page(demo_copy, "clusters", **asked).sound()
    _set(page, try_clustering=True).sound()
    _click(page, "Keep it in the store").sound()
    assert f"snapshot {number}" in page.text and "no longer the current one" in page.text
    assert _box(page, "view").value == "dynamics", "the clouds stay"
    assert [one.number for one in store.snapshots()] == [number, number + 1]


def test_a_snapshot_that_is_gone_is_said_and_the_current_shown(
    clusters: Callable[..., Page], demo_store: Path, drawn: dict[str, Any]
) -> None:
    page = clusters(snapshot="77")
    assert "link is to snapshot 77" in page.text and _query(page, "snapshot") == str(_number(demo_store))
    assert drawn["cloud"]["n"] == len(_ids(demo_store))


@pytest.mark.parametrize("name", NAMES)
def test_a_selection_is_saved_followed_and_forgotten(
    open_page: Callable[..., Page], demo_copy: Path, drawn: dict[str, Any], name: str
) -> None:
    ids = _ids(demo_copy)
    query = {"dataset": "demo_sounds", "section": "Picked clips"}
    page = open_page(demo_copy, "clusters", **query, picked=_link(ids, 3, 8)).sound()
    page.box("Save these clips under a name").set_value(name)
    _click(page, "Save").sound()
    assert f"'{name}' is saved: 2 clips" in page.text and _query(page, "saved") == name
    other = open_page(demo_copy, "clusters", **query, saved=name).sound()
    assert f"2 of {len(ids)} clips" in other.text
    assert {row["id"] for row in drawn["playlist"]["rows"]} == {ids[3], ids[8]}
    _click(other, "Let go")
    _click(other, "Pick them").sound()
    assert f"2 of {len(ids)} clips" in other.text
    _click(other, "Forget it").sound()
    assert load_selections(Store(demo_copy)) == ([], [])
    assert "no selection" in open_page(demo_copy, "clusters", **query, saved=name).sound().text


def test_another_collection_keeps_nothing_of_the_first(
    clusters: Callable[..., Page], demo_store: Path, drawn: dict[str, Any]
) -> None:
    ids = _ids(demo_store)
    page = clusters(picked=_link(ids, 3), clip=ids[3], view="MFCC", section="Picked clips")
    _set(page, dataset_box="demo_voices").sound()
    assert drawn["cloud"]["selected"] is None and drawn["cloud"]["chosen"] is None
    assert _query(page, "picked") is None and "Nothing is picked" in page.text
    assert str(_query(page, "clustering")).startswith("demo_voices.")
    for section in SECTIONS:
        _set(page, section=section).sound()
