"""The same picture whatever the number of threads, and nearly the same where a processor rounds otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.inputs import FeatureMatrix
from pipeline.projections.neighbourhood import nearest
from pipeline.projections.project import project

SCRIPT = """
import hashlib, numpy as np
from pipeline.inputs import standardise
from pipeline.projections.project import project
from store.reader import Matrix
random = np.random.default_rng(0)
raw = np.repeat(random.normal(size=(5, 40)), 60, axis=0) + random.normal(size=(300, 40))
given = standardise(Matrix(np.arange(300).astype(object), raw.astype(np.float32), tuple(map(str, range(40)))))
for method, dimension in (("pca", 3), ("tsne", 2), ("tsne", 3), ("umap", 2), ("umap", 3), ("umap", 5)):
    print(method, dimension, hashlib.sha256(project(given, method, dimension).positions.tobytes()).hexdigest())
"""


def test_threads_change_no_bit(repo_root: Path) -> None:
    found = set()
    for threads in ("1", "2", "4"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "LOKY_MAX_CPU_COUNT")
        env = {**os.environ, **dict.fromkeys(names, threads)}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=repo_root, env=env, capture_output=True, text=True, check=True
        )
        found.add(done.stdout)
    assert len(found) == 1


@pytest.mark.parametrize(("method", "share"), [("tsne", 0.7), ("umap", 0.7)])
@pytest.mark.parametrize("dimension", [2, 3])
def test_rounding_moves_little(groups: FeatureMatrix, method: str, dimension: int, share: float) -> None:
    noise = 1e-6 * np.random.default_rng(1).normal(size=groups.values.shape)
    noisy = FeatureMatrix(
        **{
            name: getattr(groups, name)
            for name in ("clip_ids", "columns", "mean", "scale", "fill", "kept", "notes")
        },
        values=(groups.values * (1 + noise)).astype(np.float32),
    )
    first, second = project(groups, method, dimension), project(noisy, method, dimension)
    assert first.quality.trustworthiness == pytest.approx(second.quality.trustworthiness, abs=0.01)
    among = [nearest(made.positions, 10, "euclidean")[0] for made in (first, second)]
    same = np.mean([len(np.intersect1d(*rows)) / 10 for rows in zip(*among, strict=True)])
    assert same > share
