"""Gaussian mixture: each group is a normal distribution, and a clip belongs to the likeliest."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.clusterings.clusterer import (
    Clusterer,
    Fitted,
    Parameters,
    cluster_counts,
    found_fewer,
    require_clusters,
)
from pipeline.clusterings.points import Points
from pipeline.projections.projection import Setting

TITLE = "Gaussian mixture"
DIAGONAL, FULL = "diag", "full"


def fit(points: Points, parameters: Mapping[str, Any]) -> Fitted:
    """
    Expectation maximisation from one K-Means start; the posterior maximum is a clip's strength.

    The note has the Bayesian information criterion (Schwarz 1978), by which two mixtures of one space
    compare without labels: the lower the better.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    count = int(parameters["n_components"])
    require_clusters(TITLE, count, len(points))
    values = points.values.astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a note says so instead
        model = GaussianMixture(
            count,
            covariance_type=parameters["covariance_type"],
            reg_covar=parameters["reg_covar"],
            random_state=parameters["random_state"],
        ).fit(values)
    posterior = model.predict_proba(values)  # (n, n_components)
    labels = posterior.argmax(axis=1).astype(np.int32)
    notes = [f"BIC {model.bic(values):.1f}.", *found_fewer(labels, count)]
    if not model.converged_:
        notes.append(f"Stopped after {model.max_iter} iterations before it had settled.")
    return Fitted(labels, dict(parameters), posterior.max(axis=1).astype(np.float32), notes=tuple(notes))


def grid(points: Points) -> list[Parameters]:
    """Every other preferred number, diagonal; full covariances too where there are clips enough for them."""
    counts = cluster_counts(len(points))[::2]
    tried: list[Parameters] = [{"covariance_type": DIAGONAL, "n_components": number} for number in counts]
    return tried + [
        {"covariance_type": FULL, "n_components": number} for number in counts if full_fits(points, number)
    ]


def full_fits(points: Points, components: int) -> bool:
    """Whether a mixture of full covariances has two clips or more for each of its free parameters."""
    n, k = points.values.shape
    return 2 * components * (1 + k + k * (k + 1) // 2) <= n


CLUSTERER = Clusterer(
    name="mixture",
    title=TITLE,
    version=1,
    source="sklearn.mixture.GaussianMixture; Dempster et al. 1977",
    settings=(
        Setting("n_components", "Clusters", 2, 200, 1, 10, help="How many normal distributions."),
        Setting(
            "covariance_type",
            "Covariance",
            default=DIAGONAL,
            choices=(DIAGONAL, FULL, "tied", "spherical"),
            help="full lets a group lie askew, and needs many clips a group; diag holds it to the axes.",
        ),
    ),
    parameters={"n_components": 10, "covariance_type": DIAGONAL, "reg_covar": 1e-3, "random_state": 0},
    grid=grid,
    fit=fit,
)
