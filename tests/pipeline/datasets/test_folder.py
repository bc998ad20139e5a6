from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datasets import folder
from pipeline.datasets.corpus import AUDIO_SUFFIXES

Plant = Callable[..., Path]


def test_the_first_folder_is_the_label(plant: Plant) -> None:
    root = plant(
        ["dog/a.wav", "dog/deep/b.MP3", "Vögel im Wald/c d.m4a", "e.ogg", "dog/notes.txt", "dog/._a.wav"]
    )
    scan = folder.scan(root, "mine")
    assert {clip.relative_path: clip.label for clip in scan.clips} == {
        "Vögel im Wald/c d.m4a": "Vögel im Wald",
        "dog/a.wav": "dog",
        "dog/deep/b.MP3": "dog",
        "e.ogg": None,
    }
    assert scan.notes == ["Recordings directly in the folder, which have no label: 1."]
    assert folder.validate(root) == []


def test_one_label_for_all_is_noted(plant: Plant) -> None:
    scan = folder.scan(plant(["sounds/dog/a.wav", "sounds/cat/b.wav"]), "mine")
    assert "All 2 recordings have the label 'sounds'" in scan.notes[0]


def test_a_csv_tells_everything(plant: Plant) -> None:
    header = "Filename;Category;Group;Fold;Split;Src_File;Speaker;Gender;Age;Height_cm;Transcript;Remark"
    rows = ["x/a.wav;dog;pets;1;Train;s1;anna;F;31;170.5;Sitz!;ok", "b.wav;;;2.0;test;;;male;;;;"]
    scan = folder.scan(plant(["x/a.wav", "y/b.wav"], {"list.csv": "\n".join([header, *rows])}), "mine")
    first, second = scan.clips
    assert (first.label, first.label_group, first.fold, first.split) == ("dog", "pets", 1, "train")
    assert (first.source, first.speaker, first.sex, first.age_years) == ("s1", "anna", "female", 31.0)
    assert (first.height_cm, first.text) == (170.5, "Sitz!")
    assert (second.relative_path, second.label, second.fold, second.sex) == ("y/b.wav", None, 2, "male")
    assert (scan.problems, scan.notes) == ([], [])


def test_without_a_label_column_the_folder_is_the_label(plant: Plant) -> None:
    scan = folder.scan(plant(["dog/a.wav"], {"list.csv": "file,speaker\ndog/a.wav,anna\n"}), "mine")
    assert (scan.clips[0].label, scan.clips[0].speaker) == ("dog", "anna")


def test_what_the_csv_and_the_disk_disagree_on(plant: Plant) -> None:
    lines = [
        "path,label",
        "a.wav,dog",
        "gone.wav,dog",
        "same.wav,cat",
        ",cat",
        "./a.wav,cat",
        'x\\c.wav,"d, e"',
        "x/d.wav,f,g",
    ]
    audio = ["a.wav", "x/same.wav", "y/same.wav", "x/c.wav", "x/d.wav", "new.wav"]
    scan = folder.scan(plant(audio, {"list.csv": "\n".join(lines)}), "mine")
    assert {clip.relative_path: clip.label for clip in scan.clips} == {"a.wav": "dog", "x/c.wav": "d, e"}
    assert [problem.relative_path for problem in scan.problems] == ["gone.wav", "same.wav", "x/d.wav"]
    assert "line 3 of list.csv lists it" in scan.problems[0].reason
    assert "line 8 of list.csv has 3 cells, its header has 2" in scan.problems[2].reason
    assert scan.notes == [
        "Recordings that list.csv does not list: 3, first new.wav; left out.",
        "Lines of list.csv that name no file: 1, first 5; left out.",
        "Lines of list.csv that name a file of an earlier line: 1, first 6; left out.",
    ]


def test_cells_that_cannot_be_read_are_counted(plant: Plant) -> None:
    table = "path,fold,split,sex,age\na.wav,one,val,x,nan\nb.wav,1.5,,f,-3\n"
    scan = folder.scan(plant(["a.wav", "b.wav"], {"list.csv": table}), "mine")
    assert [(clip.fold, clip.split, clip.sex, clip.age_years) for clip in scan.clips] == [
        (None, None, None, None),
        (None, None, "female", None),
    ]
    assert (
        scan.notes[0]
        == "Cells of list.csv for fold such as 'one' that are not a whole number: 2; left empty."
    )
    assert len(scan.notes) == 4


def test_accents_match_however_they_are_composed(plant: Plant) -> None:
    scan = folder.scan(
        plant(["Bar/Ba\u0308r.wav"], {"list.csv": "path,label\nBar/B\u00e4r.wav,bear\n"}), "mine"
    )
    assert [clip.label for clip in scan.clips] == ["bear"]
    assert scan.clips[0].path.exists()


def test_a_csv_of_something_else_is_ignored(plant: Plant) -> None:
    root = plant(
        ["dog/a.wav"], {"budget.csv": "item,price\nmicrophone,100\n", "dog/list.csv": "path\nx.wav\n"}
    )
    assert [clip.label for clip in folder.scan(root, "mine").clips] == ["dog"]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"list.csv": ""}, "has no header"),
        (
            {"a.csv": "path\na.wav\n", "b.csv": "file\na.wav\n"},
            "more than one list of recordings, a.csv and b.csv",
        ),
        ({"list.csv": "path\ngone.wav\n"}, "None of the 1 files that list.csv lists"),
    ],
)
def test_a_bad_csv_is_told(plant: Plant, texts: dict[str, str], said: str) -> None:
    root = plant(["a.wav"], texts)
    (sentence,) = folder.validate(root)
    assert said in sentence
    assert folder.scan(root, "mine").clips == []


names = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='/\\:*?"<>|.'), min_size=1, max_size=20
)


@given(
    st.sets(st.tuples(names, names, st.sampled_from([*sorted(AUDIO_SUFFIXES), "WAV", "txt", ""])), max_size=6)
)
def test_any_names_survive(files: set[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        for label, name, suffix in files:
            (root / label).mkdir(exist_ok=True)
            (root / label / f"{name}.{suffix}").touch()
        scan = folder.scan(root, "mine")
        on_disk = {path for path in root.rglob("*") if path.suffix[1:].lower() in AUDIO_SUFFIXES}
        assert {clip.path for clip in scan.clips} == on_disk
        paths = [clip.relative_path for clip in scan.clips]
        assert paths == sorted(paths)
        assert all(clip.label == clip.path.parent.name for clip in scan.clips)
        assert folder.scan(root, "mine") == scan
