"""Pages run without a browser, on a store of the test's choice."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
import streamlit as st
from streamlit.testing.v1 import AppTest

from store.snapshots import Store

RATE_HZ = 8_000


@dataclass(frozen=True)
class Page:
    """A page after its last run."""

    at: AppTest

    @property
    def text(self) -> str:
        """All that the page says in words."""
        kinds = ("title", "header", "subheader", "markdown", "caption", "info", "success", "warning", "error")
        return "\n".join(str(element.value) for kind in kinds for element in self.at.get(kind))

    @property
    def charts(self) -> list[str]:
        """The keys of the charts on it."""
        return [str(chart.key) for chart in self.at.get("plotly_chart")]

    @property
    def metrics(self) -> list[tuple[str, str]]:
        return [(metric.label, metric.value) for metric in self.at.metric]

    def box(self, label: str) -> Any:
        """The one widget with this label, whatever kind it is."""
        kinds = ("selectbox", "multiselect", "text_input", "number_input", "toggle", "button", "button_group")
        (found,) = [one for kind in kinds for one in self.at.get(kind) if one.label == label]
        return found

    def table(self, chart: str) -> pd.DataFrame:
        """The numbers behind a chart: each has its table, in the same order."""
        tables = [table.value for table in self.at.dataframe]
        return dict(zip(self.charts, tables, strict=True))[f"chart_{chart}"]

    def sound(self) -> Page:
        """This page; fails where there is a traceback or a sentence in red."""
        assert [error.message for error in self.at.exception] == []
        assert [error.value for error in self.at.error] == []
        return self

    def wait(self, done: Callable[[], bool], timeout_s: float = 60) -> Page:
        """Look again, as an open page does every second, until ``done``."""
        deadline = time.monotonic() + timeout_s
        while not done():
            assert time.monotonic() < deadline, self.text
            time.sleep(0.2)
            self.at.run()
        return self


@pytest.fixture(autouse=True)
def nothing_cached_for_the_next_test() -> Iterator[None]:
    """Here stores are broken and deleted under their readers."""
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def open_page(repo_root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Page]:
    """``open_page(store, page, **query)``: what a person sees who opens this address."""

    def open_one(store: Path, page: str = "home", /, **query: str | list[str]) -> Page:
        monkeypatch.setenv("SESATLAS_STORE", str(store))
        monkeypatch.setenv("SESATLAS_RECORDINGS", str(store / "recordings"))
        at = AppTest.from_file(repo_root / "app" / "Home.py", default_timeout=60)
        if page != "home":
            at.switch_page(f"../pages/{page}.py")
        for name, value in query.items():
            at.query_params[name] = value
        return Page(at.run())

    return open_one


@pytest.fixture
def demo_copy(demo_store: Path, tmp_path: Path) -> Path:
    """A copy of the demo store that a test may break; the recordings stay where they are."""
    return shutil.copytree(demo_store, tmp_path / "store")


@pytest.fixture(scope="session")
def build(repo_root: Path) -> Callable[..., str]:
    """``build(store, *words)``: a build on the command line; what it said on stderr."""

    def run(store: Path, *words: str) -> str:
        command = [sys.executable, "-m", "pipeline", "build", "--quiet", "--store", str(store), *words]
        done = subprocess.run(
            command, cwd=repo_root, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    return run


@pytest.fixture(scope="session")
def tones_kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of six recordings with two labels, and one file that is none."""
    root = tmp_path_factory.mktemp("kept") / "tones"
    for number, label in enumerate(["high", "high", "high", "low", "low", "low"]):
        hz = (1_500 if label == "high" else 200) + 10 * number
        path = root / label / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.3 * np.sin(2 * np.pi * hz * np.arange(RATE_HZ // 2) / RATE_HZ), RATE_HZ)
    (root / "low" / "broken.wav").write_bytes(b"no recording")
    return root


@pytest.fixture
def tones(tones_kept: Path) -> Path:
    """The folder of tones, fresh; a test may change it. It lies in the same place each time."""
    return _fresh(tones_kept)


def _fresh(kept: Path) -> Path:
    place = kept.parent.with_name("used") / kept.name
    shutil.rmtree(place, ignore_errors=True)
    return Path(shutil.copytree(kept, place))


@pytest.fixture(scope="session")
def stores_kept(
    tones_kept: Path, tmp_path_factory: pytest.TempPathFactory, build: Callable[..., str]
) -> Path:
    """A store with two snapshots: the folder of tones, and the same with a recording less."""
    place = _fresh(tones_kept)
    root = tmp_path_factory.mktemp("kept") / "store"
    build(root, "--dataset", f"folder={place}")
    (place / "low" / "5.wav").unlink()
    build(root)
    return root


@pytest.fixture
def two_snapshots(stores_kept: Path, tones: Path, tmp_path: Path) -> Store:
    """The tones, and the tones with a recording less; a test may change the store and ``tones``."""
    (tones / "low" / "5.wav").unlink()
    return Store(Path(shutil.copytree(stores_kept, tmp_path / "store")))


@pytest.fixture
def tones_store(stores_kept: Path, tones: Path, tmp_path: Path) -> Path:
    """A store of the folder of tones; a test may change both."""
    store = Store(Path(shutil.copytree(stores_kept, tmp_path / "store")))
    store.use(1)
    store.delete(2)
    return store.root
