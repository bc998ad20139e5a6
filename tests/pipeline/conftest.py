"""A miniature ESC-50, a folder of one's own, and builds into a store of the test's own."""

from __future__ import annotations

import csv
import logging
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
import soundfile
from filelock import FileLock

import pipeline.build.plan
import pipeline.extraction
from pipeline.build.build import Options, build
from pipeline.build.store_state import stamp
from pipeline.classify import CLASSIFIERS
from pipeline.classify.learning_curve import learning_curve
from pipeline.cli.main import main
from pipeline.clusterings import CLUSTERERS
from pipeline.datasets.demo import prepare_voices
from pipeline.experiments import spec
from pipeline.features import VIEWS
from pipeline.features.view import View
from pipeline.projections import METHODS
from pipeline.runtime import events
from pipeline.sources import Source, parse
from store.snapshots import Store

RATE_HZ = 16_000
QUICK = ("logistic", "knn", "majority")
COLUMNS = ("filename", "fold", "target", "category", "esc10", "src_file", "take")


def quick(words: Iterable[str | Path | int]) -> list[str]:
    """The words of a command; a build among them computes no projections and clusterings."""
    plain = [str(word) for word in words]
    return [*plain[:1], *(["--no-analyses"] if plain[:1] == ["build"] else []), *plain[1:]]


def write_tone(path: Path, hz: float, seconds: float = 0.5) -> None:
    """A tone with a little noise of its own: files of another ``hz`` have other bytes, all one size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    noise = 0.01 * np.random.default_rng(round(hz)).normal(size=len(time_s))
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * hz * time_s) + noise, RATE_HZ, subtype="PCM_16")


@dataclass
class Esc50:
    """A tree as ESC-50's own: ``audio/`` and ``meta/esc50.csv``, which every change keeps true."""

    root: Path
    categories: dict[str, str] = field(default_factory=dict)

    def path(self, name: str) -> Path:
        return self.root / "audio" / name

    def add(self, name: str, hz: float, category: str = "dog") -> Path:
        write_tone(self.path(name), hz)
        self.label(name, category)
        return self.path(name)

    def label(self, name: str, category: str) -> None:
        self.categories[name] = category
        meta = self.root / "meta" / "esc50.csv"
        meta.parent.mkdir(parents=True, exist_ok=True)
        with meta.open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS)
            for one, said in self.categories.items():
                fold, source, take, target = Path(one).stem.split("-")
                table.writerow([one, fold, target, said, "True", source, take])


@dataclass
class Builder:
    """Builds in this process, on one core, of two quick views; keeps what the builds tell.

    Without projections and clusterings, whose libraries take seconds to load: ``tests/pipeline/analyses``
    has builds with them.
    """

    store: Store
    views: tuple[str, ...] = ("dynamics", "spectral")
    analyses: bool = False
    told: list[events.Event] = field(default_factory=list)

    def __call__(self, *words: str, **options: Any) -> events.Finished:
        self.told.clear()
        options.setdefault("views", {name: VIEWS[name] for name in self.views})
        options = {"n_jobs": 1, "analyses": self.analyses} | options
        return build(self.store, parse(words), self.told.append, Options(**options))

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """SQL to the current snapshot."""
        current = self.store.current()
        assert current is not None
        with duckdb.connect(str(current.path), read_only=True) as con:
            return con.execute(statement).fetchall()


@pytest.fixture
def tone() -> Callable[..., None]:
    return write_tone


@pytest.fixture
def esc50(tmp_path: Path) -> Esc50:
    """Six clips in two categories and three folds."""
    tree = Esc50(tmp_path / "ESC-50-master")
    for number in range(6):
        target = number % 2
        category = ("dog", "rooster")[target]
        tree.add(f"{number % 3 + 1}-{1000 + number}-A-{target}.wav", 300 + 50 * number, category)
    return tree


@pytest.fixture
def builder(tmp_path: Path) -> Builder:
    return Builder(Store(tmp_path / "store"))


@pytest.fixture
def built_once(builder: Builder, shared_folder: Path) -> Callable[..., Builder]:
    """``built_once(name, *words)``: ``builder`` after its first build, which only the first test of a name makes.

    The others get a copy of that store, with the events of that build. So under one name the recordings and all
    that a build depends on must be the same in each test; where the recordings lie may differ.
    """

    def begin(name: str, *words: str, **options: Any) -> Builder:
        place = shared_folder / f"built_{name}"
        with FileLock(f"{place}.lock"):
            if not place.exists():
                builder(*words, **options)
                partial = place.with_name(f"{place.name}.partial")
                shutil.copytree(builder.store.root, partial / "store")
                (partial / "events").write_bytes(pickle.dumps(builder.told))
                partial.rename(place)
                return builder
        shutil.copytree(place / "store", builder.store.root, dirs_exist_ok=True)
        builder.told[:] = pickle.loads((place / "events").read_bytes())
        for snapshot in builder.store.snapshots():
            _move_recordings(snapshot.path, parse(words))
        return builder

    return begin


def _move_recordings(path: Path, sources: Mapping[str, Source]) -> None:
    """Have a snapshot name the folders and dates of equal recordings that lie elsewhere."""
    with duckdb.connect(str(path)) as con:
        for name, source in sources.items():
            con.execute("update datasets set path = ? where dataset = ?", [str(source.path), name])
            found = con.execute("select relative_path from clips where dataset = ?", [name]).fetchall()
            for (file,) in found:
                now = stamp(source.path / file)
                con.execute(
                    "update clips set modified_ns = ?, changed_ns = ? where dataset = ? and relative_path = ?",
                    [now["modified_ns"], now["changed_ns"], name, file],
                )


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The names of the files that a build decodes and hashes, in this process."""
    seen: dict[str, list[str]] = {"decoded": [], "hashed": []}

    def spy(module: Any, function: str, what: str) -> None:
        real = getattr(module, function)

        def seeing(path: Path) -> Any:
            seen[what].append(Path(path).name)
            return real(path)

        monkeypatch.setattr(module, function, seeing)

    spy(pipeline.extraction, "decode", "decoded")
    spy(pipeline.build.plan, "content_hash", "hashed")
    return seen


@pytest.fixture
def dump() -> Callable[..., dict[str, list[str]]]:
    """Every row of every table as text, in a fixed order; without the history of builds."""

    def rows(path: Path, leave_out: Iterable[str] = ()) -> dict[str, list[str]]:
        tables = {}
        with duckdb.connect(str(path), read_only=True) as con:
            for (table,) in con.execute("select table_name from duckdb_tables()").fetchall():
                if table not in ("builds", "meta"):
                    columns = [row[0] for row in con.execute(f"describe {table}").fetchall()]
                    kept = ", ".join(f'"{name}"' for name in columns if name not in set(leave_out))
                    found = con.execute(f"select {kept} from {table} order by all").fetchall()
                    tables[table] = [repr(row) for row in found]
        return tables

    return rows


@pytest.fixture
def command(tmp_path: Path, repo_root: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``python -m pipeline`` as a process of its own, on the store of ``builder``."""

    def run(*words: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "pipeline", *quick(words)]
        env = os.environ | {"SESATLAS_STORE": str(tmp_path / "store")}
        return subprocess.run(
            line, capture_output=True, text=True, cwd=repo_root, env=env, timeout=120, **options
        )

    return run


@pytest.fixture(scope="session")
def demo_voices(shared_folder: Path) -> Path:
    """The demo voices, all 200: made once for all workers, as ``prepare`` itself sees to, and only to be read."""
    root = shared_folder / "demo" / "demo_voices"
    prepare_voices(root)
    return root


@pytest.fixture
def view_of() -> Callable[..., View]:
    """A registered view with something about it changed."""

    def changed(name: str, **changes: Any) -> View:
        return replace(VIEWS[name], **changes)

    return changed


@pytest.fixture(scope="session")
def write_short() -> Callable[[Path, float], None]:
    """Write a tone just long enough for every view."""

    def write(path: Path, hz: float) -> None:
        write_tone(path, hz, 0.25)

    return write


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any], Mapping[str, Any]], None]:
    """``only(METHODS, {"pca": ...})``: a registry holds nothing else, and after the test all it held, in its order."""

    def leave(registry: dict[str, Any], held: Mapping[str, Any]) -> None:
        for name in reversed(list(registry)):  # what goes last comes back first
            monkeypatch.delitem(registry, name)
        for name, entry in held.items():
            monkeypatch.setitem(registry, name, entry)

    return leave


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, only: Callable[..., None]) -> None:
    """Few classifiers, one projection and no clustering: what is tested does not depend on which there are."""
    logistic, forest = CLASSIFIERS["logistic"], CLASSIFIERS["forest"]
    changed = {
        "logistic": replace(logistic, grid=logistic.grid[:2], calibrated=False),
        # What the facts are learned with.
        "forest": replace(forest, grid=({"n_estimators": 8, "min_samples_leaf": 1},), calibrated=False),
    }
    held = {name: one for name, one in CLASSIFIERS.items() if name in (*QUICK, "forest")}
    only(CLASSIFIERS, held | changed)
    only(CLUSTERERS, {})
    only(METHODS, {"pca": METHODS["pca"]})
    monkeypatch.setitem(learning_curve.__kwdefaults__, "shares", (0.5, 1.0))
    monkeypatch.setattr("pipeline.analyses.recipe.SPACES", {})
    monkeypatch.setattr("pipeline.audit.confounds.TREES", (5, 5))
    monkeypatch.setattr(spec, "ON_EACH_VIEW", ("knn",))


@pytest.fixture
def run(builder, capsys, monkeypatch):
    """``python -m pipeline`` in this process: exit code, standard output, standard error."""
    monkeypatch.setenv("SESATLAS_STORE", str(builder.store.root))

    def ran(*words) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(quick(words))
        except SystemExit as end:  # argparse
            code = int(str(end.code))
        told = capsys.readouterr()
        return code, told.out, told.err

    yield ran
    logging.getLogger().setLevel(logging.WARNING)


@pytest.fixture
def filled(builder, esc50):
    """Two snapshots: six clips, then seven and a failure."""
    builder(f"esc50={esc50.root}", views=VIEWS)
    esc50.add("1-2000-A-0.wav", 900)
    esc50.add("1-9001-A-0.wav", 900).write_bytes(b"[/x] no sound")
    builder(views=VIEWS)
    return builder.store


@pytest.fixture(scope="session")
def new_builder() -> Callable[[Store], Builder]:
    """For more stores than one, or for one that is not the test's own."""
    return Builder
