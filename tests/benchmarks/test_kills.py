"""Signal 9 at several moments of whatever writes: nothing is lost, and the same command comes to the same end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.parametrize(("jobs", "kills"), [("first build,build", 2), ("learn,export", 8)])
def test_no_kill_loses_anything(repo_root: Path, jobs: str, kills: int) -> None:
    line = [sys.executable, "benchmarks/kills.py", "--kills", str(kills), "--jobs", jobs, "--plain"]
    done = subprocess.run(line, cwd=repo_root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(jobs.split(","))
    for text in lines:
        found = {name: int(count) for name, _, count in (word.partition("=") for word in text.split())}
        assert found.pop("moments") > kills
        assert found.pop("as_before") + found.pop("further") == kills
        assert found == {"kills": kills, "same_end": kills, "lost": 0, "left_behind": 0}
