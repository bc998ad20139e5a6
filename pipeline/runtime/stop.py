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
_asked, _held = Event(), Event()


def listen() -> None:
    """Take SIGINT and SIGTERM as requests to stop. Call it in the main thread."""
    _asked.clear()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ask)
    sys.unraisablehook = _say_unless_interrupted


def ignore() -> None:
    """Whoever asks now comes too late: what is left is to put the workers away."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # Python remembers an interrupt that has passed through compiled code, though it was caught since, and
    # would end by SIGINT instead of with the exit code. Running any source text makes it forget.
    exec("")


def asked() -> bool:
    """Whether somebody has asked to stop."""
    return _asked.is_set()


def check() -> None:
    """Stop here if somebody has asked for it. Raises ``KeyboardInterrupt``."""
    if _asked.is_set():
        raise KeyboardInterrupt


@contextmanager
def held() -> Iterator[None]:
    """Only remember a request until the end of this: some compiled code dies of an interrupt.

    Within, ask :func:`check` wherever Python has the word.
    """
    _held.set()
    try:
        yield
    finally:
        _held.clear()
    check()


def _ask(number: int, frame: FrameType | None) -> None:
    _asked.set()
    if not _held.is_set():
        raise KeyboardInterrupt


def _say_unless_interrupted(fault: sys.UnraisableHookArgs) -> None:
    """Keep quiet of an interrupt that a callback of compiled code had to ignore: it is remembered."""
    if not issubclass(fault.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(fault)
