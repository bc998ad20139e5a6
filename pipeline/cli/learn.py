"""Learn a target of a collection by one classifier, and keep the experiment in the store."""

from __future__ import annotations

import argparse
import re

from pipeline.cli import add_output
from store.snapshots import Store

MAX_SEED = 2**31 - 1
STOPPED = "Stopped. Nothing was changed; the same command begins anew."
EXAMPLES = """
learn --dataset esc50 --method svm_rbf --views mfcc,contrast
learn --dataset timit --target sex --method logistic
learn --dataset esc50 --method forest --combination vote --seed 1
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from pipeline.classify import CLASSIFIERS
    from pipeline.classify.classifier import COMBINATIONS, TOGETHER

    parser.add_argument(
        "--dataset", required=True, metavar="NAME", help="the collection, as `status` names it"
    )
    parser.add_argument("--target", default="label", help="what to learn: label, sex, dialect, speaker ...")
    parser.add_argument("--method", required=True, metavar="NAME", help=", ".join(CLASSIFIERS))
    parser.add_argument(
        "--views", metavar="A,B", help="what to learn from, with commas between (default: every view)"
    )
    parser.add_argument(
        "--combination",
        default=TOGETHER,
        metavar="HOW",
        help="; ".join(f"{name}: {words}" for name, words in COMBINATIONS.items()),
    )
    parser.add_argument("--seed", type=_seed, default=0, metavar="N", help="for what is drawn by chance")
    add_output(parser)


def _seed(word: str) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", word) or int(word) > MAX_SEED:
        raise argparse.ArgumentTypeError(f"{word[:20]!r} cannot be a seed; expected 0 to {MAX_SEED}")
    return int(word)


def run(options: argparse.Namespace) -> int:
    from pipeline.cli import console
    from pipeline.experiments.request import learn
    from pipeline.experiments.spec import PAGE, ExperimentSpec
    from pipeline.features import VIEWS

    usual = [name for name, view in VIEWS.items() if not view.learned]
    views = [name.strip() for name in options.views.split(",") if name.strip()] if options.views else usual
    spec = ExperimentSpec(
        dataset=options.dataset,
        target=options.target,
        method=options.method,
        views=tuple(dict.fromkeys(views)),
        combination=options.combination,
        seed=options.seed,
        origin=PAGE,
        detailed=True,
    )
    with console.listener(options) as listener:
        learn(Store(options.store), spec, listener)
    return 0
