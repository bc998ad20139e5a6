"""The voice network under harder conditions, and how far to believe what it is sure of."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.experiments import sections as experiment_sections
from app.experiments.charts import accuracies
from app.experiments.summary import percent
from app.ui import show
from app.voice import charts, summary
from app.voice.card import SEXES, VALIDATION, Network, Part, source
from pipeline.classify.significance import wilson

MEASURED = "measured"
HARDEST = 40
"""Speakers in the figure; the table behind it has all."""
DOTS = "with 95% interval"


def choose(network: Network) -> Part:
    """The group of speakers to look at, kept in ``?measured=``; a box where there are several."""
    names = [part.name for part in network.parts]
    if len(names) == 1:
        return network.first
    titles = {part.name: part.title.capitalize() for part in network.parts}
    name = st.segmented_control(
        "Measured on",
        names,
        format_func=titles.__getitem__,
        default=names[0],
        required=True,
        key=MEASURED,
        bind="query-params",
    )
    return network.part(str(name)) or network.first


def conditions(network: Network) -> None:
    """Accuracy against noise, duration and channel, each group of speakers beside the other."""
    measured = {part.title: part.metrics("condition") for part in network.parts}
    table = charts.condition_table({title: one for title, one in measured.items() if len(one)})
    if table.empty:
        st.info("This network was not tried under harder conditions.", icon=":material/info:")
        return
    st.markdown(hardest(table))
    figure = charts.conditions(table, "Noise, short clips, lines and rooms")
    more = (
        "Bars: Wilson's 95% interval. Noise: sounds of ESC clips that it did not learn from; duration: the middle of a "
        "clip; room: a simulated one."
    )
    show.chart(figure, table, "voice_conditions", caption=f"{source(network.parts)} {more}")


def hardest(table: pd.DataFrame) -> str:
    """The worst of each group, on the first group of speakers; see :func:`app.voice.charts.condition_table`."""
    mine = table[table["measured on"] == table["measured on"].iloc[0]]
    clean = mine[mine["condition"].isin(charts.FIRST.values())].iloc[0]
    worst = [
        group.sort_values("accuracy", kind="stable").iloc[0] for _, group in mine.groupby("group", sort=False)
    ]
    told = [
        f"{percent(row['accuracy'])} ({row['group'].split(' (')[0].lower()}: {row['condition']})"
        for row in worst
        if row["accuracy"] < clean["accuracy"]
    ]
    whole = f"On whole clips as they are it tells **{percent(clean['accuracy'])}** right"
    return f"{whole}; at its worst {', '.join(told)}." if told else f"{whole}, and under no condition fewer."


def calibration(network: Network) -> None:
    """Whether it is as often right as it says."""
    part = choose(network)
    if part.name == VALIDATION:
        st.caption(
            "Its probabilities were calibrated on these very clips: here they fit better than elsewhere."
        )
    experiment_sections.calibration(part)


def speakers(network: Network) -> None:
    """Every speaker: how many clips are told right, and what they say together."""
    part = choose(network)
    st.markdown(f"{summary.by_speaker(part.metrics('speakers'))} {summary.recalls(part.metrics('class'))}")
    table = speaker_table(part.metrics("speaker"))
    if table.empty:
        st.info("The card of this network does not tell its speakers apart.", icon=":material/info:")
        return
    drawn = table.rename(columns={"speaker": "name"}).head(HARDEST)
    title = "Right by speaker, the hardest first"
    figure = accuracies(drawn, _all_clips(part), title, dots=DOTS)
    some = f" Drawn are the {HARDEST} hardest of {len(table):,}." if len(table) > HARDEST else ""
    show.chart(figure, table, "voice_speakers", caption=f"{part.source}{some} Bars: Wilson's 95% interval.")


def speaker_table(told: pd.DataFrame) -> pd.DataFrame:
    """
    A row a speaker, the hardest first.

    Parameters
    ----------
    told : DataFrame
        ``name``, ``clips``, ``right``, and 1.0 for male and 0.0 for female: ``male`` (as recorded),
        ``majority_male``, ``mean_logit_male`` (as told; nobody's majority is missing).

    Returns
    -------
    DataFrame
        ``speaker``, ``recorded as``, ``clips``, ``right``, ``accuracy``, ``low``, ``high``, ``by majority``,
        ``by mean``.
    """
    if told.empty:
        return pd.DataFrame(columns=["speaker", "accuracy"])
    between = [
        wilson(int(right), int(clips)) for right, clips in zip(told["right"], told["clips"], strict=True)
    ]
    table = pd.DataFrame(
        {
            "speaker": told["name"],
            "recorded as": _sex(told, "male"),
            "clips": told["clips"].astype(int),
            "right": told["right"].astype(int),
            "accuracy": told["right"] / told["clips"],
            "low": [one.low for one in between],
            "high": [one.high for one in between],
            "by majority": [summary.sounds(one) if one else "neither" for one in _sex(told, "majority_male")],
            "by mean": [summary.sounds(one) if one else "" for one in _sex(told, "mean_logit_male")],
        }
    )
    return table.sort_values(["accuracy", "clips"], ascending=[True, False], kind="stable", ignore_index=True)


def _sex(told: pd.DataFrame, column: str) -> list[str]:
    values = told[column] if column in told else pd.Series(float("nan"), index=told.index)
    return ["" if pd.isna(one) else SEXES[int(one)] for one in values]


def dialects(network: Network) -> None:
    """How good it is on the speakers of each dialect."""
    part = choose(network)
    told = part.metrics("dialect")
    if told.empty:
        st.info(f"No dialect is recorded of the speakers of {part.title}.", icon=":material/info:")
        return
    table = told.rename(columns={"accuracy_low": "low", "accuracy_high": "high"})
    table = table.sort_values(
        ["accuracy", "clips"], ascending=[True, False], kind="stable", ignore_index=True
    )
    least, most = (percent(one) for one in (table["accuracy"].min(), table["accuracy"].max()))
    reach = (
        f"{least} of every dialect" if least == most else f"From {least} to {most}, depending on the dialect"
    )
    st.markdown(
        f"{reach}; of few clips the intervals are wide, and they do not know that clips of one speaker are alike."
    )
    figure = accuracies(table, _all_clips(part), "Accuracy by dialect, the hardest first", dots=DOTS)
    show.chart(figure, table, "voice_dialects", caption=f"{part.source} Bars: Wilson's 95% interval.")


def _all_clips(part: Part) -> dict[str, float]:
    return {"all clips": float(part.experiment["accuracy"])}
