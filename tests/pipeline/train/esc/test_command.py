"""``python -m pipeline train``: from a built store to networks beside it, and what it says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.build.build import Options, build
from pipeline.cli.main import main
from pipeline.features import VIEWS
from pipeline.sources import parse
from pipeline.train.esc import problem
from pipeline.train.esc.trained import read_trained
from store.snapshots import Store


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of 8 short sounds in two classes and two folds, as ESC-50 lays them out."""
    root = tmp_path_factory.mktemp("esc")
    (root / "ESC-50-master" / "audio").mkdir(parents=True)
    (root / "ESC-50-master" / "meta").mkdir()
    lines = ["filename,fold,target,category,esc10,src_file,take"]
    generator = np.random.default_rng(0)
    for number in range(8):
        fold, target = number // 4 + 1, number % 2
        name = f"{fold}-{number}-A-{target}.wav"
        tone = np.sin(2 * np.pi * (400, 3_000)[target] * np.arange(4_000) / 8_000)
        sound = 0.2 * tone + generator.normal(0, 0.02, 4_000)
        soundfile.write(root / "ESC-50-master" / "audio" / name, sound, 8_000)
        lines.append(f"{name},{fold},{target},{('dog', 'rooster')[target]},True,{number},A")
    (root / "ESC-50-master" / "meta" / "esc50.csv").write_text("\n".join(lines) + "\n")
    store = Store(root / "store")
    options = Options(n_jobs=1, analyses=False, views={"dynamics": VIEWS["dynamics"]})
    build(store, parse([f"esc50={root / 'ESC-50-master'}"]), lambda event: None, options)
    return store.root


@pytest.fixture
def run(built: Path, capsys: pytest.CaptureFixture[str]):
    """The command in this process: exit code, standard output, standard error."""

    def ran(*words: object) -> tuple[int, str, str]:
        try:
            code = main(["train", "esc", "--store", str(built), *map(str, words)])
        except SystemExit as end:  # argparse
            code = int(str(end.code))
        told = capsys.readouterr()
        return code, told.out, told.err

    return ran


def test_from_a_store_to_networks_and_no_second_time(run, built: Path, monkeypatch) -> None:
    words = ("--quick", "--epochs", 2, "--threads", 1, "--device", "cpu")
    code, told, faults = run(*words, "--folds", 2)
    assert (code, faults) == (0, "")
    assert "fold 2: the network is trained" in told and "1 fold is still to be trained" in told
    code, told, _ = run(*words)
    found = read_trained(built, "esc50")
    assert code == 0 and found is not None and found.complete and found.embeddings.shape == (8, 128)
    assert "fold 1: the network is trained" in told and "fold 2: the network" not in told
    assert "of 8 clips are classified correctly by a network that never saw them" in told
    monkeypatch.setattr(problem, "read_mel_powers", None)  # nothing is decoded when all is there
    assert run(*words)[0] == 0
    code, _, faults = run(*words, "--seed", 1)
    assert code == 2 and "Give --replace" in faults
    assert run(*words[1:], "--quick", "--quiet")[:2] == (0, "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--folds", "9"], "There is no fold '9'; there are: fold 1, fold 2"),
        (["--dataset", "esc51"], "There is no dataset 'esc51' in this snapshot; there are: esc50"),
        (["--epochs", "0"], "expected a whole number from 1"),
        (["--device", "tpu"], "invalid choice"),
    ],
)
def test_what_cannot_be_done_is_refused(run, words: list[str], said: str) -> None:
    code, told, faults = run(*words)
    assert (code, told) == (2, "") and said in faults


def test_without_a_snapshot_or_torch(run, capsys, tmp_path: Path, monkeypatch) -> None:
    assert main(["train", "esc", "--store", str(tmp_path / "none")]) == 2
    assert "Run `python -m pipeline build` first" in capsys.readouterr().err
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else find(name))
    code, _, faults = run()
    assert code == 2 and "torch is not installed" in faults
