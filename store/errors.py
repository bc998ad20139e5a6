"""The one root of every error that Sesatlas raises on purpose."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

NAMED = 40
"""How many names a message lists before it says how many more there are: all of any registry."""


class SesatlasError(Exception):
    """Something a person can mend.

    The message is one line: what was seen, what was expected, what to do next.
    The command line prints it and ends with exit code 2; a page shows it in place of the chart.
    """


class StoreError(SesatlasError):
    """The store cannot be read or written."""


def listed(names: Sequence[str], total: int | None = None) -> str:
    """The names a person may use; of very many, or of a choice from ``total``, also how many more there are."""
    if not names:
        return "there is none yet: run `python -m pipeline build`"
    more = (total or len(names)) - min(len(names), NAMED)
    return f"there are: {', '.join(names[:NAMED])}" + (f" and {more} more" if more else "")


def nearest(word: str, names: Iterable[str]) -> str:
    """`` Did you mean NAME?``, with a blank before it; empty where no name is like the word."""
    import difflib

    found = difflib.get_close_matches(word, list(names), 1)
    return f" Did you mean {found[0]}?" if found else ""


@contextmanager
def os_errors_as_store_errors(root: Path, *, is_build: bool = True) -> Iterator[None]:
    """Raise ``StoreError`` for what the system refuses to a build into the store at ``root``, or to a request."""
    try:
        yield
    except BrokenPipeError:
        raise  # no matter of files: whoever read the build's output has gone
    except OSError as error:
        then = "build again: finished batches are kept and" if is_build else "try again:"
        raise StoreError(
            f"{'The build stopped' if is_build else 'Not done'}: {error.strerror or error} "
            f"({error.filename or root}). Mend that and {then} the current snapshot is untouched."
        ) from error
