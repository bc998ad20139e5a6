"""Errors of the pipeline that a person can mend."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.errors import SesatlasError, StoreError


class PipelineError(SesatlasError):
    """The pipeline was asked for something it cannot do as asked."""


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
