"""What a projection method is, what a person may try on it, and what comes out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.inputs import InputError
from pipeline.projections.neighbourhood import Neighbourhood
from pipeline.projections.quality import Quality
from pipeline.runtime.events import ProgressCallback
from store.errors import listed


@dataclass(frozen=True)
class Setting:
    """A parameter that a person may try: a number between ``low`` and ``high``, or one of ``choices``.

    Whole numbers only where ``step`` is a whole number of type int.
    """

    name: str
    title: str
    low: float | None = None
    high: float | None = None
    step: float | None = None
    default: float | str | None = None
    choices: tuple[str, ...] = ()
    help: str = ""

    def check(self, value: object) -> None:
        """Raise ``InputError`` where ``value`` is none that this setting can take."""
        if self.choices:
            if value not in self.choices:
                raise InputError(f"{self.title} is '{value}'; choose one of: {', '.join(self.choices)}.")
            return
        if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
            raise InputError(f"{self.title} is '{value}', not a number. {self._range()}")
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        whole = isinstance(self.step, int)
        if not low <= value <= high or (whole and value != int(value)):
            raise InputError(f"{self.title} is {value}. {self._range()}")

    def _range(self) -> str:
        what = "a whole number" if isinstance(self.step, int) else "a number"
        ends = [f"of at least {self.low:g}"] if self.low is not None else []
        ends += [f"at most {self.high:g}"] if self.high is not None else []
        return f"Choose {what} {' and '.join(ends)}".rstrip() + "."


class Tunable(Protocol):
    """A method of a registry, whose parameters a person may set."""

    @property
    def title(self) -> str: ...
    @property
    def settings(self) -> tuple[Setting, ...]: ...
    @property
    def parameters(self) -> Mapping[str, object]: ...


def merged(method: Tunable, changes: Mapping[str, object]) -> dict[str, object]:
    """The method's parameters with those given in their place, each checked; raises ``InputError``."""
    settings = {setting.name: setting for setting in method.settings}
    for name, value in changes.items():
        if name not in method.parameters:
            raise InputError(f"{method.title} has no parameter '{name}'; {listed(list(method.parameters))}.")
        if name in settings:
            settings[name].check(value)
    return {**method.parameters, **changes}


@dataclass(frozen=True, eq=False)
class Axes:
    """What the axes of a linear projection mean: share of the variance (k,), loadings float64 (k, d)."""

    explained: NDArray[np.float64]
    loadings: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Embedded:
    """Where a method puts the clips, and what it took for parameters to do so."""

    positions: NDArray[np.float32]
    parameters: Mapping[str, object]
    axes: Axes | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way to lay clips out in a few dimensions.

    ``compute`` takes the clips' neighbourhood, the dimension, the parameters (all of them) and a progress
    callback.
    Raise ``version`` whenever the positions change: the store then computes them anew.
    """

    name: str
    title: str
    version: int
    source: str
    settings: tuple[Setting, ...]
    parameters: Mapping[str, object]
    compute: Callable[[Neighbourhood, int, Mapping[str, object], ProgressCallback], Embedded]


@dataclass(frozen=True, eq=False)
class Projection:
    """Clips laid out by a method, with how far the picture can be believed.

    ``positions`` float32 (n, dimension); ``parameters`` as they were used; ``seconds`` without quality.
    """

    method: str
    dimension: int
    parameters: Mapping[str, object]
    positions: NDArray[np.float32]
    axes: Axes | None
    quality: Quality
    notes: tuple[str, ...]
    seconds: float
