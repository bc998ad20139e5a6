"""A request to stop: by Ctrl-C, the page's stop button or a system that shuts down.

The signal's handler raises KeyboardInterrupt at once. Compiled code (numba, DuckDB) may swallow that or
turn it into an error of its own, so the request is also remembered, and a build checks for it between batches.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

STOPPED = "Stopped."
"""Of a command that has begun nothing, or nothing that a person must know of."""
_requested, _deferred = Event(), Event()


def handle_signals() -> None:
    """Take SIGINT and SIGTERM as requests to stop. Call it in the main thread."""
    _requested.clear()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _request)
    sys.unraisablehook = _report_unless_interrupted


def ignore_signals() -> None:
    """Ignore further requests: all that is left to do is to end the workers."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # Python remembers an interrupt that has passed through compiled code, though it was caught since, and
    # would end by SIGINT instead of with the exit code. Running any source text makes it forget.
    exec("")


def is_requested() -> bool:
    """Whether a stop was requested."""
    return _requested.is_set()


def check() -> None:
    """Stop here if a stop was requested. Raises ``KeyboardInterrupt``."""
    if _requested.is_set():
        raise KeyboardInterrupt


@contextmanager
def deferred() -> Iterator[None]:
    """Only remember a request within this block: some compiled code dies of an interrupt.

    Call :func:`check` within, between two calls of compiled code.
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
    """Do not print an interrupt that a callback of compiled code had to ignore: it is remembered."""
    if not issubclass(fault.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(fault)
