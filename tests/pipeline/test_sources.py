"""What a person types after --dataset, and what the store remembers of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.datasets import DATASETS
from pipeline.errors import PipelineError
from pipeline.sources import Source, choose, dataset_named, dataset_row, parse, recordings_root, store_root


def one(word: str) -> Source:
    (source,) = parse([word]).values()
    return source


def row(name: str, reader: str, path: Path) -> dict[str, str]:
    return {"dataset": name, "reader": reader, "path": str(path)}


def test_a_kind_and_its_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for word in (f"esc50={tmp_path}/x", "esc50=x", "esc50=./y/../x", "esc50=~/x"):
        assert one(word) == Source("esc50", DATASETS["esc50"], tmp_path / "x")
    assert one("esc50=a=b").path.name == "a=b"


def test_a_name_of_its_own(tmp_path) -> None:
    assert (one(f"esc50:small={tmp_path}").name, one(f"esc50:small={tmp_path}").word) == (
        "small",
        "esc50:small",
    )
    assert one(f"esc50:esc50={tmp_path}").word == "esc50"


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("Bell Recordings (2026)", "bell_recordings_2026"),
        ("录音", "folder"),
        ("a" * 60, "a" * 40),
        ("x-Y_z", "x_y_z"),
    ],
)
def test_a_folder_is_called_as_it_is_called(tmp_path, folder, name) -> None:
    source = one(f"folder={tmp_path / folder}")
    assert source.name == name and source.derived
    assert not one(f"folder:mine={tmp_path / folder}").derived


def test_the_demo_is_two_corpora(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SESATLAS_RECORDINGS", str(tmp_path))
    assert {name: source.path for name, source in parse(["demo"]).items()} == {
        "demo_sounds": tmp_path / "demo" / "demo_sounds",
        "demo_voices": tmp_path / "demo" / "demo_voices",
    }
    assert one("demo_sounds").path == tmp_path / "demo" / "demo_sounds"
    assert parse([f"demo={tmp_path}/other"])["demo_voices"].path == tmp_path / "other" / "demo_voices"
    assert recordings_root() == tmp_path


def test_places_come_from_the_environment(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SESATLAS_STORE", str(tmp_path))
    assert store_root() == tmp_path
    monkeypatch.delenv("SESATLAS_STORE")
    monkeypatch.delenv("SESATLAS_RECORDINGS", raising=False)
    assert store_root().parts[-2:] == ("data", "store") and recordings_root().name == "data"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["esc51=/x"], "'esc51' is no known dataset; there are: demo, esc50, timit"),
        (["=/x"], "'' is no known dataset"),
        ([""], "'' is no known dataset"),
        (["esc50"], "'esc50' names no folder; expected --dataset esc50=PATH"),
        (["esc50="], "names no folder"),
        (["esc50:=/x"], "'' cannot name a dataset"),
        (["folder:My Sounds=/x"], "'My Sounds' cannot name a dataset; .*folder:ANOTHER_NAME=/x"),
        (["folder:../x=/x"], "cannot name a dataset"),
        (["folder:timit=/x"], "'timit' is the name of another kind.*folder:ANOTHER_NAME=/x"),
        (["folder=/x/timit"], "'timit' is the name of another kind"),
        (["folder:demo=/x"], "'demo' is the name of another kind"),
        (["demo:mine=/x"], "names the demo otherwise; expected demo or demo=PATH"),
        (["esc50=/x", "esc50=/y"], "'esc50' is given twice.*esc50:ANOTHER_NAME=/y"),
        (["folder=/a/bells", "folder=/b/bells"], "'bells' is given twice"),
        (["demo", "demo_sounds"], "'demo_sounds' is given twice"),
        (["folder=/x\udcff"], "not valid UTF-8"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(words, said) -> None:
    with pytest.raises(PipelineError, match=said) as caught:
        parse(words)
    assert "\n" not in str(caught.value)


def test_an_unknown_kind_lists_the_known_ones() -> None:
    with pytest.raises(PipelineError, match=", ".join(DATASETS)):
        dataset_named("sounds")


def test_remembered_and_given_go_together(tmp_path) -> None:
    rows = [row("esc50", "esc50", tmp_path / "a"), row("mine", "folder", tmp_path / "b")]
    sources = choose(rows, parse([f"timit={tmp_path / 'c'}"]))
    assert {name: source.path.name for name, source in sources.items()} == {
        "esc50": "a",
        "mine": "b",
        "timit": "c",
    }
    assert [source.remembered for source in sources.values()] == [True, True, False]


def test_a_new_path_takes_the_place_of_the_old_one(tmp_path) -> None:
    rows = [row("esc50", "esc50", tmp_path)]
    assert choose(rows, parse([f"esc50={tmp_path / 'new'}"]))["esc50"].path == tmp_path / "new"


def test_a_name_stays_with_its_collection(tmp_path) -> None:
    (tmp_path / "old" / "bells").mkdir(parents=True)
    rows = [row("bells", "folder", tmp_path / "old" / "bells")]
    new = tmp_path / "new" / "bells"
    with pytest.raises(PipelineError, match=r"already names the recordings in .*folder:bells="):
        choose(rows, parse([f"folder={new}"]))
    assert choose(rows, parse([f"folder:bells={new}"]))["bells"].path == new
    assert (
        choose(rows, parse([f"folder={tmp_path / 'old' / 'bells'}"]))["bells"].path
        == tmp_path / "old" / "bells"
    )
    with pytest.raises(PipelineError, match=r"already names A folder of your own.*--forget bells"):
        choose(rows, parse([f"esc50:bells={new}"]))
    # The old place is gone: it has moved.
    (tmp_path / "old" / "bells").rmdir()
    assert choose(rows, parse([f"folder={new}"]))["bells"].path == new


def test_forgetting(tmp_path) -> None:
    rows = [row(name, name, tmp_path) for name in ("esc50", "demo_sounds", "demo_voices")]
    assert list(choose(rows, {}, ["esc50", "esc50"])) == ["demo_sounds", "demo_voices"]
    assert list(choose(rows, {}, ["demo"])) == ["esc50"]
    assert choose(rows, {}, ["demo", "esc50"]) == {}
    for name in ("timit", ""):
        with pytest.raises(PipelineError, match="cannot be forgotten; the store holds: esc50, demo_sounds"):
            choose(rows, {}, [name])
    with pytest.raises(PipelineError, match="the store holds: nothing"):
        choose([], {}, ["demo"])
    with pytest.raises(PipelineError, match="both given and to be forgotten"):
        choose(rows, parse([f"esc50={tmp_path}"]), ["esc50"])


def test_a_kind_that_is_no_more_can_be_forgotten(tmp_path) -> None:
    rows = [row("old", "retired", tmp_path), row("esc50", "esc50", tmp_path)]
    with pytest.raises(PipelineError, match=r"'retired', which is no known dataset any more.*--forget old"):
        choose(rows, {})
    assert list(choose(rows, {}, ["old"])) == ["esc50"]


def test_nothing_to_build_says_how_to_begin() -> None:
    with pytest.raises(PipelineError, match="--dataset esc50=PATH` or `--dataset demo"):
        choose([], {})


def test_what_is_remembered_is_what_was_given(esc50) -> None:
    source = one(f"esc50:mine={esc50.root}")
    told = dataset_row(source, source.dataset.scan(source.path, source.name))
    again = choose([told], {})["mine"]
    assert (again.name, again.dataset, again.path, again.word) == (
        source.name,
        source.dataset,
        source.path,
        source.word,
    )
