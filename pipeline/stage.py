"""What a stage of a build is: it turns what is in the staging database into results, unit by unit.

``pipeline/build/stages.py`` lists them in order. A stage says what is missing or out of date, computes that and
nothing else, and can forget it; the build knows none of them by name.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import joblib

from pipeline.features.view import View
from pipeline.runtime import stop
from pipeline.runtime.workers import on_all_cores
from store.reader import Reader
from store.writer import Writer

Unit = tuple[str, ...]
"""What is computed as a whole; the first word is its dataset."""


class OnProgress(Protocol):
    """Called with how many units are done, of how many, the last one's dataset and its name within that.

    ``share`` is how much of the work that is, 0 to 1, where units cost unlike amounts.
    """

    def __call__(
        self, done: float, total: int, dataset: str = "", item: str = "", share: float | None = None
    ) -> None: ...


def no_progress(
    done: float, total: int, dataset: str = "", item: str = "", share: float | None = None
) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class State:
    """What decides which results there should be, beside the clips and vectors themselves."""

    root: Path
    """The store's folder, where trained networks lie."""
    views: Mapping[str, View]
    base: Path | None = None
    """The snapshot that the build began from: what persons have kept there is computed again."""
    thorough: bool = False
    """Measure every candidate and run every classifier, however long it takes."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a stage works with: the staging database, worker processes, and a callback for progress."""

    state: State
    staging: Path
    n_jobs: int = 1
    on_progress: OnProgress = no_progress

    def each(self, compute: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
        """Yield ``compute(*task)`` for each task, as they are done: the one loop over workers of all stages.

        ``compute`` is a function of a module, its arguments can be pickled. A request to stop ends it between
        two results. Raises ``BrokenProcessPool`` where a worker dies.
        """
        with closing(self._results(compute, tasks)) as results:
            for result in results:
                stop.check()
                yield result

    def write_each(
        self,
        compute: Callable[..., Any],
        tasks: Sequence[tuple[Any, ...]],
        write: Callable[[Writer, Any], None],
    ) -> Iterator[Any]:
        """As :meth:`each`; every result is committed before it is yielded, so that a killed build keeps it."""
        if not tasks:
            return
        with Writer(self.staging) as writer:
            for result in self.each(compute, tasks):
                with writer.transaction():
                    write(writer, result)
                yield result

    def _results(
        self, compute: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]
    ) -> Generator[Any, None, None]:
        if joblib.effective_n_jobs(self.n_jobs) == 1 or len(tasks) <= 1:
            for task in tasks:
                yield compute(*task)
            return
        yield from on_all_cores(compute, tasks, self.n_jobs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Which of a stage's units are up to date: each is stored with a key that changes when its numbers would.

    ``expected`` names the units that there should be, each with the keys under which it is up to date;
    ``stored`` those that the store holds, with their keys; ``drop`` deletes some of them, inside a transaction.
    """

    expected: Callable[[State, Reader], Mapping[Unit, Collection[str]]]
    stored: Callable[[Reader], Mapping[Unit, str]]
    drop: Callable[[Writer, Sequence[Unit]], None]

    def stale(self, state: State, reader: Reader) -> list[Unit]:
        """The units that are missing or out of date."""
        return missing(self.expected(state, reader), self.stored(reader))

    def outdated(self, state: State, reader: Reader) -> list[Unit]:
        """The units that are there and out of date, or should not be there."""
        return outdated(self.expected(state, reader), self.stored(reader))

    def forget(self, state: State, staging: Path) -> None:
        """Drop what is out of date or should not be there: until it is made again it would mislead."""
        with Reader(staging) as reader:
            gone = self.outdated(state, reader)
        self.delete(staging, gone)

    def delete(self, staging: Path, units: Sequence[Unit]) -> None:
        if units:
            with Writer(staging) as writer, writer.transaction():
                self.drop(writer, units)


def missing(expected: Mapping[Unit, Collection[str]], stored: Mapping[Unit, str]) -> list[Unit]:
    """The expected units that are not stored, or under none of their keys."""
    return [unit for unit, keys in expected.items() if stored.get(unit) not in keys]


def outdated(expected: Mapping[Unit, Collection[str]], stored: Mapping[Unit, str]) -> list[Unit]:
    """The stored units that are not expected, or not under that key."""
    return [unit for unit, key in stored.items() if key not in expected.get(unit, ())]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One entry of ``STAGES``.

    ``stale`` names the units that are missing or out of date. ``run`` computes them, commits each as it is
    done and says how many there were. ``forget`` drops what is out of date, where it would mislead until it is
    computed again; ``outdated`` names what that would change, so that nothing is opened for writing in vain.
    :class:`Units` derives these from keys, all but ``run``. ``cost_s`` is about how many seconds of one core
    a dataset of so many clips and views takes.
    """

    name: str
    title: str
    """What is being made, for a person: "clusterings"."""
    unit: str
    """What is counted, in the plural: "views"."""
    stale: Callable[[State, Reader], Collection[Unit]]
    run: Callable[[Run], int]
    outdated: Callable[[State, Reader], Collection[Unit]]
    forget: Callable[[State, Path], None]
    cost_s: Callable[[int, int], float]
    makes_vectors: bool = False
    """Whether it makes views, which every build completes, and not results of views."""


@dataclass(slots=True)
class Schedule:
    """About when each stage that has work will be done.

    Parameters
    ----------
    expected_s
        Seconds that each stage with work is expected to take, in order.
    """

    expected_s: Mapping[str, float]
    now: Callable[[], float] = time.monotonic
    _taken_s: dict[str, float] = field(default_factory=dict)
    _at_work: str | None = None
    _share: float = 0.0
    _began: float = 0.0

    def begin(self, name: str) -> None:
        self._at_work, self._share, self._began = name, 0.0, self.now()

    def progress(self, share: float) -> None:
        """``share`` of the stage at work is done, 0 to 1."""
        self._share = min(max(share, 0.0), 1.0)

    def end(self) -> None:
        if self._at_work is not None:
            self._taken_s[self._at_work] = self.now() - self._began
            self._at_work = None

    def left_s(self) -> dict[str, float]:
        """Seconds from now until each stage that is not done yet will be, in order."""
        pace, total, left = self._pace(), 0.0, {}
        for name, expected in self.expected_s.items():
            if name in self._taken_s:
                continue
            total += self._rest_s(expected * pace) if name == self._at_work else expected * pace
            left[name] = round(total, 1)
        return left

    def _pace(self) -> float:
        """How much slower than expected this machine has been so far."""
        expected = sum(self.expected_s.get(name, 0.0) for name in self._taken_s)
        return sum(self._taken_s.values()) / expected if expected > 1.0 else 1.0

    def _rest_s(self, expected: float) -> float:
        taken = self.now() - self._began
        if self._share > 0:  # what is measured outweighs what was expected, the more is done
            measured = taken / self._share * (1 - self._share)
            return self._share * measured + (1 - self._share) * max(expected - taken, measured / 2)
        return max(expected - taken, 1.0)
