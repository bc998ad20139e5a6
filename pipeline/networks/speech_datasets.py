"""Which datasets hold speech."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.clips import Scan
from pipeline.sources import Source
from store.reader import Reader

SPEECH, MIXED = "speech", "mixed"


def is_spoken(kind: str, speakers: Iterable[str | None]) -> bool:
    """A corpus of speech, or a collection of any kind in which somebody is named as a speaker."""
    return kind == SPEECH or (kind == MIXED and any(speakers))


def in_scans(sources: Mapping[str, Source], scans: Mapping[str, Scan]) -> bool:
    """Whether any of what a build found is spoken."""
    return any(
        is_spoken(sources[name].dataset.kind, (clip.speaker for clip in scan.clips))
        for name, scan in scans.items()
    )


def in_store(reader: Reader) -> list[str]:
    """The spoken datasets of a snapshot, by name."""
    return [
        row["dataset"] for row in reader.rows("all_datasets")
        if is_spoken(row["kind"], _speakers(reader, row) if row["kind"] == MIXED else ())
    ]  # fmt: skip


def _speakers(reader: Reader, row: Mapping[str, str]) -> list[str]:
    return list(reader.clips(row["dataset"])["speaker"].dropna())
