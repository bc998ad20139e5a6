"""The one root of every error that Sesatlas raises on purpose."""


class SesatlasError(Exception):
    """Something a person can mend.

    The message is one line: what was seen, what was expected, what to do next.
    The command line prints it and ends with exit code 2; a page shows it in place of the chart.
    """


class StoreError(SesatlasError):
    """The store cannot be read or written as asked."""
