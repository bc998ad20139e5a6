"""``python scripts/lock.py``: write requirements.lock, what requirements.txt takes on this very kind of machine.

Every package with its version and the SHA-256 of the one file that pip would install here, so that another file under
the same name is refused. pip itself says which: nothing is installed. Run it by ``make lock``.
"""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
READABLE, LOCK = ROOT / "requirements.txt", ROOT / "requirements.lock"
HEAD = """\
# {fits}
# Written by `make lock` from requirements.txt: every package that it takes there, with the hash of its file.
# scripts/setup.sh installs from it where the first line fits, and from requirements.txt elsewhere.
"""


class LockError(Exception):
    """pip found no set of packages, or one without a hash."""


def fits() -> str:
    """The machine that a lock is for, as its first line and scripts/setup.sh say it."""
    version = ".".join(map(str, sys.version_info[:2]))
    return f"Python {version} {platform.system()} {platform.machine()}"


def report(requirements: Path) -> list[Mapping[str, Any]]:
    """What pip would install, from its installation report."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        options = ["--dry-run", "--ignore-installed", "--quiet", "--report", str(file)]
        command = [sys.executable, "-m", "pip", "install", *options, "-r", str(requirements)]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            raise LockError("pip found no set of packages for requirements.txt; its own words are above.")
        return list(json.loads(file.read_text(encoding="utf-8"))["install"])


def lines(installed: Iterable[Mapping[str, Any]]) -> list[str]:
    """A line a package, in the order of their names; what is installed from a folder, as this project is, has none."""
    found = []
    for one in installed:
        if "dir_info" in one["download_info"]:
            continue
        name, version = one["metadata"]["name"], one["metadata"]["version"]
        digest = one["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256")
        if not digest:
            raise LockError(f"pip names no SHA-256 of {name} {version}; expected one of every package.")
        found.append(f"{re.sub(r'[-_.]+', '-', name).lower()}=={version} --hash=sha256:{digest}\n")
    return sorted(found)


def main() -> str | None:
    """The one line for a person where it failed."""
    try:
        found = lines(report(READABLE))
    except LockError as error:
        return str(error)
    LOCK.write_text(HEAD.format(fits=fits()) + "".join(found), encoding="utf-8")
    sys.stdout.write(f"requirements.lock: {len(found)} packages for {fits()}.\n")
    return None


if __name__ == "__main__":
    line = main()
    if line:
        sys.stderr.write(line + "\n")
        sys.exit(2)
