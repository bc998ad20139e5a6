"""TIMIT: American English read aloud by 630 speakers from eight dialect regions.

What      Sentences of about 3 s, 16 kHz, mono, with words and phones aligned in time; sex, dialect,
          birth date and height of every speaker. Two sentences (SA) are read by everybody, the
          others are phonetically compact (SX, read by seven each) or diverse (SI, read by one).
Size      6,300 sentences, ten of each speaker; 438 men, 192 women; TEST is 168 of the speakers; 5.4 hours.
Licence   LDC User Agreement (LDC93S1); the sample that NLTK distributes: CC BY-NC-SA
Citation  J. S. Garofolo, L. F. Lamel, W. M. Fisher, J. G. Fiscus, D. S. Pallett, N. L. Dahlgren,
          V. Zue (1993). TIMIT Acoustic-Phonetic Continuous Speech Corpus, LDC93S1. Philadelphia:
          Linguistic Data Consortium. https://doi.org/10.35111/17gk-bn40
Layout    TIMIT/TRAIN|TEST/DRn/SPEAKER/SENTENCE.WAV with .TXT beside it, and TIMIT/DOC/SPKRINFO.TXT

The folder of a sentence names its speaker; sex is its first letter. Where ``SPKRINFO.TXT`` says the
other sex, the speaker's sentences are mislabelled and become Problems. Split and dialect come from the
folders, else from ``SPKRINFO.TXT``; without it, height and age stay unknown. Also read: lower case,
``data/`` above TRAIN, ``SA1.WAV.wav``, ``dr1-fvmh0/sa1.wav``, SPHERE or any other audio format, and as
root any folder from just above the corpus down to one speaker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.clips import Clip, Dataset, Problem, Scan, Sex, Split
from pipeline.datasets.corpus import Reading, Tree, folder_of, scan_named, validate_named, walk

LINE = re.compile(
    r"\s*(?P<id>[A-Z]{3}\d)\s+(?P<sex>[MF])\s+(?P<region>\d)\s+(?P<use>TRN|TST)"
    r"\s+(?P<recorded>\S+)\s+(?P<born>\S+)\s+(?P<height>\S+)",
    re.IGNORECASE,
)
HEIGHT = re.compile(r"(?P<feet>\d)'(?P<inches>\d{1,2})\"?")
DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2})")
SPEAKER = re.compile(r"(?:DR(\d)-)?([FM])([A-Z]{3}\d)", re.IGNORECASE)
REGION = re.compile(r"DR(\d)", re.IGNORECASE)
SPLITS: dict[str, Split] = {"train": "train", "test": "test"}
INCH_CM = 2.54
DAYS_PER_YEAR = 365.25
REGIONS = {
    "1": "New England",
    "2": "Northern",
    "3": "North Midland",
    "4": "South Midland",
    "5": "Southern",
    "6": "New York City",
    "7": "Western",
    "8": "Army Brat",
}
EXPECTED = "TIMIT with TRAIN/ and TEST/, sentences named like TRAIN/DR1/FCJF0/SA1.WAV"
SENTENCE = re.compile(r"(S[AIX])(\d{1,4})(?:\.\w+)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """What the folders of a sentence say."""

    sex: Sex
    initials: str
    region: str | None
    split: Split | None

    @property
    def speaker(self) -> str:
        return self.sex[0].upper() + self.initials


@dataclass(frozen=True, slots=True)
class Speaker:
    sex: Sex
    region: str
    split: Split
    age_years: float | None
    """At the recording; ``None`` where a date is unknown, which the table writes ``??``."""
    height_cm: float | None


def place_of(folders: list[str]) -> Place | None:
    """Read the folders from the speaker upwards, so that a ``test/`` further up means nothing."""
    speaker = SPEAKER.fullmatch(folders.pop()) if folders else None
    if not speaker:
        return None
    region = speaker[1]
    if not region and folders and (folder := REGION.fullmatch(folders[-1])):
        region = folder[1]
        folders.pop()
    split = SPLITS.get(folders[-1].lower()) if folders else None
    return Place("female" if speaker[2].upper() == "F" else "male", speaker[3].upper(), region, split)


def read_speakers(tree: Tree) -> dict[str, Speaker] | None:
    """Every speaker of the corpus by ID without the sex letter, e.g. ``CJF0``; ``None`` without the table."""
    for path in _places(tree):
        try:
            text = path.read_text(encoding="latin-1")
        except OSError:
            continue
        return dict(_speaker(line) for line in map(LINE.match, text.splitlines()) if line)
    return None


def _places(tree: Tree) -> Iterator[Path]:
    """Below the root; else where it lies when the root is ``TRAIN`` or ``TRAIN/DR1``."""
    inside = [path for path in tree.files if path.rpartition("/")[2].lower() == "spkrinfo.txt"]
    for path in sorted(inside, key=lambda path: (path.count("/"), path)):
        yield tree.root / path
    for above in list(tree.root.resolve().parents)[:2]:
        for name in ("DOC/SPKRINFO.TXT", "doc/spkrinfo.txt", "SPKRINFO.TXT", "spkrinfo.txt"):
            yield above / name


def _speaker(line: re.Match[str]) -> tuple[str, Speaker]:
    born, recorded = _day(line["born"]), _day(line["recorded"])
    known = born and recorded and recorded > born
    return line["id"].upper(), Speaker(
        sex="female" if line["sex"].upper() == "F" else "male",
        region=line["region"],
        split="train" if line["use"].upper() == "TRN" else "test",
        age_years=round((recorded - born).days / DAYS_PER_YEAR, 1) if known and born and recorded else None,
        height_cm=_height_cm(line["height"]),
    )


def _day(text: str) -> date | None:
    day = DAY.fullmatch(text)
    if not day:
        return None
    try:
        return date(1900 + int(day[3]), int(day[1]), int(day[2]))
    except ValueError:
        return None


def _height_cm(text: str) -> float | None:
    height = HEIGHT.fullmatch(text)
    if not height or int(height["inches"]) >= 12:
        return None
    return round((12 * int(height["feet"]) + int(height["inches"])) * INCH_CM, 1)


@dataclass(frozen=True, slots=True)
class Corpus:
    """One TIMIT on disk; ``texts`` maps the lower-case path of a ``.TXT`` to its true one."""

    dataset: str
    tree: Tree
    speakers: dict[str, Speaker]
    texts: dict[str, str]


def scan(root: Path, dataset_name: str) -> Scan:
    tree = walk(root)
    speakers = read_speakers(tree)
    texts = {path.lower(): path for path in tree.files if path.lower().endswith(".txt")}
    corpus = Corpus(dataset_name, tree, speakers or {}, texts)
    above = root.resolve().parts[-4:]
    found = scan_named(
        tree.audio,
        lambda path: _read(corpus, path, [*above, *path.split("/")]),
        identity=lambda clip: (folder_of(clip.relative_path), clip.sentence),
        naming="SA, SX or SI and a number in the folder of a speaker, e.g. FCJF0/SA1.WAV",
        whole=6300,
        unit="sentences",
    )
    notes = [*found.notes, *_unknown_speakers(found, speakers)]
    return Scan(found.clips, tree.problems + found.problems, notes)


def validate(root: Path) -> list[str]:
    return validate_named(root, scan, "TIMIT", EXPECTED)


def _unknown_speakers(found: Scan, speakers: dict[str, Speaker] | None) -> list[str]:
    if speakers is None:
        note = "SPKRINFO.TXT is not there: sex is the folder's first letter, height and age are unknown."
        return [note] if found.clips else []
    unknown = sorted(
        {clip.speaker for clip in found.clips if clip.speaker and clip.speaker[1:] not in speakers}
    )
    return (
        [f"SPKRINFO.TXT does not list {', '.join(unknown)}; height and age are unknown."] if unknown else []
    )


def _read(corpus: Corpus, path: str, folders: list[str]) -> Reading:
    sentence, place = SENTENCE.fullmatch(folders.pop()), place_of(folders)
    if not sentence or not place:
        return None
    listed = corpus.speakers.get(place.initials)
    if listed and listed.sex != place.sex:
        reason = f"the folder {place.speaker} says {place.sex}, SPKRINFO.TXT says {listed.sex}; mend the one that errs."
        return Problem(path, "scan", reason)
    region = place.region or (listed.region if listed else None)
    code = (sentence[1] + sentence[2]).upper()
    return Clip(
        dataset=corpus.dataset,
        path=corpus.tree.root / path,
        relative_path=path,
        label=place.sex,
        split=place.split or (listed.split if listed else None),
        speaker=place.speaker,
        sex=place.sex,
        dialect=f"DR{region} {REGIONS[region]}" if region in REGIONS else None,
        age_years=listed.age_years if listed else None,
        height_cm=listed.height_cm if listed else None,
        sentence=code,
        sentence_type=code[:2],
        text=_text(corpus, f"{folder_of(path)}/{code}.txt"),
    )


def _text(corpus: Corpus, path: str) -> str | None:
    """The sentence without the two sample numbers in front of it."""
    true_path = corpus.texts.get(path.lstrip("/").lower())
    if true_path is None:
        return None
    try:
        words = (corpus.tree.root / true_path).read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return None
    numbered = len(words) > 2 and words[0].isdecimal() and words[1].isdecimal()
    return " ".join(words[2:] if numbered else words) or None


DATASET = Dataset(
    name="timit",
    title="TIMIT",
    kind="speech",
    label_name="sex",
    licence="LDC User Agreement (LDC93S1); the sample that NLTK distributes: CC BY-NC-SA",
    citation=(
        "J. S. Garofolo, L. F. Lamel, W. M. Fisher, J. G. Fiscus, D. S. Pallett, N. L. Dahlgren, "
        "V. Zue (1993). TIMIT Acoustic-Phonetic Continuous Speech Corpus, LDC93S1. Philadelphia: "
        "Linguistic Data Consortium. https://doi.org/10.35111/17gk-bn40"
    ),
    url="https://catalog.ldc.upenn.edu/LDC93S1",
    layout="TRAIN|TEST/DRn/SPEAKER/SENTENCE.WAV with .TXT beside it, and DOC/SPKRINFO.TXT",
    how_to_get=(
        "TIMIT (LDC93S1) is licensed by the Linguistic Data Consortium: order it at "
        "https://catalog.ldc.upenn.edu/LDC93S1 and unpack it as a folder TIMIT with TRAIN/, TEST/ and DOC/."
    ),
    scan=scan,
    validate=validate,
)
