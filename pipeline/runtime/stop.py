"""A request to stop, as Ctrl-C, the page's stop button or a system going down make it.

The signal's handler raises KeyboardInterrupt at once. Compiled code may swallow that and make an error of
its own of it (numba, DuckDB), so the request is also remembered, and a build looks at it between batches.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

STOPPED = "Stopped. What was finished is kept; the next build goes on from here."
_requested, _deferred = Event(), Event()


def handle_signals() -> None:
    """Take SIGINT and SIGTERM as requests to stop. Call it in the main thread."""
    _requested.clear()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _request)
    sys.unraisablehook = _report_unless_interrupted


def ignore_signals() -> None:
    """Whoever asks now comes too late: what is left is to put the workers away."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # Python remembers an interrupt that has passed through compiled code, though it was caught since, and
    # would end by SIGINT instead of with the exit code. Running any source text makes it forget.
    exec("")


def is_requested() -> bool:
    """Whether somebody has asked to stop."""
    return _requested.is_set()


def check() -> None:
    """Stop here if somebody has asked for it. Raises ``KeyboardInterrupt``."""
    if _requested.is_set():
        raise KeyboardInterrupt


@contextmanager
def deferred() -> Iterator[None]:
    """Only remember a request until the end of this: some compiled code dies of an interrupt.

    Within, ask :func:`check` wherever Python has the word.
    """
    _deferred.set()
    try:
        yield
    finally:
        _deferred.clear()
    check()


def _request(number: int, frame: FrameType | None) -> None:
    _requested.set()
    if not _deferred.is_set():
        raise KeyboardInterrupt


def _report_unless_interrupted(fault: sys.UnraisableHookArgs) -> None:
    """Keep quiet of an interrupt that a callback of compiled code had to ignore: it is remembered."""
    if not issubclass(fault.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(fault)
