"""Train networks on the clips of the current snapshot; a later build takes up what they predict."""

from __future__ import annotations

import argparse
import importlib
import importlib.util

from pipeline.cli import add_common
from pipeline.cli.parser import Parser
from pipeline.networks import NETWORKS
from pipeline.train.layout import TrainError

STOPPED = "Stopped. Checkpoints are kept; the same command goes on from the last one."
EXAMPLES = """
train esc --quick                                       # few epochs, to see that it works
train esc                                               # fold by fold on the collection of sounds
train gender --quick                                    # a small one on the demo voices
train gender --dataset timit=PATH --dataset esc50=PATH  # on corpora of your own
"""


def add_arguments(parser: Parser) -> None:
    commands = parser.add_subparsers(dest="network", metavar="NETWORK", required=True)
    for network in NETWORKS.values():
        examples = "\n".join(
            line for line in EXAMPLES.splitlines() if line.startswith(f"train {network.command}")
        )
        command = commands.add_parser(
            network.command, help=network.purpose, description=network.purpose, examples=examples
        )
        add_common(command)
        importlib.import_module(network.training).add_arguments(command, _at_least_one)
        command.add_argument(
            "--threads", type=_at_least_one, metavar="N", help="threads (default: torch's choice)"
        )
        command.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
        command.add_argument("--quiet", action="store_true", help="write nothing but errors")


def _at_least_one(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} cannot be used; expected a whole number from 1")
    return int(word)


def run(options: argparse.Namespace) -> int:
    _require_torch()
    from pipeline.cli.console import plain
    from pipeline.train.display import use_threads

    if options.threads:
        use_threads(options.threads)
    console = plain()
    console.quiet = options.quiet
    (network,) = [one for one in NETWORKS.values() if one.command == options.network]
    importlib.import_module(network.training).run(options, console)
    return 0


def _require_torch() -> None:
    for name in ("torch", "torchaudio"):
        if importlib.util.find_spec(name) is None:
            raise TrainError(
                f"{name} is not installed, and training needs it. Run `make setup` and try again."
            )
