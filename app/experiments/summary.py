"""One experiment in words: its name, its accuracy in a sentence, and how that compares with guessing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from app.cache import snapshot, tables
from app.ui import escape, show
from pipeline.classify import CLASSIFIERS
from pipeline.classify.baselines import NEVER_RIGHT
from pipeline.classify.classifier import TOGETHER
from pipeline.experiments.spec import BASELINES, EVERY_CLIP, FACTS, NETWORK, UNLEAKED
from pipeline.features import VIEWS
from pipeline.networks import NETWORKS
from pipeline.networks.exposure import VALIDATED
from pipeline.networks.network import Network
from store.results_reader import Predictions

BASELINE = "baseline"
CHANCE, MAJORITY, FACTS_ALONE = "chance", "majority", "facts"
GUESSES = {
    CHANCE: "by guessing each class as often as it occurs",
    MAJORITY: "by always predicting the most frequent class",
    FACTS_ALONE: "from recording facts such as duration and level",
}
"""Baselines, none of which uses the audio, and how each reaches its accuracy."""
MEASURED_AS = {NETWORK: "network", FACTS: "facts of the recording"}


@dataclass(frozen=True)
class Names:
    """Titles of a collection's views and targets."""

    label: str
    views: Mapping[str, str]
    usual: tuple[str, ...] = ()
    """The views that a build learns from together: `all views` means these."""

    def target(self, target: str) -> str:
        return self.label if target == "label" else target

    def of_views(self, views: Collection[str]) -> str:
        """The titles of an experiment's views."""
        if len(views) > 1 and set(self.usual) <= set(views):
            more = [self.views.get(one, one) for one in views if one not in self.usual]
            return " + ".join(["all views", *more])
        return " + ".join(self.views.get(one, one.replace("_", " ")) for one in views) or "the sound"

    def of(self, experiment: pd.Series) -> str:
        """An experiment in a line: the method, and the views it learned from."""
        extra = [
            *(["each view votes"] if experiment["combination"] != TOGETHER else []),
            *([f"seed {experiment['seed']}"] if experiment["seed"] and elsewhere(experiment) is None else []),
            *(["without leaked clips"] if experiment["subset"] == UNLEAKED else []),
        ]
        behind = f" ({', '.join(extra)})" if extra else ""
        if sort(experiment) == BASELINE:
            return f"{method(experiment['method'])}{behind}"
        return f"{method(experiment['method'])} on {self.of_views(experiment['views'])}{behind}"


def method(name: str) -> str:
    """A method's title; of a network that nothing more is known of, its name."""
    if name in CLASSIFIERS:
        return CLASSIFIERS[name].title
    return NETWORKS[name].title if name in NETWORKS else name.replace("_", " ")


def sort(experiment: pd.Series) -> str:
    """Baseline, facts of the recording, network or classifier."""
    if experiment["method"] in BASELINES:
        return BASELINE
    return MEASURED_AS.get(str(experiment["kind"]), "classifier")


def elsewhere(experiment: pd.Series) -> Network | None:
    """The network of an experiment that learned from other collections and is only tested here; None of any other."""
    network = NETWORKS.get(str(experiment["method"]))
    return network if network is not None and network.learned_elsewhere else None


def listens(experiments: pd.DataFrame) -> pd.Series:
    """Which experiments use the audio; baselines do not."""
    return pd.Series([sort(row) in ("classifier", "network") for _, row in experiments.iterrows()],
                     index=experiments.index, dtype=bool)  # fmt: skip


def between(low: float, high: float) -> str:
    return f"{100 * low:.1f} to {100 * high:.1f}%"


def baselines(experiments: pd.DataFrame, target: str) -> dict[str, float]:
    """The accuracy of each baseline that was measured; ``experiments`` of one dataset."""
    rows = experiments[(experiments["target"] == target) & (experiments["subset"] == EVERY_CLIP)]
    rows = rows.assign(baseline=rows["method"].where(rows["kind"] != FACTS, FACTS_ALONE))
    first = rows.drop_duplicates("baseline").set_index("baseline")["accuracy"]
    return {name: float(first[name]) for name in GUESSES if name in first.index}


def bounds(experiment: pd.Series) -> tuple[float, float]:
    """The 95% interval to quote: by groups of clips that belong together, where there are any."""
    if pd.notna(experiment["grouped_low"]):
        return float(experiment["grouped_low"]), float(experiment["grouped_high"])
    return float(experiment["accuracy_low"]), float(experiment["accuracy_high"])


def headline(experiment: pd.Series, folds: int) -> str:
    """The accuracy and its interval."""
    spread = f", ± {100 * experiment['spread']:.1f} over {folds} folds" if folds > 1 else ", one split"
    if elsewhere(experiment):
        spread = ""  # its folds say whom it has met: no model learned from the others
    sentence = (
        f"**{show.percent(experiment['accuracy'])} of {experiment['clips']:,} clips are classified correctly** "
        f"(95% interval {between(experiment['accuracy_low'], experiment['accuracy_high'])}{spread})."
    )
    if pd.notna(experiment["grouped_low"]):
        sentence += (
            f" Clips of one {experiment['unit']} are alike: over {experiment['groups']:,} groups, the interval is "
            f"{between(*bounds(experiment))}."
        )
    return sentence


def baseline_sentence(measured: Mapping[str, float]) -> str:
    """What the baselines reach."""
    each = [f"{show.percent(accuracy)} {GUESSES[name]}" for name, accuracy in measured.items()]
    if not each:
        return ""
    never = f" {NEVER_RIGHT}" if measured.get(MAJORITY) == 0 else ""
    return f"Without using the audio: {', '.join(each)}.{never}"


def warning(experiment: pd.Series, measured: Mapping[str, float]) -> str | None:
    """A warning where it is no better than guessing, or than the recordings' facts; None where it is."""
    if sort(experiment) == BASELINE:
        return None
    low, high = bounds(experiment)
    guessing = max((measured[one] for one in (CHANCE, MAJORITY) if one in measured), default=None)
    own = f"its interval, {between(low, high)},"
    if guessing is not None and high < guessing:
        return (
            f"**Worse than guessing**: {own} lies below the {show.percent(guessing)} that guessing reaches."
        )
    if guessing is not None and low <= guessing:
        return (
            f"**No better than guessing**: {own} includes the {show.percent(guessing)} that guessing reaches."
        )
    facts = measured.get(FACTS_ALONE)
    if facts is None or low > facts or sort(experiment) == MEASURED_AS[FACTS]:
        return None
    reach = f"the {show.percent(facts)} that duration, level, bandwidth and the like reach without the audio."
    if high < facts:
        return f"**Worse than recording facts alone**: {own} lies below {reach}"
    return f"**No better than recording facts alone**: {own} includes {reach}"


def selection_caution(experiment: pd.Series, folds: pd.Series) -> str:
    """A caution where some tested clips helped to choose a network that learned elsewhere; empty where none did.

    Parameters
    ----------
    folds : Series
        What the network had to do with each tested clip's unit, such as its speaker.
    """
    chosen = int((folds == VALIDATED).sum()) if elsewhere(experiment) else 0
    if not chosen:
        return ""
    return (
        f"{chosen:,} of these {len(folds):,} clips are by {experiment['unit']}s on whom its epoch and its calibration "
        "were chosen: it did not learn from them, but its result on them is optimistic."
    )


class Evaluation(Protocol):
    """What every figure needs: the experiment, its predictions and metrics, and the source to quote below."""

    @property
    def experiment(self) -> pd.Series: ...

    @property
    def predictions(self) -> Predictions: ...

    @property
    def source(self) -> str: ...

    def metrics(self, kind: str) -> pd.DataFrame: ...


@dataclass(frozen=True, eq=False)
class ShownExperiment:
    """The experiment on the page; ``measured`` are the accuracies of the :func:`baselines`."""

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
    def predictions(self) -> Predictions:
        return tables.predictions(self.id)

    def metrics(self, kind: str) -> pd.DataFrame:
        """See :func:`app.cache.tables.metrics`."""
        return tables.metrics(self.id, kind)

    @property
    def source(self) -> str:
        """What stands below each figure: dataset, snapshot, protocol and number of clips."""
        return source(self.dataset, self.experiment)


def source(dataset: pd.Series, experiment: pd.Series) -> str:
    """A caption's first sentence; Markdown."""
    less = ", without leaked clips" if experiment["subset"] == UNLEAKED else ""
    return (
        f"{escape.markdown(dataset['title'])}, snapshot {snapshot.current().number}, "
        f"{escape.markdown(experiment['protocol_title'])}, "
        f"{len(experiment['classes'])} classes, n = {experiment['clips']:,} tested clips{less}."
    )


def names_of(dataset: pd.Series) -> Names:
    """The titles of this collection."""
    views = snapshot.views()["view"].tolist()
    usual = tuple(one for one in views if one in VIEWS and not VIEWS[one].learned)
    return Names(str(dataset["label_name"]), show.view_titles(views) | {"facts": "recording facts"}, usual)


def clips_of(dataset: pd.Series) -> pd.DataFrame:
    """Every clip, by its id, with the folder of its recording."""
    clips = snapshot.clips(str(dataset["dataset"])).set_index("clip_id", drop=False)
    return clips.assign(root=str(dataset["path"]))
