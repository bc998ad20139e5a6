"""Keeping what was tried on a page: all of it in the next snapshot, or nothing and a reason."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pipeline.analyses.keep import Tried, keep
from pipeline.clusterings.cluster import cluster
from pipeline.clusterings.spaces import spaces
from pipeline.errors import PipelineError
from pipeline.inputs import ALL
from pipeline.projections.project import project
from store.errors import SesatlasError
from store.reader import Reader

KEPT_ROWS = (
    "select projection_id from projections where origin = 'kept' "
    "union select clustering_id from clusterings where origin = 'kept' order by 1"
)


@pytest.fixture
def tried(built, input_of, found_of) -> Tried:
    """A projection and a clustering of the built clips."""
    given = input_of(built)
    return Tried(
        built.store.current().number, "esc50", "spectral", given.clip_ids, given.columns, found_of(given)
    )


def ids(builder) -> list[str]:
    return [row[0] for row in builder.ask(KEPT_ROWS)]


def nothing_left(store) -> bool:
    """No trace of a keeping that failed."""
    left = [
        path.name for path in store.staging.parent.iterdir() if path.name.startswith(("build.", "request."))
    ]
    return not left and not store.is_building() and not (store.root / "PUBLISHING").exists()


def test_the_next_snapshot_holds_it_beside_all_else(built, tried, dump) -> None:
    before = dump(built.store.current().path)
    snapshot = keep(built.store, tried)
    assert snapshot == built.store.current() and snapshot.number == tried.snapshot + 1
    after = dump(snapshot.path)
    for table in set(before) - {"clusterings"}:  # whose ranks are new
        assert set(before[table]) <= set(after[table])
    one, two = ids(built)
    assert one.startswith("esc50.spectral.pca.kmeans.") and two.startswith("esc50.spectral.umap-2d.")
    with Reader(snapshot.path) as reader:
        points, members = reader.points(two), reader.members(one)
    assert np.array_equal(points.positions, tried.found[0].positions)
    assert np.array_equal(members["cluster"], tried.found[1].fitted.labels)
    assert list(points.clip_ids) == list(members["clip_id"]) == list(tried.clip_ids)
    assert built.ask("select count(*) from clusterings where rank is null or why is null") == [(0,)]
    assert nothing_left(built.store) and built().status == "unchanged"


def test_it_has_its_place_in_the_history(built, tried) -> None:
    keep(built.store, tried)
    first = tried.snapshot
    keep(built.store, replace(tried, snapshot=first + 1))
    rows = built.ask(
        "select snapshot, status, clips, added, vectors_computed, finished_at >= started_at from builds "
        "order by started_at"
    )
    later = [(number, "published", 15, 0, 0, True) for number in (first + 1, first + 2)]
    assert rows == [(first, "published", 15, 15, 30, True), *later]


def test_what_was_kept_survives_changed_clips(built, tried, grouped) -> None:
    keep(built.store, tried)
    kept = ids(built)
    grouped.add("1-2000-A-0.wav", 333)
    built()
    assert ids(built) == kept
    clips = built.ask(
        "select clips from projections where origin = 'kept' union select clips from clusterings"
    )
    assert clips == [(16,)]
    for name in list(grouped.categories)[:8]:
        grouped.path(name).unlink()
    built()
    assert ids(built) == kept
    assert built.ask("select count(*) from clusterings where rank is null") == [(0,)]
    assert built().status == "unchanged"


def test_a_wish_that_few_clips_lower_comes_back(built, grouped, input_of) -> None:
    given = input_of(built)
    found = [project(given, "tsne", 2, {"perplexity": 4})]
    keep(
        built.store,
        Tried(built.store.current().number, "esc50", "spectral", given.clip_ids, given.columns, found),
    )
    (kept,) = ids(built)
    asked = "select parameters, notes from projections where origin = 'kept'"
    for name in list(grouped.categories)[:8]:
        grouped.path(name).rename(grouped.path(name).with_suffix(".away"))
    built()
    ((told, notes),) = built.ask(asked)
    assert ids(built) == [kept] and any("lowered to 2" in note for note in notes)
    for name in list(grouped.categories)[:8]:
        grouped.path(name).with_suffix(".away").rename(grouped.path(name))
    built()
    ((again, notes),) = built.ask(asked)
    assert ids(built) == [kept] and again == told and json.loads(told)["perplexity"] == 4
    assert not any("lowered" in note for note in notes)
    with Reader(built.store.current().path) as reader:
        assert np.array_equal(reader.points(kept).positions, found[0].positions)


def test_what_was_lowered_already_can_be_asked_for_again(built, grouped, input_of) -> None:
    """15 clips lower the perplexity of 30 to 4.67, which is no whole number."""
    given = input_of(built)
    found = [project(given, name, 2) for name in ("tsne", "umap")]
    keep(
        built.store,
        Tried(built.store.current().number, "esc50", "spectral", given.clip_ids, given.columns, found),
    )
    kept = ids(built)
    grouped.label("1-1000-A-0.wav", "wolf")
    built()
    assert ids(built) == kept and built.ask("select * from analysis_gaps") == []
    with Reader(built.store.current().path) as reader:
        for one, was in zip(kept, found, strict=True):
            assert np.array_equal(reader.points(one).positions, was.positions)


def test_a_kept_clustering_that_is_a_builds_own_stays_kept(built, input_of, grouped) -> None:
    given = input_of(built)
    found = [cluster(spaces(given, None)[0], "kmeans", {"n_clusters": 3}, None)]
    number = built.ask("select count(*) from clusterings")
    keep(
        built.store,
        Tried(built.store.current().number, "esc50", "spectral", given.clip_ids, given.columns, found),
    )
    assert built.ask("select count(*) from clusterings") == number
    (kept,) = ids(built)
    grouped.label("1-1000-A-0.wav", "wolf")
    built()
    assert ids(built) == [kept]


def test_all_views_together_can_be_kept_as_well(built, input_of, found_of) -> None:
    given = input_of(built, ALL)
    tried = Tried(built.store.current().number, "esc50", ALL, given.clip_ids, given.columns, found_of(given))
    keep(built.store, tried)
    assert all(one.startswith("esc50.all.") for one in ids(built)) and len(ids(built)) == 2


def test_not_while_a_build_is_at_work(built, tried, dump) -> None:
    before = dump(built.store.current().path)
    with built.store.lock(), pytest.raises(SesatlasError, match="Another build"):
        keep(built.store, tried)
    assert built.store.current().number == tried.snapshot and dump(built.store.current().path) == before
    assert keep(built.store, tried).number == tried.snapshot + 1


def test_not_over_an_unfinished_build(built, tried, grouped, monkeypatch) -> None:
    grouped.add("1-2000-A-0.wav", 333)
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.analyses.clustering.search", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            built()
    unfinished = built.store.staging.read_bytes()
    with pytest.raises(
        PipelineError, match=r"A build lies unfinished.*Finish it first, with `python -m pipeline build`"
    ):
        keep(built.store, tried)
    assert built.store.staging.read_bytes() == unfinished
    done = built()
    assert (done.added, done.vectors_computed, done.stages["clusterings"]) == (1, 0, 1)


def test_not_on_another_snapshot_than_it_was_tried_on(built, tried, grouped) -> None:
    grouped.add("1-2000-A-0.wav", 333)
    built()
    now = built.store.current().number
    why = rf"snapshot {tried.snapshot}, which is no longer the current one\. Try it on"
    with pytest.raises(PipelineError, match=why):
        keep(built.store, tried)
    assert nothing_left(built.store) and built.store.current().number == now
    built.store.use(tried.snapshot)
    assert keep(built.store, tried).number == now + 1


def test_not_beside_a_view_that_was_never_analysed(built, tried, grouped, quick_views) -> None:
    with pytest.raises(PipelineError, match=r"'mfcc' of 'esc50' was built without.*Build with them"):
        keep(built.store, replace(tried, view="mfcc"))
    grouped.label("1-1000-A-0.wav", "wolf")
    built(analyses=False)
    with pytest.raises(PipelineError, match="built without projections and clusterings"):
        keep(built.store, replace(tried, snapshot=built.store.current().number))
    assert nothing_left(built.store)


@pytest.mark.parametrize(
    "where",
    [
        "analyses.keep.rows_of",
        "analyses.keep._rank_again",
        "session.publishing.publish",
        "store.publishing.flush",
    ],
)
def test_a_failure_leaves_nothing_behind(built, tried, dump, monkeypatch, where) -> None:
    before = dump(built.store.current().path)

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(where if where.startswith("store.") else f"pipeline.{where}", fail)
        with pytest.raises(SesatlasError, match="No space left on device"):
            keep(built.store, tried)
    assert built.store.current().number == tried.snapshot and dump(built.store.current().path) == before
    assert [path.name for path in (built.store.root / "snapshots").glob("*.*")] == [
        built.store.current().path.name
    ]
    assert not built.store.staging.exists() and not built.store.is_building()
    assert keep(built.store, tried).number == tried.snapshot + 1 and nothing_left(built.store)


def test_keeping_prunes_as_a_build_does(built, tried) -> None:
    from store.snapshots import KEEP

    for number in range(KEEP + 1):
        keep(built.store, replace(tried, snapshot=tried.snapshot + number))
    assert len(built.store.snapshots()) == KEEP
