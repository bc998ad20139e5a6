"""Errors of the pipeline that a person can mend."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.errors import SesatlasError, StoreError


class PipelineError(SesatlasError):
    """The pipeline was asked for something it cannot do as asked."""


FAILURES = (SesatlasError, ValueError, ArithmeticError, LookupError, TypeError, RuntimeError, MemoryError)
"""What the libraries of methods are known to raise on odd data; a request to stop is none of it."""


def failure_sentence(error: Exception) -> str:
    """Why a projection or a clustering could not be computed, for a person."""
    if isinstance(error, SesatlasError):
        return str(error)
    reason = str(error).strip().split("\n")[0] or type(error).__name__
    return f"It failed on these clips: {reason}. Try other parameters, or another view."


@contextmanager
def in_words(root: Path) -> Iterator[None]:
    """Raise ``StoreError`` for what the system refuses to a build into the store at ``root``."""
    try:
        yield
    except BrokenPipeError:
        raise  # no matter of files: whoever read what the build tells has gone
    except OSError as error:
        raise StoreError(
            f"The build stopped: {error.strerror or error} ({error.filename or root}). "
            "Mend that and build again: finished batches are kept and the current snapshot is untouched."
        ) from error
