"""Signal 9 at many moments of a build with analyses, of an experiment and of an export: what is there afterwards.

    python benchmarks/kills.py [--kills 20 20 20 20]

Each trial is a process that kills itself at one moment: at an event, or before or after a file is copied, flushed,
renamed or deleted, a table is written, a transaction is committed. The moments of a run are counted first, and
the kills spread over them. Afterwards the store must hold what was published before the kill; the same command,
run again, must come to the end that it comes to undisturbed; and nothing half-made may be left behind.

Few recordings, views and methods: what is tried is the store, and a method has no part in it.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib
import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import soundfile
from rich.console import Console
from rich.table import Table

import store.export
import store.snapshots
from pipeline.analyses import recipe
from pipeline.audit import confounds
from pipeline.build.build import Options, build
from pipeline.classify import CLASSIFIERS
from pipeline.classify.classifier import TOGETHER
from pipeline.cli.export import run as run_export
from pipeline.clusterings import CLUSTERERS
from pipeline.experiments import spec as experiment_specs
from pipeline.experiments.request import learn
from pipeline.experiments.spec import PAGE, ExperimentSpec
from pipeline.features import VIEWS
from pipeline.projections import METHODS
from pipeline.sources import parse
from store.reader import open_current
from store.snapshots import Store
from store.writer import Writer

CLIPS, NEW_CLIPS, RATE_HZ = 24, 4, 16_000
USED_VIEWS = {name: VIEWS[name] for name in ("dynamics", "spectral")}
NOT_COMPARED = ("builds", "meta", "datasets")
"""Tables that say when and where."""
SECONDS = {"fit_seconds", "predict_seconds"}
LEFT_BEHIND = ("build.duckdb*", "request.duckdb*", "*.copying", "*.new", "PUBLISHING", "*.partial")
PROCESSES = multiprocessing.get_context("fork")

Work = Callable[[Path, Callable[[object], None]], None]
"""What is killed: it gets a folder of its own, which holds ``store`` and ``recordings``, and a listener."""


@dataclass(frozen=True)
class Job:
    """Something that a person runs: the folder that it begins with, and its end, as text that can be compared."""

    name: str
    work: Work
    prepare: Callable[[Path, Path], None]
    """Makes that folder from one that holds recordings and a store built of them."""
    end: Callable[[Path], object]


@dataclass
class Counts:
    """What became of the kills of one job."""

    moments: int = 0
    kills: int = 0
    as_before: int = 0
    further: int = 0
    same_end: int = 0
    lost: int = 0
    left_behind: int = 0


class Moments:
    """Counts the moments of a run; at the one that is given the process kills itself."""

    def __init__(self, last: int | None = None) -> None:
        self.seen, self.last = 0, last

    def __call__(self, event: object = None) -> None:
        if self.seen == self.last:
            os.kill(os.getpid(), signal.SIGKILL)
        self.seen += 1

    def before_and_after(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            self()
            result = real(*arguments, **options)
            self()
            return result

        return counted

    @contextlib.contextmanager
    def _transaction(self, real: Callable[..., Any], writer: Writer) -> Iterator[None]:
        with real(writer):
            yield
            self()
        self()

    def watch(self) -> None:
        """Have each step on the way to the disk count, in this process."""
        for owner, name in (
            (os, "fsync"), (Path, "replace"), (Path, "rename"), (Path, "unlink"), (shutil, "copyfile"),
            (shutil, "rmtree"), (store.export, "_write_table"), (store.snapshots, "write_atomically"),
        ):  # fmt: skip
            setattr(owner, name, self.before_and_after(getattr(owner, name)))
        real = Writer.transaction

        def transaction(writer: Writer) -> Any:
            return self._transaction(real, writer)

        Writer.transaction = transaction  # type: ignore[method-assign]


def use_few_methods() -> None:
    """Leave in the registries what is quick."""
    grids = {
        "logistic": CLASSIFIERS["logistic"].grid[:1],
        "forest": ({"n_estimators": 5, "min_samples_leaf": 1},),
    }
    few = {name: replace(CLASSIFIERS[name], grid=grid, calibrated=False) for name, grid in grids.items()}
    few["majority"] = CLASSIFIERS["majority"]
    CLASSIFIERS.clear()
    CLASSIFIERS.update(few)
    for registry, kept in ((METHODS, {"pca": METHODS["pca"]}), (CLUSTERERS, {})):
        registry.clear()
        registry.update(kept)
    experiment_specs.ON_EACH_VIEW = ("majority",)
    recipe.SPACES = {}
    confounds.TREES = (5, 5)


def record(folder: Path, numbers: range) -> None:
    """Short tones of two labels, each file with bytes of its own."""
    for number in numbers:
        path = folder / "recordings" / "ab"[number % 2] / f"{number:03d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        time_s = np.arange(RATE_HZ // 4) / RATE_HZ
        noise = 0.01 * np.random.default_rng(number).normal(size=len(time_s))
        tone = 0.3 * np.sin(2 * np.pi * (300 + 2_000 * (number % 2) + number) * time_s)
        soundfile.write(path, tone + noise, RATE_HZ, subtype="PCM_16")


def run_build(folder: Path, on_event: Callable[[object], None]) -> None:
    sources = parse([f"folder:tones={folder / 'recordings'}"])
    build(Store(folder / "store"), sources, on_event, Options(n_jobs=1, views=USED_VIEWS))


def run_learn(folder: Path, on_event: Callable[[object], None]) -> None:
    asked = ExperimentSpec(
        dataset="tones", target="label", method="majority", views=tuple(USED_VIEWS), combination=TOGETHER, seed=7,
        origin=PAGE, detailed=False,
    )  # fmt: skip
    learn(Store(folder / "store"), asked, on_event)


def run_the_export(folder: Path, on_event: Callable[[object], None]) -> None:
    if (folder / "out").exists():
        return  # it was whole when the kill came
    options = {
        "store": folder / "store",
        "target": folder / "out",
        "format": "parquet",
        "dataset": [],
        "view": [],
    }
    run_export(argparse.Namespace(**options))


def stored(folder: Path) -> Mapping[str, object]:
    """Every row of the current snapshot, but for times and counts of the run."""
    opened = open_current(Store(folder / "store"))
    if opened is None:
        return {}
    snapshot, reader = opened
    reader.close()
    rows: dict[str, object] = {}
    with duckdb.connect(str(snapshot.path), read_only=True) as con:
        for (table,) in con.execute("select table_name from duckdb_tables()").fetchall():
            columns = [row[0] for row in con.execute(f"describe {table}").fetchall()]
            kept = [f'"{name}"' for name in columns if not name.endswith(("_at", "_ns", "seconds", "path"))]
            if table not in NOT_COMPARED:
                found = con.execute(f"select {', '.join(kept)} from {table} order by all").fetchall()
                rows[table] = [repr(row) for row in found if not SECONDS & set(map(str, row))]
    return rows


def snapshots(folder: Path) -> dict[str, str]:
    """A digest of every published file."""
    files = (folder / "store" / "snapshots").glob("*.duckdb")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def still_there(published: Mapping[str, str], folder: Path) -> bool:
    return published.items() <= snapshots(folder).items()


def exported(folder: Path) -> Mapping[str, str]:
    """Every file of the export by its name, with a digest of what is in it."""
    out = folder / "out"
    files = sorted(path for path in out.rglob("*") if path.is_file())
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def with_recordings(built: Path, folder: Path) -> None:
    shutil.copytree(built / "recordings", folder / "recordings")


def with_more_recordings(built: Path, folder: Path) -> None:
    shutil.copytree(built, folder)
    record(folder, range(CLIPS, CLIPS + NEW_CLIPS))


JOBS = (
    Job("first build", run_build, with_recordings, stored),
    Job("build", run_build, with_more_recordings, stored),
    Job("learn", run_learn, shutil.copytree, stored),
    Job("export", run_the_export, shutil.copytree, exported),
)


def in_a_process(work: Callable[..., Any], *arguments: Any) -> tuple[int, Any]:
    """The exit code of a process that does the work, below 0 by a signal, and what the work returned."""
    receiving, sending = PROCESSES.Pipe(duplex=False)

    def body() -> None:
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            sending.send(work(*arguments))

    process = PROCESSES.Process(target=body)
    process.start()
    sending.close()
    try:
        result = receiving.recv()
    except EOFError:
        result = None
    process.join()
    return process.exitcode or 0, result


def run_to_the_end(job: Job, folder: Path) -> object:
    job.work(folder, lambda event: None)
    return job.end(folder)


def run_to(job: Job, folder: Path, last: int | None) -> tuple[int, object]:
    """Run with every moment counted; how many there were, and the end."""
    moments = Moments(last)
    moments.watch()
    job.work(folder, moments)
    return moments.seen, job.end(folder)


def loaded_by_a_build(folder: Path) -> list[str]:
    """Build; the modules that were loaded on the way: loaded beforehand, they need not be by each process."""
    before = set(sys.modules)
    record(folder, range(CLIPS))
    run_build(folder, lambda event: None)
    return sorted(set(sys.modules) - before)


def left_behind(folder: Path) -> list[Path]:
    return [path for pattern in LEFT_BEHIND for path in folder.rglob(pattern)]


def try_kills(job: Job, kills: int, built: Path, place: Path) -> Counts:
    """Kill one job at moments spread over its run."""
    template, undisturbed, counts = place / "template", place / "undisturbed", Counts()
    job.prepare(built, template)
    before, published = _succeed(job.end, template), snapshots(template)
    shutil.copytree(template, undisturbed)
    counts.moments, end = _succeed(run_to, job, undisturbed, None)
    for kill in range(min(kills, counts.moments)):
        folder = place / "trial"
        shutil.copytree(template, folder)
        moment = int((kill + 0.5) * counts.moments / min(kills, counts.moments))
        code, _ = in_a_process(run_to, job, folder, moment)
        assert code == -signal.SIGKILL, f"{job.name} was not killed: {code}"
        counts.kills += 1
        code, found = in_a_process(job.end, folder)
        half = job.name == "export" and found not in (before, end)
        lost = code != 0 or half or (bool(before) and not found) or not still_there(published, folder)
        counts.lost += lost
        counts.as_before += not lost and found == before
        counts.further += not lost and found != before
        code, found = in_a_process(run_to_the_end, job, folder)
        counts.same_end += code == 0 and found == end
        counts.left_behind += bool(left_behind(folder))
        shutil.rmtree(folder)
    return counts


def _succeed(work: Callable[..., Any], *arguments: Any) -> Any:
    code, result = in_a_process(work, *arguments)
    assert code == 0, f"{work} ended with {code} undisturbed"
    return result


def table(found: Mapping[str, Counts]) -> Table:
    shown = Table(
        "killed", "moments", "kills", "as before", "further on", "lost", "same end after", "left behind"
    )
    for name, one in found.items():
        numbers = (
            one.moments,
            one.kills,
            one.as_before,
            one.further,
            one.lost,
            one.same_end,
            one.left_behind,
        )
        shown.add_row(name, *map(str, numbers))
    return shown


def measure(kills: Mapping[str, int]) -> dict[str, Counts]:
    """Kill each job so many times; one process after the other, and none of them with threads of its own."""
    use_few_methods()
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        for name in _succeed(loaded_by_a_build, place / "built"):
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        return {
            job.name: try_kills(job, kills[job.name], place / "built", place / job.name.replace(" ", "_"))
            for job in JOBS
        }


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    names = [job.name for job in JOBS]
    options.add_argument(
        "--kills", type=int, nargs=len(names), default=[20] * len(names), help=f"of {', '.join(names)}"
    )
    options.add_argument("--plain", action="store_true", help="counts alone, for a program")
    given = options.parse_args()
    found = measure(dict(zip(names, given.kills, strict=True)))
    if given.plain:
        sys.stdout.writelines(f"{json.dumps(asdict(one))}\n" for one in found.values())
    else:
        Console().print(table(found))


if __name__ == "__main__":
    main()
