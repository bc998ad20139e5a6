"""A request to stop, as Ctrl-C, the page's stop button or a system going down make it.

The signal's handler raises KeyboardInterrupt at once. Compiled code may swallow that and make an error of
its own of it (numba, DuckDB), so the request is also remembered, and a build looks at it between batches.
"""

from __future__ import annotations

import signal
from threading import Event
from types import FrameType

_asked = Event()


def listen() -> None:
    """Take SIGINT and SIGTERM as requests to stop. Call it in the main thread."""
    _asked.clear()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ask)


def ignore() -> None:
    """Whoever asks now comes too late: what is left is to put the workers away."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def asked() -> bool:
    """Whether somebody has asked to stop."""
    return _asked.is_set()


def check() -> None:
    """Stop here if somebody has asked for it. Raises ``KeyboardInterrupt``."""
    if _asked.is_set():
        raise KeyboardInterrupt


def _ask(number: int, frame: FrameType | None) -> None:
    _asked.set()
    raise KeyboardInterrupt
