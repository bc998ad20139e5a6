"""What every test may ask for. Nothing here is heavy to import: it is read before each run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

# No deadlines: a busy machine is no bug. In CI the examples are the same in each run, so that a change
# fails for what it changed.
settings.register_profile("sesatlas", deadline=None)
settings.register_profile("sesatlas-ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("sesatlas-ci" if os.environ.get("CI") else "sesatlas")

REPO_ROOT = Path(__file__).resolve().parent.parent
BUILT = {"demo_store", "real_store"}
BUILD_S = 600
"""A whole build, projections and clusterings included, takes one to two minutes on two cores."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests first: started last, one of them would leave the other cores without work.

    Whichever test asks first for a store waits until it is built, so these may take longer than others.
    """
    for item in items:
        given = getattr(item, "callspec", None)
        asked = {*getattr(item, "fixturenames", ()), *(map(str, given.params.values()) if given else ())}
        if asked & BUILT and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(2 * BUILD_S + 60))
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The folder with the Makefile."""
    return REPO_ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real recordings beside the repository, laid out as their own README.md says."""
    folder = REPO_ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real recordings are not here: no folder ../shared/data beside the repository")
    return folder


@pytest.fixture(scope="session")
def demo_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store built from the demo corpora: made once for all workers, and only to be read."""
    return _built(tmp_path_factory, "demo", ["--dataset", "demo"])


@pytest.fixture(scope="session")
def real_store(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    """A store built from the real ESC-10 and TIMIT recordings, without analyses, only to be read."""
    sources = {"esc50": "esc10", "timit": "timit_sample"}
    words = [
        word for name, folder in sources.items() for word in ("--dataset", f"{name}={shared_data / folder}")
    ]
    return _built(tmp_path_factory, "real", [*words, "--no-analyses"])


def _built(tmp_path_factory: pytest.TempPathFactory, name: str, words: list[str]) -> Path:
    # Each xdist worker has a folder of its own; what all share lies one above.
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    base = tmp_path_factory.getbasetemp()
    root = (base if alone else base.parent) / f"{name}_store"
    places = {"SESATLAS_STORE": str(root), "SESATLAS_RECORDINGS": str(root.with_name(f"{name}_recordings"))}
    with FileLock(f"{root}.lock"):
        if not (root / "CURRENT").exists():
            command = [sys.executable, "-m", "pipeline", "build", "--quiet", *words]
            subprocess.run(command, check=True, cwd=REPO_ROOT, env=os.environ | places, timeout=BUILD_S)
    return root
