"""The one root of every error that Sesatlas raises on purpose."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

NAMED = 8
"""How many names a message lists before it says how many more there are."""


class SesatlasError(Exception):
    """Something a person can mend.

    The message is one line: what was seen, what was expected, what to do next.
    The command line prints it and ends with exit code 2; a page shows it in place of the chart.
    """


class StoreError(SesatlasError):
    """The store cannot be read or written."""


def listed(names: Sequence[str], total: int | None = None) -> str:
    """The names a person may use, or the first of them and how many more there are."""
    if not names:
        return "there is none yet: run `python -m pipeline build`"
    more = (total or len(names)) - min(len(names), NAMED)
    return f"there are: {', '.join(names[:NAMED])}" + (f" and {more} more" if more else "")


@contextmanager
def os_errors_as_store_errors(root: Path) -> Iterator[None]:
    """Raise ``StoreError`` for what the system refuses to a build into the store at ``root``."""
    try:
        yield
    except BrokenPipeError:
        raise  # no matter of files: whoever read the build's output has gone
    except OSError as error:
        raise StoreError(
            f"The build stopped: {error.strerror or error} ({error.filename or root}). "
            "Mend that and build again: finished batches are kept and the current snapshot is untouched."
        ) from error
