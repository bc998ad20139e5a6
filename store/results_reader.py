"""Questions about experiments. Rows of clips come in the order of clip_id."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from store.errors import StoreError


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What one experiment said of each clip it tested; row ``i`` of each is of the same clip."""

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


class Learned(ABC):
    """The questions; a snapshot answers them, and so does a build."""

    @abstractmethod
    def ask(self, name: str, **parameters: Any) -> pa.Table:
        """The answer to ``queries/NAME.sql``."""

    def experiment_keys(self) -> pd.DataFrame:
        """One row an experiment: ``experiment_id``, ``dataset``, ``key``, ``subset``, ``origin`` (None: in vain)."""
        return self.ask("experiment_keys").to_pandas()

    def experiments(self, dataset: str) -> pd.DataFrame:
        """One row an experiment, the most accurate first; see ``queries/experiments.sql``."""
        return self.ask("experiments", dataset=dataset).to_pandas()

    def experiment(self, experiment_id: str) -> pd.Series:
        """
        Raises
        ------
        StoreError
            No such experiment.
        """
        found = self.ask("experiment", experiment_id=experiment_id).to_pandas()
        if found.empty:
            raise StoreError(
                f"There is no experiment '{experiment_id}' in this snapshot. Choose another one, or build again."
            )
        return found.iloc[0]

    def experiment_metrics(self, experiment_id: str) -> pd.DataFrame:
        """``kind``, ``name``, ``metric``, ``value``, in the order in which they were written."""
        return self.ask("experiment_metrics", experiment_id=experiment_id).to_pandas()

    def experiment_history(self, experiment_id: str) -> pd.DataFrame:
        """``fold``, ``epoch``, ``metric``, ``value``; no row for what was not trained in epochs."""
        return self.ask("experiment_history", experiment_id=experiment_id).to_pandas()

    def experiment_gaps(self, dataset: str) -> pd.DataFrame:
        """What could not be learned of a dataset, and why: ``target``, ``what``, ``reason``."""
        return self.ask("experiment_gaps", dataset=dataset).to_pandas()

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
        told = flat.reshape(table.num_rows, len(classes)).astype(np.float32)
        frame = table.drop_columns(["probabilities"]).to_pandas()
        places = pd.Index(classes).get_indexer(pd.Index(frame["predicted"]))
        return Predictions(frame.assign(confidence=told[np.arange(len(told)), places]), told, classes)
