"""The recordings that the benchmarks share."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
ABSENT = "Nothing to measure: name a folder of recordings; ../shared/data is not here."


@contextmanager
def esc10(given: Path | None) -> Iterator[Path | None]:
    """The folder that is given, or ESC-10 laid out as published for the time being; None where it is not here."""
    prepare = SHARED_DATA / "prepare.py"
    if given is not None or not prepare.is_file():
        yield given
        return
    with tempfile.TemporaryDirectory() as temporary:
        command = [sys.executable, str(prepare), temporary]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        yield Path(temporary) / "ESC-50-master"
