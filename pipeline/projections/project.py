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
from pipeline.projections.projection import Embedded, Method, Projection, Tell, merged
from pipeline.projections.quality import measure
from pipeline.runtime import stop
from store.errors import listed

FEWEST = 3
MOST_DIMENSIONS = 64


def project(
    given: FeatureMatrix,
    method: str,
    dimension: int,
    parameters: Mapping[str, object] | None = None,
    tell: Tell | None = None,
    shared: Neighbourhood | None = None,
) -> Projection:
    """
    Project the clips to ``dimension`` dimensions; the same input gives the same positions.

    Parameters
    ----------
    given : Input
        Standardised vectors, three clips or more.
    method : str
        A name in ``METHODS``.
    dimension : int
        2 and 3 to look at, more as a space to cluster in.
    parameters : mapping, optional
        What shall differ from the method's own parameters.
    tell : callable, optional
        Is told the share that is done, 0 to 1. A request to stop (``pipeline.runtime.stop``) ends the work.
    shared : Neighbourhood, optional
        Of ``given.values``: what several projections of one input have in common is computed once.

    Raises
    ------
    InputError
        No such method or parameter, a value out of its range, fewer than three clips, or positions
        that are not numbers.
    """
    chosen = _method(method)
    used = merged(chosen, parameters or {})
    n = len(given.values)
    if n < FEWEST:
        counted = "is 1 clip" if n == 1 else f"are {n} clips"
        raise InputError(f"There {counted}; a projection needs {FEWEST} or more. Choose more clips.")
    if not 1 <= dimension <= MOST_DIMENSIONS:
        raise InputError(f"{dimension} dimensions were asked for; choose 1 to {MOST_DIMENSIONS}.")

    def told(share: float) -> None:
        stop.check()
        if tell is not None:
            tell(share)

    began = time.perf_counter()
    told(0.0)
    clips = Neighbourhood(given.values) if shared is None else shared
    with _one_thread():
        embedded = chosen.compute(clips, dimension, used, told)
        seconds = time.perf_counter() - began
        _require_finite(chosen, embedded)
        quality = measure(clips.truth, embedded.positions)
    told(1.0)
    return Projection(
        method,
        dimension,
        embedded.parameters,
        embedded.positions,
        embedded.axes,
        quality,
        (*given.notes, *embedded.notes, *quality.notes),
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
