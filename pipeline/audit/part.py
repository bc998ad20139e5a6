"""One part of an audit: a sentence, what it is about, and the rows behind it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from store.errors import SesatlasError

SPLIT, DUPLICATES, LEAKAGE, LEAKAGE_OWN, REMOVAL, DOUBTS, FACTS, BALANCE = (
    "split",
    "duplicates",
    "leakage",
    "leakage_own",
    "removal",
    "doubts",
    "facts",
    "balance",
)
NOT_AUDITED = "This part could not be audited."
"""The first note of a part that has a reason in the place of a result."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Part:
    """``told`` is one sentence or two; ``found`` are rows by table of the store."""

    name: str
    told: str
    notes: tuple[str, ...] = ()
    found: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def row(self) -> dict[str, object]:
        """Its row of ``audit_parts``."""
        return {"part": self.name, "told": self.told, "notes": list(self.notes)}


def not_audited(name: str, why: str) -> Part:
    return Part(name, why, (NOT_AUDITED,))


def guarded(name: str, make: Callable[[], Part]) -> Part:
    """What ``make`` gives, or the reason why it cannot: no audit may end a build."""
    try:
        return make()
    except SesatlasError as error:
        return not_audited(name, str(error))
    except Exception as error:
        log.exception("The part %s of an audit failed", name)
        return not_audited(
            name, f"It failed for a reason nobody has foreseen ({type(error).__name__}: {error})."
        )
