"""What is to be learned: which target of which dataset, from which views, by which classifier."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline.classify import CLASSIFIERS
from pipeline.classify.classifier import TOGETHER
from pipeline.classify.protocol import FOLDS
from pipeline.experiments.cost import Size, beyond, budget_s, seconds
from pipeline.fields import with_role
from pipeline.inputs import ALL

VERSION = 2
"""Raise it when an experiment's rows change for a reason that is in no classifier's version."""
BUILD, PAGE, TRAINED, SHIPPED = "build", "page", "trained", "shipped"
"""Where an experiment comes from: a build's own list, a person, a network trained by itself, or one that the program
brings."""
CLASSIFIER, NETWORK, FACTS, CARD = "classifier", "network", "facts", "card"
"""What it learned with: a classifier on views, a network on sound, or facts of the recording alone. A network's card
holds what was measured when it was trained, on clips that need not be in the store."""
NAMED = 3
EVERY_CLIP, UNLEAKED = "all", "unleaked"
"""On which clips: all, or those that the audit's leakage leaves."""
ON_EACH_VIEW = ("logistic", "svm_rbf")
DETAILED = "logistic"
"""Fast and with columns that speak for themselves: whose curve and columns a build looks at."""
BASELINES = tuple(name for name, one in CLASSIFIERS.items() if not one.looks)
ON_FACTS = "forest"
"""Takes facts as they are, unscaled, and finds what only their combination predicts."""
COLUMNS_OF_FACTS = 12
ORDER: tuple[tuple[str, ...], ...] = (
    BASELINES, ("knn", "logistic", "svm_linear"), ("svm_rbf", "svm_laplace"), ("forest",), ("boosting",)
)  # fmt: skip
"""The cheap before the dear; what stands in no row comes with the kernels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentSpec:
    """One experiment to make. ``detailed`` adds a learning curve and the columns' importance."""

    dataset: str
    target: str
    method: str
    views: tuple[str, ...]
    combination: str = TOGETHER
    seed: int = 0
    kind: str = CLASSIFIER
    origin: str = BUILD
    detailed: bool = False

    def id(self, every_view: Sequence[str]) -> str:
        """Readable, and the same in every snapshot: see :func:`experiment_id`."""
        return experiment_id(
            self.dataset, self.target, self.method, self.views, every_view,
            combination=self.combination, seed=self.seed,
        )  # fmt: skip

    @property
    def what(self) -> str:
        """For a person: the method and what it learns from."""
        on = " + ".join(self.views) if len(self.views) <= NAMED else f"{len(self.views)} views"
        return f"{self.method} on {on}"


@dataclass(frozen=True, slots=True)
class ExpectedExperiment:
    """
    One experiment that there should be, under which name and key.

    ``cost_s`` are the seconds of one core that it takes about; ``left_out`` says why a build does not make it by
    itself, None where it does.
    """

    spec: ExperimentSpec
    experiment_id: str
    key: str
    cost_s: float = 0.0
    left_out: str | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys under which it is up to date in the store: what is left out may stand there as a gap."""
        return (self.key,) if self.left_out is None else (self.key, self.gap_key)

    @property
    def gap_key(self) -> str:
        """The key of its gap. Another than the experiment's: once it is no longer left out, it is out of date."""
        return self.key if self.left_out is None else f"{self.key}.left_out"


def experiment_id(
    dataset: str,
    target: str,
    method: str,
    views: Sequence[str],
    every_view: Sequence[str],
    *,
    combination: str = TOGETHER,
    seed: int = 0,
    subset: str = EVERY_CLIP,
) -> str:
    """``esc50.label.all.logistic``; what differs from the usual comes behind: ``.vote.seed3.unleaked``."""
    name = ALL if len(views) > 1 and set(views) == set(every_view) else "+".join(views)
    extra = [
        *([combination] if combination != TOGETHER else []),
        *([f"seed{seed}"] if seed else []),
        *([subset] if subset != EVERY_CLIP else []),
    ]
    return ".".join([dataset, target, name, method, *extra])


def key_of(spec: ExperimentSpec, version: int, view_keys: Mapping[str, str], clips_hash: str) -> str:
    """What changes when any number of the experiment would.

    Parameters
    ----------
    version : int
        The classifier's.
    view_keys : mapping of str to str
        Of each view; one that is none of a build's views, such as the facts, has none.
    clips_hash : str
        Of the dataset's clips: ``store/queries/metadata_hashes.sql``.
    """
    parts = [
        VERSION, spec.target, spec.method, version, spec.combination, spec.seed, spec.kind,
        [[view, view_keys.get(view, "")] for view in spec.views], clips_hash,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def targets(clips: pd.DataFrame) -> list[str]:
    """What can be learned of a dataset's clips: columns of two values or more, each content once."""
    found: list[str] = []
    for name in with_role("target", clips.columns):
        if clips[name].nunique() < 2:
            continue
        codes = pd.factorize(clips[name])[0]
        if not any((codes == pd.factorize(clips[other])[0]).all() for other in found):
            found.append(name)
    return found


def grid(dataset: str, clips: pd.DataFrame, views: Sequence[str]) -> Iterator[ExperimentSpec]:
    """Every classifier on all views together, two on each view alone, and the recording's facts; cheap ones first."""
    yield from sorted(_unordered(dataset, clips, views), key=_place)


def _unordered(dataset: str, clips: pd.DataFrame, views: Sequence[str]) -> Iterator[ExperimentSpec]:
    if not len(views):
        return
    for target in targets(clips):
        for method in CLASSIFIERS:
            yield ExperimentSpec(
                dataset=dataset, target=target, method=method, views=tuple(views),
                detailed=method == DETAILED,
            )  # fmt: skip
        yield ExperimentSpec(dataset=dataset, target=target, method=ON_FACTS, views=(FACTS,), kind=FACTS)
        if len(views) == 1:
            continue
        for view in views:
            for method in ON_EACH_VIEW:
                yield ExperimentSpec(dataset=dataset, target=target, method=method, views=(view,))


def _place(one: ExperimentSpec) -> tuple[int, bool]:
    """Where it stands in the order: each view alone after all of them together, the facts between."""
    if one.kind == FACTS:
        return 1, True
    rows = [number for number, methods in enumerate(ORDER) if one.method in methods]
    return (rows[0] if rows else 2), len(one.views) == 1


def size_of(one: ExperimentSpec, clips: pd.DataFrame, columns: Mapping[str, int]) -> Size:
    """What an experiment learns from, by the counts alone.

    Parameters
    ----------
    columns : mapping of str to int
        How many columns each view has.
    """
    names = clips[one.target].dropna() if one.target in clips else pd.Series(dtype=object)
    width = sum(columns.get(view, 0) for view in one.views) if one.kind != FACTS else COLUMNS_OF_FACTS
    return Size(len(names), width, max(names.nunique(), 2), _folds(clips))


def left_out(
    specs: Sequence[ExperimentSpec], clips: pd.DataFrame, columns: Mapping[str, int]
) -> tuple[list[float], list[str | None]]:
    """
    What each experiment costs, and why a build leaves it to a person; None where it makes it.

    The experiments of a dataset share a budget that grows slower than its clips, and are made in the order
    given until it is spent. Baselines and facts are always made, and what people requested.
    """
    sizes = [size_of(one, clips, columns) for one in specs]
    costs = [seconds(one.method, size, detailed=one.detailed) for one, size in zip(specs, sizes, strict=True)]
    free = [one.origin != BUILD or one.method in BASELINES or one.kind == FACTS for one in specs]
    over = beyond(
        [0.0 if spared else cost for spared, cost in zip(free, costs, strict=True)], budget_s(len(clips))
    )
    return costs, [
        _why(one, size) if late and not spared else None
        for one, size, late, spared in zip(specs, sizes, over, free, strict=True)
    ]


def _why(one: ExperimentSpec, size: Size) -> str:
    # From the page an experiment comes with all details.
    takes = describe_duration(seconds(one.method, size, detailed=True))
    title = CLASSIFIERS[one.method].title
    return (
        f"{title} on {size.clips:,} clips would take about {takes} of one core, which is more than a build spends "
        "by itself. Run it from the Models page, or build with --thorough."
    )


def describe_duration(duration_s: float) -> str:
    """A duration for a person: ``25 minutes``."""
    if duration_s < 90:
        return f"{max(round(duration_s, -1), 10):.0f} seconds"
    if duration_s < 5_400:
        return f"{duration_s / 60:.0f} minutes"
    return f"{duration_s / 3_600:.0f} hours"


def _folds(clips: pd.DataFrame) -> int:
    """How many folds are tested, as :func:`pipeline.classify.protocol.protocol` most likely has it."""
    if "fold" in clips and clips["fold"].notna().all() and clips["fold"].nunique() > 1:
        return int(clips["fold"].nunique())
    if "split" in clips and clips["split"].notna().all() and clips["split"].nunique() > 1:
        return 1
    return FOLDS
