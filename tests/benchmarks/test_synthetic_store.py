"""The synthetic store answers every question of a page as a built one does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import soundfile

from pipeline.inputs import ALL, standardise
from store.reader import Reader

CLIPS = 300


@pytest.fixture(scope="module")
def synthetic(benchmark_of: Callable[[str], ModuleType]) -> ModuleType:
    return benchmark_of("_synthetic_store")


def test_all_that_a_page_reads_is_there(synthetic: ModuleType, tmp_path: Path) -> None:
    with Reader(synthetic.make(tmp_path, CLIPS).path) as reader:
        clips = reader.clips(synthetic.DATASET)
        assert len(clips) == CLIPS and clips["clip_id"].is_monotonic_increasing
        projections = reader.projections(synthetic.DATASET)
        assert set(projections["view"]) == {*synthetic.VIEWS, ALL}
        for row in projections.to_dict("records"):
            points = reader.points(row["projection_id"])
            assert points.positions.shape == (CLIPS, row["dimension"]) and np.isfinite(points.positions).all()
            assert points.clip_ids.tolist() == clips["clip_id"].tolist()
        members = reader.all_members(synthetic.DATASET)
        clusterings = reader.clusterings(synthetic.DATASET)
        assert members.labels.shape == (len(clusterings), CLIPS)
        assert sorted(clusterings["rank"]) == list(range(1, len(clusterings) + 1))
        tree = reader.tree(clusterings.loc[clusterings["method"] == "hdbscan", "clustering_id"].iloc[0])
        assert set(range(CLIPS)) <= set(tree["child"])
        wide = standardise(reader.matrix(synthetic.DATASET, "wide"))
        assert wide.values.shape == (CLIPS, synthetic.VIEWS["wide"])
        clip = reader.clip(clips["clip_id"].iloc[7])
    assert soundfile.info(Path(clip["root"]) / clip["relative_path"]).duration == synthetic.SOUND_S


def test_the_same_seed_gives_the_same_clips(synthetic: ModuleType) -> None:
    one, same, other = (synthetic.Collection(50, seed=seed).latent for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)
