"""The command line: recordings into the store, and the store looked after.

Exit codes: 0 done, 1 something is wrong with what was looked at (``doctor``), 2 the command could
not be carried out as asked, 130 stopped on request.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from pipeline.cli import add_store, build, doctor, export, fetch, learn, snapshots, status, train
from pipeline.runtime import stop
from pipeline.sources import store_root
from store.errors import SesatlasError
from store.text import visible

COMMANDS: dict[str, ModuleType] = {
    "build": build,
    "fetch": fetch,
    "learn": learn,
    "status": status,
    "export": export,
    "doctor": doctor,
    "snapshots": snapshots,
    "train": train,
}
"""Modules that import what they work with in ``run`` alone, so that ``--help`` is there at once."""


def parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """What reads ``words``. Only a command among them has arguments: some list what is in a registry."""
    top = argparse.ArgumentParser(
        prog="python -m pipeline", description="Fill and look after the feature store."
    )
    common = argparse.ArgumentParser(add_help=False)
    add_store(common, store_root())
    common.add_argument("--verbose", action="store_true", help="log what goes on inside")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        purpose = (module.__doc__ or "").strip().splitlines()[0]
        command = commands.add_parser(name, parents=[common], help=purpose, description=purpose)
        if name in words:
            module.add_arguments(command)
    return top


def main(arguments: list[str] | None = None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    options = parser(words).parse_args(words)
    quiet = logging.ERROR if getattr(options, "quiet", False) else logging.WARNING
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.DEBUG if options.verbose else quiet, handlers=[handler])
    try:
        return int(COMMANDS[options.command].run(options))
    except KeyboardInterrupt:
        return _end(stop.STOPPED, 130)
    except BrokenPipeError:
        # Python would stumble over the closed pipe once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _end("Stopped: nobody reads the output any more.", 2)
    except Exception as error:
        if stop.is_requested():  # and compiled code made another error of it
            return _end(stop.STOPPED, 130)
        if not isinstance(error, SesatlasError | OSError):
            raise
        return _end(_sentence(error), 2)


class LineFormatter(logging.Formatter):
    """One line a message, whatever the names of files in it hold; a traceback keeps its lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        return visible(super().formatMessage(record))


def _sentence(error: SesatlasError | OSError) -> str:
    if isinstance(error, SesatlasError):
        return str(error)
    where = f" ({error.filename})" if error.filename else ""
    return f"Not done: {error.strerror or error}{where}. Mend that and try again."


def _end(words: str, code: int) -> int:
    sys.stderr.write(f"{visible(words)}\n")
    return code
