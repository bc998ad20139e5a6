"""Models: the leaderboard, an experiment in full, two compared, one run from the page, and links to all of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import soundfile

from app.builds import panel
from app.cache import tables
from app.experiments import confusion, errors, leaderboard
from app.ui import clip_table
from pipeline.classify import CLASSIFIERS
from pipeline.classify.significance import compare
from pipeline.experiments.spec import BASELINES
from store.reader import Reader
from store.snapshots import Store

if TYPE_CHECKING:
    from tests.pages.conftest import Page

DETAILS = ("Errors", "Classes", "Curves", "Calibration", "Folds", "Learning curve", "Columns", "About")
SOUNDS, VOICES = "demo_sounds", "demo_voices"


@pytest.fixture
def models(open_page: Callable[..., Page], demo_store: Path) -> Callable[..., Page]:
    """``models(**query)``: the page on the demo sounds, without error."""

    def open_one(**query: str) -> Page:
        return open_page(demo_store, "models", **{"dataset": SOUNDS} | query).sound()

    return open_one


def _number(root: Path) -> int:
    current = Store(root).current()
    assert current is not None
    return current.number


def _read(store: Path) -> Reader:
    current = Store(store).current()
    assert current is not None
    return Reader(current.path)


def _experiments(store: Path, dataset: str = SOUNDS, target: str = "label") -> pd.DataFrame:
    with _read(store) as reader:
        table = reader.experiments(dataset)
    return table[(table["target"] == target) & (table["subset"] == "all")]


def _best(store: Path, dataset: str = SOUNDS, target: str = "label") -> pd.Series:
    table = _experiments(store, dataset, target)
    return table[~table["method"].isin(BASELINES) & (table["kind"] != "facts")].iloc[0]


def _query(page: Page, name: str) -> str | None:
    value = page.at.query_params.get(name)
    return value[0] if isinstance(value, list) else value


def _keyed(page: Page, key: str) -> Any:
    kinds = ("selectbox", "multiselect", "button_group", "number_input")
    (found,) = [one for kind in kinds for one in page.at.get(kind) if one.key == key]
    return found


def _set(page: Page, **values: Any) -> Page:
    """Set widgets by their keys, one run for each."""
    for key, value in values.items():
        _keyed(page, key).set_value(value)
        page.at.run()
    return page.sound()


def _ids(told: dict[str, Any]) -> list[str]:
    return [row["id"] for row in told["rows"]]


@pytest.mark.parametrize("dataset", [SOUNDS, VOICES])
def test_it_opens_with_the_most_accurate_that_listens(
    models: Callable[..., Page], demo_store: Path, dataset: str
) -> None:
    page, best = models(dataset=dataset), _best(demo_store, dataset)
    assert _query(page, "experiment") == best["experiment_id"]
    assert _query(page, "target") == "label"
    assert f"**{100 * best['accuracy']:.1f}% of {best['clips']} clips are classified correctly**" in page.text
    assert f"{100 * best['accuracy_low']:.1f} to {100 * best['accuracy_high']:.1f}%" in page.text
    assert "Without using the audio:" in page.text
    board = page.at.dataframe[0].value
    assert len(board) == len(_experiments(demo_store, dataset))
    assert best["protocol_summary"] in page.text


@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize("which", ["all.logistic", "mfcc.svm_rbf", "facts.forest", "all.majority"])
def test_every_part_of_an_experiment(
    models: Callable[..., Page], demo_store: Path, which: str, detail: str
) -> None:
    page = models(experiment=f"{SOUNDS}.label.{which}", detail=detail)
    assert _query(page, "experiment") == f"{SOUNDS}.label.{which}"
    charts = [key for key in page.charts if key != "chart_accuracies"]
    in_full = which == "all.logistic"
    if detail in ("Learning curve", "Columns"):
        assert bool(charts) == in_full
        assert (
            in_full
            or "from this page" in page.text
            or "was not measured" in page.text
            or "baseline" in page.text
        )
    elif detail != "About":
        assert charts
    said = f"snapshot {_number(demo_store)}, " in page.text and "tested clips" in page.text
    assert said or not charts


def test_every_figure_says_what_it_is_of(models: Callable[..., Page], demo_store: Path) -> None:
    best, number = _best(demo_store), _number(demo_store)
    for detail in DETAILS[:-1]:
        page = models(experiment=f"{SOUNDS}.label.all.logistic", detail=detail)
        told = [
            one.value
            for one in page.at.caption
            if f"snapshot {number}, {best['protocol_title']}" in one.value
        ]
        assert len(told) == len(page.charts), detail
        assert all(f"n = {best['clips']}" in one for one in told), detail


def test_a_link_to_an_experiment_leads_to_its_target(models: Callable[..., Page], demo_store: Path) -> None:
    with _read(demo_store) as reader:
        table = reader.experiments(VOICES)
    other = table[table["target"] != "label"].iloc[-1]
    page = models(dataset=VOICES, experiment=other["experiment_id"])
    assert (_query(page, "target"), _query(page, "experiment")) == (other["target"], other["experiment_id"])
    _set(page, target_box="label")
    assert _query(page, "experiment") == _best(demo_store, VOICES)["experiment_id"]


def test_what_cannot_be_told_from_guessing_is_said_so(models: Callable[..., Page], demo_store: Path) -> None:
    for dataset in (SOUNDS, VOICES):
        with _read(demo_store) as reader:
            table = reader.experiments(dataset)
        for target in table["target"].unique():
            mine = table[(table["target"] == target) & (table["subset"] == "all")]
            guess = mine.loc[mine["method"].isin(BASELINES), "accuracy"].max()
            worst = mine[~mine["method"].isin(BASELINES)].iloc[-1]
            low = worst["grouped_low"] if pd.notna(worst["grouped_low"]) else worst["accuracy_low"]
            page = models(dataset=dataset, experiment=worst["experiment_id"])
            said = "No better than guessing" in page.text or "Worse than guessing" in page.text
            assert said == (low <= guess), worst["experiment_id"]


def test_an_unknown_experiment_is_said_and_the_best_is_shown(
    models: Callable[..., Page], demo_store: Path
) -> None:
    page = models(experiment=f"{SOUNDS}.label.all.oracle")
    assert "has no experiment" in page.text
    assert _query(page, "experiment") == _best(demo_store)["experiment_id"]
    assert "holds no experiment" not in models(experiment="esc50.label.all.knn").text


@pytest.mark.parametrize("name", ["part", "detail", "target", "true", "said", "clip", "first", "second"])
@pytest.mark.parametrize("part", ["Results", "Compare", "Voice", "Run"])
def test_nonsense_in_the_address_is_no_error(models: Callable[..., Page], name: str, part: str) -> None:
    page = models(**{"part": part} | {name: "<b>'; drop table</b>"})
    assert page.at.title[0].value == "Models"


def _cell(store: Path, experiment_id: str) -> tuple[tuple[str, str], pd.DataFrame]:
    """The cell with the most errors, and all predictions."""
    with _read(store) as reader:
        table = reader.predictions(experiment_id).table
    wrong = table[table["truth"] != table["predicted"]]
    true, said = wrong.groupby(["truth", "predicted"]).size().idxmax()
    return (str(true), str(said)), table


def test_a_cell_lists_its_clips_and_its_surest_is_shown_beside_its_neighbours(
    models: Callable[..., Page], demo_store: Path, drawn: dict[str, Any]
) -> None:
    name = f"{SOUNDS}.label.pitch.logistic"
    cell, table = _cell(demo_store, name)
    page = models(experiment=name)
    wrong = errors.of_cell(table, ("", ""))
    assert _ids(drawn[errors.LIST]) == wrong["clip_id"].head(clip_table.ROWS_OF_IDS).tolist()
    _set(page, confusion_actual=cell[0], confusion_predicted=cell[1])
    mine = errors.of_cell(table, cell)
    assert (_query(page, confusion.ACTUAL), _query(page, confusion.PREDICTED)) == cell
    assert _ids(drawn[errors.LIST]) == mine["clip_id"].head(clip_table.ROWS_OF_IDS).tolist()
    first = mine.iloc[0]
    assert _query(page, "clip") == first["clip_id"] == drawn[errors.LIST]["chosen"]
    assert [one.proto.autoplay for one in page.at.get("audio")] == [True]
    assert f"was classified as **{cell[1]}**" in page.text
    tested = table.set_index("clip_id")
    for key, label in (("nearest_0", cell[0]), ("nearest_1", cell[1])):
        near = tested.loc[_ids(drawn[key])]
        assert len(near) and set(near["truth"]) == {label}
        assert first["fold"] not in set(near["fold"]), "a neighbour that was not learned from"
    _set(page, confusion_actual="", confusion_predicted="")
    assert _query(page, "clip") is None
    assert not page.at.get("audio")


def test_a_link_to_a_cell_and_a_clip_leads_there_without_a_sound(
    models: Callable[..., Page], demo_store: Path, drawn: dict[str, Any]
) -> None:
    name = f"{SOUNDS}.label.pitch.logistic"
    cell, table = _cell(demo_store, name)
    mine = errors.of_cell(table, cell)
    clip = str(mine["clip_id"].iloc[-1])
    page = models(experiment=name, true=cell[0], said=cell[1], clip=clip)
    assert errors.heading(cell, len(mine)) in [one.value for one in page.at.subheader]
    assert f"`{clip}`" in page.text
    assert [one.proto.autoplay for one in page.at.get("audio")] == [False]
    links = [one.proto.page for one in page.at.get("page_link")]
    assert {"clusters", "similar"} <= {link.rsplit("/", 1)[-1] for link in links}


def test_long_lists_have_pages(models: Callable[..., Page], demo_store: Path, drawn: dict[str, Any]) -> None:
    name = f"{VOICES}.label.all.chance"
    (true, _), table = _cell(demo_store, name)
    wrong = errors.of_cell(table, ("", ""))["clip_id"].tolist()
    assert len(errors.of_cell(table, (true, ""))) > clip_table.ROWS_OF_IDS
    page = models(dataset=VOICES, experiment=name)
    _set(page, **{clip_table.page_key(errors.LIST): 2})
    assert _ids(drawn[errors.LIST]) == wrong[clip_table.ROWS_OF_IDS : 2 * clip_table.ROWS_OF_IDS]
    _set(page, confusion_actual=true)
    assert _keyed(page, clip_table.page_key(errors.LIST)).value == 1


def test_two_experiments_are_compared(
    models: Callable[..., Page], demo_store: Path, drawn: dict[str, Any]
) -> None:
    first, second = f"{SOUNDS}.label.all.logistic", f"{SOUNDS}.label.pitch.logistic"
    page = models(part="Compare", first=first, second=second)
    with _read(demo_store) as reader:
        found = compare(reader.predictions(first).table, reader.predictions(second).table)
    assert found.sentence in page.text
    assert [_query(page, one) for one in ("first", "second")] == [first, second]
    assert _ids(drawn["only_first"]) == list(found.only_first[: clip_table.ROWS_OF_IDS])
    assert page.at.table[0].value.to_numpy().tolist() == [
        [found.both_right, len(found.only_first)],
        [len(found.only_second), found.both_wrong],
    ]
    _set(page, second_box=first)
    assert "Both are the same experiment" in page.text


def test_references_are_marked_and_have_a_source(
    models: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "not measured here" not in models().text
    known = [leaderboard.Reference("Wizard", 0.777, "ESC-X", 3, "A paper", "https://doi.org/10.1/x")]
    monkeypatch.setattr(leaderboard, "published", lambda dataset, experiment: known)
    page = models()
    assert "Published results on ESC-X, not measured here" in page.text
    assert "Wizard 77.7% ([A paper](https://doi.org/10.1/x))" in page.text
    assert "on all 3 clips" in page.text


def test_what_was_not_made_is_listed_with_its_reason(
    models: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    gap = pd.DataFrame([{"target": "label", "what": "svm on mfcc", "reason": "Too many clips."}])
    monkeypatch.setattr(tables, "experiment_gaps", lambda dataset: gap)
    for part in ("Results", "Run"):
        page = models(part=part)
        assert [one.label for one in page.at.expander if "could not be run" in one.label]
        assert any("Too many clips." in table.value.to_numpy().ravel() for table in page.at.dataframe)


def test_the_form_asks_for_what_is_in_it(
    models: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[list[str], str]] = []
    monkeypatch.setattr(panel, "begin", lambda words, command="build": begun.append((words, command)))
    page = models(part="Run")
    assert f"`{SOUNDS}.label.all.logistic`, replacing the existing one" in page.text
    _set(page, run_method="knn", run_views=["pitch", "mfcc"], run_combination="vote", run_seed=5)
    assert f"`{SOUNDS}.label.mfcc+pitch.knn.vote.seed5`." in page.text
    page.box("Run the experiment").click()
    page.at.run()
    words, command = begun[0]
    asked = dict(zip(words[::2], words[1::2], strict=True))
    assert command == "learn"
    assert asked == {
        "--dataset": SOUNDS, "--target": "label", "--method": "knn", "--views": "mfcc,pitch",
        "--combination": "vote", "--seed": "5",
    }  # fmt: skip
    _set(page, run_views=[])
    assert "Choose at least one view" in page.text
    assert set(_keyed(page, "run_method").options) == {one.title for one in CLASSIFIERS.values()}


def test_an_experiment_run_from_the_page_is_shown(open_page: Callable[..., Page], demo_copy: Path) -> None:
    page = open_page(demo_copy, "models", dataset=SOUNDS, part="Run").sound()
    _set(page, run_method="knn", run_views=["chroma"], run_seed=5)
    page.box("Run the experiment").click()
    page.at.run()
    new = f"{SOUNDS}.label.chroma.knn.seed5"
    page.wait(lambda: _query(page, "experiment") == new, timeout_s=120)
    assert "k nearest neighbours on Chroma (seed 5)" in [one.value for one in page.at.header]
    assert _keyed(page, "part").value == "Results"
    _set(page, detail="Learning curve")
    assert "chart_learning" in page.charts
    row = _experiments(demo_copy).set_index("experiment_id").loc[new]
    assert row["origin"] == "page"
    assert f"**{100 * row['accuracy']:.1f}% of" in page.text


def test_a_collection_nobody_has_learned_from_yet(
    open_page: Callable[..., Page], tmp_path: Path, tones: Path, build: Callable[..., None]
) -> None:
    build(tmp_path / "store", tones, analyses=False)
    page = open_page(tmp_path / "store", "models").sound()
    assert "No experiment has been run on these 6 clips yet" in page.text
    page.box("Run an experiment").click()
    page.at.run()
    assert _keyed(page.sound(), "part").value == "Run"
    assert page.box("Run the experiment")


def test_a_collection_of_one_class(
    open_page: Callable[..., Page], tmp_path: Path, build: Callable[..., None]
) -> None:
    noise = np.random.default_rng(0)
    for number in range(3):
        path = tmp_path / "alone" / "hum" / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.1 * noise.standard_normal(4_000), 8_000)
    build(tmp_path / "store", tmp_path / "alone", analyses=False)
    for part in ("Results", "Compare", "Run"):
        page = open_page(tmp_path / "store", "models", part=part).sound()
        assert "every labelled clip is labelled 'hum'" in page.text, part


def test_a_recording_that_is_gone_is_said_and_the_rest_is_shown(
    open_page: Callable[..., Page], demo_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{SOUNDS}.label.pitch.logistic"
    cell, table = _cell(demo_copy, name)
    clip = str(errors.of_cell(table, cell)["clip_id"].iloc[0])
    monkeypatch.setattr(
        "app.ui.clip.recording", lambda row, root=None: Path("/nowhere") / str(row["relative_path"])
    )
    page = open_page(
        demo_copy, "models", dataset=SOUNDS, experiment=name, true=cell[0], said=cell[1], clip=clip
    )
    assert not page.at.exception
    assert "cannot be played" in page.text or page.at.warning
    assert f"was classified as **{cell[1]}**" in page.text
