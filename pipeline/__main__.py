"""``python -m pipeline``: recordings into the store, and the store looked after.

Exit codes: 0 done, 1 something is wrong with what was looked at (``doctor``), 2 the command could
not be carried out as asked, 130 stopped on request.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path
from types import FrameType, ModuleType

from pipeline.commands import build, doctor, export, fetch, snapshots, status
from pipeline.sources import store_root
from store.errors import SesatlasError

COMMANDS: dict[str, ModuleType] = {
    "build": build,
    "fetch": fetch,
    "status": status,
    "export": export,
    "doctor": doctor,
    "snapshots": snapshots,
}


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m pipeline", description="Fill and look after the feature store."
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--store",
        type=Path,
        default=store_root(),
        help="the store's folder (default: SESATLAS_STORE or data/store)",
    )
    common.add_argument("--verbose", action="store_true", help="tell what goes on inside")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        words = (module.__doc__ or "").strip().splitlines()[0]
        module.add_arguments(commands.add_parser(name, parents=[common], help=words, description=words))
    return top


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(COMMANDS[options.command].run(options))
    except SesatlasError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. What was finished is kept; the next build goes on from here.\n")
        return 130


def _interrupt(number: int, frame: FrameType | None) -> None:
    """The page's stop button and a system going down end a build as Ctrl-C does."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
