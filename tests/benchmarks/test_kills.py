"""Signal 9 at several moments of whatever writes: nothing is lost, and the same command comes to the same end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = (1, 2, 6, 6)
"""Of the first build, of one that adds to a store, of an experiment, of an export."""


@pytest.mark.slow
def test_no_kill_loses_anything(repo_root: Path) -> None:
    line = [sys.executable, "benchmarks/kills.py", "--plain", "--kills", *map(str, KILLS)]
    done = subprocess.run(line, cwd=repo_root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for text, kills in zip(done.stdout.splitlines(), KILLS, strict=True):
        found = json.loads(text)
        assert found.pop("moments") > kills
        assert found.pop("as_before") + found.pop("further") == kills
        assert found == {"kills": kills, "same_end": kills, "lost": 0, "left_behind": 0}
