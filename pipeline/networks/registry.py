"""The networks that learned by themselves, as experiments: they are told of, where a classifier is learned with."""

from __future__ import annotations

from pathlib import Path

from pipeline.experiments.spec import CARD, NETWORK, ExpectedExperiment
from pipeline.experiments.unit import Gap
from pipeline.networks import esc_cnn, voice, voice_card_rows
from pipeline.train.esc import trained
from store.reader import Reader
from store.results import ExperimentRows

OF = {
    (NETWORK, trained.NETWORK): esc_cnn,
    (NETWORK, voice.METHOD): voice,
    (CARD, voice.METHOD): voice_card_rows,
}
"""By kind and method of an experiment, the module that says which of them there should be, and makes one."""
KINDS = frozenset(kind for kind, _ in OF)


def expected(root: Path, reader: Reader) -> list[ExpectedExperiment]:
    """The experiments of all networks that there are."""
    return [one for module in OF.values() for one in module.expected(root, reader)]


def make(root: Path, reader: Reader, one: ExpectedExperiment) -> ExperimentRows | Gap:
    """The rows of one of them, or why there are none."""
    return OF[one.spec.kind, one.spec.method].make(root, reader, one)
