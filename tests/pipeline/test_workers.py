"""No worker outlives the process it works for."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import joblib
import pytest

from pipeline.extract import _parallel

CHILD = """
import os, time
from pipeline.workers import end_with
end_with(os.getppid())
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
    assert all(_parallel(2)(joblib.delayed(is_watching)() for _ in range(4)))
