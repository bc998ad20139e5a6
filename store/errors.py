"""The one root of every error that Sesatlas raises on purpose."""

from collections.abc import Sequence

NAMED = 8
"""How many names a message lists before it says how many more there are."""


class SesatlasError(Exception):
    """Something a person can mend.

    The message is one line: what was seen, what was expected, what to do next.
    The command line prints it and ends with exit code 2; a page shows it in place of the chart.
    """


class StoreError(SesatlasError):
    """The store cannot be read or written as asked."""


def listed(names: Sequence[str], total: int | None = None) -> str:
    """The names a person may use, or the first of them and how many more there are."""
    if not names:
        return "there is none yet: run `python -m pipeline build`"
    more = (total or len(names)) - min(len(names), NAMED)
    return f"there are: {', '.join(names[:NAMED])}" + (f" and {more} more" if more else "")
