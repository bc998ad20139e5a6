"""What was asked for, looked up and brought into one matrix."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.classify import CLASSIFIERS
from pipeline.classify.classifier import Classifier, ClassifyError
from store.errors import listed

if TYPE_CHECKING:
    from pipeline.classify.train import Blocks

Views = Mapping[str, NDArray[np.float32]]
"""Raw vectors float32 (n, d) by the view's name, all of the same n clips."""

TOGETHER, VOTE = "together", "vote"
COMBINATIONS: dict[str, str] = {
    TOGETHER: "The columns of all views side by side.",
    VOTE: "Each view is learned for itself; the mean of their probabilities decides.",
}


def classifier_named(name: str) -> Classifier:
    """The classifier of that name, or ``ClassifyError`` with those there are."""
    if name not in CLASSIFIERS:
        raise ClassifyError(f"There is no classifier '{name}'; {listed(list(CLASSIFIERS))}.")
    return CLASSIFIERS[name]


def joined(values: Views, clips: int, combination: str = TOGETHER) -> tuple[NDArray[np.float32], Blocks]:
    """All views side by side (n, D), and which columns are learned from together."""
    if combination not in COMBINATIONS:
        raise ClassifyError(f"There is no combination '{combination}'; {listed(list(COMBINATIONS))}.")
    if not values:
        raise ClassifyError("No view was chosen to learn from. Choose one or more.")
    for name, view in values.items():
        if view.ndim != 2 or len(view) != clips:
            raise ClassifyError(
                f"The view '{name}' has vectors of {len(view):,} clips, and there are {clips:,} clips. "
                "Build again, so that the views are complete."
            )
    matrix = np.hstack([np.asarray(view, dtype=np.float32) for view in values.values()])
    if combination == TOGETHER:
        return matrix, {" + ".join(values): slice(0, matrix.shape[1])}
    ends = np.cumsum([view.shape[1] for view in values.values()])
    return matrix, {
        name: slice(int(end) - view.shape[1], int(end))
        for (name, view), end in zip(values.items(), ends, strict=True)
    }


def versions() -> dict[str, str]:
    """What else the numbers may depend on."""
    import scipy
    import sklearn

    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
    }
