"""The experiment that is looked at, with all that its figures need to say of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from app.cache import snapshot, tables
from app.clusters import pictures
from app.experiments.summary import Names
from pipeline.experiments.spec import UNLEAKED
from pipeline.features import VIEWS
from store.results_reader import Predictions


class Measured(Protocol):
    """Whatever a figure can be drawn of: what was measured, what was told of each clip, and what to say below."""

    @property
    def experiment(self) -> pd.Series: ...

    @property
    def told(self) -> Predictions: ...

    @property
    def source(self) -> str: ...

    def metrics(self, kind: str) -> pd.DataFrame: ...


@dataclass(frozen=True, eq=False)
class Seen:
    """One experiment; ``measured`` is what was reached without listening, see ``experiment_words.guesses``."""

    dataset: pd.Series
    experiment: pd.Series
    names: Names
    measured: Mapping[str, float]

    @property
    def name(self) -> str:
        """The dataset's."""
        return str(self.dataset["dataset"])

    @property
    def id(self) -> str:
        return str(self.experiment["experiment_id"])

    @property
    def told(self) -> Predictions:
        return tables.predictions(self.id)

    def metrics(self, kind: str) -> pd.DataFrame:
        """See :func:`app.cache.tables.metrics`."""
        return tables.metrics(self.id, kind)

    @property
    def source(self) -> str:
        """What stands below each figure: dataset, snapshot, protocol and number of clips."""
        return source(self.dataset, self.experiment)


def source(dataset: pd.Series, experiment: pd.Series) -> str:
    """A caption's first sentence."""
    less = ", without leaked clips" if experiment["subset"] == UNLEAKED else ""
    return (
        f"{dataset['title']}, snapshot {snapshot.current().number}, {experiment['protocol_title']}, "
        f"{len(experiment['classes'])} classes, n = {experiment['clips']:,} tested clips{less}."
    )


def names_of(dataset: pd.Series) -> Names:
    """How this collection's people call things."""
    views = snapshot.views()["view"].tolist()
    usual = tuple(one for one in views if one in VIEWS and not VIEWS[one].learned)
    return Names(
        str(dataset["label_name"]), pictures.view_titles(views) | {"facts": "recording facts"}, usual
    )


def clips_of(dataset: pd.Series) -> pd.DataFrame:
    """Every clip, by its id, with the folder of its recording."""
    clips = snapshot.clips(str(dataset["dataset"])).set_index("clip_id", drop=False)
    return clips.assign(root=str(dataset["path"]))
