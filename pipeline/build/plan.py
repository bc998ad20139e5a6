"""What a build must do: the recordings on disk against what the store already holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.audio.decode import content_hash
from pipeline.build.store_state import FACTS, StoreState, clip_row, failure_row, same_file, same_row, stamp
from pipeline.clips import Clip, Problem, Row, Scan
from pipeline.extraction import Job
from pipeline.runtime import events


@dataclass(slots=True)
class Plan:
    """The work of one build, as the staging database takes it."""

    clips: dict[str, Clip] = field(default_factory=dict)
    stamps: dict[str, Row] = field(default_factory=dict)
    """The :func:`stamp` of each file before it was opened."""
    jobs: list[Job] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    """Clips whose row changes though nothing need be measured again: new labels, another path or date."""
    reused: dict[str, str] = field(default_factory=dict)
    """Clip to content hash, where another clip of the same content has the vectors already."""
    removed: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    """Clips of other content than before, which are measured anew: nothing of them stays."""
    failures: dict[tuple[str, str], Row] = field(default_factory=dict)
    unchanged: int = 0


def make_plan(
    scans: Mapping[str, Scan], before: StoreState, views: Collection[str], *, retry: bool = False
) -> Plan:
    """Compare scans with the store.

    A file whose size and dates are as the store knows them is not opened. One whose dates alone
    changed is hashed, and its vectors stay if the hash is the same. A file that failed before is not
    opened either, unless ``retry`` says so or it failed in a view that is computed otherwise now.
    """
    plan = Plan()
    for dataset, scan in scans.items():
        for problem in scan.problems:
            _fail(plan, dataset, problem)
        for clip in scan.clips:
            _take(plan, clip)
    if not retry:
        _keep_failures(plan, before, views_changed=any(view not in before.vectors for view in views))
    hashes = _hashes(plan, before)
    by_hash = {row["content_hash"]: row for row in before.clips.values()}
    for clip_id, clip in plan.clips.items():
        _place(plan, clip, hashes.get(clip_id), before, by_hash, views)
    gone = (row for clip_id, row in before.clips.items() if clip_id not in plan.clips)
    plan.removed = [row["clip_id"] for row in gone if row["dataset"] in scans]
    return plan


def _fail(plan: Plan, dataset: str, problem: Problem) -> None:
    plan.failures[dataset, problem.relative_path] = failure_row(dataset, problem, None)


def _take(plan: Plan, clip: Clip) -> None:
    try:
        plan.stamps[clip.clip_id] = stamp(clip.path)
    except OSError as error:
        reason = f"the file is listed but cannot be opened: {error.strerror}"
        _fail(plan, clip.dataset, Problem(clip.relative_path, "scan", reason))
    else:
        plan.clips[clip.clip_id] = clip


def _keep_failures(plan: Plan, before: StoreState, *, views_changed: bool) -> None:
    for key, row in before.failures.items():
        clip_id = "/".join(key)
        if clip_id not in plan.clips or (views_changed and row["stage"] == "features"):
            continue
        if same_file(row, plan.stamps[clip_id]):
            plan.failures[key] = dict(row)
            del plan.clips[clip_id]


def _hashes(plan: Plan, before: StoreState) -> dict[str, str]:
    """Content hashes by clip, read from the files only where the store's cannot be trusted.

    An empty store has nothing to reuse: there the workers hash what they decode, in one reading.
    """
    hashes: dict[str, str] = {}
    unsure: list[tuple[str, Path]] = []
    for clip_id, clip in plan.clips.items():
        row = before.clips.get(clip_id)
        if row and same_file(row, plan.stamps[clip_id]):
            hashes[clip_id] = row["content_hash"]
        elif before.clips:
            unsure.append((clip_id, clip.path))
    with ThreadPoolExecutor() as pool:
        found = pool.map(_hash_or_none, [path for _, path in unsure])
        hashes.update({clip_id: hash_ for (clip_id, _), hash_ in zip(unsure, found, strict=True) if hash_})
    return hashes


def _hash_or_none(path: Path) -> str | None:
    try:
        return content_hash(path)
    except OSError:
        return None  # the worker will meet the same error, which becomes this clip's failure


def _place(
    plan: Plan,
    clip: Clip,
    hash_: str | None,
    before: StoreState,
    by_hash: Mapping[str, Row],
    views: Collection[str],
) -> None:
    """Decide for one clip: nothing to do, a new row, borrowed vectors, or a job."""
    clip_id = clip.clip_id
    row = before.clips.get(clip_id)
    donor = row if row and row["content_hash"] == hash_ else by_hash.get(hash_ or "")
    if donor is None:
        plan.changed += [clip_id] if row else []
        plan.jobs.append(Job(clip_id, clip.path, tuple(views), hash_))
        return
    facts = {name: donor.get(name) for name in FACTS}  # an older store may lack one
    new_row = clip_row(clip, plan.stamps[clip_id], facts, donor["content_hash"])
    is_same = same_row(row, new_row)
    if not is_same:
        plan.rows.append(new_row)
    if donor is not row:
        plan.reused[clip_id] = donor["content_hash"]
    missing = tuple(view for view in views if donor["clip_id"] not in before.vectors.get(view, ()))
    if missing:
        plan.jobs.append(Job(clip_id, clip.path, missing, hash_))
    elif is_same:
        plan.unchanged += 1


def planned(plan: Plan) -> events.Planned:
    return events.Planned(
        to_extract=len(plan.jobs),
        unchanged=plan.unchanged,
        updated=len(plan.rows) - len(plan.reused),
        reused=len(plan.reused),
        removed=len(plan.removed),
        failed=len(plan.failures),
    )
