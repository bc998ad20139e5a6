"""What is said of an experiment: its name, its numbers in a sentence, and what they are worth beside guessing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from app.cache import snapshot, tables
from app.clusters import pictures
from models import voice_card as voice
from pipeline.classify import CLASSIFIERS
from pipeline.classify.run import TOGETHER
from pipeline.experiments.spec import BASELINES, EVERY_CLIP, FACTS, NETWORK, UNLEAKED
from pipeline.features import VIEWS
from pipeline.networks.exposure import VALIDATED
from pipeline.train.esc import trained
from store.results_reader import Predictions

BASELINE = "baseline"
CHANCE, MAJORITY, FACTS_ALONE = "chance", "majority", "facts"
GUESSES = {
    CHANCE: "by guessing as often as each class occurs",
    MAJORITY: "by always saying the most frequent class",
    FACTS_ALONE: "from facts of the recordings such as duration and level",
}
"""What needs no listening, in words."""
NETWORKS = {trained.NETWORK: trained.TITLE, voice.NETWORK: voice.TITLE}
MEASURED_AS = {NETWORK: "network", FACTS: "facts of the recording"}


@dataclass(frozen=True)
class Names:
    """How a collection's people call its views and targets."""

    label: str
    views: Mapping[str, str]
    usual: tuple[str, ...] = ()
    """The views that a build learns from together: `all views` means these."""

    def target(self, target: str) -> str:
        return self.label if target == "label" else target

    def of_views(self, views: Collection[str]) -> str:
        """The views of an experiment in words."""
        if len(views) > 1 and set(self.usual) <= set(views):
            more = [self.views.get(one, one) for one in views if one not in self.usual]
            return " + ".join(["all views", *more])
        return " + ".join(self.views.get(one, one.replace("_", " ")) for one in views) or "the sound"

    def of(self, experiment: pd.Series) -> str:
        """An experiment in a line: what learned, and from what."""
        extra = [
            *(["each view votes"] if experiment["combination"] != TOGETHER else []),
            *([f"seed {experiment['seed']}"] if experiment["seed"] and not is_voice(experiment) else []),
            *(["without leaked clips"] if experiment["subset"] == UNLEAKED else []),
        ]
        behind = f" ({', '.join(extra)})" if extra else ""
        if sort(experiment) == BASELINE:
            return f"{method(experiment['method'])}{behind}"
        return f"{method(experiment['method'])} on {self.of_views(experiment['views'])}{behind}"


def method(name: str) -> str:
    """A method's title; of a network that nothing more is known of, its name."""
    return CLASSIFIERS[name].title if name in CLASSIFIERS else NETWORKS.get(name, name.replace("_", " "))


def sort(experiment: pd.Series) -> str:
    """Baseline, facts of the recording, network or classifier."""
    if experiment["method"] in BASELINES:
        return BASELINE
    return MEASURED_AS.get(str(experiment["kind"]), "classifier")


def is_voice(experiment: pd.Series) -> bool:
    """Whether this is the voice network, which has learned elsewhere and is only tested here."""
    return str(experiment["method"]) == voice.NETWORK


def listens(experiments: pd.DataFrame) -> pd.Series:
    """Which experiments hear anything at all."""
    return pd.Series([sort(row) in ("classifier", "network") for _, row in experiments.iterrows()],
                     index=experiments.index, dtype=bool)  # fmt: skip


def percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def between(low: float, high: float) -> str:
    return f"{100 * low:.1f} to {100 * high:.1f}%"


def guesses(experiments: pd.DataFrame, target: str) -> dict[str, float]:
    """How accurate each way not to listen is, of those that were measured; ``experiments`` of one dataset."""
    rows = experiments[(experiments["target"] == target) & (experiments["subset"] == EVERY_CLIP)]
    rows = rows.assign(way=rows["method"].where(rows["kind"] != FACTS, FACTS_ALONE))
    first = rows.drop_duplicates("way").set_index("way")["accuracy"]
    return {way: float(first[way]) for way in GUESSES if way in first.index}


def bounds(experiment: pd.Series) -> tuple[float, float]:
    """The interval to go by: that which knows which clips are alike, where some are."""
    if pd.notna(experiment["grouped_low"]):
        return float(experiment["grouped_low"]), float(experiment["grouped_high"])
    return float(experiment["accuracy_low"]), float(experiment["accuracy_high"])


def headline(experiment: pd.Series, folds: int) -> str:
    """How many clips it gets right, and how sure that is."""
    spread = f", ± {100 * experiment['spread']:.1f} over {folds} folds" if folds > 1 else ", one split"
    if is_voice(experiment):
        spread = ""  # whom it has met is no fold: no model learned from the others
    told = (
        f"**{percent(experiment['accuracy'])} of {experiment['clips']:,} clips are told right** (95% interval "
        f"{between(experiment['accuracy_low'], experiment['accuracy_high'])}{spread})."
    )
    if pd.notna(experiment["grouped_low"]):
        told += (
            f" Clips of one {experiment['unit']} are alike; as {experiment['groups']:,} groups, the interval is "
            f"{between(*bounds(experiment))}."
        )
    return told


def beside(measured: Mapping[str, float]) -> str:
    """What is reached without listening."""
    told = [f"{percent(accuracy)} {GUESSES[way]}" for way, accuracy in measured.items()]
    return f"Without listening: {', '.join(told)}." if told else ""


def warning(experiment: pd.Series, measured: Mapping[str, float]) -> str | None:
    """A plain word where it cannot be told from guessing, or from what the recordings' facts give away."""
    if sort(experiment) == BASELINE:
        return None
    low, high = bounds(experiment)
    blind = max((measured[one] for one in (CHANCE, MAJORITY) if one in measured), default=None)
    own = f"its interval, {between(low, high)},"
    if blind is not None and high < blind:
        return f"**No better than guessing**: {own} lies below the {percent(blind)} that guessing reaches."
    if blind is not None and low <= blind:
        return f"**Cannot be told from guessing**: {own} includes the {percent(blind)} that guessing reaches."
    known = measured.get(FACTS_ALONE)
    if known is None or low > known or sort(experiment) == MEASURED_AS[FACTS]:
        return None
    reach = f"the {percent(known)} that duration, level, bandwidth and the like reach without any sound."
    if high < known:
        return f"**Worse than the recordings' facts**: {own} lies below {reach}"
    return f"**Cannot be told from the recordings' facts**: {own} includes {reach}"


def flattered(folds: pd.Series) -> str:
    """By whom the voice network was chosen, of those it was tested on here; empty where by nobody.

    Parameters
    ----------
    folds : Series
        What it had to do with the speaker of each tested clip.
    """
    chosen = int((folds == VALIDATED).sum())
    if not chosen:
        return ""
    return (
        f"{chosen:,} of these {len(folds):,} clips are by speakers on whom its epoch and its calibration were chosen: "
        "it has not learned from them, but they flatter it."
    )


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
