"""A unit is written and dropped as a whole, and with what it was computed from."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import pytest

from store import database, results, views
from store.errors import StoreError
from store.invalidate import delete_clips, keep_datasets
from store.results import Staged, UnitRows

TABLES = (
    "units",
    "analysis_gaps",
    "projections",
    "projection_points",
    "projection_axes",
    "clusterings",
    "cluster_members",
    "cluster_trees",
)


@pytest.fixture
def ids(clips):
    return {name: sorted(row["clip_id"] for row in clips if row["dataset"] == name) for name in "ab"}


@pytest.fixture
def opened(writer, filler, clips, ids):
    """Two datasets with two analysed views each, and all views together."""
    with writer() as opened:
        filler.fill(opened, clips)
        for dataset in "ab":
            for view in ("level", "tone", "all"):
                with opened.transaction():
                    results.replace_unit(opened, filler.unit(dataset, view, ids[dataset]))
        yield opened


def content(opened, table: str, where: str = "true") -> str:
    return repr(opened.con.execute(f"select * from {table} where {where} order by all").fetchall())


def owners(opened, table: str) -> set[tuple[str, str]]:
    """Of which units a table has rows: in the tests an id begins with them."""
    columns = [row[0] for row in opened.con.execute(f"describe {table}").fetchall()]
    if "dataset" in columns:
        return set(opened.con.execute(f"select distinct dataset, view from {table}").fetchall())
    rows = opened.con.execute(f"select distinct {columns[0]} from {table}").fetchall()
    return {tuple(row[0].split(".")[:2]) for row in rows}


def assert_units(opened, expected: set[tuple[str, str]]) -> None:
    assert {table: owners(opened, table) for table in TABLES} == dict.fromkeys(TABLES, expected)


def test_a_unit_written_twice_is_there_once(opened, filler, ids) -> None:
    once = {table: content(opened, table) for table in TABLES}
    assert all(len(text) > 2 for text in once.values())
    with opened.transaction():
        for _ in range(2):
            results.replace_unit(opened, filler.unit("a", "level", ids["a"]))
    assert once == {table: content(opened, table) for table in TABLES}


def test_a_new_unit_takes_the_place_of_the_old_one_and_of_no_other(opened, filler, ids) -> None:
    others = "not starts_with(projection_id, 'a.level.')"
    before = content(opened, "projection_points", others)
    with opened.transaction():
        results.replace_unit(opened, filler.unit("a", "level", ids["a"], "new", seed=1))
    assert content(opened, "projection_points", others) == before
    units = Staged(opened).units()
    assert (
        units.pop(("clusterings", "a", "level")) == "new" and set(units.values()) == {"k"} and len(units) == 5
    )


def test_a_unit_that_could_not_be_computed_holds_its_gaps_alone(opened) -> None:
    head = {
        "stage": "clusterings",
        "dataset": "a",
        "view": "level",
        "key": "n",
        "clips": 0,
        "seconds": 0.0,
        "notes": [],
    }
    gap = {"what": "everything", "reason": "All clips the same."}
    with opened.transaction():
        results.replace_unit(opened, UnitRows(unit=head, gaps=[gap]))
    assert ("a", "level") not in owners(opened, "projections") | owners(opened, "cluster_members")
    found = Staged(opened).gaps("a").set_index("view").loc["level"]
    assert (found["what"], found["reason"]) == ("everything", "All clips the same.")


def test_what_is_kept_joins_its_unit(opened, filler, ids) -> None:
    whole = filler.unit("a", "level", ids["a"])
    row = whole.projections[0] | {"projection_id": "a.level.pca-2d.kept", "origin": "kept"}
    points = filler.points(row["projection_id"], ids["a"], np.ones((2, 2)))
    for _ in range(2):
        with opened.transaction():
            rows = UnitRows(unit=whole.unit, projections=[row], points=[points])
            results.add_to_unit(opened, rows)
    assert list(Staged(opened).projections("a")["origin"]).count("kept") == 1
    assert len(Staged(opened).projections("a")) == 7 and len(Staged(opened).gaps("a")) == 3
    assert (Staged(opened).points(row["projection_id"]).positions == 1).all()


@pytest.mark.parametrize("change", [{"key": "older"}, {"view": "pitch"}, {"stage": "pictures"}])
def test_nothing_is_kept_of_what_has_changed_since(opened, filler, ids, change) -> None:
    unit = filler.unit("a", "level", ids["a"])
    with pytest.raises(StoreError, match=r"built anew since.*Compute it again"):
        results.add_to_unit(opened, replace(unit, unit=unit.unit | change))


def test_the_same_result_twice_in_a_unit_is_written_once(opened, filler, ids) -> None:
    """What a person keeps may be what the grid holds anyway."""
    unit = filler.unit("a", "level", ids["a"])
    kept = [row | {"origin": "kept"} for row in unit.clusterings]
    with opened.transaction():
        twice = replace(
            unit,
            clusterings=[*unit.clusterings, *kept],
            members=[*unit.members] * 2,
            trees=[*unit.trees] * 2,
        )
        results.replace_unit(opened, twice)
    found = Staged(opened).clusterings("a").query("view == 'level'")
    assert list(found["origin"]) == ["kept", "kept"]
    assert len(Staged(opened).members("a.level.pca.hdbscan")) == 2
    assert len(Staged(opened).tree("a.level.pca.hdbscan")) == 2


def test_a_result_of_another_unit_is_refused(opened, filler, ids) -> None:
    unit, other = filler.unit("a", "level", ids["a"]), filler.unit("a", "tone", ids["a"])
    with pytest.raises(StoreError, match="only results of that unit"), opened.transaction():
        results.replace_unit(opened, replace(unit, clusterings=other.clusterings))
    assert Staged(opened).units()["clusterings", "a", "level"] == "k"


def test_a_value_that_does_not_fit_is_one_sentence(opened, filler, ids) -> None:
    unit = filler.unit("a", "level", ids["a"])
    with pytest.raises(StoreError, match="The table units has no column colour"), opened.transaction():
        results.replace_unit(opened, replace(unit, unit=unit.unit | {"colour": 1}))


def test_ranks_replace_all_ranks(opened) -> None:
    ids = list(Staged(opened).clusterings("a")["clustering_id"])
    ranks = pd.DataFrame({"clustering_id": ids, "rank": range(6, 0, -1), "agreement": [0.5] * 5 + [None]})
    ranks["place"] = ranks["rank"]
    ranks["why"] = [f"why {id_}" for id_ in ids]
    for _ in range(2):
        with opened.transaction():
            results.write_ranks(opened, "a", ranks)
    found = Staged(opened).clusterings("a")
    assert list(found["clustering_id"]) == ids[::-1] and list(found["rank"]) == [1, 2, 3, 4, 5, 6]
    assert np.isnan(found["agreement"][0]) and found["why"][0] == f"why {ids[-1]}"
    assert Staged(opened).clusterings("b")["rank"].isna().all()
    with opened.transaction():
        results.write_ranks(opened, "a", ranks[ranks["rank"] == 2])
    assert list(Staged(opened).clusterings("a")["rank"].dropna()) == [2]


EVERY = {(dataset, view) for dataset in "ab" for view in ("level", "tone", "all")}


def test_a_clip_that_goes_takes_the_analyses_of_its_dataset_with_it(opened) -> None:
    delete_clips(opened, ["a/never.wav"])
    assert_units(opened, EVERY)
    delete_clips(opened, ["a/dog2.wav"])
    assert_units(opened, {unit for unit in EVERY if unit[0] == "b"})


def test_a_dataset_that_goes_takes_its_analyses_with_it(opened, filler) -> None:
    keep_datasets(opened, [filler.dataset("a")])
    assert_units(opened, {unit for unit in EVERY if unit[0] == "a"})


def test_a_view_that_goes_or_changes_takes_its_analyses_with_it(opened, filler) -> None:
    """All views together stay: their key shows that they are out of date."""
    level, tone = filler.specs
    views.define_views(opened, [level, tone])
    assert_units(opened, EVERY)
    views.define_views(opened, [filler.spec("level", level.columns, version=2), tone])
    assert_units(opened, {unit for unit in EVERY if unit[1] != "level"})
    views.define_views(opened, [])
    assert_units(opened, {unit for unit in EVERY if unit[1] == "all"})


def test_what_to_drop_must_be_said(opened) -> None:
    with pytest.raises(ValueError, match="a dataset, a view"):
        results.drop_units(opened)
    results.drop_units(opened, dataset="a", view="tone")
    assert_units(opened, EVERY - {("a", "tone")})


def test_one_stage_alone_can_be_dropped(opened, filler, ids) -> None:
    other = filler.unit("a", "level", ids["a"])
    pictures = [
        row | {"stage": "pictures", "projection_id": f"{row['projection_id']}.x"} for row in other.projections
    ]
    with opened.transaction():
        unit = UnitRows(unit=other.unit | {"stage": "pictures"}, projections=pictures)
        results.replace_unit(opened, unit)
    assert len(Staged(opened).projections("a").query("view == 'level'")) == 4
    results.drop_units(opened, stage="clusterings", dataset="a")
    assert set(Staged(opened).projections("a")["stage"]) == {"pictures"}
    assert ("pictures", "a", "level") in Staged(opened).units()


def test_a_copy_of_an_older_snapshot_loses_what_is_made_otherwise_now(
    writer, filler, clips, ids, store, make_old
) -> None:
    """Its clips and vectors stay; results without a stage would never be replaced."""
    with writer() as opened:
        filler.fill(opened, clips)
        with opened.transaction():
            results.replace_unit(opened, filler.unit("a", "level", ids["a"]))
    make_old(store.staging, 4)
    with duckdb.connect(str(store.staging)) as con:
        con.execute("drop table units")
        con.execute("create table analyses (dataset varchar, view varchar, key varchar)")
        for table in ("projections", "clusterings", "analysis_gaps"):
            con.execute(f"alter table {table} drop column stage")
        con.execute("update meta set value = '3' where key = 'schema_version'")
    with writer() as opened:
        assert Staged(opened).units() == {} and Staged(opened).projections("a").empty
        assert "stage" in Staged(opened).clusterings("a")
        assert len(content(opened, "clips")) > 2 and len(content(opened, "view_level")) > 2
        assert "analyses" not in {row[0] for row in opened.con.execute("show tables").fetchall()}


def test_clips_without_a_vector_are_no_longer_a_gap_of_an_experiment(
    store, writer, filler, clips, make_old
) -> None:
    with writer() as opened:
        filler.fill(opened, clips)
        opened.append("embeddings", [{"view": "level", "dataset": "a", "key": "k", "clips": 1}])
        gap = {
            "dataset": "a",
            "target": "label",
            "key": "k",
            "what": "The view level",
            "reason": "1 clip has none.",
        }
        opened.append("experiment_gaps", [{"experiment_id": "a.level.unheard", **gap}])
    make_old(store.staging, 4)
    with writer() as opened:
        (row,) = Staged(opened).embeddings().to_dict("records")
        assert row["reason"] == "1 clip has none." and Staged(opened).experiment_keys().empty
        assert list(Staged(opened).experiment_gaps("a")["what"]) == ["The view level"]


def test_a_staging_file_from_before_gains_the_tables(store, writer, filler, clips, ids, make_old) -> None:
    with writer() as opened:
        filler.fill(opened, clips)
    make_old(store.staging)
    with writer() as opened:
        assert opened.meta()["schema_version"] == database.SCHEMA_VERSION
        assert Staged(opened).units() == {} and len(content(opened, "clips")) > 2
        with opened.transaction():
            results.replace_unit(opened, filler.unit("a", "level", ids["a"]))
