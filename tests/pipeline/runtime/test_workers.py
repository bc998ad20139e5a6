"""No worker outlives the process it works for."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from joblib.externals.loky import get_reusable_executor

from pipeline.extraction import Job, extract

CHILD = """
import os, time
from pipeline.runtime.workers import end_with_parent
end_with_parent(os.getppid())
os.write(1, b"at work")
time.sleep(60)
"""
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}])"


def is_watching() -> bool:
    return any(thread.name == "end-with-parent" for thread in threading.enumerate())


@pytest.mark.timeout(30)
def test_a_worker_ends_with_its_killed_parent(repo_root) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, cwd=repo_root)
    assert parent.stdout.read(7) == b"at work"
    parent.kill()
    assert parent.stdout.read() == b""  # at its end only when the child is gone as well
    parent.stdout.close()
    assert parent.wait() == -signal.SIGKILL


@pytest.mark.timeout(60)
def test_every_worker_watches() -> None:
    jobs = [Job(f"gone {i}", Path("gone.wav"), ()) for i in range(8)]
    assert sum(len(batch) for batch in extract(jobs, n_jobs=2, batch_size=1)) == len(jobs)
    workers = get_reusable_executor(reuse=True)  # as extract has left them
    answers = [workers.submit(is_watching) for _ in range(4)]
    assert all(answer.result() for answer in answers)
