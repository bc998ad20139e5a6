"""What is read of projections and clusterings is what was written, row by row in the order of the clips."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from store import database, results
from store.errors import StoreError
from store.reader import Reader
from store.results import Staged

IDS = ("b/x1.wav", "b/y2.wav")
FRAMES = ("analyses", "gaps", "projections", "clusterings")


@pytest.fixture
def published(store, filler, clips):
    """The rows come in another order than that of the clips."""
    return filler.publish(store, clips, units=[filler.unit("b", "level", IDS[::-1])])


@pytest.fixture
def reader(published):
    with Reader(published.path) as opened:
        yield opened


def test_points_members_and_matrix_align(reader) -> None:
    points, members = reader.points("b.level.umap-3d"), reader.members("b.level.pca.hdbscan")
    matrix = reader.matrix("b", "level")
    for found in (points.clip_ids, members["clip_id"], reader.all_members("b").clip_ids):
        assert list(found) == list(matrix.clip_ids) == list(IDS)
    assert points.positions.shape == (2, 3) and points.positions.dtype == np.float32
    assert list(points.trustworthiness) == list(points.continuity) == [1.0, 0.0]
    points.positions[:] = 0  # compiled code asks for memory it may write to


def test_frames_hold_what_was_written(reader, filler) -> None:
    unit = filler.unit("b", "level", IDS[::-1])
    for name, rows in (("projections", unit.projections), ("clusterings", unit.clusterings)):
        found = getattr(reader, name)("b").set_index(f"{name[:-1]}_id").to_dict("index")
        for row in rows:
            row_found = found[row[f"{name[:-1]}_id"]]
            assert {key: np.asarray(row_found[key]).tolist() for key in row if key != f"{name[:-1]}_id"} == {
                key: value for key, value in row.items() if key != f"{name[:-1]}_id"
            }
    assert reader.units() == {("clusterings", "b", "level"): "k"}
    assert reader.analyses("b")["clips"].tolist() == [2]
    assert reader.gaps("b")["what"].tolist() == ["t-SNE to 2-D"]
    axes = reader.axes("b.level.pca-2d")
    assert axes["axis"].tolist() == [1] and axes["loadings"][0].tolist() == [0.25, -0.5]
    assert axes["columns"][0].tolist() == ["x", "y"]
    assert reader.axes("b.level.umap-3d").empty


def test_what_does_not_exist_is_none_or_nan(reader) -> None:
    kmeans = reader.clusterings("b").set_index("method").loc["kmeans"]
    assert kmeans[["silhouette", "dbcv", "rank", "why", "projection_id"]].isna().all()
    assert reader.members("b.level.pca.kmeans")["strength"].isna().all()
    assert not reader.members("b.level.pca.hdbscan")["strength"].isna().any()
    assert all(len(explained) == 0 for explained in reader.projections("b")["explained"])


def test_a_tree(reader) -> None:
    tree = reader.tree("b.level.pca.hdbscan")
    assert tree["child"].tolist() == [0, 3] and tree["selected"].tolist() == [False, True]
    assert tree["lambda"].tolist() == [np.inf, 0.5] and tree["lambda"].dtype == np.float32
    assert reader.tree("b.level.pca.kmeans").empty


def test_an_unknown_id_is_one_sentence(reader) -> None:
    with pytest.raises(StoreError, match="no projection 'x'"):
        reader.points("x")
    with pytest.raises(StoreError, match="no clustering 'x'"):
        reader.members("x")


def test_a_dataset_without_analyses(reader) -> None:
    assert all(getattr(reader, name)("a").empty for name in FRAMES)
    assert reader.all_members("a").labels.shape == (0, 0)


def test_clips_that_a_clustering_lacks_are_noise_in_it(store, filler, clips) -> None:
    units = [filler.unit("b", "level", IDS), filler.unit("b", "tone", IDS[:1])]
    with Reader(filler.publish(store, clips, units=units).path) as reader:
        every = reader.all_members("b")
        assert list(every.clip_ids) == list(IDS) and every.labels.shape == (4, 2)
        for number, id_ in enumerate(every.clustering_ids):
            members = reader.members(id_).set_index("clip_id")["cluster"].to_dict()
            assert every.labels[number].tolist() == [members.get(clip_id, -1) for clip_id in IDS]
        only = every.labels[[".tone." in id_ for id_ in every.clustering_ids], 1]
        assert (only == -1).all()


@pytest.fixture
def writer_of_all(writer):
    """One for every example."""
    with writer() as opened:
        yield opened


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_arrays_come_back_as_they_went(writer_of_all, filler, data) -> None:
    """Any clip ids in any order, any positions, labels and strengths."""
    names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
    ids = data.draw(st.lists(names, min_size=1, max_size=12, unique=True))
    n, k = len(ids), data.draw(st.integers(1, 6))
    finite = st.floats(-1e6, 1e6, width=32)
    positions = data.draw(hnp.arrays(np.float32, (n, k), elements=finite))
    labels = data.draw(hnp.arrays(np.int32, n, elements=st.integers(-1, 5)))
    strengths = data.draw(hnp.arrays(np.float32, n, elements=st.floats(0, 1, width=32)))
    unit = filler.unit("a", "level", ids)
    unit = replace(
        unit,
        projections=[unit.projections[0] | {"dimension": k}],
        points=[filler.points("a.level.pca-2d", ids, positions)],
        clusterings=unit.clusterings[:1],
        members=[filler.members("a.level.pca.kmeans", ids, labels, strengths)],
    )
    with writer_of_all.transaction():
        writer_of_all.con.execute("delete from clips")
        writer_of_all.upsert("clips", [filler.clip("a", "x", clip_id=id_) for id_ in ids])
        results.replace_unit(writer_of_all, unit)
    order = np.array(sorted(range(n), key=lambda number: ids[number].encode()))
    reader = Staged(writer_of_all)
    points, members = reader.points("a.level.pca-2d"), reader.members("a.level.pca.kmeans")
    every = reader.all_members("a")
    assert list(points.clip_ids) == list(members["clip_id"]) == list(every.clip_ids)
    assert list(points.clip_ids) == [ids[number] for number in order]
    np.testing.assert_array_equal(points.positions, positions[order])
    np.testing.assert_array_equal(members["cluster"], labels[order])
    np.testing.assert_array_equal(every.labels, labels[None, order])
    np.testing.assert_array_equal(members["strength"], strengths[order])


def test_a_snapshot_from_before_has_none(store, filler, clips, make_old) -> None:
    """The dashboard goes on with it until the next build; all else is read as ever."""
    snapshot = filler.publish(store, clips)
    make_old(snapshot.path)
    with Reader(snapshot.path) as reader:
        assert reader.version in database.OLDER_VERSIONS and reader.units() == {}
        assert all(getattr(reader, name)("a").empty for name in FRAMES)
        assert "rank" in reader.clusterings("a") and "method" in reader.projections("a")
        assert reader.all_members("a").labels.shape == (0, 0)
        assert reader.axes("x").empty and reader.tree("x").empty
        with pytest.raises(StoreError, match=r"no projection 'x' in this snapshot.*build again"):
            reader.points("x")
        assert len(reader.clips("a")) == len(reader.matrix("a", "level").values) == 2


def test_a_snapshot_from_before_experiments_has_its_analyses(store, filler, clips, make_old) -> None:
    ids = sorted(row["clip_id"] for row in clips if row["dataset"] == "a")
    snapshot = filler.publish(store, clips, units=[filler.unit("a", "level", ids)])
    make_old(snapshot.path, 2)
    with Reader(snapshot.path) as reader:
        assert reader.version == "2" and reader.units() == {}  # the next build computes them anew
        assert len(reader.clusterings("a")) == 2 and not reader.projections("a").empty
        assert reader.experiments("a").empty and reader.experiment_keys().empty
        assert not reader.views("a")["learned"].any()


def test_fingerprints_change_with_clips_contents_and_labels_alone(store, filler, clips) -> None:
    def hashes(rows) -> dict[str, str]:
        with Reader(filler.publish(store, rows).path) as reader:
            return reader.clip_hashes()

    first = hashes(clips)
    assert set(first) == {"a", "b"} and hashes(clips[::-1]) == first
    same = [dict(row) for row in clips]
    same[0] |= {"modified_ns": 9, "speaker": "other"}
    assert hashes(same) == first
    for change in ({"label": "other"}, {"content_hash": "other"}, {"clip_id": "b/other.wav"}):
        changed = [clips[0] | change, *clips[1:]]
        assert hashes(changed)["b"] != first["b"] and hashes(changed)["a"] == first["a"]
