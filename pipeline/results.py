"""What comes after each clip has been measured, stage by stage: the networks' views, then what is computed from the
views as a whole: projections and clusterings, experiments, audits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline import embedded, events
from pipeline.analyses import stage as analyses
from pipeline.audit import stage as audits
from pipeline.experiments import due
from pipeline.experiments import stage as experiments
from pipeline.features.view import View
from store.reader import Reader


@dataclass(frozen=True, slots=True)
class Renewal:
    """Bring the results in the staging database up to date, or drop what is not."""

    root: Path
    """The store's folder."""
    staging: Path
    base: Path | None
    """The snapshot that the build began from: what persons have kept there is computed again."""
    views: Mapping[str, View]
    tell: events.Listener
    n_jobs: int
    compute: bool = True


def renew(of: Renewal) -> tuple[int, dict[str, int]]:
    """How many vectors were computed by listening, and how much each stage did, by its name in a build's counts."""
    sources = due.Sources(of.root, of.views, of.base)
    heard = embedded.place(of.root, of.staging, of.views, of.tell, of.n_jobs)
    if not of.compute:
        analyses.discard(of.staging, of.views)
        experiments.discard(of.staging, sources)
        audits.discard(of.staging)
        return heard, {}
    return heard, {
        "analysed": analyses.analyse(of.staging, of.base, of.views, of.tell, of.n_jobs),
        "learned": experiments.learn(of.staging, sources, of.tell, of.n_jobs),
        "audited": audits.audit(of.staging, of.tell, of.n_jobs),
    }


def complete(root: Path, reader: Reader, views: Mapping[str, View]) -> bool:
    """Whether nothing is missing or out of date."""
    return not (
        embedded.stale(root, reader, views)
        or analyses.stale(reader, views)
        or due.stale(reader, due.Sources(root, views))
        or audits.stale(reader)
    )
