"""The voice network under harder conditions, and how far to believe what it is sure of."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.experiments import sections
from app.experiments import summary as words
from app.ui import show
from app.voice import charts
from app.voice.card import VALIDATION, Network, Part, source

MEASURED = "measured"


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
        f"{words.percent(row['accuracy'])} ({row['group'].split(' (')[0].lower()}: {row['condition']})"
        for row in worst
        if row["accuracy"] < clean["accuracy"]
    ]
    whole = f"On whole clips as they are it tells **{words.percent(clean['accuracy'])}** right"
    return f"{whole}; at its worst {', '.join(told)}." if told else f"{whole}, and under no condition fewer."


def calibration(network: Network) -> None:
    """Whether it is as often right as it says."""
    part = choose(network)
    if part.name == VALIDATION:
        st.caption(
            "Its probabilities were calibrated on these very clips: here they fit better than elsewhere."
        )
    sections.calibration(part)
