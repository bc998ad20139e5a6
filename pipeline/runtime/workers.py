"""Worker processes and the end of the process they work for, whether it is stopped or killed."""

from __future__ import annotations

import logging
import os
import signal
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from threading import Thread, current_thread, main_thread
from typing import Any

import joblib

from pipeline.runtime.noise import without_noise

LOOK_S = 1.0
log = logging.getLogger(__name__)


def on_all_cores(
    work: Callable[..., Any], arguments: Iterable[tuple[Any, ...]], n_jobs: int
) -> Generator[Any, None, None]:
    """Yield ``work(*one)`` for each of ``arguments``, in the order in which they are done.

    ``n_jobs`` counts processes as joblib does. Arguments are taken as workers become free; closing the
    generator ends the work. A worker that dies raises ``BrokenProcessPool``. What libraries write in a worker is
    logged here, as information.
    """
    parallel = joblib.Parallel(
        n_jobs,
        batch_size=1,
        return_as="generator_unordered",
        pre_dispatch="2*n_jobs",
        initializer=end_with_parent,
        initargs=(os.getpid(),),
    )
    with ignoring_ctrl_c():
        results = parallel(joblib.delayed(without_noise)(work, *one) for one in arguments)
    try:
        for result, lines in results:
            for line in lines:
                log.info("%s: %s", work.__name__, line)
            yield result
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joblib warns of the work that closing early discards
            results.close()


@contextmanager
def ignoring_ctrl_c() -> Iterator[None]:
    """Keep Ctrl-C from the processes that are started here; a terminal sends it to all at once.

    The main process ends them; a worker that got it first would print a traceback. What is
    ignored stays ignored in a process that is started; a mask would not do, as the resource tracker
    of the standard library lifts it.
    """
    if current_thread() is not main_thread():  # where Python lets nobody set a handler
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def end_with_parent(parent: int) -> None:
    """Let this process, a child of ``parent``, end soon after it; when that is killed it cannot say so."""
    Thread(target=_watch, args=(parent,), name="end-with-parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)
