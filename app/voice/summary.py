"""What is said of the voice network: in words that claim no more than it knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from app.experiments.summary import between, percent
from app.voice.card import SEXES, VALIDATION, Network, Part, Reference, listed

MILLION = 1_000_000


def sounds(sex: str) -> str:
    """What a voice is said to be like, where the store has the class's short name."""
    return f"{sex}-like"


def what(made: Mapping[str, Any]) -> str:
    """What the network is and what it says of a voice."""
    width, size = made["recipe"]["network"]["width"], made["parameters"] / MILLION
    return (
        f"**ECAPA-TDNN** ([Desplanques et al. 2020](https://arxiv.org/abs/2005.07143)), width {width}, {size:.1f} "
        "million parameters. It hears a voice and says whether it is a **female-like voice** or a **male-like voice**, "
        "and how sure that is: how alike it is to the voices of the women and of the men it learned from."
    )


def seeds(made: Mapping[str, Any]) -> str:
    """How many trainings there were, which is kept, and how much they differ."""
    trained = len(made["seeds"])
    if trained == 1:
        return f"Trained once, with seed {made['seed']}: how much another seed would differ is not known."
    over = made["over_seeds"]
    on = {"validation_accuracy_whole": "whole clean clips", "validation_accuracy_degraded": "degraded ones"}
    spread = [
        f"{percent(over[name]['mean'])} ± {100 * over[name]['spread']:.1f} of {clips}"
        for name, clips in on.items()
        if name in over
    ]
    told = (
        f" Of the validation speakers they tell {listed(spread)} right (mean and standard deviation over the seeds)."
        if spread
        else ""
    )
    return f"Trained with {trained} seeds; seed {made['seed']} is kept, as it did best on validation.{told}"


def good(part: Part) -> str:
    """How good it is on the speakers of one group, with every interval that there is."""
    row = part.experiment
    told = (
        f"**{percent(row['accuracy'])} of {row['clips']:,} clips of {row['groups']:,} speakers are told right** "
        f"({listed(part.corpora)}; Wilson's 95% interval {between(row['accuracy_low'], row['accuracy_high'])}"
    )
    return f"{told}{others(part.metrics('speakers'))}). {caveat(part)}"


def others(speakers: pd.DataFrame) -> str:
    """Within what it may lie, were other speakers met; ``speakers`` are the metrics of that kind."""
    known = named(speakers)
    again, rule = known.get("bootstrap"), known.get("majority")
    if again and again["accuracy_low"] < again["accuracy_high"]:
        met = between(again["accuracy_low"], again["accuracy_high"])
        return f"; were other speakers met, {met} by bootstrap over the speakers"
    if rule:  # all clips are right: drawn anew, they would all be right again, which tells nothing
        met = between(rule["accuracy_low"], rule["accuracy_high"])
        return f"; from {rule['speakers']:.0f} speakers no more follows than that {met} of all are told right"
    return ""


def caveat(part: Part) -> str:
    """How far to believe it."""
    if part.name == VALIDATION:
        return "The epoch, the seed and the calibration were chosen on these speakers: that flatters it."
    return "None of these speakers was heard before, and nothing was chosen by how it did on them."


def by_speaker(speakers: pd.DataFrame) -> str:
    """How many speakers are told right, by two rules; ``speakers`` are the metrics of that kind."""
    rules = {
        "majority": "by the majority of their clips",
        "mean_logit": "by the mean of what all their clips say",
    }
    told = [
        f"**{int(row['speakers'] - row['errors'])} of {int(row['speakers'])}** speakers are told right {words_of} "
        f"(95% interval {between(row['accuracy_low'], row['accuracy_high'])})"
        for name, words_of in rules.items()
        if (row := named(speakers).get(name))
    ]
    return f"{'; '.join(told)}." if told else ""


def recalls(classes: pd.DataFrame) -> str:
    """How many of each sex are told right; ``classes`` are the metrics of that kind."""
    told = [
        f"{percent(row['recall'])} of the {int(row['support']):,} clips recorded as {sex}"
        for sex in SEXES
        if (row := named(classes).get(sex)) and pd.notna(row["recall"])
    ]
    return f"Told right are {listed(told)}." if told else ""


def references(known: Sequence[Reference]) -> str:
    """What others report, a line each with what one must know to compare it."""
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


def untested(network: Network) -> str:
    """A word where it was tested on nobody."""
    if any(part.name != VALIDATION for part in network.parts):
        return ""
    return (
        "This network was tested on no speaker that it had never met: all below is measured on the speakers that "
        "chose its epoch and calibration, and flatters it."
    )
