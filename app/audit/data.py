"""The audit of a collection as the snapshot has it, and the sounds of its clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from app.cache import snapshot
from app.cache.snapshot import of_snapshot
from app.ui import escape
from app.ui.clip import mp3, recording
from pipeline.audio.decode import AudioError
from pipeline.audit.duplicates import Aligned, align
from pipeline.audit.leakage import Effect, effect
from pipeline.audit.report import SPLIT
from pipeline.experiments.spec import UNLEAKED
from store.errors import SesatlasError
from store.reader import Reader

TABLES = ("pairs", "leaks", "removed", "label_issues", "facts", "balance")


@dataclass(frozen=True, eq=False)
class Audit:
    """
    One dataset's audit. ``summaries`` and ``notes`` are the sentences of each part by its name, as Markdown.

    ``experiment`` is the row of the one whose predictions rank the label issues, ``unleaked`` that of the same one
    without the clips that leaked; None where there is none.
    """

    dataset: pd.Series
    clips: int
    summaries: Mapping[str, str]
    notes: Mapping[str, Sequence[str]]
    pairs: pd.DataFrame
    leaks: pd.DataFrame
    removed: pd.DataFrame
    label_issues: pd.DataFrame
    facts: pd.DataFrame
    balance: pd.DataFrame
    experiment: pd.Series | None
    unleaked: pd.Series | None

    @property
    def name(self) -> str:
        return str(self.dataset["dataset"])

    @property
    def protocol(self) -> str:
        """The split that it audited, in two words or so."""
        return self.summaries[SPLIT]

    def caption(self, n: int | None = None, what: str = "clip") -> str:
        """The caption of every figure, in Markdown: dataset, snapshot, protocol, n."""
        count = self.clips if n is None else n
        title = escape.markdown(self.dataset["title"])
        words = [title, f"snapshot {snapshot.current().number}", self.protocol]
        return " · ".join([*words, f"n = {count:,} {what}{'s' * (count != 1)}"])


def load(dataset: pd.Series) -> Audit | None:
    """The audit of a dataset; None where this snapshot has none."""
    name = str(dataset["dataset"])
    read = _read(name)
    if read is None:
        return None
    clips, tables, experiment, unleaked = read
    parts = tables["parts"]
    summaries = dict(zip(parts["part"], map(escape.sentence, parts["summary"]), strict=True))
    notes = {
        part: [*map(escape.sentence, some)] for part, some in zip(parts["part"], parts["notes"], strict=True)
    }
    rest = {table: tables[table].copy(deep=False) for table in TABLES}
    return Audit(dataset, clips, summaries, notes, experiment=experiment, unleaked=unleaked, **rest)


@of_snapshot(spinner="Reading the audit ...")
def _read(
    reader: Reader, dataset: str
) -> tuple[int, dict[str, pd.DataFrame], pd.Series | None, pd.Series | None] | None:
    audits = reader.audits()
    mine = audits[audits["dataset"] == dataset]
    if mine.empty:
        return None
    tables = {name: getattr(reader, f"audit_{name}")(dataset) for name in ("parts", *TABLES)}
    experiments = reader.experiments(dataset)
    reference = experiments[experiments["experiment_id"] == mine["experiment_id"].iloc[0]]
    unleaked = experiments[experiments["subset"] == UNLEAKED]
    rows = [None if table.empty else table.iloc[0] for table in (reference, unleaked)]
    return int(mine["clips"].iloc[0]), tables, rows[0], rows[1]


@of_snapshot()
def removal(reader: Reader, before_id: str, after_id: str) -> Effect:
    """Accuracy before and after, on the clips that both experiments tested."""
    return effect(reader.predictions(before_id).table, reader.predictions(after_id).table)


def alignment(dataset: pd.Series, first: pd.Series, second: pd.Series, lag_s: float) -> Aligned | None:
    """How well the samples of two clips agree when aligned; None where they cannot be.

    Parameters
    ----------
    first, second : Series
        Rows of :func:`app.cache.snapshot.clips`.
    lag_s : float
        By their fingerprints, in seconds.
    """
    one, other = ((str(path(dataset, clip)), str(clip["content_hash"])) for clip in (first, second))
    return _alignment(one, other, lag_s)


@of_snapshot(entries=256)
def _alignment(_: Reader, one: tuple[str, str], other: tuple[str, str], lag_s: float) -> Aligned | None:
    try:
        samples, rate_hz = snapshot.samples(*one)
        other_samples, other_hz = snapshot.samples(*other)
        return align(samples, other_samples, rate_hz, lag_s) if rate_hz == other_hz else None
    except (AudioError, SesatlasError):
        return None


def path(dataset: pd.Series, clip: pd.Series) -> str:
    """Where a clip's recording lies."""
    return str(recording(clip, dataset["path"]))


def sound(dataset: pd.Series, clip: pd.Series) -> bytes | None:
    """A clip as a small MP3; None where its recording cannot be read."""
    return mp3(clip, dataset["path"])
