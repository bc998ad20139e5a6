"""ESC-50: environmental sounds, the field's common test of sound classification.

What      Clips of 5 s cut from field recordings on freesound.org, 44.1 kHz, mono; recordings that
          were shorter are padded with digital silence. ESC-10 is a part of it.
Size      2,000 clips, 50 categories of 40 in five groups of ten, 5 official folds; 2.8 hours.
Licence   CC BY-NC 3.0; the ESC-10 part CC BY 3.0
Citation  K. J. Piczak (2015). ESC: Dataset for Environmental Sound Classification. Proc. 23rd ACM
          International Conference on Multimedia, 1015-1018. https://doi.org/10.1145/2733373.2806390
Layout    ESC-50-master/audio/FOLD-SOURCE-TAKE-TARGET.wav and ESC-50-master/meta/esc50.csv

The table rules: category, fold, source and take come from ``esc50.csv``. A file whose name says
otherwise is mislabelled and becomes a Problem. Also read: a part of the corpus, ``esc50.csv`` beside
``audio/`` or beside the clips, names without the target, other audio formats; and as root the folder
that holds the corpus, or its ``audio/``.

The publisher means every source to stay in one fold; in the published table four of them are in two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.clips import Clip, Dataset, Problem, Scan
from pipeline.datasets.corpus import DatasetError, Reading, scan_named, stem_of, walk
from pipeline.datasets.table import Row, TableLayout, find_table, read_table, rows_by_file
from pipeline.fields import FIELDS, plain

GROUPS = (
    "Animals",
    "Natural soundscapes & water sounds",
    "Human, non-speech sounds",
    "Interior/domestic sounds",
    "Exterior/urban noises",
)
LAYOUT = TableLayout(
    title="ESC-50",
    expected="ESC-50 with audio/ and meta/esc50.csv",
    table="esc50.csv",
    table_folder="meta",
    columns=("filename", "fold", "target", "category"),
)
NAME = re.compile(r"(?P<fold>\d+)-(?P<src_file>\d+)-(?P<take>[A-Z])(?:-(?P<target>\d+))?")


@dataclass(frozen=True, slots=True)
class Corpus:
    """Where one ESC-50 lies, and its table by ``FOLD-SOURCE-TAKE-TARGET`` and ``FOLD-SOURCE-TAKE``."""

    root: Path
    audio: str
    rows: dict[str, dict[str, str]]
    short: dict[str, dict[str, str]]
    faults: dict[str, str]
    """Why a row says nothing of its file, by the same names as ``rows``."""


def open_corpus(root: Path) -> Corpus:
    """Find the one ESC-50 at, directly below or directly around ``root``.

    Raises
    ------
    DatasetError
        There is none or more than one, or its table cannot be read.
    """
    path, audio = find_table(root, LAYOUT)
    table = rows_by_file(read_table(path), LAYOUT)
    faults = {stem: fault for stem, row in table.items() if (fault := _fault(row))}
    rows = {stem: _cells(stem, row) for stem, row in table.items()}
    short = {stem.rpartition("-")[0]: cells for stem, cells in rows.items()}
    return Corpus(root, audio.relative_to(root).as_posix() if audio != root else "", rows, short, faults)


def _fault(row: Row) -> str:
    """What is wrong with a row of the table; empty where nothing is."""
    fold, target = (FIELDS["fold"].parse(row.cells.get(name, "")) for name in ("fold", "target"))
    line = f"line {row.line} of esc50.csv"
    if row.fault:
        return f"{line} {row.fault}"
    lost = [name for name in LAYOUT.columns if name not in row.cells]
    if lost:
        return f"{line} ends before {lost[0]!r}; fetch it anew."
    if fold is None or target is None:
        seen = f"fold {row.cells['fold']!r} and target {row.cells['target']!r}"
        return f"{line} has {seen}: expected two whole numbers; fetch it anew."
    if isinstance(target, int) and target // 10 >= len(GROUPS):
        return f"{line} has target {target}: expected 0 to 49; fetch it anew."
    return ""


def _cells(stem: str, row: Row) -> dict[str, str]:
    """The row with its numbers as they stand in names, and what only the name says where the table lacks it."""
    name = NAME.fullmatch(stem)
    numbers = {each: str(FIELDS["fold"].parse(row.cells.get(each, ""))) for each in ("fold", "target")}
    absent = {each: name[each] for each in ("src_file", "take")} if name else {}
    return {"category": "", "src_file": "", "take": ""} | absent | row.cells | numbers


def scan(root: Path, dataset_name: str) -> Scan:
    try:
        corpus = open_corpus(root)
    except DatasetError as error:
        return Scan(notes=[str(error)])
    tree = walk(root, corpus.audio)
    found = scan_named(
        tree.audio,
        lambda path: _read(corpus, dataset_name, path),
        identity=lambda clip: (clip.fold, clip.source, clip.take),
        naming="FOLD-SOURCE-TAKE-TARGET, e.g. 1-100032-A-0.wav",
        whole=len(corpus.rows),
        unit="clips",
    )
    return Scan(found.clips, tree.problems + found.problems, found.notes)


def validate(root: Path) -> list[str]:
    try:
        corpus = open_corpus(root)
    except DatasetError as error:
        return [str(error)]
    if scan(root, "esc50").clips:
        return []
    audio = root / corpus.audio
    return [
        f"{audio} holds none of the {len(corpus.rows):,} clips of esc50.csv; unpack ESC-50's audio/ there."
    ]


def missing(root: Path) -> int:
    """How many clips of its own table an ESC-50 lacks; 0 for a complete one.

    Raises
    ------
    DatasetError
        There is no ESC-50 at ``root``.
    """
    return len(open_corpus(root).rows) - len(scan(root, "esc50").clips)


def _read(corpus: Corpus, dataset_name: str, path: str) -> Reading:
    stem = stem_of(path)
    if stem in corpus.faults:
        return Problem(path, "scan", corpus.faults[stem])
    row = corpus.rows.get(stem) or corpus.short.get(stem) or corpus.short.get(stem.rpartition("-")[0])
    name = NAME.fullmatch(stem)
    if row is None:
        reason = "esc50.csv has no row for it; check fold, source and take in the name, or remove the file."
        return Problem(path, "scan", reason) if name else None
    claims = {key: value for key, value in name.groupdict().items() if value} if name else {}
    wrong = [
        f"{key} {value} where esc50.csv has {row[key]}" for key, value in claims.items() if value != row[key]
    ]
    if wrong:
        reason = (
            f"the name says {' and '.join(wrong)} ({row['category']}); rename the file or mend the table."
        )
        return Problem(path, "scan", reason)
    return Clip(
        dataset=dataset_name,
        path=corpus.root / path,
        relative_path=path,
        label=plain(row["category"]) or None,
        label_group=GROUPS[int(row["target"]) // 10],
        fold=int(row["fold"]),
        source=row["src_file"] or None,
        take=row["take"] or None,
    )


DATASET = Dataset(
    name="esc50",
    title="ESC-50",
    kind="environment",
    label_name="category",
    licence="CC BY-NC 3.0; the ESC-10 part CC BY 3.0",
    citation=(
        "K. J. Piczak (2015). ESC: Dataset for Environmental Sound Classification. Proc. 23rd ACM "
        "International Conference on Multimedia, 1015-1018. https://doi.org/10.1145/2733373.2806390"
    ),
    url="https://github.com/karolpiczak/ESC-50",
    layout="audio/FOLD-SOURCE-TAKE-TARGET.wav and meta/esc50.csv",
    how_to_get="Download https://github.com/karoldvl/ESC-50/archive/master.zip (about 600 MB) and unpack it.",
    scan=scan,
    validate=validate,
)
