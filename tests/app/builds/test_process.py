"""Builds as a page sees them, through a store whose event logs are written by hand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.builds import process as builds
from pipeline.build.stages import STAGES
from pipeline.runtime import events
from pipeline.runtime.events import new_run_id
from store.snapshots import Store

PROGRESS = events.Progress(done=30, total=120, failed=1, clips_per_s=12.4, left_s=7.3)
TOLD: list[events.Event] = [
    events.Started("b", ["esc50"], resumed=False),
    events.Preparing("demo_sounds"),
    # Braces and line breaks inside a text must not look like the end of a line.
    events.Scanned("esc50", 1_200, 0, ['a "note" {}', "two\nlines"]),
    events.Planned(to_extract=1_200, unchanged=0, updated=0, reused=0, removed=0, failed=0),
    PROGRESS,
    events.StageProgress("pictures", "UMAP and t-SNE of each view", "views", 0, 8),
    events.StageProgress("pictures", "UMAP and t-SNE of each view", "views", 3, 8, "esc50", "mfcc", 4.5),
    events.StageProgress(
        "experiments", "experiments", "experiments", 5, 24, "esc50", "esc50.label.all.knn", 3.5
    ),
    events.Finished(
        "published",
        "b",
        1,
        1_200,
        0,
        0,
        0,
        8_400,
        0,
        {"pictures": 8},
        9.5,
        [events.Collection("e", 1, 2, 3, 0, 0)],
    ),
]
STOPPED = events.Stopped("Stopped on request; the next build goes on from here.")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that would go on for long, in place of a build."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def _log(store: Store, told: list[events.Event], name: str = "20260101T000000-1") -> Path:
    store.builds.mkdir(parents=True, exist_ok=True)
    path = store.builds / f"{name}.jsonl"
    path.write_text("".join(events.to_json(event) + "\n" for event in told), encoding="utf-8")
    return path


def _ended(code: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", f"import os; os._exit({code})"])
    process.wait()
    return process


def test_a_store_without_builds_has_no_latest(store: Store) -> None:
    assert builds.latest(store) is None
    assert builds.unfinished(None) is None


@given(cut=st.integers(0, 2_000))
def test_a_log_cut_anywhere_tells_its_last_whole_line(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    store = Store(tmp_path_factory.getbasetemp() / "cut_log")
    path = _log(store, TOLD)
    whole = path.read_bytes()[:cut]
    path.write_bytes(whole)
    run = builds.latest(store)
    assert run is not None
    complete = whole.split(b"\n")[:-1]
    assert run.last == (json.loads(complete[-1]) if complete else {"event": "started"})
    assert builds.describe(run)
    assert 0 <= run.share <= 1


def test_a_long_log_is_read_from_its_end(store: Store) -> None:
    _log(store, [*TOLD[:2], *[PROGRESS] * 500, TOLD[-1]])
    run = builds.latest(store)
    assert run is not None and run.last["event"] == "finished"


def test_the_newest_log_counts(store: Store) -> None:
    _log(store, TOLD, "20260101T000000-1")
    _log(store, TOLD[:1], "20260102T000000-1")
    run = builds.latest(store)
    assert run is not None and run.build_id == "20260102T000000-1"


def test_a_build_is_at_work_while_it_holds_the_store(store: Store) -> None:
    _log(store, [*TOLD[:4], PROGRESS])
    with store.lock():
        run = builds.latest(store)
        assert run is not None and run.running
        assert run.share == 0.25
        assert builds.describe(run) == "30 of 120 clips, 12 a second, 7 s left"
        assert builds.unfinished(run) is None
    left = builds.latest(store)
    # Nobody holds the lock, and the log has no end: it was killed.
    assert left is not None and not left.running
    assert "killed" in str(builds.unfinished(left))


def test_a_finished_build_is_not_at_work_though_another_holds_the_store(store: Store) -> None:
    _log(store, TOLD)
    with store.lock():
        run = builds.latest(store)
    assert run is not None and not run.running
    assert builds.unfinished(run) is None


def test_a_stopped_build_tells_its_reason(store: Store) -> None:
    _log(store, [*TOLD[:4], PROGRESS, STOPPED])
    run = builds.latest(store)
    assert STOPPED.reason in str(builds.unfinished(run))


@pytest.mark.parametrize("ending", [[], [events.Stopped("There is no view 'x'.")]], ids=["killed", "refused"])
def test_a_request_that_did_not_finish_leaves_nothing_to_go_on_with(store: Store, ending: list) -> None:
    _log(store, [TOLD[0], *ending], f"{new_run_id('learned')}")
    words = str(builds.failure(store))
    assert words.startswith("The last request ") and "build" not in words
    assert not builds.can_resume(store)
    store.staging.parent.mkdir(parents=True, exist_ok=True)
    store.staging.touch()
    assert builds.can_resume(store)
    _log(store, [TOLD[0], *ending], new_run_id())
    store.staging.unlink()
    assert builds.can_resume(store) and str(builds.failure(store)).startswith("The last build ")


@pytest.mark.parametrize("event", TOLD)
def test_each_event_has_words_for_a_person(store: Store, event: events.Event) -> None:
    _log(store, [event])
    run = builds.latest(store)
    assert run is not None
    words = builds.describe(run)
    assert words and "_" not in words.replace("demo_sounds", "") and "{" not in words


def test_progress_without_a_guess_of_the_time_left(store: Store) -> None:
    _log(store, [events.Progress(0, 1_000, 0, 0.0, None)])
    run = builds.latest(store)
    assert run is not None
    assert builds.describe(run) == "0 of 1,000 clips, 0 a second"


def test_the_analyses_have_a_share_and_words_of_their_own(store: Store) -> None:
    nothing = events.StageProgress("audit", "audit", "collections", 0, 0)
    for event, share in ((TOLD[5], 0.0), (TOLD[6], 0.375), (nothing, 0.0)):
        _log(store, [*TOLD[:5], event])
        run = builds.latest(store)
        assert run is not None and run.share == share
    _log(store, TOLD[:7])
    assert builds.describe(builds.latest(store)) == "UMAP and t-SNE of each view: 3 of 8 views"
    _log(
        store, [events.StageProgress("embeddings", "embeddings by networks", "clips", 1_500, 6_000, "timit")]
    )
    run = builds.latest(store)
    assert run is not None and run.share == 0.25
    assert builds.describe(run) == "Embeddings by networks: 1,500 of 6,000 clips"


def test_a_refusal_is_the_last_line_of_what_the_build_said(store: Store) -> None:
    store.builds.mkdir(parents=True)
    (store.builds / "stderr.txt").write_text("WARNING one thing\nThe other thing is wrong: mend it.\n")
    assert builds.refusal(store, _ended(2)) == "The other thing is wrong: mend it."


@pytest.mark.parametrize("code", [0, 130])
def test_a_build_that_ended_well_or_was_stopped_is_not_refused(store: Store, code: int) -> None:
    store.builds.mkdir(parents=True)
    (store.builds / "stderr.txt").write_text("Stopped.\n")
    assert builds.refusal(store, _ended(code)) is None
    assert builds.refusal(store, None) is None


def test_a_build_that_died_without_a_word_tells_its_exit_code(store: Store) -> None:
    store.builds.mkdir(parents=True)
    (store.builds / "stderr.txt").touch()
    assert "exit code 139" in str(builds.refusal(store, _ended(139)))


def test_stop_reaches_the_process_that_holds_the_store(
    store: Store, sleeper: subprocess.Popen[bytes]
) -> None:
    with store.lock():
        (store.staging.parent / "OWNER").write_text(str(sleeper.pid))
        builds.stop(store)
    assert sleeper.wait(10) == -signal.SIGTERM


def test_stop_reaches_a_build_that_does_not_hold_the_store_yet(
    store: Store, sleeper: subprocess.Popen[bytes]
) -> None:
    builds.stop(store, sleeper)
    assert sleeper.wait(10) == -signal.SIGTERM
    assert "before it began" in str(builds.refusal(store, sleeper))


def test_stop_harms_nobody_when_no_build_is_at_work(store: Store) -> None:
    # What a killed build left: by now the number may belong to anybody, here to these tests.
    store.staging.parent.mkdir(parents=True)
    (store.staging.parent / "OWNER").write_text(str(os.getpid()))
    builds.stop(store)
    builds.stop(store, _ended(0))


def test_start_hands_its_arguments_to_a_build_of_this_store(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Any other store would be hit if the page's own were not named.
    monkeypatch.setenv("SESATLAS_STORE", str(store.root.with_name("another")))
    process = builds.start(store, ["--dataset", "nonsense=/nowhere"])
    assert process.wait(60) == 2
    assert "'nonsense' is no known dataset" in str(builds.refusal(store, process))
    assert not store.root.with_name("another").exists()


LEFT = {"pca": 3.0, "overview": 12.0, "clusterings": 34.0, "experiments": 200.0, "audit": 9_000.0}


def _event(name: str, *, ago_s: float = 0.0, **told: object) -> str:
    time = datetime.now(UTC) - timedelta(seconds=ago_s)
    return json.dumps({"event": name, "time": time.isoformat(timespec="milliseconds"), **told}) + "\n"


def _staged(store: Store, *lines: str) -> Path:
    """A log of a build that publishes in steps, after its extraction."""
    path = _log(store, [*TOLD[:5]])
    with path.open("a", encoding="utf-8") as log:
        log.writelines(lines)
    return path


def _stage(done: float = 3, total: int = 8) -> str:
    return _event(
        "stageprogress", stage="clusterings", title="clusterings", unit="views", done=done, total=total,
        dataset="esc50", item="mfcc", left_s=12.3,
    )  # fmt: skip


def test_a_stage_at_work_is_told_by_its_own_words(store: Store) -> None:
    _staged(store, _event("stages", left=LEFT), _stage(), _event("stages", left=LEFT))
    run = builds.latest(store)
    assert run is not None and run.last["event"] == "stages" and run.work["event"] == "stageprogress"
    assert builds.describe(run) == "Clusterings: 3 of 8 views"
    assert run.share == 0.375
    for event in (_event("published", snapshot=7, stage="pca"), _event("stages", left={})):
        _staged(store, _stage(2.5, 0), event)
        run = builds.latest(store)
        assert run is not None and 0 <= run.share <= 1 and builds.describe(run) == "Clusterings: 2 of 0 views"


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("pca", "Principal components: in a few seconds"),
        ("overview", "UMAP and t-SNE of all views together: in about 10 s"),
        ("clusterings", "Clusterings: in about 35 s"),
        ("experiments", "Experiments: in about 3 min"),
        ("audit", "Audit: in about 2 h"),
    ],
)
def test_each_stage_that_is_to_come_says_when(store: Store, stage: str, words: str) -> None:
    _staged(store, _event("stages", left=LEFT))
    with store.lock():
        assert builds.waiting_for(store, stage) == words
        run = builds.latest(store)
    assert run is not None and builds.time_left(run) == "All done in about 2 h."
    assert builds.waiting_for(store, stage) is None, "no build is at work"


def test_the_time_since_the_estimate_is_taken_off(store: Store) -> None:
    _staged(store, _event("stages", left=LEFT, ago_s=100), _event("stages", left=LEFT, ago_s=20), _stage())
    with store.lock():
        assert builds.waiting_for(store, "clusterings") == "Clusterings: in about 15 s"
        assert builds.waiting_for(store, "pca") == "Principal components: any moment now"


def test_what_is_published_is_waited_for_no_more(store: Store) -> None:
    rest = {stage: left for stage, left in LEFT.items() if stage not in ("pca", "overview")}
    _staged(store, _event("stages", left=LEFT), _event("published", snapshot=2), _event("stages", left=rest))
    with store.lock():
        assert builds.waiting_for(store, "pca") is None
        assert builds.waiting_for(store, "experiments")
        assert builds.waiting_for(store, "a stage of tomorrow") is None


def test_a_stage_nobody_has_named_goes_by_its_name(store: Store) -> None:
    _staged(store, _event("stages", left={"tomorrow": 5.0}))
    with store.lock():
        assert builds.waiting_for(store, "tomorrow") == "Tomorrow: in a few seconds"
    _staged(store, _event("stages", left={"tomorrow": 5.0}, titles={"tomorrow": "what comes"}))
    with store.lock():
        assert builds.waiting_for(store, "tomorrow") == "What comes: in a few seconds"


def test_before_the_first_estimate_a_build_has_just_begun(store: Store) -> None:
    _log(store, TOLD[:4])
    with store.lock():
        assert builds.waiting_for(store, "clusterings") == "Clusterings: soon, the build has just begun"
    _log(store, TOLD[:5])
    with store.lock():
        assert builds.waiting_for(store, builds.CLIPS) == "The first clips: in a few seconds"
    # One that only learns an experiment brings nothing else.
    _log(store, [TOLD[0], events.StageProgress("experiments", "experiments", "experiments", 0, 1)])
    with store.lock():
        assert builds.waiting_for(store, "clusterings") is None


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_the_log_has_not_named_yet_has_its_own_title(store: Store, stage: str) -> None:
    _log(store, TOLD[:4])
    title = STAGES[stage].title
    with store.lock():
        told = builds.waiting_for(store, stage)
    assert told == f"{title[:1].upper()}{title[1:]}: soon, the build has just begun"


def test_a_failure_is_told_whoever_started_the_build(store: Store) -> None:
    assert builds.failure(store) is None
    log = _log(store, [*TOLD[:4], events.Stopped("No space left on the disk.")])
    assert "No space left" in str(builds.failure(store))
    errors = store.builds / "stderr.txt"
    errors.write_text("WARNING of that same build\n")
    assert "No space left" in str(builds.failure(store))
    # A later one, which never had a log.
    errors.write_text("Traceback ...\nModuleNotFoundError: No module named 'duckdb'\n")
    os.utime(errors, (log.stat().st_mtime + 60,) * 2)
    assert builds.failure(store) == "ModuleNotFoundError: No module named 'duckdb'"
    with store.lock():
        assert builds.failure(store) is None
    log.unlink()
    assert "ModuleNotFoundError" in str(builds.failure(store))
    errors.write_text("")
    assert builds.failure(store) is None


def test_a_finished_build_has_not_failed(store: Store) -> None:
    _log(store, TOLD)
    (store.builds / "stderr.txt").write_text("WARNING something at the end\n")
    assert builds.failure(store) is None


@pytest.mark.parametrize(
    ("datasets", "arguments"),
    [
        (["demo_sounds", "demo_voices"], ["--dataset", "demo"]),
        ([], ["--dataset", "demo"]),
        (["esc50"], []),
    ],
)
def test_an_empty_store_goes_on_with_what_was_begun(
    store: Store, datasets: list[str], arguments: list[str]
) -> None:
    _log(store, [events.Started("b", datasets, resumed=False), STOPPED])
    assert builds.resume_arguments(store) == arguments


def test_a_store_without_clips_waits_for_them_whatever_the_build_does(store: Store) -> None:
    _log(store, TOLD[:1])
    with store.lock():
        assert builds.waiting_for(store, builds.CLIPS) == "The first clips: soon"
