"""Lay clips out by a method of the registry, and measure how far the picture can be believed."""

from __future__ import annotations

import importlib
import time
from collections.abc import Mapping

import numpy as np
from threadpoolctl import threadpool_limits

from pipeline.inputs import FeatureMatrix, InputError
from pipeline.projections import METHODS
from pipeline.projections.neighbourhood import Neighbourhood
from pipeline.projections.projection import Embedded, Method, Projection, merged
from pipeline.projections.quality import measure
from pipeline.runtime import stop
from pipeline.runtime.events import ProgressCallback
from store.errors import listed

MIN_CLIPS = 3
MAX_DIMENSIONS = 64


def project(
    features: FeatureMatrix,
    method: str,
    dimension: int,
    parameters: Mapping[str, object] | None = None,
    on_progress: ProgressCallback | None = None,
    shared: Neighbourhood | None = None,
) -> Projection:
    """
    Project the clips to ``dimension`` dimensions; the same input gives the same positions.

    Parameters
    ----------
    features : FeatureMatrix
        Standardised vectors, three clips or more.
    method : str
        A name in ``METHODS``.
    dimension : int
        2 and 3 to look at, more as a space to cluster in.
    parameters : mapping, optional
        What shall differ from the method's own parameters.
    on_progress : callable, optional
        Called with the share that is done, 0 to 1. A request to stop (``pipeline.runtime.stop``) ends the work.
    shared : Neighbourhood, optional
        Of ``features.values``: what several projections of one input have in common is computed once.

    Raises
    ------
    InputError
        No such method or parameter, a value out of its range, fewer than three clips, or positions
        that are not numbers.
    """
    chosen = _method(method)
    used = merged(chosen, parameters or {})
    n = len(features.values)
    if n < MIN_CLIPS:
        counted = "is 1 clip" if n == 1 else f"are {n} clips"
        raise InputError(f"There {counted}; a projection needs {MIN_CLIPS} or more. Choose more clips.")
    if not 1 <= dimension <= MAX_DIMENSIONS:
        raise InputError(f"{dimension} dimensions were asked for; choose 1 to {MAX_DIMENSIONS}.")

    def report(share: float) -> None:
        stop.check()
        if on_progress is not None:
            on_progress(share)

    began = time.perf_counter()
    report(0.0)
    clips = Neighbourhood(features.values) if shared is None else shared
    with _one_thread():
        embedded = chosen.compute(clips, dimension, used, report)
        seconds = time.perf_counter() - began
        _require_finite(chosen, embedded)
        quality = measure(clips.truth, embedded.positions)
    report(1.0)
    return Projection(
        method,
        dimension,
        embedded.parameters,
        embedded.positions,
        embedded.axes,
        quality,
        (*features.notes, *embedded.notes, *quality.notes),
        seconds,
    )


def _one_thread() -> threadpool_limits:
    """With more threads, sums are taken in another order, and each machine would draw its own picture."""
    # A limit binds only what is loaded by then.
    for name in ("scipy.linalg", "sklearn.cluster", "sklearn.neighbors"):
        importlib.import_module(name)
    return threadpool_limits(1)


def _method(name: str) -> Method:
    if name not in METHODS:
        raise InputError(f"There is no projection '{name}'; {listed(list(METHODS))}.")
    return METHODS[name]


def _require_finite(method: Method, embedded: Embedded) -> None:
    lost = int((~np.isfinite(embedded.positions)).any(axis=1).sum())
    if lost:
        raise InputError(
            f"{method.title} found no place for {lost} of {len(embedded.positions)} clips. "
            "Try other parameters, or another method."
        )
