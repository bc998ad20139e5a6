"""The voice network in detail: under harder conditions, by speaker, by dialect, and its calibration."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.experiments import sections as experiment_sections
from app.experiments.charts import accuracies
from app.ui import escape, show
from app.ui.show import percent
from app.voice import charts, summary
from app.voice.card import SEXES, VALIDATION, SpeakerGroup, VoiceNetwork, source
from pipeline.classify.significance import wilson

MEASURED = "measured"
HARDEST = 40
"""Speakers in the figure; the table behind it has all."""
DOTS = "with 95% interval"


def choose(network: VoiceNetwork) -> SpeakerGroup:
    """The group of speakers to look at, kept in ``?measured=``; a box where there are several."""
    names = [group.name for group in network.groups]
    if len(names) == 1:
        return network.first
    titles = {group.name: group.title.capitalize() for group in network.groups}
    name = st.segmented_control(
        "Measured on",
        names,
        format_func=lambda one: escape.markdown(titles[one]),
        default=names[0],
        required=True,
        key=MEASURED,
        bind="query-params",
    )
    return network.group(str(name)) or network.first


def conditions(network: VoiceNetwork) -> None:
    """Accuracy against noise, duration and channel, each group of speakers beside the other."""
    measured = {group.title: group.metrics("condition") for group in network.groups}
    table = charts.condition_table({title: one for title, one in measured.items() if len(one)})
    if table.empty:
        st.info("This network was not tested under harder conditions.", icon=":material/info:")
        return
    st.markdown(hardest(table))
    figure = charts.conditions(table, "Accuracy with noise, short clips, and lines and rooms")
    more = (
        "Bars: Wilson's 95% interval. Noise: ESC clips that it did not learn from; duration: the middle of a clip; "
        "room: simulated."
    )
    show.chart(figure, table, "voice_conditions", caption=f"{source(network.groups)} {more}")


def hardest(table: pd.DataFrame) -> str:
    """The hardest condition of each kind, on the first group of speakers, by :func:`.charts.condition_table`."""
    mine = table[table["measured on"] == table["measured on"].iloc[0]]
    clean = mine[mine["condition"].isin(charts.FIRST.values())].iloc[0]
    worst = [
        group.sort_values("accuracy", kind="stable").iloc[0] for _, group in mine.groupby("group", sort=False)
    ]
    hardest = [
        f"{percent(row['accuracy'])} ({row['group'].split(' (')[0].lower()}: {escape.markdown(row['condition'])})"
        for row in worst
        if row["accuracy"] < clean["accuracy"]
    ]
    whole = f"On whole clips as recorded, accuracy is **{percent(clean['accuracy'])}**"
    return f"{whole}; at worst {', '.join(hardest)}." if hardest else f"{whole}, and no condition lowers it."


def calibration(network: VoiceNetwork) -> None:
    """Whether it is correct as often as its confidence says."""
    group = choose(network)
    if group.name == VALIDATION:
        st.caption(
            "Its probabilities were calibrated on these very clips, so they fit better here than elsewhere."
        )
    experiment_sections.calibration(group)


def speakers(network: VoiceNetwork) -> None:
    """Every speaker: how many of the clips are classified correctly, and the speaker over all clips."""
    group = choose(network)
    st.markdown(f"{summary.by_speaker(group.metrics('speakers'))} {summary.recalls(group.metrics('class'))}")
    table = speaker_table(group.metrics("speaker"))
    if table.empty:
        st.info("The card of this network has no results by speaker.", icon=":material/info:")
        return
    drawn = table.rename(columns={"speaker": "name"}).head(HARDEST)
    title = "Accuracy by speaker, the hardest first"
    figure = accuracies(drawn, _all_clips(group), title, dots=DOTS)
    some = f" Shown are the {HARDEST} hardest of {len(table):,}." if len(table) > HARDEST else ""
    show.chart(figure, table, "voice_speakers", caption=f"{group.source}{some} Bars: Wilson's 95% interval.")


def speaker_table(metrics: pd.DataFrame) -> pd.DataFrame:
    """
    A row a speaker, the hardest first.

    Parameters
    ----------
    metrics : DataFrame
        ``name``, ``clips``, ``right``, and 1.0 for male and 0.0 for female: ``male`` (as recorded),
        ``majority_male``, ``mean_logit_male`` (as predicted; NaN where the majority is a tie).

    Returns
    -------
    DataFrame
        ``speaker``, ``recorded as``, ``clips``, ``right``, ``accuracy``, ``low``, ``high``, ``by majority``,
        ``by mean``.
    """
    if metrics.empty:
        return pd.DataFrame(columns=["speaker", "accuracy"])
    between = [
        wilson(int(right), int(clips))
        for right, clips in zip(metrics["right"], metrics["clips"], strict=True)
    ]
    table = pd.DataFrame(
        {
            "speaker": metrics["name"],
            "recorded as": _sex(metrics, "male"),
            "clips": metrics["clips"].astype(int),
            "right": metrics["right"].astype(int),
            "accuracy": metrics["right"] / metrics["clips"],
            "low": [one.low for one in between],
            "high": [one.high for one in between],
            "by majority": [
                summary.sounds(one) if one else "neither" for one in _sex(metrics, "majority_male")
            ],
            "by mean": [summary.sounds(one) if one else "" for one in _sex(metrics, "mean_logit_male")],
        }
    )
    return table.sort_values(["accuracy", "clips"], ascending=[True, False], kind="stable", ignore_index=True)


def _sex(metrics: pd.DataFrame, column: str) -> list[str]:
    values = metrics[column] if column in metrics else pd.Series(float("nan"), index=metrics.index)
    return ["" if pd.isna(one) else SEXES[int(one)] for one in values]


def dialects(network: VoiceNetwork) -> None:
    """The accuracy on the speakers of each dialect."""
    group = choose(network)
    metrics = group.metrics("dialect")
    if metrics.empty:
        st.info(f"No dialects are recorded for {escape.markdown(group.title)}.", icon=":material/info:")
        return
    table = metrics.rename(columns={"accuracy_low": "low", "accuracy_high": "high"})
    table = table.sort_values(
        ["accuracy", "clips"], ascending=[True, False], kind="stable", ignore_index=True
    )
    lowest, highest = (percent(one) for one in (table["accuracy"].min(), table["accuracy"].max()))
    reach = (
        f"{lowest} for every dialect"
        if lowest == highest
        else f"Accuracy ranges from {lowest} to {highest} over the dialects"
    )
    st.markdown(
        f"{reach}. With few clips the intervals are wide, and they do not account for several clips by one speaker."
    )
    figure = accuracies(table, _all_clips(group), "Accuracy by dialect, the hardest first", dots=DOTS)
    show.chart(figure, table, "voice_dialects", caption=f"{group.source} Bars: Wilson's 95% interval.")


def _all_clips(group: SpeakerGroup) -> dict[str, float]:
    return {"all clips": float(group.experiment["accuracy"])}
