"""TIMIT's speakers: what their folders say, and what ``SPKRINFO.TXT`` says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.clips import Sex, Split
from pipeline.datasets.corpus import Tree

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
