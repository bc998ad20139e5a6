"""The difference of two snapshots names every row that differs, and no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from store import database
from store.compare import diff
from store.errors import StoreError
from store.reader import Reader
from store.snapshots import Snapshot


def test_the_same_content_is_no_difference(store, filler, clips) -> None:
    first, second = filler.publish(store, clips), filler.publish(store, list(reversed(clips)))
    assert diff(first, second).empty


def test_each_kind_of_change(store, filler, clips) -> None:
    first = filler.publish(store, clips, [filler.failure("a", "gone"), filler.failure("a", "stays")])
    relabelled, changed, untouched, _ = [dict(row) for row in clips]
    relabelled["label"], changed["content_hash"], untouched["modified_ns"] = "other", "other", 99
    now = [relabelled, changed, untouched, filler.clip("a", "new")]
    second = filler.publish(store, now, [filler.failure("a", "stays"), filler.failure("b", "new")])
    difference = diff(first, second)
    assert dict(difference.clips[["clip_id", "change"]].to_numpy().tolist()) == {
        "b/y2.wav": "changed labels",
        "b/x1.wav": "changed recording",
        "a/cat1.wav": "removed",
        "a/new.wav": "added",
    }
    assert dict(difference.failures[["relative_path", "change"]].to_numpy().tolist()) == {
        "gone.wav": "mended or gone",
        "new.wav": "new failure",
    }
    assert difference.views.empty and not difference.empty
    back = diff(second, first)
    assert set(back.clips["change"]) == {"added", "removed", "changed labels", "changed recording"}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("label", "other"),
        ("label_group", "x"),
        ("fold", 4),
        ("split", "test"),
        ("source", "x"),
        ("take", "x"),
        ("speaker", "x"),
        ("sex", "male"),
        ("dialect", "x"),
        ("age_years", 20.5),
        ("height_cm", 170.0),
        ("sentence", "x"),
        ("sentence_type", "SA"),
        ("text", "x"),
    ],
)
def test_every_label_counts(store, filler, column, value) -> None:
    first = filler.publish(store, [filler.clip("a", "x")])
    second = filler.publish(store, [filler.clip("a", "x") | {column: value}])
    assert list(diff(first, second).clips["change"]) == ["changed labels"]


def test_views_differ_by_their_key(store, filler, clips, monkeypatch) -> None:
    first = filler.publish(store, clips)
    level, _ = filler.specs
    specs = (filler.spec("level", level.columns, version=2), filler.spec("other", ("x",)))
    monkeypatch.setattr(type(filler), "specs", specs)
    second = filler.publish(store, clips)
    changes = {row[0]: tuple(row[1:]) for row in diff(first, second).views.astype(object).to_numpy().tolist()}
    assert changes["level"] == ("computed otherwise", 1, 2)
    assert changes["tone"][0] == "removed" and changes["other"][0] == "added"


def test_analyses_differ_by_key_and_by_what_was_kept(store, filler, clips) -> None:
    ids = ["b/x1.wav", "b/y2.wav"]
    level, tone, both = (filler.unit("b", view, ids) for view in ("level", "tone", "all"))
    first = filler.publish(store, clips, units=[level, tone])
    fewer = replace(tone, clusterings=tone.clusterings[:1], members=tone.members[:1], trees=[])
    anew = filler.unit("b", "level", ids, "new", seed=1)
    second = filler.publish(store, clips, units=[anew, fewer, both])
    difference = diff(first, second)
    assert difference.analyses.astype(object).fillna(0).to_numpy().tolist() == [
        ["b", "all", "added", 0, 4],
        ["b", "level", "computed anew", 4, 4],
        ["b", "tone", "results kept or let go", 4, 3],
    ]
    assert not difference.empty and difference.clips.empty
    same = filler.publish(store, clips, units=[anew, fewer, both])
    assert diff(second, same).empty


def test_with_a_snapshot_from_before_there_were_analyses(store, filler, clips, make_old) -> None:
    unit = filler.unit("b", "level", ["b/x1.wav", "b/y2.wav"])
    first, second = filler.publish(store, clips), filler.publish(store, clips, units=[unit])
    make_old(first.path)
    assert list(diff(first, second).analyses["change"]) == ["added"]
    assert list(diff(second, first).analyses["change"]) == ["removed"]
    make_old(second.path)
    assert diff(first, second).empty


def test_experiments_that_came_went_or_were_made_anew(store, filler, clips, made, make_old) -> None:
    def publish(**accuracies: float) -> Snapshot:
        ids = ["a/cat1.wav", "a/dog2.wav"]
        learned = [made("a", ids, [view], accuracy=at, key=str(at)) for view, at in accuracies.items()]
        return filler.publish(store, clips, experiments=learned)

    first, second = publish(level=0.5, tone=0.6), publish(tone=0.7, both=0.8)
    changes = diff(first, second).experiments.fillna(-1).to_numpy().tolist()
    assert changes == [
        ["a.label.both.logistic", "added", -1, 0.8],
        ["a.label.level.logistic", "removed", 0.5, -1],
        ["a.label.tone.logistic", "made anew", 0.6, 0.7],
    ]
    assert diff(second, publish(tone=0.7, both=0.8)).empty
    make_old(first.path, 2)
    assert list(diff(first, second).experiments["change"]) == ["added", "added"]


def test_while_both_are_being_read(store, filler, clips) -> None:
    first, second = filler.publish(store, clips), filler.publish(store, clips[1:])
    with Reader(first.path), Reader(second.path):
        assert list(diff(first, second).clips["change"]) == ["removed"]


def test_a_snapshot_is_not_compared_with_itself(filled) -> None:
    with pytest.raises(StoreError, match="Choose two different ones"):
        diff(filled, filled)


def test_a_damaged_snapshot_is_named(store, filler, clips) -> None:
    first, second = filler.publish(store, clips), filler.publish(store, clips)
    first.path.write_bytes(b"nothing")
    with pytest.raises(StoreError, match=r"Snapshots 1 and 2 cannot be compared \(.*doctor"):
        diff(first, second)


def test_a_path_with_a_quote(tmp_path, filler, clips) -> None:
    from store.snapshots import Store

    store = Store(tmp_path / "it's mine")
    first, second = filler.publish(store, clips), filler.publish(store, clips[1:])
    assert len(diff(first, second).clips) == 1
    assert database.quoted(first.path).count("''") == 1
