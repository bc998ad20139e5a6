"""A build that is stopped while it projects and clusters, as a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from pipeline.analyses.recipe import PICTURES
from pipeline.features import VIEWS
from store.reader import Reader

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_stop_between_units(builder, few_clusterings, tmp_path, write_short, repo_root, jobs) -> None:
    for clip in range(16):
        write_short(tmp_path / "mine" / f"label_{clip % 4}" / f"{clip:03d}.wav", 200 + 90 * (clip % 4) + clip)
    store = builder.store
    options = ["--store", str(store.root), "--jobs", str(jobs), "--dataset", f"folder={tmp_path / 'mine'}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "build", *options],
        cwd=repo_root,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        wait_for_a_unit(store, process)
        process.send_signal(signal.SIGTERM)
        told, faults = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert faults == "Stopped. What was finished is kept; the next build goes on from here.\n"
    assert "Traceback" not in told
    # The clips and the principal components were published before.
    assert store.current() is not None and not store.is_building()
    with Reader(store.staging) as reader:
        kept = sum(stage == PICTURES for stage, _, _ in reader.units())
    assert 0 < kept < len(VIEWS)
    done = builder(views=VIEWS, analyses=True)
    assert (done.status, done.vectors_computed) == ("published", 0)
    assert done.stages[PICTURES] == len(VIEWS) - kept
    assert builder.ask("select min(rank), count(*) - count(rank) from clusterings") == [(1, 0)]


def wait_for_a_unit(store, process: subprocess.Popen[str]) -> None:
    """Until the event log tells that the first unit is done."""
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        for log in store.builds.glob("*.jsonl"):
            lines = [json.loads(line) for line in log.read_text().splitlines() if line.endswith("}")]
            if any(event.get("stage") == PICTURES and event.get("done") for event in lines):
                time.sleep(0.3)  # in the middle of the next
                return
        time.sleep(0.02)
    pytest.fail(f"no build that has analysed a view: {process.communicate()}")
