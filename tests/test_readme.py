"""README and docs say what is there: lists come from the registries, paths exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/ARCHITECTURE.md", "store/README.md")
PATH = re.compile(r"`((?:app|pages|pipeline|store|models|tests|scripts|benchmarks|docs)/[\w./]*\w)/?`")
MADE_BY_TESTS = {"tests/e2e/screenshots"}


def test_the_lists_in_readme_are_the_registries(repo_root: Path) -> None:
    script = "import lists; text = lists.README.read_text(); print(lists.with_lists(text) == text)"
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=repo_root / "scripts", capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "True", "the lists in README.md are out of date: run `make lists`"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_in_a_document_exists(repo_root: Path, name: str) -> None:
    text = (repo_root / name).read_text(encoding="utf-8")
    missing = [path for path in PATH.findall(text) if not (repo_root / path).exists()]
    missing = [path for path in missing if path not in MADE_BY_TESTS]
    assert not missing, f"{name} names what is not there"
