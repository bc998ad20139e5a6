"""Each experiment with what it is made from: the clips that have a vector in all its views, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline.experiments.spec import Due
from pipeline.experiments.unit import Task, values_of
from store.reader import Matrix, Reader


def tasks_of(reader: Reader, dataset: str, wanted: Sequence[Due]) -> list[Task]:
    """Each experiment with the clips and the vectors it learns from, row by row of one order."""
    names = dict.fromkeys(view for one in wanted for view in one.wanted.views)
    there = set(reader.views()["view"])
    matrices = {name: reader.matrix(dataset, name) for name in names if name in there}
    clips = reader.clips(dataset).sort_values("clip_id", ignore_index=True)
    tasks = []
    for one in wanted:
        mine = {view: matrices[view] for view in one.wanted.views if view in matrices}
        rows, aligned = _aligned(clips, mine)
        values, columns = values_of(one.wanted, rows, aligned)
        tasks.append(Task(one.wanted, one.experiment_id, one.key, rows, values, columns))
    return tasks


def _aligned(clips: pd.DataFrame, matrices: Mapping[str, Matrix]) -> tuple[pd.DataFrame, dict[str, Matrix]]:
    """The clips that have a vector in every view, and those vectors in the clips' order."""
    ids = pd.Index(clips["clip_id"])
    if all(ids.equals(pd.Index(one.clip_ids)) for one in matrices.values()):
        return clips, dict(matrices)
    for one in matrices.values():
        ids = ids[ids.isin(pd.Index(one.clip_ids))]
    rows = clips[clips["clip_id"].isin(ids)].reset_index(drop=True)
    places = {view: pd.Index(one.clip_ids).get_indexer(ids) for view, one in matrices.items()}
    return rows, {
        view: Matrix(one.clip_ids[places[view]], one.values[places[view]], one.columns)
        for view, one in matrices.items()
    }
