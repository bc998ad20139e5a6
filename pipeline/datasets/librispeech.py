"""LibriSpeech: English audio books read aloud by 2,484 volunteers.

What      Utterances of 1 to 35 s cut from chapters that volunteers read for LibriVox, 16 kHz, mono, with their
          texts and the readers' sex. "Clean" readers are easier for a speech recogniser than "other" ones.
Size      292,367 utterances in seven parts; 1,201 women, 1,283 men, each in one part; 1,000 hours.
Licence   CC BY 4.0
Citation  V. Panayotov, G. Chen, D. Povey, S. Khudanpur (2015). Librispeech: An ASR corpus based on public
          domain audio books. Proc. IEEE ICASSP, 5206-5210. https://doi.org/10.1109/ICASSP.2015.7178964
Layout    PART/SPEAKER/CHAPTER/SPEAKER-CHAPTER-UTTERANCE.flac with SPEAKER-CHAPTER.trans.txt, and SPEAKERS.TXT

Speaker, chapter and utterance are in the name; sex is in ``SPEAKERS.TXT``. The part is the folder above the
speaker, else what ``SPEAKERS.TXT`` says. Only test-clean and test-other are tested on, so dev-clean and dev-other
are on the side of the training parts; a speaker found on both sides is on neither. The source of an utterance is
its chapter, which is one recording. Also read: some of the parts, Mini LibriSpeech, other audio formats, texts in
another folder than the sound, and as root any folder from above the corpus down to one chapter.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.clips import Clip, Dataset, Problem, Scan, Sex, Split
from pipeline.datasets.corpus import Reading, Tree, scan_named, stem_of, validate_named, walk
from pipeline.datasets.encoding import EncodingDoubtError, decoded
from pipeline.datasets.listing import listed
from pipeline.fields import FIELDS, plain

PARTS = {
    "dev-clean": 2_703,
    "dev-other": 2_864,
    "test-clean": 2_620,
    "test-other": 2_939,
    "train-clean-100": 28_539,
    "train-clean-360": 104_014,
    "train-other-500": 148_688,
}
"""The utterances of each part, as published."""
SIDES: dict[str, Split] = {"train": "train", "dev": "train", "test": "test"}
NAME = re.compile(r"(?P<speaker>[1-9]\d*)-(?P<chapter>[1-9]\d*)-(?P<utterance>\d{4,})")
PART = re.compile(
    r"(?:librispeech[-_.])?(train|dev|test)[-_.](clean|other)(?:[-_.](\d+))?(?:[-_.][a-z][\w-]*)?",
    re.IGNORECASE,
)
"""Also ``train_clean_100``, and copies such as ``dev-clean-wav``."""
TEXTS = re.compile(r"(\d+-\d+)(?:\.trans)?\.txt", re.IGNORECASE)
SPEAKERS = "speakers.txt"
EXPECTED = "LibriSpeech with its parts, utterances named like dev-clean/84/121123/84-121123-0000.flac"


@dataclass(frozen=True, slots=True)
class Speaker:
    """What ``SPEAKERS.TXT`` says; ``sex`` is ``None`` where it says none, or both."""

    sex: Sex | None
    part: str | None


@dataclass(frozen=True, slots=True)
class Corpus:
    """One LibriSpeech on disk; ``texts`` are the files of a chapter, by ``SPEAKER-CHAPTER``."""

    dataset: str
    tree: Tree
    above: tuple[str, ...]
    """The folders that lead to the root: it may be a part, a speaker or a chapter."""
    speakers: dict[str, Speaker] | None
    texts: dict[str, list[str]]
    read: dict[str, dict[str, str]] = field(default_factory=dict)
    """The texts of the chapters met so far: name of the utterance -> its words."""

    def text(self, chapter: str, utterance: str) -> str | None:
        if chapter not in self.read:
            lines = [
                line.split(maxsplit=1)
                for path in self.texts.get(chapter, [])
                for line in lines_of(self.tree.root / path)
            ]
            self.read[chapter] = {line[0]: plain(line[1]) for line in reversed(lines) if len(line) == 2}
        return self.read[chapter].get(utterance) or None


def lines_of(path: Path) -> list[str]:
    """The lines of a text file; none where it cannot be opened."""
    try:
        data = path.read_bytes()
    except OSError:
        return []
    try:
        return decoded(data)[0].splitlines()
    except EncodingDoubtError:
        # Only names of people go beyond ASCII, and they are not used.
        return data.decode("latin-1").splitlines()


def part_of(name: str) -> str | None:
    """The part that a folder or ``SPEAKERS.TXT`` names, as it is published; ``None`` for any other word."""
    part = PART.fullmatch(name.strip())
    return "-".join(word.lower() for word in part.groups() if word) if part else None


def side_of(part: str | None) -> Split | None:
    return SIDES[part.partition("-")[0]] if part else None


def read_speakers(tree: Tree) -> dict[str, Speaker] | None:
    """Every speaker of the corpus by ID; ``None`` where there is no table that can be read."""
    tables = [lines for path in _tables(tree) if (lines := lines_of(path))]
    rows = [row for lines in tables for line in lines if (row := _row(line))]
    sexes: dict[str, set[object]] = defaultdict(set)
    for speaker, sex, _ in rows:
        sexes[speaker].add(sex)
    # Of several tables the one nearest to the root rules.
    parts = {speaker: part for speaker, _, part in reversed(rows)}
    found = {speaker: Speaker(_only(given), parts[speaker]) for speaker, given in sexes.items()}
    return found if tables else None


def _only(given: set[object]) -> Sex | None:
    return "female" if given == {"female"} else "male" if given == {"male"} else None


def _tables(tree: Tree) -> Iterator[Path]:
    """Below the root; else where the table lies when the root is a part, a speaker or a chapter."""
    inside = [path for path in tree.files if path.rpartition("/")[2].lower() == SPEAKERS]
    for path in sorted(inside, key=lambda path: (path.count("/"), path)):
        yield tree.root / path
    if not inside:
        above = list(tree.root.resolve().parents)[:3]
        yield from [folder / name for folder in above for name in (SPEAKERS.upper(), SPEAKERS)]


def _row(line: str) -> tuple[str, object, str | None] | None:
    """ID, sex and part of a line ``ID | SEX | SUBSET | MINUTES | NAME``; the name may hold bars itself."""
    cells = [cell.strip() for cell in line.split("|")]
    if line.lstrip().startswith(";") or len(cells) < 2 or not cells[0].isdecimal():
        return None
    return cells[0], FIELDS["sex"].parse(cells[1]), part_of(cells[2]) if len(cells) > 2 else None


def scan(root: Path, dataset_name: str) -> Scan:
    tree = walk(root)
    texts: dict[str, list[str]] = defaultdict(list)
    for path in tree.files:
        if named := TEXTS.fullmatch(path.rpartition("/")[2]):
            texts[named[1]].append(path)
    corpus = Corpus(dataset_name, tree, root.resolve().parts[-3:], read_speakers(tree), dict(texts))
    found = scan_named(
        tree.audio,
        lambda path: _read(corpus, path),
        identity=lambda clip: clip.sentence,
        naming="speaker, chapter and utterance joined by hyphens, e.g. 84-121123-0000.flac",
        whole=sum(PARTS.values()),
        unit="utterances",
    )
    crossing = _on_both_sides(found.clips)
    clips = [replace(clip, split=None) if clip.speaker in crossing else clip for clip in found.clips]
    notes = [*found.notes, *_by_part(clips), *_unknown(corpus, clips), *_sides(corpus, clips, crossing)]
    return Scan(clips, tree.problems + found.problems, notes)


def validate(root: Path) -> list[str]:
    return validate_named(root, scan, "LibriSpeech", EXPECTED)


def _read(corpus: Corpus, path: str) -> Reading:
    stem = stem_of(path)
    name = NAME.fullmatch(stem)
    if not name:
        return None
    speaker, chapter = name["speaker"], name["chapter"]
    inside = path.split("/")[:-1]
    if inside and inside[-1].isdecimal() and not _fits(inside, speaker, chapter):
        folder = "/".join(name for name in inside[-2:] if name.isdecimal())
        seen = f"the name says speaker {speaker} and chapter {chapter}, the folder {folder}"
        return Problem(path, "scan", f"{seen}; mend the one that errs.")
    folders = [*corpus.above, *inside]
    for own in (chapter, speaker):
        if folders and folders[-1] == own:
            folders.pop()
    known = (corpus.speakers or {}).get(speaker, Speaker(None, None))
    part = (part_of(folders[-1]) if folders else None) or known.part
    return Clip(
        dataset=corpus.dataset,
        path=corpus.tree.root / path,
        relative_path=path,
        label=known.sex,
        label_group=part,
        split=side_of(part),
        source=f"{speaker}-{chapter}",
        take=name["utterance"],
        speaker=speaker,
        sex=known.sex,
        sentence=stem,
        text=corpus.text(f"{speaker}-{chapter}", stem),
    )


def _fits(folders: Sequence[str], speaker: str, chapter: str) -> bool:
    """Whether folders that are numbers are those of the utterance; one of the two may be missing."""
    if folders[-1] != chapter:
        return folders[-1] == speaker
    return len(folders) < 2 or not folders[-2].isdecimal() or folders[-2] == speaker


def _on_both_sides(clips: Sequence[Clip]) -> set[str]:
    sides: dict[str, set[Split]] = defaultdict(set)
    for clip in clips:
        if clip.split and clip.speaker:
            sides[clip.speaker].add(clip.split)
    return {speaker for speaker, found in sides.items() if len(found) > 1}


def _by_part(clips: Sequence[Clip]) -> list[str]:
    """How much of each published part is there, where any of the corpus is missing."""
    counts = Counter(clip.label_group for clip in clips)
    each = [f"{part} {counts[part]:,} of {whole:,}" for part, whole in PARTS.items() if counts[part]]
    return [f"By part: {', '.join(each)}."] if each and len(clips) < sum(PARTS.values()) else []


def _unknown(corpus: Corpus, clips: Sequence[Clip]) -> list[str]:
    """What the corpus' own documents do not say of these clips."""
    notes = []
    speakers = {str(clip.speaker) for clip in clips}
    known = corpus.speakers
    if known is None and clips:
        notes.append("SPEAKERS.TXT is not there, so the speakers' sex is unknown; put it beside the parts.")
    elif known is not None:
        absent = speakers - known.keys()
        doubtful = {speaker for speaker in speakers & known.keys() if known[speaker].sex is None}
        if absent:
            notes.append(f"Speakers that SPEAKERS.TXT does not list: {_some(absent)}; their sex is unknown.")
        if doubtful:
            notes.append(
                f"Speakers for whom SPEAKERS.TXT gives no sex, or both: {_some(doubtful)}; their sex is unknown."
            )
    silent = sum(clip.text is None for clip in clips)
    if silent:
        notes.append(
            f"Utterances without a transcript: {silent:,} of {len(clips):,}; what is said is unknown."
        )
    return notes


def _sides(corpus: Corpus, clips: Sequence[Clip], crossing: set[str]) -> list[str]:
    """Speakers whose folders disagree about the split, with each other or with ``SPEAKERS.TXT``."""
    notes = []
    if crossing:
        notes.append(
            f"Speakers with clips in a test part and in another part: {_some(crossing)}; these clips have no split, "
            "so that nobody is both learned from and tested on."
        )
    moved = {
        str(clip.speaker)
        for clip in clips
        if (known := (corpus.speakers or {}).get(str(clip.speaker)))
        and clip.split
        and known.part
        and side_of(known.part) != clip.split
    }
    if moved:
        notes.append(
            f"Speakers whom SPEAKERS.TXT puts in another part than their folder: {_some(moved)}; the folder was kept."
        )
    return notes


def _some(speakers: set[str]) -> str:
    return listed(sorted(speakers, key=int))


DATASET = Dataset(
    name="librispeech",
    title="LibriSpeech",
    kind="speech",
    label_name="sex",
    licence="CC BY 4.0",
    citation=(
        "V. Panayotov, G. Chen, D. Povey, S. Khudanpur (2015). Librispeech: An ASR corpus based on public "
        "domain audio books. Proc. IEEE ICASSP, 5206-5210. https://doi.org/10.1109/ICASSP.2015.7178964"
    ),
    url="https://www.openslr.org/12",
    layout="PART/SPEAKER/CHAPTER/SPEAKER-CHAPTER-UTTERANCE.flac with SPEAKER-CHAPTER.trans.txt, and SPEAKERS.TXT",
    how_to_get=(
        "Download one part or more from https://www.openslr.org/12, e.g. dev-clean.tar.gz (about 340 MB), and "
        "unpack them: all go into one folder LibriSpeech, with SPEAKERS.TXT beside the parts."
    ),
    scan=scan,
    validate=validate,
)
