from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.classify.protocol import GROUPED, protocol
from pipeline.clips import Scan
from pipeline.datasets import folder, librispeech
from pipeline.datasets.librispeech import PARTS, part_of

Plant = Callable[..., Path]

SPEAKERS = """\
; Some pipe(|) separated metadata about all LibriVox readers
;
;ID  |SEX| SUBSET           |MINUTES| NAME
14   | F | train-clean-360  | 25.03 | Kristin LeMoine
84   | F | dev-clean        |  8.02 | Christie | Nowak
174  | M | dev-clean        |  8.04 | Peter Eastman
61   | M | test-clean       |  8.08 | Paul-Gabriel Wiener
"""
TEXTS = {
    "dev-clean/84/121123/84-121123.trans.txt": "84-121123-0000 GO DO YOU HEAR\n84-121123-0001 BUT IN LESS\n",
    "dev-clean/174/50561/174-50561.trans.txt": "174-50561-0000 FORGOTTEN TOO\n",
    "test-clean/61/70968/61-70968.trans.txt": "61-70968-0000 HE BEGAN A CONFUSED COMPLAINT\n",
    "train-clean-360/14/208/14-208.trans.txt": "14-208-0000 CHAPTER ONE\n",
}
AUDIO = (
    "dev-clean/174/50561/174-50561-0000.flac",
    "dev-clean/84/121123/84-121123-0000.flac",
    "dev-clean/84/121123/84-121123-0001.flac",
    "test-clean/61/70968/61-70968-0000.flac",
    "train-clean-360/14/208/14-208-0000.flac",
)
DOCUMENTS = {
    "SPEAKERS.TXT": SPEAKERS,
    "CHAPTERS.TXT": "208 | 14 | 14.78 | train-clean-360 | 1 | 1 | One | A book\n",
    "BOOKS.TXT": "1 | A book | somebody\n",
    "README.TXT": "84-121123-0000 is no recording\n",
}


def texts_of(audio: tuple[str, ...] = AUDIO, **more: str) -> dict[str, str]:
    return dict.fromkeys(audio, "") | TEXTS | DOCUMENTS | more


def below(prefix: str, texts: dict[str, str]) -> dict[str, str]:
    return {prefix + path: text for path, text in texts.items()}


def notes_of(scan: Scan, begin: str) -> list[str]:
    return [note for note in scan.notes if note.startswith(begin)]


def test_the_published_layout(plant: Plant) -> None:
    root = plant(texts=texts_of())
    scan = librispeech.scan(root, "librispeech")
    assert librispeech.validate(root) == [] == scan.problems
    assert scan.notes == [
        "5 of 292,367 utterances are on disk.",
        "By part: dev-clean 3 of 2,703, test-clean 1 of 2,620, train-clean-360 1 of 104,014.",
    ]
    assert [clip.relative_path for clip in scan.clips] == list(AUDIO)
    man, woman, again, tested, learned = scan.clips
    assert (woman.clip_id, woman.path) == (f"librispeech/{AUDIO[1]}", root / AUDIO[1])
    assert (woman.label, woman.sex, woman.speaker, woman.label_group) == (
        "female",
        "female",
        "84",
        "dev-clean",
    )
    assert (woman.source, woman.take, woman.sentence) == ("84-121123", "0000", "84-121123-0000")
    assert (woman.text, again.text, man.text) == ("GO DO YOU HEAR", "BUT IN LESS", "FORGOTTEN TOO")
    assert [clip.sex for clip in (man, tested, learned)] == ["male", "male", "female"]
    assert [clip.split for clip in scan.clips] == ["train", "train", "train", "test", "train"]


def test_the_published_counts() -> None:
    """The sum and the number of parts are those of the paper's table 1."""
    assert (sum(PARTS.values()), len(PARTS)) == (292_367, 7)


@pytest.mark.parametrize(
    ("prefix", "given_root", "utterances"),
    [
        ("LibriSpeech/", "", 5),
        ("LibriSpeech/LibriSpeech/", "", 5),
        ("LibriSpeech/LibriSpeech/", "LibriSpeech", 5),
        ("LibriSpeech/", "LibriSpeech/dev-clean", 3),
        ("LibriSpeech/", "LibriSpeech/dev-clean/84", 2),
        ("LibriSpeech/", "LibriSpeech/dev-clean/84/121123", 2),
    ],
)
def test_the_root_may_be_above_or_inside(plant: Plant, prefix: str, given_root: str, utterances: int) -> None:
    root = plant(["other/music.wav"], below(prefix, texts_of())) / given_root
    scan = librispeech.scan(root, "librispeech")
    assert librispeech.validate(root) == [] == scan.problems
    assert len(scan.clips) == utterances
    assert all(clip.text and clip.sex and clip.split and clip.label_group for clip in scan.clips)
    assert {clip.split for clip in scan.clips if clip.label_group == "dev-clean"} == {"train"}
    assert not notes_of(scan, "S")


def test_every_archive_in_a_folder_of_its_own(plant: Plant) -> None:
    """Each archive brings SPEAKERS.TXT of the whole corpus, and half a copy of the corpus lies beside it."""
    files: dict[str, str] = {}
    for part in ("dev-clean", "test-clean", "train-clean-360"):
        own = {path: text for path, text in texts_of().items() if path.startswith(part)}
        files |= below(f"{part}/LibriSpeech/", own | DOCUMENTS)
    files |= below("old/LibriSpeech/", {AUDIO[0]: ""})
    scan = librispeech.scan(plant(texts=files), "librispeech")
    assert sorted(str(clip.sentence) for clip in scan.clips) == sorted(Path(path).stem for path in AUDIO)
    assert all(clip.text and clip.sex and clip.split for clip in scan.clips)
    assert notes_of(scan, "Copies of utterances under another name or folder: 1;")


def convert_in_place(path: str) -> str:
    return path.replace(".flac", ".wav")


def convert_apart(path: str) -> str:
    return convert_in_place(path).replace("dev-clean/", "dev-clean-wav/")


def flatten(path: str) -> str:
    return f"{path.split('/')[0].replace('-', '_')}/{Path(path).name}"


def in_upper_case(path: str) -> str:
    return path.replace(".flac", ".FLAC")


@pytest.mark.parametrize("copied", [convert_in_place, convert_apart, flatten, in_upper_case])
def test_copies_in_the_wild(plant: Plant, copied: Callable[[str], str]) -> None:
    """Converted, laid flat or renamed, with the transcripts where the publisher has them."""
    published = librispeech.scan(plant(texts=texts_of()), "librispeech")
    files = texts_of(tuple(map(copied, AUDIO)))
    root = plant(texts=below("copy/", files)) / "copy"
    scan = librispeech.scan(root, "librispeech")
    for own, original in zip(
        *(sorted(one.clips, key=lambda clip: str(clip.sentence)) for one in (scan, published)), strict=True
    ):
        for name in ("label", "sex", "speaker", "label_group", "split", "source", "take", "sentence", "text"):
            assert getattr(own, name) == getattr(original, name), name
    assert scan.problems == [] and scan.notes == published.notes


def test_a_wav_beside_its_flac_is_read_once(plant: Plant) -> None:
    scan = librispeech.scan(plant([path.replace(".flac", ".wav") for path in AUDIO], texts_of()), "l")
    assert [clip.relative_path for clip in scan.clips] == list(AUDIO)
    assert notes_of(scan, "Copies of utterances under another name or folder: 5;")


UNUSUAL = {
    "no table": (None, {"84", "174"}, "SPEAKERS.TXT is not there"),
    "an empty table": ("", {"84", "174"}, "SPEAKERS.TXT is not there"),
    "comments only": (
        "; nobody\n",
        {"84", "174"},
        "Speakers that SPEAKERS.TXT does not list: 14, 61, 84, 174;",
    ),
    "no row": (SPEAKERS.replace("\n84 ", "\n85 "), {"84"}, "Speakers that SPEAKERS.TXT does not list: 84;"),
    "no sex": (
        SPEAKERS.replace("84   | F", "84   | ?"),
        {"84"},
        "Speakers for whom SPEAKERS.TXT gives no sex",
    ),
    "both sexes": (
        SPEAKERS + "84 | M | dev-clean | 8 | x\n",
        {"84"},
        "Speakers for whom SPEAKERS.TXT gives no sex",
    ),
    "a broken row": (
        SPEAKERS.replace("84   | F", "84   "),
        {"84"},
        "Speakers for whom SPEAKERS.TXT gives no sex",
    ),
    "letters and blanks": (
        SPEAKERS.replace(" | ", "|").replace("|M", "|m").replace("|F", "|female"),
        set(),
        None,
    ),
    "Windows": (SPEAKERS.replace("\n", "\r\n").replace("Nowak", "Nóvak"), set(), None),
}


@pytest.mark.parametrize("name", UNUSUAL)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_speakers_of_unknown_sex(plant: Plant, name: str, encoding: str) -> None:
    table, unknown, note = UNUSUAL[name]
    root = plant(texts=texts_of())
    (root / "SPEAKERS.TXT").unlink()
    if table is not None:
        (root / "speakers.txt").write_bytes(table.encode(encoding) if table else b"")
    scan = librispeech.scan(root, "librispeech")
    assert len(scan.clips) == 5 and scan.problems == []
    silent = {clip.speaker for clip in scan.clips if clip.sex is None}
    assert silent & {"84", "174"} == unknown and all(clip.label == clip.sex for clip in scan.clips)
    assert [clip.split for clip in scan.clips] == ["train", "train", "train", "test", "train"]
    assert len(notes_of(scan, "S")) == (note is not None)
    assert note is None or notes_of(scan, note)


def test_many_speakers_without_a_row_are_one_short_note(plant: Plant) -> None:
    audio = tuple(f"dev-clean/{speaker}/7/{speaker}-7-0000.flac" for speaker in range(100, 130))
    (note,) = notes_of(librispeech.scan(plant(audio, {"SPEAKERS.TXT": SPEAKERS}), "l"), "Speakers")
    assert note.endswith("100, 101, 102, 103, 104, 105, 106, 107 and 22 more; their sex is unknown.")


@pytest.mark.parametrize(
    ("transcript", "missing"),
    [
        (None, 2),
        ("", 2),
        ("84-121123-0001 BUT IN LESS\n", 1),
        ("84-121123-0000\n84-121123-0001\tBUT IN LESS\n", 1),
        ("84-121123-0000 GO\r\n\r\n84-121123-0001 BUT\r\n84-121123-0009 OF NO RECORDING\r\n", 0),
    ],
)
def test_utterances_without_a_transcript(plant: Plant, transcript: str | None, missing: int) -> None:
    root = plant(texts=texts_of())
    path = root / "dev-clean/84/121123/84-121123.trans.txt"
    path.unlink()
    if transcript is not None:
        path.write_bytes(transcript.encode())
    scan = librispeech.scan(root, "librispeech")
    assert len(scan.clips) == 5 and scan.problems == []
    assert sum(clip.text is None for clip in scan.clips) == missing
    said = [f"Utterances without a transcript: {missing} of 5; what is said is unknown."]
    assert notes_of(scan, "Utterances") == (said if missing else [])


def test_a_folder_of_another_speaker_is_a_problem(plant: Plant) -> None:
    wrong = ("dev-clean/84/50561/174-50561-0001.flac", "dev-clean/84/121123/84-121124-0000.flac")
    scan = librispeech.scan(plant(texts=texts_of((*AUDIO, *wrong))), "librispeech")
    assert len(scan.clips) == 5
    assert [problem.relative_path for problem in scan.problems] == sorted(wrong)
    assert "speaker 174 and chapter 50561, the folder 84/50561; mend" in scan.problems[1].reason


def test_foreign_names(plant: Plant) -> None:
    foreign = [
        "dev-clean/84/121123/noise.flac",
        "mp3/14/208/208.mp3",
        "tapes/2024-01-15.wav",
        "1-100032-A-0.wav",
    ]
    scan = librispeech.scan(plant(foreign, texts_of()), "librispeech")
    assert [problem.relative_path for problem in scan.problems] == foreign[:1]
    assert notes_of(scan, "Recordings below this folder that do not belong to the corpus: 3;")


def test_the_part_is_the_folder_else_the_table(plant: Plant) -> None:
    """A test/ above the corpus says nothing; Mini LibriSpeech's parts are pieces of the published ones."""
    files = [
        "test/loose/61/70968/61-70968-0000.flac",
        "test/mini/train-clean-5/14/208/14-208-0000.flac",
        "test/nobody/99/1/99-1-0000.flac",
    ]
    scan = librispeech.scan(plant(files, {"SPEAKERS.TXT": SPEAKERS}), "librispeech")
    assert [(clip.label_group, clip.split) for clip in scan.clips] == [
        ("test-clean", "test"),
        ("train-clean-5", "train"),
        (None, None),
    ]
    assert not notes_of(scan, "Speakers whom")


def test_a_speaker_in_another_part_than_published(plant: Plant) -> None:
    scan = librispeech.scan(plant(["test-clean/84/121123/84-121123-0000.flac"], DOCUMENTS), "librispeech")
    assert [(clip.label_group, clip.split) for clip in scan.clips] == [("test-clean", "test")]
    assert notes_of(scan, "Speakers whom SPEAKERS.TXT puts in another part than their folder: 84;")


spoken = st.tuples(st.sampled_from(list(PARTS)), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2))


@given(st.sets(spoken, min_size=1, max_size=12))
def test_no_speaker_is_on_both_sides(found: set[tuple[str, int, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as root:
        for part, speaker, chapter, number in found:
            path = Path(root, f"{part}/{speaker}/{chapter}/{speaker}-{chapter}-{number:04}.flac")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        scan = librispeech.scan(Path(root), "librispeech")
    sides: dict[str | None, set[str | None]] = {}
    for clip in scan.clips:
        sides.setdefault(clip.speaker, set()).add(clip.split)
    assert all(len(each) == 1 for each in sides.values())
    both = {speaker for speaker, each in sides.items() if each == {None}}
    assert len(notes_of(scan, "Speakers with clips in a test part")) == bool(both)
    assert len(scan.clips) == len({utterance[1:] for utterance in found}) and scan.problems == []


def test_one_part_alone_is_divided_by_speaker(plant: Plant) -> None:
    audio = [
        f"dev-clean/{speaker}/{speaker}00/{speaker}-{speaker}00-000{number}.flac"
        for speaker in range(1, 13)
        for number in range(3)
    ]
    rows = "".join(f"{speaker} | {'FM'[speaker % 2]} | dev-clean | 8 | x\n" for speaker in range(1, 13))
    clips = librispeech.scan(plant(audio, {"SPEAKERS.TXT": rows}), "librispeech").clips
    frame = pd.DataFrame(
        [
            {"label": clip.label, "split": clip.split, "speaker": clip.speaker, "source": clip.source}
            for clip in clips
        ]
    )
    planned = protocol(frame, "label")
    assert planned.name == GROUPED and len(planned.codes) == 36
    assert frame.assign(fold=planned.folds).groupby("speaker")["fold"].nunique().eq(1).all()


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("train-clean-100", "train-clean-100"),
        (" Dev-Other ", "dev-other"),
        ("test_clean", "test-clean"),
        ("train.other.500", "train-other-500"),
        ("LibriSpeech-test-clean", "test-clean"),
        ("test-clean-16k-wav", None),
        ("dev-clean-flac", "dev-clean"),
        ("test", None),
        ("clean", None),
        ("test-cleaning", None),
        ("contest-clean", None),
    ],
)
def test_names_of_parts(name: str, part: str | None) -> None:
    assert part_of(name) == part


def test_the_real_sample(shared_data: Path) -> None:
    root = shared_data / "librispeech_sample"
    if not root.is_dir():
        pytest.skip("there is no librispeech_sample beside the project")
    scan = librispeech.scan(root, "librispeech")
    assert len(scan.clips) == 351 and scan.problems == []
    speakers = {clip.speaker: clip.sex for clip in scan.clips}
    assert Counter(speakers.values()) == {"female": 130, "male": 131}
    assert Counter((clip.label_group, clip.split) for clip in scan.clips) == {
        ("train-clean-100", "train"): 251,
        ("test-other", "test"): 100,
    }


def test_telephone_callers_are_a_folder(shared_data: Path) -> None:
    root = shared_data / "telephone"
    if not root.is_dir():
        pytest.skip("there is no telephone beside the project")
    scan = folder.scan(root, "telephone")
    assert len(scan.clips) == 697 and scan.problems == []
    assert Counter({clip.speaker: clip.sex for clip in scan.clips}.values()) == {"female": 61, "male": 79}
    assert scan.notes == ["Columns of metadata.csv that are not used: phone."]
