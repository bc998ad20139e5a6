"""Pages run without a browser, on a store of the test's choice."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import soundfile
import streamlit as st
from filelock import FileLock
from streamlit.testing.v1 import AppTest

from app.components.clip_rows import clip_rows
from app.components.cloud import cloud
from app.components.monitor import monitor
from app.components.playlist import playlist
from app.live import webrtc
from app.live.webrtc import Connection, SessionAudioSink
from pipeline.build.build import Options
from pipeline.build.build import build as build_store
from pipeline.sources import parse
from store.reader import Reader
from store.results import ExperimentRows, replace_experiment
from store.snapshots import Store
from store.writer import Writer

RATE_HZ = 8_000
SEXES = ("female", "male")
COMPONENTS = {"rows": clip_rows, "cloud": cloud, "playlist": playlist, "monitor": monitor}


@dataclass(frozen=True)
class Page:
    """A page after its last run."""

    at: AppTest

    @property
    def text(self) -> str:
        """All that the page says in words."""
        kinds = ("title", "header", "subheader", "markdown", "caption", "info", "success", "warning", "error")
        return "\n".join(str(element.value) for kind in kinds for element in self.at.get(kind))

    @property
    def charts(self) -> list[str]:
        """The keys of the charts on it."""
        return [str(chart.key) for chart in self.at.get("plotly_chart")]

    @property
    def metrics(self) -> list[tuple[str, str]]:
        return [(metric.label, metric.value) for metric in self.at.metric]

    def box(self, label: str) -> Any:
        """The one widget with this label, whatever kind it is."""
        kinds = ("selectbox", "multiselect", "text_input", "number_input", "toggle", "button", "button_group")
        (found,) = [one for kind in kinds for one in self.at.get(kind) if one.label == label]
        return found

    def table(self, chart: str) -> pd.DataFrame:
        """The numbers behind a chart: each has its table, in the same order."""
        tables = [table.value for table in self.at.dataframe]
        return dict(zip(self.charts, tables, strict=True))[f"chart_{chart}"]

    def sound(self) -> Page:
        """This page; fails where there is a traceback or a sentence in red."""
        assert [error.message for error in self.at.exception] == []
        assert [error.value for error in self.at.error] == []
        return self

    def wait(self, done: Callable[[], bool], timeout_s: float = 60) -> Page:
        """Look again, as an open page does every second, until ``done``."""
        deadline = time.monotonic() + timeout_s
        while not done():
            assert time.monotonic() < deadline, self.text
            time.sleep(0.5)
            self.at.run()
        return self


@pytest.fixture(scope="session", autouse=True)
def caches_freed_at_the_end() -> Iterator[None]:
    """Let go of the stores' files.

    Not after each test: what pages keep goes by the store's folder and the snapshot's number, and a test that
    changes a store has one of its own.
    """
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(autouse=True)
def microphone_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Live page's button needs a running server; without one the microphone is as before it was pressed."""
    off = Connection(playing=False, signalling=False)
    monkeypatch.setattr(webrtc, "connect", lambda make, clean_up: (off, SessionAudioSink(make)))


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """What components are drawn from, by their name and by their key on the page.

    Without a browser they show nothing of it.
    """
    told: dict[str, dict[str, Any]] = {}
    for name, module in COMPONENTS.items():

        def telling(_real: Any = module._component, _name: str = name, **call: Any) -> Any:
            told[_name] = told[call["key"]] = call["data"]
            return _real(**call)

        monkeypatch.setattr(module, "_component", telling)
    return told


@pytest.fixture
def open_page(repo_root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Page]:
    """``open_page(store, page, **query)``: what a person sees who opens this address."""

    def open_one(store: Path, page: str = "home", /, **query: str | list[str]) -> Page:
        monkeypatch.setenv("SESATLAS_STORE", str(store))
        monkeypatch.setenv("SESATLAS_RECORDINGS", str(store / "recordings"))
        at = AppTest.from_file(repo_root / "app" / "Home.py", default_timeout=60)
        if page != "home":
            at.switch_page(f"../pages/{page}.py")
        for name, value in query.items():
            at.query_params[name] = value
        return Page(at.run())

    return open_one


@pytest.fixture
def demo_copy(demo_store: Path, tmp_path: Path) -> Path:
    """A copy of the demo store that a test may break; the recordings stay where they are."""
    return shutil.copytree(demo_store, tmp_path / "store")


@pytest.fixture(scope="module")
def voice_store(demo_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo store with the card of a made-up voice network: three seeds, speakers never met and speakers known.

    The first error of the test is a demo voice and can be heard; the second, surer, is of a corpus that is not here.
    It is only to be read.
    """
    root = shutil.copytree(demo_store, tmp_path_factory.mktemp("voice") / "store")
    current = Store(root).current()
    assert current is not None
    with Reader(current.path) as reader:
        here = reader.clips("demo_voices")["clip_id"].head(4).tolist()
    with Writer(current.path) as writer, writer.transaction():
        replace_experiment(writer, _card("test", [*here, "elsewhere/0.wav", "elsewhere/1.wav"], wrong=(3, 4)))
        replace_experiment(writer, _card("validation", ["elsewhere/2.wav", "elsewhere/3.wav"], wrong=()))
    return root


def _card(part: str, clip_ids: list[str], wrong: tuple[int, ...]) -> ExperimentRows:
    """Every second clip is of a man; the later an error, the surer."""
    male = [float(place % 2) for place in range(len(clip_ids))]
    told = [abs(sex - (0.8 + place / 100 if place in wrong else 0.1)) for place, sex in enumerate(male)]
    predictions = {
        "clip_id": clip_ids,
        "fold": [part] * len(clip_ids),
        "truth": [SEXES[int(sex)] for sex in male],
        "predicted": [SEXES[int(one > 0.5)] for one in told],
        "probabilities": pa.array([[1 - one, one] for one in told], pa.list_(pa.float32())),
    }
    accuracy = 1 - len(wrong) / len(clip_ids)
    curves = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy", "learning_rate")
    history = [
        {"fold": f"seed {seed}", "epoch": epoch, "metric": metric, "value": 1 / epoch}
        for seed in range(3)
        for epoch in (1, 2)
        for metric in curves
    ]
    return ExperimentRows(
        experiment=_card_row(part, len(clip_ids), accuracy),
        predictions=pa.table(predictions),
        metrics=_card_metrics(part, len(clip_ids), accuracy),
        history=history if part == "validation" else [],
    )


def _card_metrics(part: str, clips: int, accuracy: float) -> list[dict[str, Any]]:
    one = {"clips": clips, "errors": round(clips * (1 - accuracy)), "accuracy": accuracy,
           "accuracy_low": accuracy - 0.1, "accuracy_high": 1.0, "speakers": 4}  # fmt: skip
    told = {("condition", name): one for name in ("clean", "noise 10 dB", "1 s", "telephone")}
    told |= {("speakers", name): one for name in ("majority", "mean_logit")}
    told |= {("dialect", name): one for name in (("North", "South") if part == "test" else ())}
    for male, sex in enumerate(SEXES):
        told["speaker", f"{part}/{sex}"] = {
            "clips": 3,
            "right": 3 - male,
            "male": male,
            "majority_male": male,
        }
        told["class", sex] = dict.fromkeys(("precision", "recall", "f1", "support"), 0.5)
    return [
        {"kind": kind, "name": name, "metric": metric, "value": float(value)}
        for (kind, name), values in told.items()
        for metric, value in values.items()
    ]


def _card_row(part: str, clips: int, accuracy: float) -> dict[str, Any]:
    title = {"test": "speakers never met", "validation": "speakers kept for validation"}[part]
    numbers = ("spread", "log_loss", "brier", "ece", "fit_seconds", "predict_seconds", "seconds")
    return dict.fromkeys(numbers, 0.1) | {
        "experiment_id": f"voice.gender_ecapa.{part}", "dataset": "card:gender_ecapa", "target": "sex",
        "subset": "all", "origin": "shipped", "kind": "card", "method": "gender_ecapa", "version": 1,
        "views": ["sound"], "combination": "together", "columns": 0, "key": "k", "seed": 1, "protocol": part,
        "protocol_title": title, "protocol_summary": "Elsewhere.", "unit": "speaker", "classes": list(SEXES),
        "clips": clips, "groups": 4, "accuracy": accuracy, "accuracy_low": accuracy - 0.1, "accuracy_high": 1.0,
        "grouped_low": None, "grouped_high": None, "balanced_accuracy": accuracy, "macro_f1": accuracy,
        "parameters": json.dumps(_card_made()), "versions": "{}", "notes": ["It does not know all.", "A note."],
        "made_at": datetime(2026, 1, 2),
    }  # fmt: skip


def _card_made() -> dict[str, Any]:
    corpora = {"train": ["yonder"], "validation": ["elsewhere"], "test": ["demo_voices", "elsewhere"]}
    seed = {
        "validation": {"validation_accuracy_whole": 0.9},
        "temperature": 0.9,
        "best_epoch": 2,
        "epochs": 2,
    }
    return {
        "recipe": {"network": {"width": 64}, "batch": 8}, "parameters": 1_500_000, "temperature": 0.9, "seed": 1,
        "seeds": [seed | {"seed": number, "seconds": 60.0} for number in range(3)],
        "over_seeds": {"validation_accuracy_whole": {"mean": 0.91, "spread": 0.02}},
        "speakers": {
            part: [{"dataset": name, "title": f"Corpus {name}", "clips": 7, "female": 2, "male": 3} for name in names]
            for part, names in corpora.items()
        },
        "says": ["It does not know all."], "weights": "a0" * 32, "device": "cpu", "made": "2026-01-02",
        "origin": "shipped",
    }  # fmt: skip


@pytest.fixture(scope="session")
def build() -> Callable[..., None]:
    """``build(store, *folders, analyses=True)``: a build of folders, and of what the store holds already."""

    def run(store: Path, *folders: Path, analyses: bool = True) -> None:
        sources = parse([f"folder={folder}" for folder in folders])
        # In this process: another one would take seconds to import all that is here already.
        build_store(Store(store), sources, lambda _: None, Options(n_jobs=1, analyses=analyses))

    return run


@pytest.fixture(scope="session")
def made_once(shared_folder: Path) -> Callable[[str, Callable[[Path], None]], Path]:
    """``made_once(name, make)``: a folder that ``make(folder)`` fills, once for all workers; only to be copied."""

    def once(name: str, make: Callable[[Path], None]) -> Path:
        folder = shared_folder / name
        with FileLock(f"{folder}.lock"):
            if not folder.exists():
                new = folder.with_name(f"{name}_new")
                shutil.rmtree(new, ignore_errors=True)
                make(new)
                new.rename(folder)
        return folder

    return once


@pytest.fixture(scope="session")
def tones_kept(made_once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """A folder of six recordings with two labels, and one file that is none."""

    def make(folder: Path) -> None:
        for number, label in enumerate(["high", "high", "high", "low", "low", "low"]):
            hz = (1_500 if label == "high" else 200) + 10 * number
            path = folder / "tones" / label / f"{number}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, 0.3 * np.sin(2 * np.pi * hz * np.arange(RATE_HZ // 2) / RATE_HZ), RATE_HZ)
        (folder / "tones" / "low" / "broken.wav").write_bytes(b"no recording")

    return made_once("pages_tones", make) / "tones"


@pytest.fixture
def tones(tones_kept: Path, tmp_path: Path) -> Path:
    """The folder of tones, fresh; a test may change it."""
    return Path(shutil.copytree(tones_kept, tmp_path / "recordings" / "tones"))


@pytest.fixture(scope="session")
def stores_kept(
    tones_kept: Path,
    build: Callable[..., None],
    made_once: Callable[[str, Callable[[Path], None]], Path],
) -> Path:
    """A store with two snapshots: the folder of tones, and the same with a recording less."""

    def make(folder: Path) -> None:
        place = Path(shutil.copytree(tones_kept, folder / "tones"))
        build(folder / "store", place)
        (place / "low" / "5.wav").unlink()
        build(folder / "store")

    return made_once("pages_stores", make) / "store"


@pytest.fixture
def two_snapshots(stores_kept: Path, tones: Path, tmp_path: Path) -> Store:
    """The tones, and the tones with a recording less; a test may change the store and ``tones``."""
    (tones / "low" / "5.wav").unlink()
    return _moved(stores_kept, tmp_path / "store", tones)


@pytest.fixture
def tones_store(stores_kept: Path, tones: Path, tmp_path: Path) -> Path:
    """A store of the folder of tones; a test may change both."""
    return _of_tones(stores_kept, tmp_path / "store", tones)


@pytest.fixture(scope="module")
def tones_to_read(stores_kept: Path, tones_kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the folder of tones, only to be read."""
    return _of_tones(stores_kept, tmp_path_factory.mktemp("tones") / "store", tones_kept)


def _of_tones(kept: Path, root: Path, recordings: Path) -> Path:
    store = _moved(kept, root, recordings)
    first, second = (one.number for one in store.snapshots())
    store.use(first)
    store.delete(second)
    return store.root


def _moved(kept: Path, root: Path, recordings: Path) -> Store:
    """A copy of a store of one collection whose recordings lie elsewhere."""
    store = Store(Path(shutil.copytree(kept, root)))
    for one in store.snapshots():
        with Writer(one.path) as writer, writer.transaction():
            writer.con.execute("update datasets set path = ?", [str(recordings)])
    return store
