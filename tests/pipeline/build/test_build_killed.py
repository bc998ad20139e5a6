"""Builds that end before their time, as processes of their own: nothing is lost, nothing done twice."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline.build.staging import COMMIT_CLIPS
from pipeline.features import VIEWS
from pipeline.runtime import events

CLIPS = COMMIT_CLIPS + 100
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("killed")]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory, write_short: Callable[[Path, float], None]) -> Path:
    """More recordings than one commit takes."""
    root = tmp_path_factory.mktemp("recordings")
    for number in range(CLIPS):
        write_short(root / f"label_{number % 4}" / f"{number:04d}.wav", 200 + number)
    return root


@pytest.fixture(scope="module")
def undisturbed(
    recordings: Path, tmp_path_factory: pytest.TempPathFactory, start: Callable[..., subprocess.Popen[str]]
) -> Path:
    """The snapshot of a build that nobody disturbed."""
    store = tmp_path_factory.mktemp("undisturbed")
    process = start(store, "--dataset", f"folder:mine={recordings}")
    assert process.wait(120) == 0
    return store / "snapshots" / "000001.duckdb"


@pytest.fixture(scope="module")
def start(repo_root: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start ``python -m pipeline build``; what is left of it ends with the tests."""
    started: list[subprocess.Popen[str]] = []

    def run(store: Path, *words: str, jobs: int = 1) -> subprocess.Popen[str]:
        options = ["--no-analyses", "--store", str(store), "--jobs", str(jobs)]
        line = [sys.executable, "-m", "pipeline", "build", *options, *words]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(line, cwd=repo_root, text=True, **pipes))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


def wait_for_progress(store: Path, process: subprocess.Popen[str], done: int) -> None:
    """Until the event log says that so many clips are done."""
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        for log in store.glob("builds/*.jsonl"):
            told = [json.loads(line) for line in log.read_text().splitlines() if line.endswith("}")]
            if any(event["event"] == "progress" and event["done"] >= done for event in told):
                return
        time.sleep(0.01)
    pytest.fail(f"no build that has done {done} clips: {process.communicate()}")


def staged(store: Path) -> int:
    """How many clips the unfinished build has kept."""
    with duckdb.connect(str(store / "staging" / "build.duckdb"), read_only=True) as con:
        return con.execute("select count(*) from clips").fetchall()[0][0]


def test_kill_9_in_the_middle_then_the_rest_alone(builder, recordings, undisturbed, start, dump) -> None:
    store = builder.store
    process = start(store.root, "--dataset", f"folder:mine={recordings}")
    wait_for_progress(store.root, process, COMMIT_CLIPS)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    assert store.current() is None and not store.is_building() and store.owner() is None
    kept = staged(store.root)
    assert 0 < kept < CLIPS

    done = builder(views=VIEWS)
    assert builder.of(events.Started)[0].resumed
    assert done.vectors_computed == (CLIPS - kept) * len(VIEWS)
    assert (done.added, done.snapshot) == (CLIPS, 1)
    assert dump(store.current().path) == dump(undisturbed)
    history = builder.ask("select status, snapshot, added from builds order by started_at")
    assert history == [("interrupted", None, None), ("published", 1, CLIPS)]
    assert builder(views=VIEWS).status == "unchanged"


def test_kill_9_leaves_the_current_snapshot(builder, recordings, undisturbed, start, dump, tmp_path) -> None:
    """A store with something in it, a change to it, a kill, a second change, and on with it."""
    store, own, paths = builder.store, tmp_path / "own", sorted(recordings.rglob("*.wav"))

    def bring(paths: list[Path]) -> None:
        for path in paths:
            (own / path.parent.name).mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, own / path.parent.name)

    bring(paths[:10])
    builder(f"folder:mine={own}", views=VIEWS)
    before = (store.current(), (store.root / "CURRENT").stat().st_ino, dump(store.current().path))
    bring(paths[10:])
    process = start(store.root)
    wait_for_progress(store.root, process, COMMIT_CLIPS)
    process.kill()
    process.wait(10)
    assert (store.current(), (store.root / "CURRENT").stat().st_ino, dump(store.current().path)) == before

    (own / paths[0].relative_to(recordings)).unlink()
    kept = staged(store.root)
    done = builder(views=VIEWS)
    assert 10 < kept < CLIPS and done.vectors_computed == (CLIPS - kept) * len(VIEWS)
    # Against the snapshot before, whichever of the two builds did the work.
    assert (done.added, done.updated, done.removed) == (CLIPS - 10, 0, 1)
    bring(paths[:1])
    assert builder(views=VIEWS).vectors_computed == len(VIEWS)
    where_and_when = ("path", "modified_ns", "changed_ns")
    assert dump(store.current().path, where_and_when) == dump(undisturbed, where_and_when)


@pytest.mark.parametrize("jobs", [1, 2])
def test_sigterm_ends_with_130_and_one_line(builder, recordings, undisturbed, start, dump, jobs) -> None:
    store = builder.store
    process = start(store.root, "--dataset", f"folder:mine={recordings}", jobs=jobs)
    wait_for_progress(store.root, process, COMMIT_CLIPS)
    process.send_signal(signal.SIGTERM)
    told, faults = process.communicate(timeout=20)
    assert process.returncode == 130
    assert faults == "Stopped. What was finished is kept; the next build goes on from here.\n"
    assert "Traceback" not in told
    assert not (store.staging.parent / "OWNER").exists() and not store.is_building()
    (log,) = store.builds.glob("*.jsonl")
    assert json.loads(log.read_text().splitlines()[-1])["event"] == "stopped"
    kept = staged(store.root)
    assert 0 < kept < CLIPS
    done = builder(views=VIEWS)
    assert done.vectors_computed == (CLIPS - kept) * len(VIEWS)
    assert dump(store.current().path) == dump(undisturbed)


def test_a_second_build_at_the_same_time(builder, recordings, start) -> None:
    store = builder.store
    first = start(store.root, "--dataset", f"folder:mine={recordings}")
    wait_for_progress(store.root, first, 1)
    assert store.is_building() and store.owner() == first.pid
    second = start(store.root, "--dataset", f"folder:mine={recordings}")
    told, faults = second.communicate(timeout=60)
    assert second.returncode == 2 and told == ""
    assert len(faults.splitlines()) == 1 and f"process {first.pid}" in faults
    assert first.wait(60) == 0
    assert store.current().number == 1
