"""What every network brings, and one that is added and taken away again without touching another file."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.audio.decode import load_mono
from pipeline.classify.metrics import measure
from pipeline.cli.main import main
from pipeline.experiments import rows
from pipeline.experiments.spec import NETWORK, TRAINED, ExpectedExperiment, ExperimentSpec
from pipeline.features.view import View
from pipeline.networks import NETWORKS, stage
from pipeline.networks.embedding import ClipFile, ClipVectors, Embedded
from pipeline.networks.network import Network, NetworkBuild
from pipeline.networks.rows import SOUND, experiment_row
from store.reader import Reader
from store.results import ExperimentRows


@pytest.mark.parametrize("name", NETWORKS)
def test_each_brings_what_a_network_must(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = NETWORKS[name]
    assert network.name == name and network.title and network.noun and network.purpose
    assert [one.command for one in NETWORKS.values()].count(network.command) == 1
    assert [one.view for one in NETWORKS.values()].count(network.view) == 1
    training, build = importlib.import_module(network.training), network.load()
    assert callable(training.add_arguments) and callable(training.run)
    view = build.find_view(tmp_path)
    assert view is None or (view.name == network.view and view.learned)
    with pytest.raises(SystemExit) as ended:
        main(["train", network.command, "--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0 and network.purpose.split()[-1] in shown and "--device" in shown


@pytest.mark.parametrize("name", NETWORKS)
def test_a_store_without_its_training_has_only_what_a_card_says(
    name: str, builder, tone, tmp_path: Path
) -> None:
    tone(tmp_path / "mine" / "1.wav", 300)
    builder(f"folder={tmp_path / 'mine'}", views={})
    network = NETWORKS[name]
    with Reader(builder.store.current().path) as reader:
        expected = network.load().expected(builder.store.root, reader)
    assert bool(expected) is network.has_card
    assert {one.spec.method for one in expected} <= {name} and {
        one.spec.kind for one in expected
    } <= stage.KINDS
    assert len({one.experiment_id for one in expected}) == len(expected)


class Loudness:
    """Embeds a clip by its level and its peak."""

    def embed(self, files: Mapping[str, ClipFile]) -> Embedded:
        samples = [load_mono(file.path.read_bytes())[0] for file in files.values()]
        vectors = [[np.abs(one).mean(), np.abs(one).max()] for one in samples]
        return Embedded(list(files), np.array(vectors, dtype=np.float32), {})


def _datasets(reader: Reader) -> list[str]:
    return [str(row["dataset"]) for row in reader.rows("all_datasets")]


def _view(root: Path) -> View:
    return View(
        name="toy", version=1, title="Toy network", columns=("level", "peak"), units=("1", "1"), parameters={},
        source="made up", compute=lambda spectra: np.zeros(2), learned=True,
    )  # fmt: skip


def _expected(root: Path, reader: Reader) -> list[ExpectedExperiment]:
    specs = [
        ExperimentSpec(
            dataset=name, target="label", method="toy", views=(SOUND,), kind=NETWORK, origin=TRAINED
        )
        for name in _datasets(reader)
    ]
    return [ExpectedExperiment(spec, spec.id(()), "key") for spec in specs]


def _make(root: Path, reader: Reader, one: ExpectedExperiment) -> ExperimentRows:
    """Every clip is taken for the first class."""
    clips = reader.clips(one.spec.dataset)
    truth, classes = pd.factorize(clips["label"], sort=True)
    probabilities = np.tile(np.array([0.75, 0.25], dtype=np.float32), (len(clips), 1))
    table = clips[["clip_id"]].assign(fold="all", truth=clips["label"], predicted=classes[0])
    return ExperimentRows(
        experiment=experiment_row(
            one, measure(truth, np.zeros_like(truth), probabilities), version=1, classes=list(classes),
            protocol="none", protocol_title="none", protocol_summary="", unit="clip", parameters={}, versions={},
            notes=[], seed=0, seconds=0.0,
        ),
        predictions=rows.predictions(table, probabilities),
        metrics=[],
    )  # fmt: skip


TOY = Network(
    name="toy",
    title="Toy",
    noun="the toy",
    view="toy",
    command="toy",
    purpose="a toy of two numbers",
    training="pipeline.train.esc.command",
    load=lambda: NetworkBuild(
        find_view=_view,
        fits=lambda view, sources, scans: True,
        vectors=ClipVectors(datasets=_datasets, embedder=lambda root, n_jobs: Loudness()),
        expected=_expected,
        make=_make,
    ),
)


def test_a_network_comes_and_goes_with_its_entry(
    builder, few, hums, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(NETWORKS, "gender_ecapa")
    builder.analyses = True
    with monkeypatch.context() as added:
        added.setitem(NETWORKS, "toy", TOY)
        assert builder(f"folder={hums.root}", views={}).vectors_computed == len(hums.rows)
        with Reader(builder.store.current().path) as reader:
            (view,) = reader.views("hums").to_dict("records")
            assert (view["view"], view["title"], view["learned"]) == ("toy", "Toy network", True)
            assert len(reader.matrix("hums", "toy").values) == len(hums.rows)
            board = reader.experiments("hums").set_index("method")
            assert board.loc["toy", "accuracy"] == 0.5 and board.loc["toy", "kind"] == NETWORK
        assert builder(views={}).status == "unchanged"
        with pytest.raises(SystemExit):
            main(["train", "--help"])
        assert "a toy of two numbers" in capsys.readouterr().out
    builder(views={})
    with Reader(builder.store.current().path) as reader:
        assert reader.views("hums").empty and "toy" not in set(reader.experiments("hums")["method"])
