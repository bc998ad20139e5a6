"""What is to be learned: which target of which dataset, from which views, by which classifier."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.classify.run import TOGETHER
from pipeline.inputs import ALL

VERSION = 1
"""Raise it when an experiment's rows change for a reason that no classifier's version tells."""
BUILD, PAGE, TRAINED, SHIPPED = "build", "page", "trained", "shipped"
"""Where an experiment comes from: a build's own list, a person, a network trained by itself, or one that the program
brings."""
CLASSIFIER, NETWORK, FACTS, CARD = "classifier", "network", "facts", "card"
"""What it learned with: a classifier on views, a network on sound, or facts of the recording alone. A network's card
tells what was measured when it was trained, of clips that need not be in the store."""
NAMED = 3
EVERY_CLIP, UNLEAKED = "all", "unleaked"
"""On which clips: all, or those that the audit's leakage leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One experiment to make. ``detailed`` adds a learning curve and the columns' importance."""

    dataset: str
    target: str
    method: str
    views: tuple[str, ...]
    combination: str = TOGETHER
    seed: int = 0
    kind: str = CLASSIFIER
    origin: str = BUILD
    detailed: bool = False

    def id(self, every_view: Sequence[str]) -> str:
        """Readable, and the same in every snapshot: see :func:`experiment_id`."""
        return experiment_id(
            self.dataset, self.target, self.method, self.views, every_view,
            combination=self.combination, seed=self.seed,
        )  # fmt: skip

    @property
    def what(self) -> str:
        """For a person: the method and what it learns from."""
        on = " + ".join(self.views) if len(self.views) <= NAMED else f"{len(self.views)} views"
        return f"{self.method} on {on}"


@dataclass(frozen=True, slots=True)
class Due:
    """
    One experiment that there should be, under which name and key.

    ``cost_s`` are the seconds of one core that it takes about; ``left_out`` says why a build does not make it by
    itself, None where it does.
    """

    wanted: Wanted
    experiment_id: str
    key: str
    cost_s: float = 0.0
    left_out: str | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys under which it is up to date in the store: what is left out may stand there as a gap."""
        return (self.key,) if self.left_out is None else (self.key, self.gap_key)

    @property
    def gap_key(self) -> str:
        """The key of its gap. Another than the experiment's: once it is no longer left out, it is out of date."""
        return self.key if self.left_out is None else f"{self.key}.left_out"


def experiment_id(
    dataset: str,
    target: str,
    method: str,
    views: Sequence[str],
    every_view: Sequence[str],
    *,
    combination: str = TOGETHER,
    seed: int = 0,
    subset: str = EVERY_CLIP,
) -> str:
    """``esc50.label.all.logistic``; what differs from the usual comes behind: ``.vote.seed3.unleaked``."""
    name = ALL if len(views) > 1 and set(views) == set(every_view) else "+".join(views)
    extra = [
        *([combination] if combination != TOGETHER else []),
        *([f"seed{seed}"] if seed else []),
        *([subset] if subset != EVERY_CLIP else []),
    ]
    return ".".join([dataset, target, name, method, *extra])


def key_of(wanted: Wanted, version: int, view_keys: Mapping[str, str], fingerprint: str) -> str:
    """What changes when any number of the experiment would.

    Parameters
    ----------
    version : int
        The classifier's.
    view_keys : mapping of str to str
        Of each view; one that is none of a build's views, such as the facts, has none.
    fingerprint : str
        Of the dataset's clips: ``store/queries/learning_fingerprints.sql``.
    """
    told = [
        VERSION, wanted.target, wanted.method, version, wanted.combination, wanted.seed, wanted.kind,
        [[view, view_keys.get(view, "")] for view in wanted.views], fingerprint,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
