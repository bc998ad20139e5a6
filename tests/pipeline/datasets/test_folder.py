from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.datasets import folder
from pipeline.datasets.corpus import AUDIO_SUFFIXES
from pipeline.fields import plain

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
    scan = folder.scan(plant(["sounds/a.wav", "sounds/b.wav"]), "mine")
    assert "All 2 recordings have the label 'sounds'" in scan.notes[0]


def test_a_root_too_high_has_its_labels_further_down(plant: Plant) -> None:
    scan = folder.scan(plant(["in/sounds/dog/a.wav", "in/sounds/cat/deep/b.wav", "in/sounds/c.wav"]), "mine")
    assert [clip.label for clip in scan.clips] == [None, "cat", "dog"]
    assert scan.notes[0] == "Labels are the folders in in/sounds, which holds all recordings."


def test_a_csv_tells_everything(plant: Plant) -> None:
    header = "Filename;Category;Group;Fold;Split;Src_File;Speaker;Gender;Age;Height_cm;Transcript;Remark"
    rows = ["x/a.wav;dog;pets;1;Train;s1;anna;F;31;170.5;Sitz!;ok", "b.wav;;;2.0;test;;;male;;;;"]
    scan = folder.scan(plant(["x/a.wav", "y/b.wav"], {"list.csv": "\n".join([header, *rows])}), "mine")
    first, second = scan.clips
    assert (first.label, first.label_group, first.fold, first.split) == ("dog", "pets", 1, "train")
    assert (first.source, first.speaker, first.sex, first.age_years) == ("s1", "anna", "female", 31.0)
    assert (first.height_cm, first.text) == (170.5, "Sitz!")
    assert (second.relative_path, second.label, second.fold, second.sex) == ("y/b.wav", None, 2, "male")
    assert (scan.problems, scan.notes) == ([], ["Columns of list.csv that are not used: remark."])


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
        "Lines of list.csv that name no file: 1, first 5; left out.",
        "Lines of list.csv that name a file of an earlier line: 1, first 6; left out.",
        "Recordings that list.csv does not list: 3, first new.wav; left out.",
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


def test_a_table_of_something_else_is_named_with_its_columns(plant: Plant) -> None:
    texts = {
        "budget.csv": "item,price\nmicrophone,100\n",
        "dog/list.csv": "path\nx.wav\n",
        "dog/zip.csv": "PK\x03\x04",
        "labels.xlsx": "PK\x03\x04",
        "plan.tsv": "week\tplace\n1\there\n",
        "empty.tsv": "week\n",
        "README.txt": "Read me, please.\n",
    } | {f"cat/{number}.csv": "start,end\n0,1\n" for number in range(5)}
    scan = folder.scan(plant(["dog/a.wav", *(f"cat/{number}.wav" for number in range(5))], texts), "mine")
    assert [clip.label for clip in scan.clips] == ["cat"] * 5 + ["dog"]
    notes = "\n".join(scan.notes)
    for sentence in (
        "Tables beside a recording of the same name: 5, first cat/0.csv; not read.",
        "Tables in a format that is not read: 1, first labels.xlsx; save a list of the recordings as 'CSV UTF-8'.",
        "budget.csv names no recording of this folder and is not used; its columns: item, price.",
        "plan.tsv names no recording of this folder and is not used; its columns: week, place.",
        "empty.tsv names no recording of this folder and is not used; its only column: week.",
        "dog/list.csv lists no recording of this folder (the first is 'x.wav') and is not used; its only column: path.",
        "dog/zip.csv is an Excel workbook (.xlsx) or another ZIP archive",
    ):
        assert sentence in notes
    assert "README" not in notes and len(scan.notes) == 7


ABC = ["x/a.wav", "x/b.wav", "y/c.wav"]


@pytest.mark.parametrize(
    ("name", "text", "labels"),
    [
        ("list.csv", "dosya,etiket\na.wav,kedi\nb.wav,köpek\nc.wav,kuş\n", ["kedi", "köpek", "kuş"]),
        ("list.csv", "datei;art\na.wav;Hund\nb.wav;Hund\nc.wav;Kuh\n", ["Hund", "Hund", "Kuh"]),
        ("list.tsv", "fname\tlabel\na.wav\td\nb.wav\te\nc.wav\tf\n", ["d", "e", "f"]),
        ("x/list.csv", "slice_file_name,fold,class\na.wav,1,d\nb.wav,2,e\nc.wav,3,f\n", ["d", "e", "f"]),
        ("list.txt", "a.wav|d\nb.wav|e\nc.wav|f\n", ["d", "e", "f"]),
        ("list.csv", "a,d\nb,e\nc,f\n", ["d", "e", "f"]),
        ("list.csv", "File Name,ETİKET\na.wav,d\nb.wav,e\nc.wav,f\n", ["d", "e", "f"]),
        ("list.csv", ",path,label\n0,a,d\n1,b,e\n2,c,f\n", ["d", "e", "f"]),
        ("list.csv", "clip name,label\nX/A.WAV,d\n./x//b.wav,e\nz/../y/c.wav,f\n", ["d", "e", "f"]),
        ("list.csv", "path,label\nC:\\me\\x\\a.wav,d\nC:\\me\\x\\b.wav,e\nC:\\me\\y\\c.wav,f\n", ["d", "e", "f"]),
        ("list.csv", "path,label\n/me/x/a.wav,d\n/me/x/b.wav,e\nfile:///me/y/c.wav,f\n", ["d", "e", "f"]),
        ("list.csv", "path,label\n//nas/s/x/a.mp3,d\n//nas/s/x/b.mp3,e\n//nas/s/y/c.mp3,f\n", ["d", "e", "f"]),
        ("list.csv", "# YTID, start, positive_labels\na, 0, d\nb, 0, e\nc, 0, f\n", ["d", "e", "f"]),
    ],
)  # fmt: skip
def test_a_list_is_read_whatever_its_columns_and_paths(
    plant: Plant, name: str, text: str, labels: list[str]
) -> None:
    scan = folder.scan(plant(ABC, {name: text}), "mine")
    assert [clip.label for clip in scan.clips] == labels
    assert scan.problems == []


def test_the_roots_own_name_stands_in_front(plant: Plant) -> None:
    paths = ["a.wav", "x/a.wav", "x/b.wav"]
    root = plant([f"mine/{path}" for path in paths]) / "mine"
    lines = [f"mine/{path},{number}" for number, path in enumerate(paths)]
    for front in ("", f"{root.parent}/", "/elsewhere/of/another/"):
        (root / "list.csv").write_text("\n".join(["path,label", *(front + line for line in lines)]))
        assert [clip.label for clip in folder.scan(root, "mine").clips] == ["0", "1", "2"]


def test_a_path_that_fits_none_or_several_says_which(plant: Plant) -> None:
    text = "path,label\n1.wav,a\nz/1.wav,b\nx/1.wav,c\ngone,d\n"
    scan = folder.scan(plant(["x/1.wav", "y/1.wav"], {"list.csv": text}), "mine")
    assert [(clip.relative_path, clip.label) for clip in scan.clips] == [("x/1.wav", "c")]
    reasons = {problem.relative_path: problem.reason for problem in scan.problems}
    assert "fits 2 recordings, x/1.wav and y/1.wav" in reasons["1.wav"]
    assert "lists it, and there is only x/1.wav" in reasons["z/1.wav"]
    assert "no recording of that name is below the root" in reasons["gone"]


def test_lj_speech_and_common_voice(plant: Plant) -> None:
    sentences = ["Printing, in the only sense,", "in being modern.", "For the Chinese took"]
    lines = [f"LJ001-000{number}|{text}|{text.lower()}" for number, text in enumerate(sentences)]
    wavs = [f"wavs/LJ001-000{number}.wav" for number in (1, 2)]
    scan = folder.scan(
        plant([f"lj/{path}" for path in wavs], {"lj/metadata.csv": "\n".join(lines)}) / "lj", "lj"
    )
    assert [clip.text for clip in scan.clips] == sentences[1:]
    assert [problem.relative_path for problem in scan.problems] == ["LJ001-0000"]
    assert (
        "metadata.csv has no header: 'column 1' was taken for the recording, 'column 2' was taken"
        in scan.notes[0]
    )
    header = "client_id\tpath\tsentence\tup_votes\tage\tgender\taccents"
    rows = [
        "s1\tcv_0.mp3\tIyi aksamlar\t2\ttwenties\tmale_masculine\t",
        "s2\tcv_1.mp3\tGood day\t2\t\tfemale_feminine\tx",
    ]
    texts = {
        "cv/tr/validated.tsv": "\n".join([header, *rows]),
        "cv/tr/train.tsv": "\n".join([header, rows[0]]),
    }
    scan = folder.scan(plant(["cv/tr/clips/cv_0.mp3", "cv/tr/clips/cv_1.mp3"], texts) / "cv", "cv")
    assert [(clip.speaker, clip.sex, clip.age_years, clip.text, clip.dialect) for clip in scan.clips] == [
        ("s1", "male", 25.0, "Iyi aksamlar", None),
        ("s2", "female", None, "Good day", "x"),
    ]
    assert any(
        "tr/validated.tsv is used and tr/train.tsv is not: it lists 2 recordings, not 1" in note
        for note in scan.notes
    )


def test_of_two_lists_the_one_that_fits_is_used_and_the_other_named(plant: Plant) -> None:
    files = [f"genres/{genre}/{genre}.0000{number}.wav" for genre in ("blues", "jazz") for number in (0, 1)]
    names = [path.rpartition("/")[2] for path in files]
    texts = {
        f"features_{seconds}_sec.csv": "\n".join(
            ["filename,tempo,label", *(f"{name.replace('.wav', end)},1,{name[:4]}" for name in names)]
        )
        for seconds, end in ((3, ".0.wav"), (30, ".wav"))
    }
    scan = folder.scan(plant(files, texts), "mine")
    assert [clip.label for clip in scan.clips] == ["blue", "blue", "jazz", "jazz"]
    assert (
        "features_3_sec.csv lists no recording of this folder (the first is 'blues.00000.0.wav')"
        in scan.notes[-1]
    )


def test_lists_of_different_recordings_are_read_together(plant: Plant) -> None:
    texts = {"train.csv": "path,split\na.wav,train\nb.wav,train\n", "test.csv": "path,split\nc.wav,test\n"}
    scan = folder.scan(plant(ABC, texts), "mine")
    assert [clip.split for clip in scan.clips] == ["train", "train", "test"]
    assert scan.notes == ["Read together, as they list different recordings: train.csv, test.csv."]


@pytest.mark.parametrize(
    ("cell", "fold"),
    [("1e300", None), ("inf", None), ("nan", None), ("-1", None), ("99999999999", None), ("1.5", None),
     ("1.0", 1), ("fold1", 1), ("Fold 1", 1), ("fold_01", 1), ("3", 3)],
)  # fmt: skip
def test_one_cell_never_stops_a_scan(plant: Plant, cell: str, fold: int | None) -> None:
    scan = folder.scan(plant(["a.wav"], {"list.csv": f"path,fold,age\na.wav,{cell},{cell}\n"}), "mine")
    assert [clip.fold for clip in scan.clips] == [fold]
    assert bool(fold) != any("for fold such as" in note and "left empty" in note for note in scan.notes)


def test_a_cell_of_any_length_is_quoted_in_its_beginning(plant: Plant) -> None:
    table = f"path,fold,{'c' * 3000}\na.wav,{'x' * 90_000},1\n{'y' * 90_000},1,1\n"
    scan = folder.scan(plant(["a.wav"], {"list.csv": table}), "mine")
    assert len(scan.clips) == len(scan.problems) == 1
    sentences = [*scan.notes, *(problem.reason for problem in scan.problems)]
    assert max(map(len, [*sentences, scan.problems[0].relative_path])) < 300


def test_spans_of_age_are_read_as_their_middle_and_noted(plant: Plant) -> None:
    table = "path,age\nx/a.wav,twenties\nx/b.wav,20-29\ny/c.wav,1997\n"
    scan = folder.scan(plant(ABC, {"list.csv": table}), "mine")
    assert [clip.age_years for clip in scan.clips] == [25.0, 24.5, None]
    assert "that name a span, such as 'twenties': 2; its middle was taken, here 25." in scan.notes[0]
    assert "such as '1997' that are not a number (years) up to 130: 1; left empty." in scan.notes[1]


def test_labels_that_look_the_same_are_one(plant: Plant) -> None:
    same = ["caf\u00e9", "cafe\u0301 ", "\u00a0caf\u00e9", "caf\u00e9\u200b", "caf\u00e9\u202e"]
    table = "path,label\n" + "".join(
        f"{number}.wav,{label}\n" for number, label in enumerate([*same, "Caf\u00e9"])
    )
    scan = folder.scan(plant([f"{number}.wav" for number in range(6)], {"list.csv": table}), "mine")
    assert [clip.label for clip in scan.clips] == ["caf\u00e9"] * 5 + ["Caf\u00e9"]
    folders = folder.scan(
        plant(["in/caf\u00e9/a.wav", "in/cafe\u0301/b.wav", "in/x  y/c.wav"]) / "in", "mine"
    )
    assert sorted(clip.label or "" for clip in folders.clips) == ["caf\u00e9", "caf\u00e9", "x y"]


@pytest.mark.parametrize(
    ("labels", "encoding", "is_read"),
    [
        (["kuş", "ağaç", "ışık"], "cp1254", True),
        (["köpek", "kuş", "x"], "cp1254", True),
        (["kuş", "x", "y"], "cp1254", False),
        (["Vögel", "Hähne", "x"], "cp1252", True),
        (["chèvre", "forêt", "x"], "cp1252", True),
        (["mère", "x", "y"], "cp1252", False),
        (["don’t", "“x”", "y"], "cp1252", True),
        (["Vögel", "x", "y"], "mac_roman", False),
        (["кот", "пёс", "y"], "cp1251", False),
        (["犬", "猫", "y"], "shift_jis", False),
        (["kuş", "犬", "кот"], "utf-16", True),
        (["kuş", "köpek", "x"], "utf-16-le", True),
    ],
)
def test_an_old_encoding_is_read_where_its_bytes_leave_no_doubt(
    plant: Plant, labels: list[str], encoding: str, is_read: bool
) -> None:
    root = plant(ABC)
    lines = ["path;label", *(f"{path};{label}" for path, label in zip(ABC, labels, strict=True))]
    (root / "list.csv").write_bytes("\r\n".join(lines).encode(encoding))
    scan = folder.scan(root, "mine")
    assert [clip.label for clip in scan.clips] == (labels if is_read else [])
    if not is_read:
        assert "is not UTF-8 text" in scan.notes[0] and "'CSV UTF-8 (Comma delimited)'" in scan.notes[0]


def test_the_names_of_the_recordings_tell_the_encoding(plant: Plant) -> None:
    root = plant(["kuş.wav", "b.wav"])
    (root / "list.csv").write_bytes("path;label\nkuş.wav;şehir\nb.wav;x\n".encode("cp1254"))
    scan = folder.scan(root, "mine")
    assert [clip.label for clip in scan.clips] == ["x", "şehir"]
    assert scan.notes == ["list.csv was read as Windows-1254 (Turkish): its bytes are not UTF-8."]


TABLE = (
    'path,label,fold,text\nx/a.wav,dog,1,"two, words"\nb.wav,café,2,"say ""hi"""\ny/c.wav,=x,3,ü\n'.encode()
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(TABLE)), st.sampled_from("dir"), st.binary(min_size=1, max_size=3)),
        max_size=6,
    )
)
def test_of_a_mutated_table_every_file_is_accounted_for(mutations: list[tuple[int, str, bytes]]) -> None:
    data = bytearray(TABLE)
    for at, how, some in mutations:
        data[at : at + {"d": len(some), "i": 0, "r": len(some)}[how]] = b"" if how == "d" else some
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        for path in ABC:
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).touch()
        (root / "list.csv").write_bytes(data)
        scan = folder.scan(root, "mine")
        notes = " ".join(scan.notes)
        missing = (
            set(ABC)
            - {clip.relative_path for clip in scan.clips}
            - {one.relative_path for one in scan.problems}
        )
        refused = bool(folder.validate(root))
        assert scan.clips or refused
        assert not missing or refused or f"Recordings that list.csv does not list: {len(missing)}" in notes
        assert "list.csv" in notes or scan.problems or all(clip.label for clip in scan.clips) or refused
        assert all("\n" not in sentence for sentence in [*scan.notes, *(one.reason for one in scan.problems)])


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
        assert all(clip.label == (plain(clip.path.parent.name) or None) for clip in scan.clips)
        assert folder.scan(root, "mine") == scan
