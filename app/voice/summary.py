"""The voice network in words that claim no more than was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from app.experiments.summary import between
from app.ui import escape
from app.ui.show import listed, percent
from app.voice.card import SEXES, VALIDATION, Reference, SpeakerGroup, VoiceNetwork

MILLION = 1_000_000


def sounds(sex: str) -> str:
    """How a predicted class is shown: a voice is like those of women or of men, no more."""
    return f"{sex}-like"


def what(made: Mapping[str, Any]) -> str:
    """What the network is and what it predicts."""
    width, size = made["recipe"]["network"]["width"], made["parameters"] / MILLION
    return (
        f"**ECAPA-TDNN** ([Desplanques et al. 2020](https://arxiv.org/abs/2005.07143)), width {width}, {size:.1f} "
        "million parameters. It classifies a voice as a **female-like voice** or a **male-like voice**, with a "
        "probability: how similar it is to the voices of the women and of the men it learned from."
    )


def seeds(made: Mapping[str, Any]) -> str:
    """How many times it was trained, which of them is kept, and how much they differ."""
    trained = len(made["seeds"])
    if trained == 1:
        return (
            f"Trained once, with seed {made['seed']}: how much the result depends on the seed is not known."
        )
    over = made["over_seeds"]
    on = {"validation_accuracy_whole": "whole clean clips", "validation_accuracy_degraded": "degraded ones"}
    spread = [
        f"{percent(over[name]['mean'])} ± {100 * over[name]['spread']:.1f} on {clips}"
        for name, clips in on.items()
        if name in over
    ]
    over_all = (
        f" Accuracy on the validation speakers: {listed(spread)} (mean and standard deviation over the seeds)."
        if spread
        else ""
    )
    return f"Trained with {trained} seeds; seed {made['seed']} is kept, the best on validation.{over_all}"


def headline(group: SpeakerGroup) -> str:
    """The accuracy on the speakers of one group, with every interval that there is."""
    row = group.experiment
    interval = between(row["accuracy_low"], row["accuracy_high"])
    sentence = (
        f"**{percent(row['accuracy'])} of {row['clips']:,} clips of {row['groups']:,} speakers are classified "
        f"correctly** ({escape.markdown(listed(group.corpora))}; Wilson's 95% interval {interval}"
    )
    return f"{sentence}{over_speakers(group.metrics('speakers'))}). {caveat(group)}"


def over_speakers(speakers: pd.DataFrame) -> str:
    """The interval over speakers rather than clips; ``speakers`` are the metrics of that kind."""
    known = named(speakers)
    bootstrap, majority = known.get("bootstrap"), known.get("majority")
    if bootstrap and bootstrap["accuracy_low"] < bootstrap["accuracy_high"]:
        interval = between(bootstrap["accuracy_low"], bootstrap["accuracy_high"])
        return f"; for other speakers {interval}, by bootstrap over the speakers"
    if majority:  # every clip is correct: resampling them would only give the same again
        interval = between(majority["accuracy_low"], majority["accuracy_high"])
        return f"; from only {majority['speakers']:.0f} speakers, {interval} for other speakers"
    return ""


def caveat(group: SpeakerGroup) -> str:
    """Whether the result can be taken at face value."""
    if group.name == VALIDATION:
        return "The epoch, the seed and the calibration were chosen on these speakers, so this is optimistic."
    return "The network never met these speakers, and nothing was chosen by its result on them."


def by_speaker(speakers: pd.DataFrame) -> str:
    """How many speakers are classified correctly, by two rules; ``speakers`` are the metrics of that kind."""
    rules = {
        "majority": "by the majority of their clips",
        "mean_logit": "by the mean over all their clips",
    }
    each = [
        f"**{int(row['speakers'] - row['errors'])} of {int(row['speakers'])}** speakers are classified correctly "
        f"{rule} (95% interval {between(row['accuracy_low'], row['accuracy_high'])})"
        for name, rule in rules.items()
        if (row := named(speakers).get(name))
    ]
    return f"{'; '.join(each)}." if each else ""


def recalls(classes: pd.DataFrame) -> str:
    """The recall of each sex; ``classes`` are the metrics of that kind."""
    each = [
        f"{percent(row['recall'])} of the {int(row['support']):,} clips recorded as {sex}"
        for sex in SEXES
        if (row := named(classes).get(sex)) and pd.notna(row["recall"])
    ]
    return f"Classified correctly are {listed(each)}." if each else ""


def references(known: Sequence[Reference]) -> str:
    """What others report, a line each, with what one must know to compare it."""
    return "\n".join(
        f"- **{percent(one.accuracy)}** on {one.on}: "
        f"{f'[{one.what}]({one.link})' if one.link else one.what}; {one.note}."
        for one in known
    )


def named(metrics: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Rows of metrics by their name."""
    return {
        str(row["name"]): {str(key): value for key, value in row.items()}
        for row in metrics.to_dict("records")
    }


def untested(network: VoiceNetwork) -> str:
    """A warning where it was tested on no new speaker; empty elsewhere."""
    if any(group.name != VALIDATION for group in network.groups):
        return ""
    return (
        "This network was not tested on speakers it had never met: everything below is measured on the speakers on "
        "whom its epoch and calibration were chosen, and is optimistic."
    )
