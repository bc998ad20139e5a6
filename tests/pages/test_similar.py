"""Similar: clips and recordings of one's own, in every view, from any address, with a word for each error."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from app.cache import snapshot
from pipeline.build.build import Options, build
from pipeline.features import VIEWS
from pipeline.sources import parse
from store.reader import Reader
from store.snapshots import Store

if TYPE_CHECKING:
    from tests.pages.conftest import Page

FILE = "A file of mine"
RATE_HZ = 16_000
NOISE = 0.1 * np.random.default_rng(6).normal(size=RATE_HZ // 2)


def _bytes(samples: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE_HZ, format="WAV")
    return buffer.getvalue()


def _clip(store: Path, dataset: str, row: int = 12) -> Any:
    current = Store(store).current()
    assert current is not None
    with Reader(current.path) as reader:
        return reader.clip(reader.clips(dataset)["clip_id"].iloc[row])


def _clips(store: Path, dataset: str = "demo_sounds") -> int:
    current = Store(store).current()
    assert current is not None
    with Reader(current.path) as reader:
        return len(reader.clips(dataset))


def _file(clip: Any) -> bytes:
    return (Path(clip["root"]) / clip["relative_path"]).read_bytes()


def _build(store: Path, folder: Path) -> None:
    """A store of the views of a folder alone: projections take their time, and are not asked for here."""
    build(Store(store), parse([f"folder={folder}"]), lambda _: None, Options(n_jobs=1, analyses=False))


def _ids(drawn: dict[str, dict[str, Any]]) -> list[str]:
    return [row["id"] for row in drawn["rows"]["rows"]]


@pytest.mark.parametrize("dataset", ["demo_sounds", "demo_voices"])
def test_a_clip_has_ten_neighbours_with_players(
    open_page: Callable[..., Page], demo_store: Path, drawn: dict[str, Any], dataset: str
) -> None:
    clip = _clip(demo_store, dataset)
    page = open_page(demo_store, "similar", dataset=dataset, clip=clip["clip_id"]).sound()
    assert page.box("Clip").value == clip["clip_id"]
    rows = drawn["rows"]["rows"]
    assert len(rows) == 10
    assert clip["clip_id"] not in _ids(drawn)
    assert all(row["sound"].startswith("data:audio/") for row in rows)
    assert [column["name"] for column in drawn["rows"]["columns"]][:2] == ["label", "distance"]
    assert f"The 10 nearest of {_clips(demo_store, dataset)} clips" in page.text
    assert " ms, all columns on one scale" in page.text
    agreeing = sum(row["cells"][0] == clip["label"] for row in rows)
    assert {0: "None of 10", 10: "All 10"}.get(agreeing, f"{agreeing} of 10") in page.text


@pytest.mark.parametrize(("scope", "searches"), [("This collection", 1), ("All collections", 2)])
def test_nothing_is_searched_twice(
    open_page: Callable[..., Page],
    demo_store: Path,
    drawn: Any,
    monkeypatch: pytest.MonkeyPatch,
    scope: str,
    searches: int,
) -> None:
    asked: list[str | None] = []
    nearest = snapshot.nearest_index

    def counted(dataset: str | None, view: str) -> Any:
        asked.append(dataset)
        return nearest(dataset, view)

    monkeypatch.setattr(snapshot, "nearest_index", counted)
    open_page(demo_store, "similar", dataset="demo_sounds", scope=scope).sound()
    # The cloud shows one collection: a second search only where the rows come from all.
    assert len(asked) == len(set(asked)) == searches
    assert len(_ids(drawn)) == 10


@pytest.mark.parametrize("view", [*(one.title for one in VIEWS.values()), "All views together"])
def test_every_view_and_metric(
    open_page: Callable[..., Page], demo_store: Path, drawn: Any, view: str
) -> None:
    for metric in ("Cosine", "Euclidean"):
        page = open_page(demo_store, "similar", dataset="demo_sounds", view=view, metric=metric).sound()
        assert page.at.query_params.get("metric", "Cosine") in (metric, [metric])
        assert page.box("View").options[page.box("View").index] == view
        assert page.box("Distance").value == metric
        assert len(drawn["rows"]["rows"]) == 10


def test_all_collections_are_looked_through(
    open_page: Callable[..., Page], demo_store: Path, drawn: Any
) -> None:
    page = open_page(
        demo_store, "similar", dataset="demo_voices", scope="All collections", view="Dynamics"
    ).sound()
    sounds, voices = (_clips(demo_store, name) for name in ("demo_sounds", "demo_voices"))
    assert f"nearest of {sounds + voices} clips" in page.text
    page.box("Look through").set_value("This collection")
    page.at.run()
    assert f"nearest of {voices} clips" in page.sound().text
    assert all(one.startswith("demo_voices/") for one in _ids(drawn))


def test_a_file_of_the_collection_is_known_and_found(
    open_page: Callable[..., Page], demo_store: Path, drawn: Any
) -> None:
    clip = _clip(demo_store, "demo_sounds")
    page = open_page(demo_store, "similar", dataset="demo_sounds", of=FILE, view="MFCC").sound()
    assert "memory" in page.text and "rows" not in drawn
    page.at.file_uploader[0].upload("mine.wav", _file(clip), "audio/wav").run()
    assert f"in the store already: `{clip['clip_id']}`" in page.sound().text
    first = drawn["rows"]["rows"][0]
    assert first["id"] == clip["clip_id"]
    assert {"0.0000", "the same file"} <= set(first["cells"])
    assert len(drawn["rows"]["rows"]) == 10


def test_where_a_recording_falls_in_the_cloud(
    open_page: Callable[..., Page], demo_store: Path, drawn: Any
) -> None:
    page = open_page(demo_store, "similar", dataset="demo_sounds", of=FILE, projection="PCA").sound()
    page.at.file_uploader[0].upload("mine.wav", _bytes(NOISE), "audio/wav").run()
    assert "exactly where PCA puts it" in page.sound().text
    clips = _clips(demo_store)
    assert (drawn["cloud"]["n"], drawn["cloud"]["chosen_id"]) == (clips + 1, "your recording")
    assert len(drawn["cloud"]["links"]) == 10
    page.box("Projection").set_value("UMAP")
    page.at.run()
    assert "no formula for a new recording" in page.sound().text
    page.box("Look for what sounds like").set_value("A clip")
    page.at.run()
    page.sound()
    assert drawn["cloud"]["n"] == clips
    assert drawn["cloud"]["chosen_id"] == page.box("Clip").value


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "is empty"),
        (b"no recording", "Neither libsndfile nor FFmpeg"),
        (_bytes(NOISE)[:3_000], "ends after"),
        (_bytes(NOISE[:160]), "lasts 0.010 s"),
        (_bytes(np.zeros(RATE_HZ)), "digital silence"),
        (_bytes(np.zeros(RATE_HZ * 601)), "at most 10 min"),
    ],
)
def test_what_cannot_be_used_is_told_and_the_page_stays(
    open_page: Callable[..., Page], demo_store: Path, drawn: Any, data: bytes, told: str
) -> None:
    page = open_page(demo_store, "similar", dataset="demo_sounds", of=FILE).sound()
    page.at.file_uploader[0].upload("bad.wav", data, "audio/wav").run()
    (warning,) = page.sound().at.warning
    assert warning.value.startswith("`bad.wav` cannot be used.") and told in warning.value
    assert "rows" not in drawn
    page.at.file_uploader[0].set_value(("good.wav", _bytes(NOISE), "audio/wav")).run()
    assert not page.sound().at.warning
    assert len(drawn["rows"]["rows"]) == 10


def test_the_microphone(open_page: Callable[..., Page], demo_store: Path, drawn: Any) -> None:
    page = open_page(demo_store, "similar", dataset="demo_voices", of="My microphone").sound()
    page.at.audio_input[0].upload("recorded.wav", _bytes(NOISE)).run()
    page.sound()
    assert len(drawn["rows"]["rows"]) == 10


def test_a_neighbour_in_full_and_on_from_it(
    open_page: Callable[..., Page], demo_store: Path, drawn: Any
) -> None:
    hit = _clip(demo_store, "demo_voices", 30)["clip_id"]
    page = open_page(demo_store, "similar", dataset="demo_sounds", scope="All collections", hit=hit).sound()
    assert f"`{hit}`" in page.text
    assert len(page.charts) == 2
    page.box("Look for what sounds like this one").click()
    page.at.run()
    page.sound()
    assert page.box("Collection").value == "demo_voices"
    assert page.box("Clip").value == hit
    assert not page.charts


def test_another_clip_is_picked_and_kept_in_the_address(
    open_page: Callable[..., Page], demo_store: Path, drawn: Any
) -> None:
    page = open_page(demo_store, "similar", dataset="demo_sounds").sound()
    wanted = _clip(demo_store, "demo_sounds", 44)["clip_id"]
    page.box("Clip").set_value(wanted)
    page.at.run()
    assert page.sound().at.query_params["clip"] in (wanted, [wanted])
    before = _ids(drawn)
    open_page(demo_store, "similar", dataset="demo_sounds", clip=wanted).sound()
    assert _ids(drawn) == before


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"clip": "demo_sounds/gone.wav"}, "holds no clip `demo_sounds/gone.wav`"),
        ({"clip": "elsewhere/1.wav"}, ""),
        ({"hit": "<b>gone</b>"}, "no clip"),
        ({"view": "x", "metric": "y", "scope": "z", "of": "?"}, ""),
        ({"projection": "nonsense"}, ""),
    ],
)
def test_nonsense_in_the_address_breaks_nothing(
    open_page: Callable[..., Page], demo_store: Path, drawn: Any, query: dict[str, str], told: str
) -> None:
    page = open_page(demo_store, "similar", **({"dataset": "demo_sounds"} | query)).sound()
    assert told in page.text
    assert len(drawn["rows"]["rows"]) == 10


def test_a_long_list_is_narrowed_down_first(
    open_page: Callable[..., Page], demo_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.similar import query as similar_query

    monkeypatch.setattr(similar_query, "MOST_OPTIONS", _clips(demo_store) // 2)
    monkeypatch.setattr(similar_query, "SHOWN_OPTIONS", 5)
    page = open_page(demo_store, "similar", dataset="demo_sounds").sound()
    assert len(page.box("Clip").options) == 5
    chosen = page.box("Clip").value
    page.box("Part of its label or name").set_value("RAIN")
    page.at.run()
    options = page.sound().box("Clip").options
    assert len(options) == 6 and all("rain" in one for one in options[1:])
    assert page.box("Clip").value == chosen, "narrowing the list down chooses nothing"
    page.box("Part of its label or name").set_value("no such thing (")
    page.at.run()
    assert "0 clips" in page.sound().text


def test_duplicates_are_found_and_told(
    open_page: Callable[..., Page], tones: Path, tmp_path: Path, drawn: Any
) -> None:
    shutil.copy(tones / "high" / "0.wav", tones / "low" / "double.wav")
    _build(tmp_path / "store", tones)
    open_page(tmp_path / "store", "similar", dataset="tones", clip="tones/high/0.wav", view="MFCC").sound()
    first = drawn["rows"]["rows"][0]
    assert first["id"] == "tones/low/double.wav"
    assert {"0.0000", "the same file"} <= set(first["cells"])
    assert len(drawn["rows"]["rows"]) == 6


def test_a_collection_of_one_clip(open_page: Callable[..., Page], tones: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(tones / "high" / "0.wav", alone)
    _build(tmp_path / "store", alone)
    page = open_page(tmp_path / "store", "similar", dataset="alone").sound()
    assert "no other clip" in page.text or "same" in page.text


def test_a_recording_that_has_vanished(
    open_page: Callable[..., Page], tones_store: Path, tones: Path, drawn: Any
) -> None:
    shutil.rmtree(tones)
    page = open_page(tones_store, "similar", dataset="tones").sound()
    assert "cannot be played" in page.text
    assert {row["sound"] for row in drawn["rows"]["rows"]} == {None}
