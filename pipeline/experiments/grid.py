"""The experiments that a build makes of a dataset by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from pipeline.classify import CLASSIFIERS
from pipeline.experiments.wanted import FACTS, Wanted

TARGETS = ("label", "sex", "dialect")
ON_EACH_VIEW = ("logistic", "svm_rbf")
DETAILED = "logistic"
"""Fast and with columns that speak for themselves: whose curve and columns a build looks at."""
BASELINES = tuple(name for name, one in CLASSIFIERS.items() if not one.looks)
ON_FACTS = "forest"
"""Takes facts as they are, unscaled, and finds what only their combination tells."""
LIMIT = 20_000
"""With more clips nothing is learned by itself; a person may ask for it."""
COSTLY = {"svm_rbf": 5_000, "svm_laplace": 5_000, "boosting": 10_000}
"""Whose time grows with the square of the clips, or with clips times classes."""


def targets(clips: pd.DataFrame) -> list[str]:
    """What can be learned of a dataset's clips: columns of two values or more, each content once."""
    found: list[str] = []
    for name in TARGETS:
        if name not in clips or clips[name].nunique() < 2:
            continue
        codes = pd.factorize(clips[name])[0]
        if not any((codes == pd.factorize(clips[other])[0]).all() for other in found):
            found.append(name)
    return found


def grid(dataset: str, clips: pd.DataFrame, views: Sequence[str]) -> Iterator[Wanted]:
    """Every classifier on all views together, two on each view alone, and the recording's facts."""
    if not len(views):
        return
    for target in targets(clips):
        for method in CLASSIFIERS:
            yield Wanted(
                dataset=dataset, target=target, method=method, views=tuple(views),
                detailed=method == DETAILED,
            )  # fmt: skip
        yield Wanted(dataset=dataset, target=target, method=ON_FACTS, views=(FACTS,), kind=FACTS)
        if len(views) == 1:
            continue
        for view in views:
            for method in ON_EACH_VIEW:
                yield Wanted(dataset=dataset, target=target, method=method, views=(view,))


def too_many(wanted: Wanted, clips: int) -> str | None:
    """Why a build leaves this to a person; None where it does not."""
    limit = min(LIMIT, COSTLY.get(wanted.method, LIMIT))
    if wanted.origin != "build" or clips <= limit or wanted.method in BASELINES:
        return None
    return (
        f"{clips:,} clips are more than the {limit:,} for which a build computes this by itself. "
        "Run it from the Models page if it is worth the time."
    )
