"""What every test may ask for. Nothing here is heavy to import: it is read before each run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# No deadlines: a busy machine is no bug. In CI the examples are the same in each run, so that a change
# fails for what it changed.
settings.register_profile("sesatlas", deadline=None)
settings.register_profile("sesatlas-ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("sesatlas-ci" if os.environ.get("CI") else "sesatlas")

REPO_ROOT = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests first: started last, one of them would leave the other cores without work."""
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
