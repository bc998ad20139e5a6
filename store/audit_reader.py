"""Questions about audits: what a collection hides from its accuracies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from store.audits import CODES

Prints = tuple[NDArray[np.object_], NDArray[np.uint32]]


class Audited(ABC):
    """The questions; a snapshot answers them, and so does a build. A dataset without an audit has no rows."""

    @abstractmethod
    def ask(self, name: str, **parameters: Any) -> pa.Table:
        """The answer to ``queries/NAME.sql``."""

    def audits(self) -> pd.DataFrame:
        """One row a dataset that was audited: ``dataset``, ``key``, ``experiment_id``, ``clips``, ``seconds``."""
        return self.ask("audits").to_pandas()

    def audit_parts(self, dataset: str) -> pd.DataFrame:
        """``part``, ``told`` (a sentence), ``notes`` (more of them)."""
        return self.ask("audit_parts", dataset=dataset).to_pandas()

    def audit_pairs(self, dataset: str) -> pd.DataFrame:
        """Clips that hold the same sound: ``first``, ``second``, ``kind``, ``similarity``, ``lag_s``,
        ``shared_s``, ``group``."""
        return self.ask("audit_pairs", dataset=dataset).to_pandas()

    def audit_ties(self, dataset: str) -> pd.DataFrame:
        """What is on both sides of the split: ``tie``, ``value``, ``sides``, ``clips``, ``removed``."""
        return self.ask("audit_ties", dataset=dataset).to_pandas()

    def audit_removed(self, dataset: str) -> pd.DataFrame:
        """The clips without which nothing is: ``clip_id``, ``tie``, ``value``, ``side``."""
        return self.ask("audit_removed", dataset=dataset).to_pandas()

    def audit_doubts(self, dataset: str) -> pd.DataFrame:
        """The most doubtful label first: ``clip_id``, ``rank``, ``given``, ``suggested``,
        ``self_confidence``, ``margin``, ``issue``."""
        return self.ask("audit_doubts", dataset=dataset).to_pandas()

    def audit_facts(self, dataset: str) -> pd.DataFrame:
        """How well each fact names the label: ``fact``, ``title``, ``accuracy``, ``balanced_accuracy``,
        ``spread``, ``chance``, ``majority``, ``clips``."""
        return self.ask("audit_facts", dataset=dataset).to_pandas()

    def audit_balance(self, dataset: str) -> pd.DataFrame:
        """Clips by ``label`` and ``side``: ``clips``, ``expected``, ``residual``, ``verdict``."""
        return self.ask("audit_balance", dataset=dataset).to_pandas()

    def prints(self, dataset: str, version: int) -> Prints:
        """The clips that have a fingerprint of that version (n,), and those, uint32 (n, 2, 256)."""
        table = self.ask("audit_prints", dataset=dataset, version=version)
        flat = table.column("print").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        # (n * 512,) -> (n, 2, 256): codes, then frames; copied, as Arrow's memory is read-only
        return table.column("clip_id").to_numpy(), flat.astype(np.uint32).reshape(
            table.num_rows, 2, CODES // 2
        )

    def unprinted(self, datasets: Sequence[str], version: int) -> pd.DataFrame:
        """Recordings without a fingerprint of that version: ``content_hash``, ``clip_id``, ``root``,
        ``relative_path``."""
        return self.ask("audit_unprinted", datasets=list(datasets), version=version).to_pandas()
