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
LONG_S: dict[str, int] = {}
"""Groups of tests that take long, and about how many seconds."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test its group, and put the longest groups first.

    The tests of a group run on one core, one after the other, and share what their fixtures have made. Each file
    is a group, unless its tests name another by ``pytest.mark.xdist_group``. Started last, a long group would
    leave the other cores without work.

    Whichever test asks first for a store waits until it is built, so these may take longer than others.
    """
    for item in items:
        given = getattr(item, "callspec", None)
        asked = {*getattr(item, "fixturenames", ()), *(map(str, given.params.values()) if given else ())}
        if asked & BUILT and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(2 * BUILD_S + 60))
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(_file(item)))
    took = {group: LONG_S.get(group, 0) for group in map(_group, items)}
    for item in items:
        if item.get_closest_marker("slow") is not None:
            took[_group(item)] += 10
    items.sort(key=lambda item: -took[_group(item)])


def _file(item: pytest.Item) -> str:
    """``pipeline/test_build``: the file below ``tests/``."""
    return item.path.relative_to(REPO_ROOT / "tests").with_suffix("").as_posix()


def _group(item: pytest.Item) -> str:
    mark = item.get_closest_marker("xdist_group")
    assert mark is not None
    return str(mark.args[0] if mark.args else mark.kwargs["name"])


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
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all workers of one run find what one of them has made. Each has a folder of its own; this is above."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def demo_recordings(shared_folder: Path) -> Path:
    """Sixty recordings of each of the two demo corpora, below their names: made once, and only to be read.

    Put below ``demo`` in the folder that ``SESATLAS_RECORDINGS`` names, they spare a build to make all 400.
    """
    root = shared_folder / "demo_recordings"
    with FileLock(f"{root}.lock"):
        if not (root / "demo_voices").exists():
            _python("tests/small_demo.py", str(root))
    return root


@pytest.fixture(scope="session")
def demo_store(shared_folder: Path, demo_recordings: Path) -> Path:
    """A store of sixty clips of each demo corpus: built once for all workers, and only to be read."""
    return _built(shared_folder / "demo_store", f"demo={demo_recordings}")


@pytest.fixture(scope="session")
def real_store(shared_folder: Path, shared_data: Path) -> Path:
    """A store built from the real ESC-10 and TIMIT recordings, without analyses, only to be read."""
    sources = {"esc50": "esc10", "timit": "timit_sample"}
    datasets = [f"{name}={shared_data / folder}" for name, folder in sources.items()]
    return _built(shared_folder / "real_store", *datasets, analyses=False)


def _built(root: Path, *datasets: str, analyses: bool = True) -> Path:
    words = [word for dataset in datasets for word in ("--dataset", dataset)]
    with FileLock(f"{root}.lock"):
        if not (root / "CURRENT").exists():
            words += [] if analyses else ["--no-analyses"]
            _python("-m", "pipeline", "build", "--quiet", "--jobs", "1", "--store", str(root), *words)
    return root


def _python(*words: str) -> None:
    paths = {"PYTHONPATH": os.pathsep.join([str(REPO_ROOT), os.environ.get("PYTHONPATH", "")])}
    subprocess.run(
        [sys.executable, *words], check=True, cwd=REPO_ROOT, env=os.environ | paths, timeout=BUILD_S
    )
