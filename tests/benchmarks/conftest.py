"""The benchmarks as modules: they lie in no package, and import one another by name."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def benchmark_of(repo_root: Path) -> Iterator[Callable[[str], ModuleType]]:
    """``benchmark_of("live")``: the module of that name in ``benchmarks/``."""
    folder = str(repo_root / "benchmarks")
    sys.path.insert(0, folder)
    yield importlib.import_module
    sys.path.remove(folder)
