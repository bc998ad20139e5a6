"""Worker processes and the end of the process they work for, whether it is stopped or killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread, current_thread, main_thread

LOOK_S = 1.0


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """Let the processes that are started here not hear Ctrl-C, which a terminal sends to all at once.

    The main process ends them; a worker that hears it first would tell so in a traceback. What is
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


def end_with(parent: int) -> None:
    """Let this process, a child of ``parent``, end soon after it; when killed it can tell us nothing."""
    Thread(target=_watch, args=(parent,), name="end-with-parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)
