"""Questions about what a build has computed: scores, projections and clusterings, experiments, audits.

Rows of clips come in the order of clip_id. Of what a snapshot does not hold there are no rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from store.database import Queries
from store.errors import StoreError

NOISE = -1
CODES = 512
"""Numbers in a fingerprint."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Where the clips lie in one projection; row ``i`` of each array belongs to ``clip_ids[i]``."""

    clip_ids: NDArray[np.object_]
    positions: NDArray[np.float32]
    """(n, k)"""
    trustworthiness: NDArray[np.float32]
    """(n,) 0 to 1; NaN where it was not measured."""
    continuity: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Every clustering of a dataset: ``labels[i, j]`` is the cluster of ``clip_ids[j]`` in
    ``clustering_ids[i]``, -1 where the clip is noise or was not part of the clustering."""

    clustering_ids: NDArray[np.object_]
    clip_ids: NDArray[np.object_]
    labels: NDArray[np.int32]
    """(m, n)"""


class AnalysisQueries(Queries):
    """Units, scores, projections and clusterings."""

    def units(self) -> dict[tuple[str, str, str], str]:
        """(stage, dataset, view) to the key of what was computed there."""
        rows = self.rows("units")
        return {(row["stage"], row["dataset"], row["view"]): row["key"] for row in rows}

    def embeddings(self) -> pd.DataFrame:
        """``view``, ``dataset``, ``key``, ``clips``, ``missing``, ``reason``: what networks made of which datasets."""
        return self.frame("embeddings")

    def analyses(self, dataset: str) -> pd.DataFrame:
        """One row a view and stage: ``stage``, ``view``, ``key``, ``clips``, ``seconds``, ``notes``."""
        return self.frame("analyses", dataset=dataset)

    def gaps(self, dataset: str) -> pd.DataFrame:
        """What was not computed, and why: ``view``, ``what``, ``reason``."""
        return self.frame("gaps", dataset=dataset)

    def score_keys(self) -> dict[tuple[str, str, str], str]:
        """(dataset, view, score) to the key of what was computed there, or tried in vain."""
        rows = self.rows("score_keys")
        return {(row["dataset"], row["view"], row["score"]): row["key"] for row in rows}

    def scores(self, dataset: str) -> pd.DataFrame:
        """One row a score of a view; see ``queries/scores.sql``. ``reason`` says why there are no values."""
        return self.frame("scores", dataset=dataset)

    def clip_scores(self, dataset: str, view: str) -> pd.DataFrame:
        """A row a clip, by ``clip_id``, and a column a score of that view; NaN where a clip has none."""
        long = self.frame("clip_scores", dataset=dataset, view=view)
        return long.pivot(index="clip_id", columns="score", values="value")

    def projections(self, dataset: str) -> pd.DataFrame:
        """One row a projection; see ``queries/projections.sql``. ``parameters`` is JSON."""
        return self.frame("projections", dataset=dataset)

    def points(self, projection_id: str) -> Points:
        """
        Raises
        ------
        StoreError
            No such projection.
        """
        table = self.ask("points", projection_id=projection_id)
        if not table.num_rows:
            raise StoreError(
                f"There is no projection '{projection_id}' in this snapshot. Choose another one, or build again."
            )
        flat = table.column("position").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return Points(
            table.column("clip_id").to_numpy(),
            # (clips * dimension,) -> (clips, dimension); copied, as Arrow's memory is read-only
            flat.reshape(table.num_rows, -1).astype(np.float32),
            _numbers(table, "trustworthiness"),
            _numbers(table, "continuity"),
        )

    def axes(self, projection_id: str) -> pd.DataFrame:
        """``axis`` (from 1), ``explained``, ``columns``, ``loadings``; no row where the method has none."""
        return self.frame("axes", projection_id=projection_id)

    def clusterings(self, dataset: str) -> pd.DataFrame:
        """One row a clustering, the first of the ranking first; see ``queries/clusterings.sql``."""
        return self.frame("clusterings", dataset=dataset)

    def members(self, clustering_id: str) -> pd.DataFrame:
        """``clip_id``, ``cluster`` (-1: noise), ``strength`` (NaN where the method does not say).

        Raises
        ------
        StoreError
            No such clustering.
        """
        found = self.frame("members", clustering_id=clustering_id)
        if found.empty:
            raise StoreError(
                f"There is no clustering '{clustering_id}' in this snapshot. Choose another one, or build again."
            )
        return found

    def all_members(self, dataset: str) -> Members:
        """Every clustering of a dataset at once, by ``clustering_id``; clips that are in none are left out."""
        owners, clips = self.ask("clustering_ids", dataset=dataset), self.ask("clip_ids", dataset=dataset)
        # Numbers in the place of names: sorting millions of names would take most of the time.
        table = self.ask("all_members", dataset=dataset)
        row, place, cluster = (
            table.column(name).to_numpy() for name in ("clustering_number", "clip_number", "cluster")
        )
        labels = np.full((owners.num_rows, clips.num_rows), NOISE, dtype=np.int32)
        labels[row, place] = cluster
        held = np.zeros(clips.num_rows, dtype=bool)
        held[place] = True
        ids = clips.column("clip_id").to_numpy()[held]
        return Members(owners.column("clustering_id").to_numpy(), ids, labels[:, held])

    def tree(self, clustering_id: str) -> pd.DataFrame:
        """``parent``, ``child``, ``lambda``, ``size``, ``selected``; no row where there is no tree.

        A child below the number of clips is the clip of that place among the clustering's ``members``.
        """
        return self.frame("tree", clustering_id=clustering_id)


def _numbers(table: pa.Table, column: str) -> NDArray[np.float32]:
    return table.column(column).to_numpy(zero_copy_only=False).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What one experiment predicted of each clip it tested; row ``i`` of each is of the same clip."""

    table: pd.DataFrame
    """``clip_id``, ``fold``, ``truth``, ``predicted``, ``confidence`` (of what was predicted, 0 to 1)."""
    probabilities: NDArray[np.float32]
    """(n, classes), in the order of ``classes``."""
    classes: tuple[str, ...]

    @property
    def truth(self) -> NDArray[np.intp]:
        """Positions in ``classes``, (n,)."""
        return pd.Index(self.classes).get_indexer(pd.Index(self.table["truth"]))

    @property
    def predicted(self) -> NDArray[np.intp]:
        """Positions in ``classes``, (n,)."""
        return pd.Index(self.classes).get_indexer(pd.Index(self.table["predicted"]))


class ExperimentQueries(Queries):
    """Experiments and their predictions."""

    def experiment_keys(self) -> pd.DataFrame:
        """One row an experiment: ``experiment_id``, ``dataset``, ``key``, ``subset``, ``origin`` (None: in vain)."""
        return self.frame("experiment_keys")

    def experiments(self, dataset: str) -> pd.DataFrame:
        """One row an experiment, the most accurate first; see ``queries/experiments.sql``."""
        return self.frame("experiments", dataset=dataset)

    def experiment(self, experiment_id: str) -> pd.Series:
        """
        Raises
        ------
        StoreError
            No such experiment.
        """
        found = self.frame("experiment", experiment_id=experiment_id)
        if found.empty:
            raise StoreError(
                f"There is no experiment '{experiment_id}' in this snapshot. Choose another one, or build again."
            )
        return found.iloc[0]

    def experiment_metrics(self, experiment_id: str) -> pd.DataFrame:
        """``kind``, ``name``, ``metric``, ``value``, in the order in which they were written."""
        return self.frame("experiment_metrics", experiment_id=experiment_id)

    def experiment_history(self, experiment_id: str) -> pd.DataFrame:
        """``fold``, ``epoch``, ``metric``, ``value``; no row for what was not trained in epochs."""
        return self.frame("experiment_history", experiment_id=experiment_id)

    def experiment_gaps(self, dataset: str) -> pd.DataFrame:
        """What could not be learned or embedded of a dataset, and why: ``target``, ``what``, ``reason``."""
        return self.frame("experiment_gaps", dataset=dataset)

    def predictions(self, experiment_id: str) -> Predictions:
        """
        Raises
        ------
        StoreError
            No such experiment.
        """
        classes = tuple(self.experiment(experiment_id)["classes"])
        table = self.ask("predictions", experiment_id=experiment_id)
        flat = table.column("probabilities").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        # (clips * classes,) -> (clips, classes); copied, as Arrow's memory is read-only
        probabilities = flat.reshape(table.num_rows, len(classes)).astype(np.float32)
        frame = table.drop_columns(["probabilities"]).to_pandas()
        places = pd.Index(classes).get_indexer(pd.Index(frame["predicted"]))
        confidence = probabilities[np.arange(len(frame)), places]
        return Predictions(frame.assign(confidence=confidence), probabilities, classes)


class AuditQueries(Queries):
    """What a collection hides from its accuracies, and the fingerprints of its recordings."""

    def audits(self) -> pd.DataFrame:
        """One row a dataset that was audited: ``dataset``, ``key``, ``experiment_id``, ``clips``, ``seconds``."""
        return self.frame("audits")

    def audit_parts(self, dataset: str) -> pd.DataFrame:
        """``part``, ``summary`` (a sentence), ``notes`` (more of them)."""
        return self.frame("audit_parts", dataset=dataset)

    def audit_pairs(self, dataset: str) -> pd.DataFrame:
        """Clips that hold the same sound: ``first``, ``second``, ``kind``, ``similarity``, ``lag_s``,
        ``shared_s``, ``group``."""
        return self.frame("audit_pairs", dataset=dataset)

    def audit_leaks(self, dataset: str) -> pd.DataFrame:
        """What is on both sides of the split: ``kind``, ``value``, ``sides``, ``clips``, ``removed``."""
        return self.frame("audit_leaks", dataset=dataset)

    def audit_removed(self, dataset: str) -> pd.DataFrame:
        """The clips without which nothing is: ``clip_id``, ``kind``, ``value``, ``side``."""
        return self.frame("audit_removed", dataset=dataset)

    def audit_label_issues(self, dataset: str) -> pd.DataFrame:
        """The most doubtful label first: ``clip_id``, ``rank``, ``given``, ``suggested``,
        ``self_confidence``, ``margin``, ``issue``."""
        return self.frame("audit_label_issues", dataset=dataset)

    def audit_facts(self, dataset: str) -> pd.DataFrame:
        """How well each fact names the label: ``fact``, ``title``, ``accuracy``, ``balanced_accuracy``,
        ``spread``, ``chance``, ``majority``, ``clips``."""
        return self.frame("audit_facts", dataset=dataset)

    def audit_balance(self, dataset: str) -> pd.DataFrame:
        """Clips by ``label`` and ``side``: ``clips``, ``expected``, ``residual``, ``verdict``."""
        return self.frame("audit_balance", dataset=dataset)

    def fingerprints(self, dataset: str, version: int) -> tuple[NDArray[np.object_], NDArray[np.uint32]]:
        """The clips that have a fingerprint of that version (n,), and those, uint32 (n, 2, 256): codes, then frames."""
        table = self.ask("fingerprints", dataset=dataset, version=version)
        flat = table.column("fingerprint").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        # (n * 512,) -> (n, 2, 256); copied, as Arrow's memory is read-only
        values = flat.astype(np.uint32).reshape(table.num_rows, 2, CODES // 2)
        return table.column("clip_id").to_numpy(), values

    def without_fingerprint(self, datasets: Sequence[str], version: int) -> pd.DataFrame:
        """Recordings without a fingerprint of that version: ``content_hash``, ``clip_id``, ``root``,
        ``relative_path``."""
        return self.frame("without_fingerprint", datasets=list(datasets), version=version)
