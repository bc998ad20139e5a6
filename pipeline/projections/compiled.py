"""UMAP's inner loops, compiled once for each installation instead of once for each process.

umap-learn has numba compile four functions at their first use, which takes six seconds where the work
itself takes a third of one. numba can keep what it compiled on disk, beside the package's own byte code
or, where that may not be written, in the user's cache folder (``NUMBA_CACHE_DIR`` names another).
"""

from __future__ import annotations

import functools
import logging
import threading
import warnings

ONE_AT_A_TIME = threading.Lock()
"""Held while UMAP works: numba's simplest threading layer ends the process when two threads enter it."""

log = logging.getLogger(__name__)


@functools.cache
def keep_compiled() -> None:
    """Have numba keep UMAP's loops. Where it cannot, they are compiled anew: slower and no worse."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # that there is no Tensorflow, which we don't use
        from umap import layouts, umap_, utils

    for module, name in (
        (umap_, "smooth_knn_dist"),
        (umap_, "compute_membership_strengths"),
        (utils, "fast_knn_indices"),
        (layouts, "_nb_optimize_layout_euclidean_single_epoch"),
    ):
        try:
            getattr(module, name).enable_caching()
        except (AttributeError, RuntimeError, OSError) as error:
            log.info("numba cannot keep umap's %s: %s", name, error)
