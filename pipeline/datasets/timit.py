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
from dataclasses import dataclass
from pathlib import Path

from pipeline.clips import Clip, Dataset, Problem, Scan
from pipeline.datasets.corpus import Tree, folder_of, walk
from pipeline.datasets.named import Reading, scan_named, validate_named
from pipeline.datasets.timit_speakers import Speaker, place_of, read_speakers

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
    known = corpus.speakers.get(place.initials)
    if known and known.sex != place.sex:
        reason = f"the folder {place.speaker} says {place.sex}, SPKRINFO.TXT says {known.sex}; mend the one that errs."
        return Problem(path, "scan", reason)
    region = place.region or (known.region if known else None)
    code = (sentence[1] + sentence[2]).upper()
    return Clip(
        dataset=corpus.dataset,
        path=corpus.tree.root / path,
        relative_path=path,
        label=place.sex,
        split=place.split or (known.split if known else None),
        speaker=place.speaker,
        sex=place.sex,
        dialect=f"DR{region} {REGIONS[region]}" if region in REGIONS else None,
        age_years=known.age_years if known else None,
        height_cm=known.height_cm if known else None,
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
