"""What every test may ask for. Nothing here is heavy to import: it is read before each run."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

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
GROUP = re.compile(r"""\bxdist_group\(["']([^"']+)["']\)""")
LONG_S = {
    "e2e": 400,
    "e2e live": 250,
    "e2e building": 110,
    "tests/pipeline/analyses/test_stage.py": 120,
    "tests/pipeline/train/voice/test_command.py": 60,
    "tests/test_setup.py": 55,
    "tests/pages/test_odd_stores.py": 50,
    "tests/pipeline/analyses/test_keep.py": 50,
    "tests/pipeline/clusterings/test_search.py": 45,
    "tests/pages/test_pipeline.py": 40,
    "tests/pages/test_models.py": 40,
    "tests/pages/test_clusters.py": 40,
    "tests/pipeline/networks/test_embedding.py": 35,
    "tests/pipeline/audit/test_stage.py": 35,
    "tests/pipeline/cli/test_commands.py": 30,
    "tests/pipeline/experiments/test_stage.py": 30,
    "tests/pipeline/classify/test_run.py": 30,
    "tests/pipeline/build/test_build_sequences.py": 30,
    "tests/pipeline/build/test_build_failures.py": 30,
    "tests/pipeline/build/test_build_disk.py": 30,
    "tests/pipeline/analyses/test_publishing.py": 30,
}
"""The groups of tests that take longest, and about how many seconds: these begin."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest groups first: started last, one of them would leave the other cores without work.

    Whichever test asks first for a store waits until it is built, so these may take longer than others.
    """
    took: dict[str, int] = {}
    for item in items:
        given = getattr(item, "callspec", None)
        asked = {*getattr(item, "fixturenames", ()), *(map(str, given.params.values()) if given else ())}
        if asked & BUILT and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(2 * BUILD_S + 60))
        group = _group(item.nodeid)
        slow_s = 10 if item.get_closest_marker("slow") is not None else 0
        took[group] = took.get(group, LONG_S.get(group, 0)) + slow_s
    items.sort(key=lambda item: -took[_group(item.nodeid)])


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than cores: browsers and microphones are waited for a third of the time."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Have one core run all tests of a group, in their order, so that they share what fixtures have made.

    For ``--dist loadgroup``, whose own way of telling groups apart does nothing under pytest 9.2.
    """
    if config.getoption("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _group(nodeid)

    return ByGroup(config, log)


def _group(nodeid: str) -> str:
    return _group_of(nodeid.partition("::")[0])


@functools.cache
def _group_of(file: str) -> str:
    """The group that a file's tests name by ``pytestmark``; without one, the file is a group of its own."""
    found = GROUP.search((REPO_ROOT / file).read_text(encoding="utf-8"))
    return found[1] if found else file


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
