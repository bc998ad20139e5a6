"""Any folder of recordings: the reader for a collection of your own.

What      Recordings of any kind that libsndfile or FFmpeg reads, anywhere below one folder.
Size      Whatever you have.
Licence   The owner's own; Sesatlas does not know it
Citation  The owner's own; cite where the recordings come from.
Layout    LABEL/any/depth/recording.wav, or one CSV directly in the folder that lists the recordings

Without a CSV the label is the first folder below the root; a recording directly in the root has none.

With a CSV the CSV is the collection. It needs a column path (or filename, file): relative to the root,
or the bare name where only one recording below the root has it. It may have label (category, class),
label_group (group), fold, split, source (src_file), take, speaker, sex (gender), dialect, age_years (age),
height_cm, sentence, sentence_type and text. Upper or lower case; separated by comma, semicolon or tab.
A listed file that is not there is a Problem; a recording that is not listed is left out, with a note; an
empty cell means unknown, also for the label. Without a label column the label is the first folder.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

from pipeline.clips import Clip, Dataset, Problem, Scan
from pipeline.datasets.corpus import (
    DatasetError,
    Row,
    Table,
    Tree,
    describe,
    read_table,
    require_folder,
    walk,
)
from pipeline.fields import FIELDS

ATTRIBUTES = {one.name for one in dataclass_fields(Clip)}
PATH_COLUMNS = ("path", "filename", "file", "file_name", "filepath")
EXPECTED = "a folder with recordings (.wav, .flac, .ogg, .mp3, .m4a ...)"


@dataclass(slots=True)
class Listing:
    """The owner's table, and the column of each field it has."""

    table: Table
    path_column: str
    columns: dict[str, str]
    unread: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Field -> cells that could not be read; they were left empty."""

    @property
    def name(self) -> str:
        return self.table.path.name

    def fields(self, row: Row) -> dict[str, object]:
        """What ``row`` says of its clip, by field; an empty or unreadable cell is ``None``."""
        values: dict[str, object] = {}
        for name, column in self.columns.items():
            cell = row.cells.get(column, "")
            values[name] = FIELDS[name].parse(cell) if cell else None
            if cell and values[name] is None:
                self.unread[name].append(cell)
        return values

    def notes(self) -> list[str]:
        return [
            f"Cells of {self.name} for {name} such as {cells[0]!r} that are not {FIELDS[name].expected}: "
            f"{len(cells):,}; left empty."
            for name, cells in self.unread.items()
        ]


def find_listing(tree: Tree) -> Listing | None:
    """The CSV directly in the root that lists recordings, or ``None`` when there is none.

    Raises
    ------
    DatasetError
        A CSV cannot be read, or more than one lists recordings.
    """
    paths = [path for path in tree.files if "/" not in path and path.lower().endswith(".csv")]
    listings = [listing for path in paths if (listing := _listing(tree.root / path))]
    if len(listings) > 1:
        names = " and ".join(listing.name for listing in listings[:2])
        raise DatasetError(
            f"{tree.root} has more than one list of recordings, {names}; leave the one that holds."
        )
    return listings[0] if listings else None


def _listing(path: Path) -> Listing | None:
    table = read_table(path)
    path_column = next((name for name in PATH_COLUMNS if name in table.columns), None)
    if path_column is None:
        return None
    names = {name: (name, *one.csv_names) for name, one in FIELDS.items() if not one.measured}
    found = {name: [one for one in candidates if one in table.columns] for name, candidates in names.items()}
    return Listing(table, path_column, {name: columns[0] for name, columns in found.items() if columns})


class Places:
    """Finds the recording that a person meant by a path typed into a table."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths: dict[str, str] = {}
        self._names: dict[str, list[str]] = {}
        for path in paths:
            self._paths.setdefault(_plain(path), path)
            self._names.setdefault(_plain(path.rpartition("/")[2]), []).append(path)

    def find(self, named: str) -> str | None:
        key = _plain(named).removeprefix("./")
        same_name = self._names.get(key, [])
        return self._paths.get(key) or (same_name[0] if len(same_name) == 1 else None)


def _plain(path: str) -> str:
    # macOS decomposes accents in file names, tables are typed composed; Windows writes backslashes.
    return unicodedata.normalize("NFC", path.replace("\\", "/"))


def scan(root: Path, dataset_name: str) -> Scan:
    tree = walk(root)
    try:
        listing = find_listing(tree)
    except DatasetError as error:
        return Scan(problems=tree.problems, notes=[str(error)])
    if listing:
        return _listed(tree, listing, dataset_name)
    clips = [_clip(tree, dataset_name, path, {"label": _first_folder(path)}) for path in tree.audio]
    return Scan(clips, tree.problems, _label_notes(clips))


def validate(root: Path) -> list[str]:
    try:
        require_folder(root, EXPECTED)
        listing = find_listing(walk(root))
    except DatasetError as error:
        return [str(error)]
    if scan(root, "folder").clips:
        return []
    if listing:
        return [
            f"None of the {len(listing.table.rows):,} files that {listing.name} lists is below {root}; mend it."
        ]
    return [f"No recording in {describe(root)}: expected {EXPECTED}; give the folder that holds them."]


def _clip(tree: Tree, dataset_name: str, path: str, fields: dict[str, Any]) -> Clip:
    more = {name: fields.pop(name) for name in list(fields) if name not in ATTRIBUTES}
    return Clip(dataset=dataset_name, path=Path(tree.root, path), relative_path=path, more=more, **fields)


def _first_folder(path: str) -> str | None:
    return path.partition("/")[0] if "/" in path else None


def _label_notes(clips: list[Clip]) -> list[str]:
    labels = Counter(clip.label for clip in clips)
    if len(labels) == 1 and len(clips) > 1 and clips[0].label:
        only = clips[0].label
        return [f"All {len(clips):,} recordings have the label {only!r}, the one folder below the root."]
    bare = labels[None]
    return [f"Recordings directly in the folder, which have no label: {bare:,}."] if bare else []


def _listed(tree: Tree, listing: Listing, dataset_name: str) -> Scan:
    places = Places(tree.audio)
    clips: dict[str, Clip] = {}
    problems: dict[str, Problem] = {}
    unnamed: list[int] = []
    repeated: list[int] = []
    for row in listing.table.rows:
        named = row.cells.get(listing.path_column, "")
        path = places.find(named)
        if not named:
            unnamed.append(row.line)
        elif path in clips or path in problems:
            repeated.append(row.line)
        elif path is None or row.width != len(listing.table.columns):
            problems.setdefault(path or named, Problem(path or named, "scan", _fault(listing, row, path)))
        else:
            fields = {"label": _first_folder(path)} | listing.fields(row)
            clips[path] = _clip(tree, dataset_name, path, fields)
    unlisted = [path for path in tree.audio if path not in clips and path not in problems]
    left_out = [
        *_left_out(unlisted, f"Recordings that {listing.name} does not list"),
        *_left_out(unnamed, f"Lines of {listing.name} that name no file"),
        *_left_out(repeated, f"Lines of {listing.name} that name a file of an earlier line"),
    ]
    found = sorted([*tree.problems, *problems.values()], key=lambda problem: problem.relative_path)
    return Scan([clips[path] for path in sorted(clips)], found, listing.notes() + left_out)


def _left_out(which: Sequence[object], what: str) -> list[str]:
    return [f"{what}: {len(which):,}, first {which[0]}; left out."] if which else []


def _fault(listing: Listing, row: Row, path: str | None) -> str:
    line = f"line {row.line} of {listing.name}"
    if path is None:
        return (
            f"{line} lists it, but the root has no such recording or several; mend the path or add the file."
        )
    expected = len(listing.table.columns)
    return f"{line} has {row.width} cells, its header has {expected}; put text that holds a comma in quotes."


DATASET = Dataset(
    name="folder",
    title="A folder of your own",
    kind="mixed",
    label_name="label",
    licence="The owner's own; Sesatlas does not know it",
    citation="The owner's own; cite where the recordings come from.",
    url="",
    layout="LABEL/any/depth/recording.wav, or one CSV directly in the folder that lists the recordings",
    how_to_get="Any folder of recordings will do: sub-folders are labels, or a CSV beside them says what each one is.",
    scan=scan,
    validate=validate,
)
