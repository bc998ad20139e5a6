"""What a view is: a named, versioned vector of numbers for each clip."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pipeline.features.spectra import Spectra


@dataclass(frozen=True, kw_only=True)
class View:
    """A description of a clip by ``len(columns)`` numbers.

    ``compute`` takes the clip's shared :class:`Spectra` and returns float32, shape ``(len(columns),)``.
    Raise ``version`` whenever its numbers change: the store then computes the view anew.
    """

    name: str
    version: int
    title: str
    columns: tuple[str, ...]
    units: tuple[str, ...]
    """The unit of each column: ``Hz``, ``dB``, ``1`` for a pure number ..."""
    parameters: Mapping[str, object]
    source: str
    """The librosa function and the paper behind it."""
    compute: Callable[[Spectra], NDArray[np.float32]]
    notes: str = ""
    may_be_nan: frozenset[str] = frozenset()
    """Columns that have no value for some clips; NaN in any other is a fault."""
    learned: bool = False
    """Whether a network made it that was trained on labels: no evidence beside views that know none."""

    @property
    def key(self) -> str:
        """Changes with the name, the version, the parameters or the columns, and with nothing else."""
        identity = [self.name, self.version, dict(self.parameters), list(self.columns)]
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
