"""A build publishes step by step: first the clips, then what each stage has made; a kill loses none of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from pipeline.analyses import recipe
from pipeline.runtime import events
from store import publishing
from store.compare import diff
from store.errors import SesatlasError
from store.reader import Reader

STEPS = ["clips", recipe.PCA, recipe.OVERVIEW, "scores", recipe.PICTURES, recipe.CLUSTERINGS]
"""What is published on the way; the end of a build is published when the audit, its last stage, has ended.
Nothing is learned here."""


class KilledError(Exception):
    """As near to kill -9 as one process can come to itself."""


class UntilPublished(list):
    """A listener's list that ends the build right after so many publications."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def append(self, event: events.Event) -> None:
        super().append(event)
        if sum(isinstance(one, events.Published) for one in self) == self.count:
            raise KilledError


def seen_at(builder, monkeypatch):
    """What a page can open after each publication: the tables that hold something."""
    found = []
    real = type(builder.store).use

    def use(store, number):
        snapshot = real(store, number)
        with Reader(snapshot.path) as reader:
            (dataset,) = [row["dataset"] for row in reader.rows("all_datasets")]
            projections = reader.projections(dataset)
            found.append(
                {
                    "clips": len(reader.clips(dataset)),
                    "vectors": len(reader.matrix(dataset, "spectral").values),
                    "pictures": set(projections["view"] + "." + projections["method"]),
                    "scores": len(reader.scores(dataset)),
                    "clusterings": len(reader.clusterings(dataset)),
                    "audits": len(reader.audits()),
                }
            )
        return snapshot

    monkeypatch.setattr(type(builder.store), "use", use)
    return found


def test_what_people_ask_for_first_is_published_first(analysing, grouped, monkeypatch) -> None:
    found = seen_at(analysing, monkeypatch)
    done = analysing(f"esc50={grouped.root}")
    assert [event.stage for event in analysing.of(events.Published)] == STEPS
    assert len(found) == len(STEPS) + 1
    assert all((one["clips"], one["vectors"]) == (15, 15) for one in found)
    assert found[0]["pictures"] == set() and not found[0]["clusterings"]
    assert {one.split(".")[1] for one in found[1]["pictures"]} == {"pca"}
    assert found[2]["pictures"] - found[1]["pictures"] == {"all.tsne", "all.umap"}
    assert [bool(one["scores"]) for one in found] == [False] * 3 + [True] * 4
    assert len(found[4]["pictures"]) == 9
    assert [bool(one["clusterings"]) for one in found] == [False] * 5 + [True] * 2
    assert [bool(one["audits"]) for one in found] == [False] * 6 + [True]
    assert done.snapshot == len(STEPS) + 1


def test_a_build_is_one_build(built, grouped) -> None:
    """One snapshot stays of each, one line in the history, and two builds compare as before."""
    first = built.of(events.Finished)[0].snapshot
    grouped.add("1-2000-A-0.wav", 333)
    second = built().snapshot
    assert [one.number for one in built.store.snapshots()] == [first, second]
    rows = built.ask("select snapshot, status, added, finished_at is null from builds order by started_at")
    assert rows == [(first, "published", 15, False), (second, "published", 1, False)]
    found = diff(built.store.snapshot(first), built.store.snapshot(second))
    assert found.clips["change"].tolist() == ["added"]


def test_on_the_way_the_history_says_that_a_build_is_at_work(analysing, grouped) -> None:
    analysing.told = UntilPublished(2)
    with pytest.raises(KilledError):
        analysing(f"esc50={grouped.root}")
    assert analysing.ask("select snapshot, status, clips, added from builds") == [(2, "running", 15, 15)]
    analysing.told = []
    last = analysing().snapshot
    rows = analysing.ask("select snapshot, status, clips, added from builds order by started_at")
    assert rows == [(2, "interrupted", 15, 15), (last, "published", 15, 15)]
    assert [one.number for one in analysing.store.snapshots()] == [last]


def test_killed_after_each_publication(analysing, grouped) -> None:
    """What was published stays to be seen; each further build computes only what is left."""
    stages = [*STEPS[1:], "audit"]
    for count in range(1, len(STEPS) + 1):
        analysing.told = UntilPublished(1)
        with pytest.raises(KilledError):
            analysing(f"esc50={grouped.root}")
        assert analysing.store.current().number == count
        assert analysing.ask("select count(*) from clips") == [(15,)]
        (published,) = analysing.of(events.Published)
        assert published.stage == STEPS[count - 1]
        assert list(dict.fromkeys(event.stage for event in analysing.of(events.StageProgress))) in (
            [],
            [published.stage],
        )
    analysing.told = []
    done = analysing()
    assert (done.vectors_computed, list(done.stages)) == (0, stages[-1:])
    assert [one.number for one in analysing.store.snapshots()] == [done.snapshot]
    assert analysing().status == "unchanged"


@pytest.mark.parametrize("where", ["shutil.copyfile", "flush", "write_atomically"])
def test_a_publication_that_fails_costs_no_work(analysing, grouped, where) -> None:
    """A full disk in the middle of the second publication."""
    real, calls = publishing.publish, []

    def fail(*_):
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:

        def second(store, number, **options):
            calls.append(number)
            if len(calls) == 2:
                patch.setattr(f"store.publishing.{where}", fail)
            return real(store, number, **options)

        patch.setattr(publishing, "publish", second)
        with pytest.raises(SesatlasError, match="No space left"):
            analysing(f"esc50={grouped.root}")
    assert analysing.store.current().number == 1
    assert [one.name for one in (analysing.store.root / "snapshots").glob("*duckdb*")] == ["000001.duckdb"]
    done = analysing(analyses=False)
    assert (done.vectors_computed, done.stages) == (0, {})
    assert analysing.ask("select distinct stage from units") == [("pca",)]


def test_kill_9_as_soon_as_something_is_published(builder, tmp_path, write_short, repo_root) -> None:
    for clip in range(12):
        write_short(tmp_path / "mine" / f"label_{clip % 3}" / f"{clip:03d}.wav", 200 + 90 * (clip % 3) + clip)
    store = builder.store
    words = ["--json", "--store", str(store.root), "--jobs", "1", "--dataset", f"folder={tmp_path / 'mine'}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "build", *words], cwd=repo_root, text=True, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["event"] == "published":
            process.send_signal(signal.SIGKILL)
            break
    process.wait(timeout=60)
    process.stdout.close()
    current = store.current()
    assert current is not None
    with Reader(current.path) as reader:
        assert len(reader.clips("mine")) == 12
    done = builder(views={}, analyses=False)
    assert done.status == "published" and builder().status in ("published", "unchanged")


def test_a_new_collection_is_seen_while_it_is_still_measured(builder, esc50, monkeypatch) -> None:
    monkeypatch.setattr("pipeline.build.build.FIRST_LOOK_S", 0.0)
    seen = []
    real = type(builder.store).use

    def use(store, number):
        snapshot = real(store, number)
        seen.append(builder.ask("select count(*) from clips")[0][0])
        assert builder.ask("select clips from builds order by started_at")[-1] == (seen[-1],)
        return snapshot

    monkeypatch.setattr(type(builder.store), "use", use)
    done = builder(f"esc50={esc50.root}")
    assert {event.stage for event in builder.of(events.Published)} == {"clips"}
    assert 0 < seen[0] < 6 and seen[-1] == 6 and seen == sorted(seen)
    assert [one.number for one in builder.store.snapshots()] == [done.snapshot]
    esc50.add("1-2000-A-0.wav", 333)
    esc50.add("1-2001-A-0.wav", 366)
    builder()  # what people look at already does not shrink to what is measured so far
    assert not builder.of(events.Published)
