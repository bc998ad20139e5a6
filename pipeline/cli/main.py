"""The command line: recordings into the store, and the store looked after.

Exit codes: 0 done, 1 something is wrong with what was looked at (``doctor``), 2 the command could
not be carried out as asked, 130 stopped on request.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from pipeline.cli import add_common, build, doctor, export, fetch, learn, snapshots, status, train
from pipeline.cli.parser import PROGRAM, Parser
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
EXAMPLES = """
build --dataset demo                  # to begin: two small synthetic collections
build --dataset folder=PATH           # or recordings of your own; sub-folders are the labels
status                                # what the store holds
build                                 # refresh everything: paths are remembered
COMMAND --help                        # the options of a command, with examples
"""


class _Version(argparse.Action):
    """``--version``; what knows it takes long to import."""

    def __call__(self, parser: argparse.ArgumentParser, *given: Any, **more: Any) -> None:
        from importlib import metadata

        try:
            version = metadata.version("sesatlas")
        except metadata.PackageNotFoundError:
            version = "of a clone that is not installed; run `make setup`"
        sys.stdout.write(f"Sesatlas {version}\n")
        parser.exit()


def parser(words: Sequence[str]) -> Parser:
    """What reads ``words``. Only a command among them has arguments: some list what is in a registry."""
    top = Parser(prog=PROGRAM, description="Fill and look after the feature store.", examples=EXAMPLES)
    add_common(top)
    top.set_defaults(store=store_root(), verbose=False)
    top.add_argument("--version", action=_Version, nargs=0, help="show the program's version and exit")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    for name, module in COMMANDS.items():
        purpose = (module.__doc__ or "").strip().splitlines()[0]
        command = commands.add_parser(name, help=purpose, description=purpose, examples=module.EXAMPLES)
        add_common(command)
        if name in words:
            module.add_arguments(command)
    return top


def main(arguments: list[str] | None = None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    top = parser(words)
    chosen = top.chosen(words)
    options, unexpected = top.parse_known_args(words)
    if unexpected:
        chosen.error(f"'{unexpected[0]}' is not expected here")
    if options.command is None:
        top.print_help()
        return 0
    _begin_logging(verbose=options.verbose, quiet=getattr(options, "quiet", False))
    command = COMMANDS[options.command]
    stopped = getattr(command, "STOPPED", stop.STOPPED)
    try:
        return int(command.run(options))
    except KeyboardInterrupt:
        return _end(stopped, 130)
    except BrokenPipeError:
        # Python would stumble over the closed pipe once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _end("Stopped: nobody reads the output any more.", 2)
    except Exception as error:
        if stop.is_requested():  # and compiled code made another error of it
            return _end(stopped, 130)
        if not isinstance(error, SesatlasError | OSError):
            raise
        return _end(_sentence(error), 2)


def _begin_logging(*, verbose: bool, quiet: bool) -> None:
    """Log to standard error. What libraries warn of comes through our own log, with the file it is about."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter("%(levelname)s %(name)s: %(message)s"))
    level = logging.DEBUG if verbose else logging.ERROR if quiet else logging.WARNING
    logging.basicConfig(level=level, handlers=[handler])
    if not verbose:
        warnings.simplefilter("ignore")


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
