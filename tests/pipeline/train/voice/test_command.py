"""``python -m pipeline train gender``: from folders to weights and card, and what it says when it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from models.gender import load
from models.voice_card import CARD, WEIGHTS
from pipeline.audio.decode import load_mono
from pipeline.build.build import Options, build
from pipeline.cli.main import main
from pipeline.datasets import timit
from pipeline.features import VIEWS
from pipeline.networks import in_use
from pipeline.sources import parse
from pipeline.synthesis.speech.voices import roster, utter
from pipeline.train.voice.data import from_store
from store.reader import Reader
from store.snapshots import Store


def ravdess(root: Path, actors: int = 8, sexes: tuple[int, ...] = (0, 1)) -> Path:
    """A miniature RAVDESS: actors, of whom even numbers are women, hum two sentences each."""
    for actor in [number for number in range(1, actors + 1) if number % 2 in sexes]:
        folder = root / f"Actor_{actor:02}"
        folder.mkdir(parents=True)
        generator, time_s = np.random.default_rng(actor), np.arange(8_000) / 16_000
        for sentence in (1, 2):
            hz = (120.0 if actor % 2 else 220.0) * generator.uniform(0.9, 1.1)
            hum = sum(np.sin(2 * np.pi * hz * number * time_s) / number for number in range(1, 20))
            sound = 0.05 * hum * (1 + 0.5 * np.sin(20 * time_s)) + generator.normal(0, 0.003, 8_000)
            soundfile.write(folder / f"03-01-01-01-{sentence:02}-01-{actor:02}.wav", sound, 16_000)
    return root


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The command in this process: exit code, standard output, standard error."""

    def ran(*words: object) -> tuple[int, str, str]:
        threads = torch.get_num_threads()
        try:
            code = main(["train", "gender", "--store", str(tmp_path / "store"), *map(str, words)])
        except SystemExit as end:  # argparse
            code = int(str(end.code))
        finally:
            torch.set_num_threads(threads)
        told = capsys.readouterr()
        return code, told.out, told.err

    return ran


TINY = ("--quick", "--epochs", 2, "--steps", 2, "--width", 8, "--threads", 1, "--device", "cpu")


def test_from_folders_to_weights_and_card_and_no_second_time(run, tmp_path: Path, monkeypatch) -> None:
    words = (
        *TINY,
        "--dataset",
        f"ravdess={ravdess(tmp_path / 'r')}",
        "--seeds",
        2,
        "--output",
        tmp_path / "out",
    )
    code, told, faults = run(*words)
    assert (code, faults) == (0, "")
    assert "validation: " in told and "is kept" in told and "test: " not in told
    card = json.loads((tmp_path / "out" / "gender_ecapa.json").read_text())
    assert card["speakers"]["train"] == [
        {"dataset": "ravdess", "title": "RAVDESS speech", "clips": 12, "female": 3, "male": 3}
    ]
    losses = [seed["validation"]["validation_loss"] for seed in card["seeds"]]
    assert card["seed"] == int(np.argmin(losses)) and len(losses) == 2
    assert card["over_seeds"]["validation_loss"]["mean"] == pytest.approx(np.mean(losses))
    assert {row[0] for row in card["history"]} == {0, 1} and set(card["evaluation"]) == {"validation"}
    model = load(tmp_path / "out" / "gender_ecapa.safetensors")
    assert model.temperature == card["temperature"] and model.about["key"] == card["key"]
    answers = card["evaluation"]["validation"]["answers"]
    path = tmp_path / "r" / answers[0][0].removeprefix("ravdess/")
    told_now = model.predict([load_mono(path)[0]]).probabilities[0]
    assert float(told_now[1]) == pytest.approx(answers[0][2], abs=1e-4)
    monkeypatch.setattr(in_use, "HOME", tmp_path / "out")  # a build reads it, as it would the shipped one
    used = in_use.load_card(tmp_path / "none")
    assert (len(used.learned), len(used.validated)) == (12, 4) and used.dimension == len(
        model.network.head.weight[0]
    )
    assert len(used.evaluations["validation"].answers) == 4 and used.history
    assert run(*words, "--quiet")[:2] == (0, "")  # nothing is left to train
    again = json.loads((tmp_path / "out" / "gender_ecapa.json").read_text())
    assert [again[name] for name in ("seeds", "history", "evaluation")] == [
        card[name] for name in ("seeds", "history", "evaluation")
    ]


def test_speakers_that_are_held_out_are_met_in_the_test_alone(run, tmp_path: Path) -> None:
    voices = f"ravdess={ravdess(tmp_path / 'r')}"
    code, _, faults = run(*TINY, "--dataset", voices, "--hold-out", 0.25, "--output", tmp_path / "out")
    assert (code, faults) == (0, "")
    card = json.loads((tmp_path / "out" / "gender_ecapa.json").read_text())
    counts = {part: [(one["female"], one["male"]) for one in told] for part, told in card["speakers"].items()}
    assert counts == {"train": [(2, 2)], "validation": [(1, 1)], "test": [(1, 1)]}
    assert len(card["evaluation"]["test"]["answers"]) == 4


def speaking(root: Path) -> Path:
    """A RAVDESS of the demo voices: four women and four men, two sentences each."""
    people = roster()
    women, men = ([one for one in people if one.sex == sex][:4] for sex in "FM")
    for number, speaker in enumerate([one for pair in zip(men, women, strict=True) for one in pair], start=1):
        folder = root / f"Actor_{number:02}"
        folder.mkdir(parents=True)
        for sentence in (1, 2):
            path = folder / f"03-01-01-01-{sentence:02}-01-{number:02}.wav"
            soundfile.write(path, utter(speaker, speaker.sentences[sentence]).samples, 16_000)
    return root


def test_the_threshold_is_written_with_the_card_and_can_be_fitted_alone(run, tmp_path: Path) -> None:
    voices = f"ravdess={speaking(tmp_path / 'r')}"
    out = tmp_path / "out"
    assert run(*TINY, "--dataset", voices, "--output", out)[0] == 0
    card, network = json.loads((out / CARD).read_text()), (out / WEIGHTS).read_bytes()
    validated = {row["speaker"] for row in card["evaluation"]["validation"]["speakers"]}
    assert set(card["stream"]["fitted_on"]["speakers"]) == validated and len(validated) == 2
    assert {len(rows) for rows in card["stream"]["curve"].values()} == {50}
    old = {name: value for name, value in card.items() if name != "stream"}
    (out / CARD).write_text(json.dumps(old))
    words = ("--only-threshold", "--threads", 1, "--output", out)
    code, told, faults = run(*words, "--dataset", voices)
    assert (code, faults) == (0, "") and f"from {card['stream']['sure_from']:.2f} on" in told
    assert json.loads((out / CARD).read_text()) == card
    assert (out / WEIGHTS).read_bytes() == network
    other = f"ravdess={ravdess(tmp_path / 'other')}"
    assert "4 of the 4 clips" in run(*words, "--dataset", other)[2]
    assert "cannot be read as the card" in run(*words[:-1], tmp_path / "none", "--dataset", voices)[2]
    assert json.loads((out / CARD).read_text()) == card


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_quick_tells_synthetic_speakers_that_it_never_met(
    run, demo_voices: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("SESATLAS_RECORDINGS", str(demo_voices.parents[1]))
    code, _, faults = run("--quick", "--threads", 1, "--device", "cpu", "--output", tmp_path / "out")
    assert (code, faults) == (0, "")
    card = json.loads((tmp_path / "out" / "gender_ecapa.json").read_text())
    right = [(male > 0.5) == (sex == "male") for _, sex, male in card["evaluation"]["test"]["answers"]]
    assert len(right) == 36 and np.mean(right) >= 0.95
    assert [one["female"] + one["male"] for one in card["speakers"]["test"]] == [12]
    rows = {(row["kind"], row["name"]) for row in card["evaluation"]["test"]["metrics"]}
    assert {
        ("condition", "noise 10 dB"),
        ("condition", "1 s"),
        ("class", "female"),
        ("speakers", "majority"),
    } < rows


def test_clips_of_a_store_are_found_where_they_lie(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    options = Options(n_jobs=1, analyses=False, views={"dynamics": VIEWS["dynamics"]})
    build(store, parse([f"ravdess={ravdess(tmp_path / 'r', 4)}"]), lambda event: None, options)
    current = store.current()
    assert current is not None
    with Reader(current.path) as reader:
        found = from_store(reader)
    assert len(found.voices) == 8 and found.sounds.empty and found.titles == {"ravdess": "RAVDESS speech"}
    assert all(Path(path).is_file() for path in found.voices["path"])
    assert set(found.voices["speaker"]) == {f"ravdess/Actor_{number:02}" for number in range(1, 5)}
    assert set(pd.unique(found.voices["sex"])) == {"female", "male"}


def test_what_cannot_be_done_is_refused(run, tmp_path: Path) -> None:
    voices = f"ravdess={ravdess(tmp_path / 'r', 4)}"
    women = f"ravdess={ravdess(tmp_path / 'w', 8, sexes=(0,))}"
    for words, said in (
        ((), "The store is empty and no corpus is named"),
        (("--dataset", f"timit={tmp_path / 'none'}"), f"cannot be read as {timit.DATASET.title}"),
        (("--dataset", "vctk=/x"), "no known dataset"),
        (("--dataset", women), "has female voices only"),
        (("--dataset", voices), "There are 2 female speakers to learn from"),
        (("--dataset", voices, "--train", "timit"), "no dataset 'timit' to learn voices from"),
        (("--dataset", voices, "--width", "12"), "multiple of 8"),
        (("--dataset", voices, "--seeds", "0"), "expected a whole number from 1"),
        (("--dataset", voices, "--hold-out", "0.9"), "expected 0 to 0.5"),
    ):
        code, told, faults = run(*words)
        assert (code, told) == (2, "") and said in faults, (words, faults)
