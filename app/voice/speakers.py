"""The voice network by speaker and by dialect: whether it is right of people, not only of clips."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.experiments import charts
from app.experiments import summary as words
from app.ui import show
from app.voice import summary
from app.voice.card import SEXES, Network, Part
from app.voice.sections import choose
from pipeline.classify.significance import wilson

HARDEST = 40
"""Speakers in the figure; the table behind it has all."""
DOTS = "with 95% interval"


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
    figure = charts.accuracies(drawn, _all_clips(part), title, dots=DOTS)
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
    least, most = (words.percent(one) for one in (table["accuracy"].min(), table["accuracy"].max()))
    reach = (
        f"{least} of every dialect" if least == most else f"From {least} to {most}, depending on the dialect"
    )
    st.markdown(
        f"{reach}; of few clips the intervals are wide, and they do not know that clips of one speaker are alike."
    )
    figure = charts.accuracies(table, _all_clips(part), "Accuracy by dialect, the hardest first", dots=DOTS)
    show.chart(figure, table, "voice_dialects", caption=f"{part.source} Bars: Wilson's 95% interval.")


def _all_clips(part: Part) -> dict[str, float]:
    return {"all clips": float(part.experiment["accuracy"])}
