"""What libraries write while they work: caught, so that it can be shown with the name of the file it is about.

numpy and its like warn through Python; libsndfile, mpg123 and FFmpeg write to standard error themselves, from where
only the process's own descriptor can take it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any, BinaryIO, Self

STDERR = 2
MAX_LINES, MAX_CHARACTERS = 3, 200
"""Of one file: what repeats itself says no more."""
FOR_DEVELOPERS = (
    DeprecationWarning,
    PendingDeprecationWarning,
    FutureWarning,
    ImportWarning,
    ResourceWarning,
)


class Noise:
    """Catches Python's warnings and all that is written to standard error, from ``with`` to its end.

    Standard error is that of the whole process: use it where one thread does the work, in a worker or around
    the decoding of a build, never in the process of the pages.
    """

    def __init__(self) -> None:
        self._caught: list[warnings.WarningMessage] = []
        self._stack = ExitStack()
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        caught = self._stack.enter_context(warnings.catch_warnings(record=True))
        self._caught = caught if caught is not None else []
        warnings.simplefilter("always")
        for category in FOR_DEVELOPERS:
            warnings.simplefilter("ignore", category)
        try:
            before = os.dup(STDERR)
        except OSError:  # a service without standard error: there is nothing to keep quiet
            return self
        try:
            self._file = _in_memory()
            _flush()
            os.dup2(self._file.fileno(), STDERR)
        except OSError:
            os.close(before)
            return self
        self._stack.callback(self._give_back, before)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _give_back(self, before: int) -> None:
        _flush()
        os.dup2(before, STDERR)
        os.close(before)
        if self._file is not None:
            self._file.close()

    def take(self) -> tuple[str, ...]:
        """What was written since the last call: the first few lines, each once."""
        _flush()
        lines = [f"{one.category.__name__}: {one.message}" for one in self._caught]
        self._caught.clear()
        if self._file is not None and (size := os.fstat(self._file.fileno()).st_size):
            text = os.pread(self._file.fileno(), size, 0).decode("utf-8", "replace")
            os.ftruncate(self._file.fileno(), 0)
            os.lseek(self._file.fileno(), 0, os.SEEK_SET)
            lines += text.splitlines()
        plain = (" ".join(line.split())[:MAX_CHARACTERS] for line in lines)
        return tuple(dict.fromkeys(line for line in plain if line))[:MAX_LINES]


def without_noise(work: Callable[..., Any], *arguments: Any) -> tuple[Any, tuple[str, ...]]:
    """``work(*arguments)``, and what libraries wrote meanwhile."""
    with Noise() as noise:
        result = work(*arguments)
        return result, noise.take()


def _in_memory() -> BinaryIO:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("stderr"), "r+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)  # macOS


def _flush() -> None:
    if sys.stderr is not None and not sys.stderr.closed:
        sys.stderr.flush()
