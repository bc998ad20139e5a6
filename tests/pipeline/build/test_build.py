"""What a build does to the store: everything once, and nothing twice."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import PipelineError
from pipeline.runtime import events
from store.errors import SesatlasError
from store.reader import Reader


def test_a_first_build_takes_everything(builder, esc50) -> None:
    done = builder(f"esc50={esc50.root}")
    assert (done.status, done.snapshot, done.added, done.failed) == ("published", 1, 6, 0)
    assert done.vectors_computed == 12
    assert done.collections[0].clips == 6 and done.collections[0].classes == 2
    assert builder.ask("select label, fold, source from clips order by source limit 1") == [
        ("dog", 1, "1000")
    ]
    assert builder.ask("select status, snapshot, clips, added from builds") == [("published", 1, 6, 6)]
    assert builder.ask("select count(*) from view_dynamics join clips using (clip_id)") == [(6,)]


def test_an_unchanged_build_does_no_work(builder, esc50, opened) -> None:
    builder(f"esc50={esc50.root}")
    before = builder.store.current()
    opened["decoded"].clear()
    done = builder()
    assert (done.status, done.vectors_computed, done.snapshot) == ("unchanged", 0, 1)
    assert opened == {"decoded": [], "hashed": []}
    assert builder.store.current() == before and len(builder.store.snapshots()) == 1
    assert not builder.store.staging.exists()


def test_paths_are_remembered_and_several_collections_live_together(builder, esc50, tmp_path, tone) -> None:
    builder(f"esc50={esc50.root}")
    tone(tmp_path / "mine" / "bell" / "a.wav", 700)
    done = builder(f"folder={tmp_path / 'mine'}")
    assert {one.dataset: one.clips for one in done.collections} == {"esc50": 6, "mine": 1}
    assert (done.added, done.vectors_computed) == (1, 2)
    esc50.add("1-2000-A-0.wav", 900)
    tone(tmp_path / "mine" / "bell" / "b.wav", 750)
    assert builder().added == 2


def test_dates_alone_cost_no_listening(builder, esc50, opened, dump) -> None:
    builder(f"esc50={esc50.root}")
    first = builder.store.current()
    opened["decoded"].clear()
    for path in esc50.root.rglob("*.wav"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    done = builder()
    assert (done.vectors_computed, done.updated, done.added, done.removed) == (0, 0, 0, 0)
    assert opened["decoded"] == [] and len(opened["hashed"]) == 6
    assert builder().status == "unchanged"
    dates = ("modified_ns", "changed_ns")
    assert dump(first.path, dates) == dump(builder.store.current().path, dates)


def test_a_renamed_file_keeps_its_vectors(builder, esc50, opened) -> None:
    builder(f"esc50={esc50.root}")
    opened["decoded"].clear()
    old, new = "1-1000-A-0.wav", "2-1000-B-0.wav"
    esc50.path(old).rename(esc50.path(new))
    del esc50.categories[old]
    esc50.label(new, "dog")
    vector = builder.ask(f"select vector from view_spectral where clip_id like '%{old}'")
    done = builder()
    assert (done.added, done.removed, done.vectors_computed, done.vectors_reused) == (1, 1, 0, 2)
    assert opened["decoded"] == []
    assert builder.ask(f"select vector from view_spectral where clip_id like '%{new}'") == vector
    assert builder.ask(f"select * from view_spectral where clip_id like '%{old}'") == []
    assert builder.ask("select fold, take from clips where clip_id like '%1000%'") == [(2, "B")]


def test_two_files_that_change_places_change_vectors(builder, esc50, opened) -> None:
    """With one size and one date for all, as an unpacked archive leaves them."""
    for path in esc50.root.rglob("*.wav"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    builder(f"esc50={esc50.root}")
    vectors = dict(builder.ask("select clip_id, vector from view_spectral"))
    opened["decoded"].clear()
    a, b = esc50.path("1-1000-A-0.wav"), esc50.path("2-1001-A-1.wav")
    a.rename(a.with_suffix(".tmp"))
    b.rename(a)
    a.with_suffix(".tmp").rename(b)
    done = builder()
    assert (done.updated, done.vectors_computed, done.vectors_reused) == (2, 0, 4)
    assert opened["decoded"] == []
    now = dict(builder.ask("select clip_id, vector from view_spectral"))
    ids = [f"esc50/audio/{path.name}" for path in (a, b)]
    assert (now[ids[0]], now[ids[1]]) == (vectors[ids[1]], vectors[ids[0]])
    assert builder.ask(f"select label from clips where clip_id = '{ids[0]}'") == [("dog",)]


def test_only_the_changed_file_is_heard_again(builder, esc50, opened, tone) -> None:
    builder(f"esc50={esc50.root}")
    opened["decoded"].clear()
    tone(esc50.path("3-1002-A-0.wav"), 1234)
    done = builder()
    assert (done.added, done.updated, done.removed, done.vectors_computed) == (0, 1, 0, 2)
    assert opened["decoded"] == ["3-1002-A-0.wav"]


def test_a_removed_file_leaves_every_table(builder, esc50) -> None:
    builder(f"esc50={esc50.root}")
    esc50.path("3-1002-A-0.wav").unlink()
    done = builder()
    assert (done.added, done.updated, done.removed, done.vectors_computed) == (0, 0, 1, 0)
    for table in ("clips", "view_dynamics", "view_spectral"):
        assert builder.ask(f"select count(*) from {table}") == [(5,)]


def test_a_new_label_costs_no_listening(builder, esc50, opened) -> None:
    builder(f"esc50={esc50.root}")
    opened["decoded"].clear()
    esc50.label("1-1000-A-0.wav", "wolf")
    done = builder()
    assert (done.updated, done.vectors_computed) == (1, 0)
    assert opened == {"decoded": [], "hashed": []}
    assert builder.ask("select label from clips where source = '1000'") == [("wolf",)]


def test_a_forgotten_dataset_leaves_every_table(builder, esc50, tmp_path, tone) -> None:
    tone(tmp_path / "mine" / "bell" / "a.wav", 700)
    (tmp_path / "mine" / "bell" / "broken.wav").write_bytes(b"no sound")
    builder(f"esc50={esc50.root}", f"folder={tmp_path / 'mine'}")
    done = builder(forget=["mine"])
    assert (done.removed, done.failed) == (1, 0)
    assert builder.ask("select dataset from datasets") == [("esc50",)]
    for table in ("clips", "view_dynamics", "view_spectral"):
        assert builder.ask(f"select count(*) from {table} where clip_id like 'mine/%'") == [(0,)]
    assert builder.ask("select count(*) from failures") == [(0,)]
    done = builder(forget=["esc50"])
    assert (done.removed, done.collections) == (6, [])
    with pytest.raises(PipelineError, match="nothing to build"):
        builder()


def test_a_dataset_under_a_new_name_brings_its_vectors(builder, esc50, opened, dump) -> None:
    """The lender goes in the same build."""
    builder(f"esc50={esc50.root}")
    opened["decoded"].clear()
    done = builder(f"esc50:sounds={esc50.root}", forget=["esc50"])
    assert (done.added, done.removed, done.vectors_computed, done.vectors_reused) == (6, 6, 0, 12)
    assert opened["decoded"] == []
    assert builder.ask("select count(*) from view_spectral join clips using (clip_id)") == [(6,)]


def test_the_same_recordings_elsewhere_are_taken_over(builder, esc50, tmp_path, opened) -> None:
    builder(f"esc50={esc50.root}")
    opened["decoded"].clear()
    moved = esc50.root.rename(tmp_path / "moved")
    done = builder(f"esc50={moved}")
    assert (done.status, done.vectors_computed, done.updated) == ("published", 0, 0)
    assert opened["decoded"] == []
    assert builder.ask("select path from datasets") == [(str(moved),)]


def test_a_reader_goes_on_seeing_what_it_opened(builder, esc50) -> None:
    builder(f"esc50={esc50.root}")
    with Reader(builder.store.current().path) as old:
        esc50.add("1-2000-A-0.wav", 900)
        assert builder().snapshot == 2
        with Reader(builder.store.current().path) as new:
            assert [len(reader.clips("esc50")) for reader in (old, new)] == [6, 7]
            assert [len(reader.matrix(None, "dynamics").values) for reader in (old, new)] == [6, 7]


def test_readers_in_threads_while_builds_go_on(builder, esc50) -> None:
    builder(f"esc50={esc50.root}")
    stop = threading.Event()

    def read() -> set[int]:
        seen = set()
        while not stop.is_set():
            with Reader(builder.store.current().path) as reader:
                clips, matrix = reader.clips("esc50"), reader.matrix("esc50", "spectral")
            assert len(clips) == len(matrix.clip_ids) and np.isfinite(matrix.values).all()
            seen.add(len(clips))
        return seen

    with ThreadPoolExecutor() as pool:
        readers = [pool.submit(read) for _ in range(3)]
        for number in range(3):
            esc50.add(f"1-{3000 + number}-A-0.wav", 1000 + number)
            builder()
        stop.set()
        assert all(reader.result() <= {6, 7, 8, 9} for reader in readers)


def test_events_tell_each_stage_and_end_in_the_log(builder, esc50) -> None:
    done = builder(f"esc50={esc50.root}")
    kinds = [type(event).__name__ for event in builder.told]
    assert kinds[:3] == ["Started", "Scanned", "Planned"] and kinds[-1] == "Finished"
    assert builder.of(events.Progress)[-1].done == 6
    log = builder.store.builds / f"{done.build_id}.jsonl"
    assert len(log.read_text().splitlines()) == len(builder.told)
    assert builder.ask("select build_id from builds") == [(done.build_id,)]


def test_an_error_leaves_the_snapshot_and_says_so_in_the_log(builder, esc50) -> None:
    builder(f"esc50={esc50.root}")
    before = builder.store.current()
    esc50.root.rename(esc50.root.with_name("elsewhere"))
    with pytest.raises(SesatlasError, match=r"is not there.*--dataset esc50=PATH.*--forget esc50"):
        builder()
    assert builder.of(events.Stopped) and builder.store.current() == before
    esc50.root.with_name("elsewhere").rename(esc50.root)
    assert builder().status == "unchanged"


def test_no_file_stays_open(builder, esc50) -> None:
    builder(f"esc50={esc50.root}")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(3):
        esc50.add(f"1-{3000 + number}-A-0.wav", 1000 + number)
        builder()
    builder()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
    assert not (builder.store.staging.parent / "OWNER").exists()


def test_old_snapshots_go_and_the_current_one_never(builder, esc50) -> None:
    for number in range(4):
        esc50.add(f"1-{3000 + number}-A-0.wav", 1000 + number)
        builder(f"esc50={esc50.root}", keep=2)
    assert [snapshot.number for snapshot in builder.store.snapshots()] == [3, 4]
    builder.store.use(3)
    esc50.add("1-4000-A-0.wav", 2000)
    done = builder(keep=1)
    # Built on 3, which lacks what 4 had: both files are new to it.
    assert (done.snapshot, done.added) == (5, 2)
    assert [snapshot.number for snapshot in builder.store.snapshots()] == [5]
