"""Which units of a stage are up to date is told from their keys; what is not is dropped, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.experiments.spec import ExpectedExperiment, ExperimentSpec
from pipeline.experiments.stage import stage_of
from pipeline.experiments.unit import Gap
from pipeline.stage import Run, State, Units, missing, outdated
from store.writer import Writer

RIGHT = {("a", "x"): ("1",), ("a", "y"): ("2", "2.quick"), ("b", "x"): ()}
STORED = {("a", "x"): "1", ("a", "y"): "old", ("b", "x"): "3", ("c", "x"): "4"}


def test_a_unit_is_stale_where_it_is_missing_or_under_another_key() -> None:
    assert missing(RIGHT, {}) == [("a", "x"), ("a", "y"), ("b", "x")]
    assert missing(RIGHT, STORED) == [("a", "y"), ("b", "x")]
    assert missing(RIGHT, STORED | {("a", "y"): "2.quick"}) == [("b", "x")]


def test_a_unit_is_outdated_where_nobody_expects_it_so() -> None:
    assert outdated(RIGHT, STORED) == [("a", "y"), ("b", "x"), ("c", "x")]
    assert outdated({}, {}) == []


@pytest.fixture
def staging(tmp_path: Path) -> Path:
    with Writer(tmp_path / "staging.duckdb"):
        return tmp_path / "staging.duckdb"


def test_forgetting_drops_what_is_outdated_in_one_go_and_writes_nothing_where_nothing_is(
    staging: Path,
) -> None:
    dropped: list[object] = []
    state = State(staging.parent, {})
    units = Units(
        expected=lambda state, reader: RIGHT, stored=lambda reader: STORED,
        drop=lambda writer, units: dropped.append(list(units)),
    )  # fmt: skip
    units.forget(state, staging)
    assert dropped == [[("a", "y"), ("b", "x"), ("c", "x")]]
    before = staging.stat().st_mtime_ns
    Units(expected=lambda *_: {}, stored=lambda _: {}, drop=units.drop).forget(state, staging)
    assert len(dropped) == 1 and staging.stat().st_mtime_ns == before


class Network:
    """A network that has one experiment, and counts how often it is asked for it."""

    KINDS = frozenset(("network",))

    def __init__(self) -> None:
        self.asked = 0

    def expected(self, root, reader) -> list[ExpectedExperiment]:
        self.asked += 1
        spec = ExperimentSpec(dataset="a", target="label", method="n", views=("sound",), kind="network")
        return [ExpectedExperiment(spec, spec.id(()), "key")]

    def make(self, root, reader, one: ExpectedExperiment) -> Gap:
        row = {"experiment_id": one.experiment_id, "dataset": "a", "target": "label", "key": one.key}
        return Gap(one.experiment_id, row | {"what": "The network", "reason": "It has not been trained."})


def test_which_experiments_there_should_be_is_found_out_once_a_run(staging: Path) -> None:
    network = Network()
    stage, state = stage_of(network), State(staging.parent, {})
    assert stage.run(Run(state, staging)) == 1 and network.asked == 1
    stage.forget(state, staging)
    assert network.asked == 2
    assert stage.run(Run(state, staging)) == 0
