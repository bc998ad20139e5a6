"""The Voice part of the Models page, from a made-up card; and the network's own experiment on a collection."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.voice import page as voice
from pipeline.networks.voice_card_rows import DATASET
from store.reader import Reader
from store.results import drop_experiments
from store.snapshots import Store
from store.writer import Writer

if TYPE_CHECKING:
    from tests.pages.conftest import Page

CHARTS = {
    "Conditions": ["voice_conditions"],
    "Speakers": ["voice_speakers"],
    "Dialects": ["voice_dialects"],
    "Calibration": ["reliability"],
    "Training": ["voice_loss_by_epoch", "voice_accuracy_by_epoch", "voice_learning_rate_by_epoch"],
    "Errors": [],
    "About": [],
}
DETAILS = ("Errors", "Classes", "Curves", "Calibration", "Folds", "Learning curve", "Columns", "About")
KNOWN = "Speakers kept for validation"


@pytest.fixture
def part(open_page: Callable[..., Page], voice_store: Path) -> Callable[..., Page]:
    """``part(**query)``: the Voice part, without error."""

    def open_one(**query: str) -> Page:
        return open_page(voice_store, "models", **{"part": "Voice"} | query).sound()

    return open_one


def test_it_says_what_it_is_how_good_and_on_whom(part: Callable[..., Page]) -> None:
    page = part()
    assert "width 64, 1.5 million parameters" in page.text
    assert (
        "**66.7% of 6 clips of 4 speakers are classified correctly** (Corpus demo_voices and Corpus elsewhere;"
        in page.text
    )
    assert "seed 1 is kept" in page.text and "91.0% ± 2.0 on whole clean clips" in page.text
    assert "not tested on speakers" not in page.text
    assert page.metrics[:3] == [("Accuracy", "66.7%"), ("Errors", "2 of 6"), ("Speakers", "2 of 4")]
    corpora = page.at.dataframe[0].value
    assert corpora["used"].tolist() == ["trained on", "chosen on", "tested on", "tested on"]


@pytest.mark.parametrize("section", CHARTS)
def test_every_section_and_what_its_figures_were_measured_on(part: Callable[..., Page], section: str) -> None:
    assert list(CHARTS) == list(voice.SECTIONS)
    page = part(voice=section)
    assert page.charts == [f"chart_{name}" for name in CHARTS[section]]
    told = [
        one.value for one in page.at.caption if one.value.startswith("Measured when the network was made")
    ]
    assert len(told) == len(page.charts) + (section == "Errors")
    assert all("not on clips of this store" in one and "clips of 4 speakers" in one for one in told)


def test_conditions_of_both_groups_of_speakers(part: Callable[..., Page]) -> None:
    page = part(voice="Conditions")
    frames = [one.value for one in page.at.dataframe if "condition" in one.value]
    (table,) = frames
    assert set(table["measured on"]) == {"speakers never met", "speakers kept for validation"}
    assert len(table) == 2 * (2 + 2 + 2)  # each group begins with clean clips


def test_another_group_of_speakers_is_looked_at(part: Callable[..., Page]) -> None:
    page = part(voice="Speakers")
    assert [one.value["speaker"].tolist() for one in page.at.dataframe if "speaker" in one.value] == [
        ["test/male", "test/female"]
    ]
    page = part(voice="Speakers", measured=KNOWN)
    assert [one.value["speaker"].tolist() for one in page.at.dataframe if "speaker" in one.value] == [
        ["validation/male", "validation/female"]
    ]
    assert "No dialects are recorded" in part(voice="Dialects", measured=KNOWN).text
    assert "Every one of the 2 clips was classified correctly" in part(voice="Errors", measured=KNOWN).text


def test_errors_are_listed_and_heard_where_the_store_has_them(
    part: Callable[..., Page], voice_store: Path, drawn: dict[str, Any]
) -> None:
    page = part(voice="Errors")
    ids = [row["id"] for row in drawn["voice_errors"]["rows"]]
    assert ids[0] == "elsewhere/0.wav" and ids[1].startswith("demo_voices/")  # the surest first
    sounds = [row["sound"] for row in drawn["voice_errors"]["rows"]]
    assert sounds[0] is None and sounds[1] is not None
    assert "1 of the 2 are in this store and can be played" in page.text
    assert not page.at.get("audio")
    page = part(voice="Errors", clip=ids[1])
    assert [one.proto.autoplay for one in page.at.get("audio")] == [False]
    assert "records its speaker as **male**" in page.text and "**female-like** voice" in page.text
    assert page.charts == ["chart_voice_clip"]
    page = part(voice="Errors", clip=ids[0])
    assert not page.at.get("audio")
    assert "This clip is of Corpus elsewhere, which is not in this store" in page.text


def test_about_tells_what_it_does_not_know_and_its_recipe(part: Callable[..., Page]) -> None:
    page = part(voice="About")
    assert "It does not know all." in page.text
    assert ":orange[A note.]" in page.text
    (recipe,) = [one.value for one in page.at.dataframe if "parameter" in one.value]
    assert recipe.to_numpy().tolist() == [["network", "width", "64"], ["training", "batch", "8"]]


@pytest.mark.parametrize("name", ["voice", "measured", "clip", "dataset"])
def test_nonsense_in_its_address_is_no_error(part: Callable[..., Page], name: str) -> None:
    assert "Female-like or male-like" in part(**{name: "<b>'; drop table</b>"}).at.header[0].value


def test_a_snapshot_without_a_card_says_what_to_do(
    open_page: Callable[..., Page], voice_store: Path, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(voice_store, tmp_path / "store"))
    current = Store(root).current()
    assert current is not None
    with Reader(current.path) as reader:
        ids = reader.experiments(DATASET)["experiment_id"].tolist()
    with Writer(current.path) as writer, writer.transaction():
        drop_experiments(writer, ids)
    page = open_page(root, "models", part="Voice").sound()
    assert "Build again" in page.text
    assert not page.charts


def test_what_a_build_writes_of_the_network_is_shown(
    open_page: Callable[..., Page], demo_store: Path
) -> None:
    for section in voice.SECTIONS:
        page = open_page(demo_store, "models", part="Voice", voice=section).sound()
        assert "ECAPA-TDNN" in page.text


@pytest.mark.parametrize("detail", DETAILS)
def test_its_experiment_on_a_collection(
    open_page: Callable[..., Page], demo_store: Path, detail: str
) -> None:
    name = _of_demo_voices(demo_store)
    page = open_page(demo_store, "models", dataset="demo_voices", experiment=name, detail=detail).sound()
    assert "ECAPA-TDNN (voice network) on sound" in [one.value for one in page.at.header]
    assert "*The voice network:* The network has learned from" in page.text
    if detail in ("Learning curve", "Columns"):
        assert "The voice network learned elsewhere" in page.text
    if detail == "About":
        assert "The recipe of the voice network" in page.text and "shipped with Sesatlas" in str(
            page.at.table[0].value
        )


def test_beside_its_clips_stand_the_nearest_of_other_speakers(
    open_page: Callable[..., Page], demo_store: Path, drawn: dict[str, Any]
) -> None:
    name = _of_demo_voices(demo_store)
    current = Store(demo_store).current()
    assert current is not None
    with Reader(current.path) as reader:
        clips = reader.clips("demo_voices").set_index("clip_id")
        own = reader.predictions(name).table.iloc[0]
    page = open_page(
        demo_store, "models", dataset="demo_voices", experiment=name, clip=own["clip_id"]
    ).sound()
    assert f"It is recorded as **{own['truth']}**" in page.text and "never met its speaker" in page.text
    for key in ("nearest_0", "nearest_1"):
        near = [row["id"] for row in drawn[key]["rows"]]
        assert near and clips.loc[own["clip_id"], "speaker"] not in set(clips.loc[near, "speaker"])


def _of_demo_voices(store: Path) -> str:
    current = Store(store).current()
    assert current is not None
    with Reader(current.path) as reader:
        table = reader.experiments("demo_voices")
    (name,) = table.loc[table["method"] == "gender_ecapa", "experiment_id"]
    return str(name)
