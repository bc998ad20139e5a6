"""What more clips would bring, and which columns an experiment leans on."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.cache import tables
from app.experiments import bars, curves
from app.experiments import summary as words
from app.experiments.seen import Seen
from app.ui import show

COLUMNS_SHOWN = 20
FLAT = 0.01
"""An accuracy that the last step of the curve changes by less than a hundredth no longer grows."""


def learning(seen: Seen) -> None:
    """The accuracy over more and more training clips, or over a network's epochs."""
    history = tables.history(seen.id)
    if len(history):
        _epochs(seen, history)
    table = seen.metrics("share")
    if len(table):
        figure = curves.learning(table, "Learning curve: what more training clips bring")
        st.markdown(growth(table))
        note = (
            f"{seen.source} Learned from a share of the training groups, tested as always; bars: standard deviation "
            "over the folds."
        )
        show.chart(figure, table, "learning", caption=note)
    elif history.empty:
        _not_measured(seen, "learning curve")


def growth(table: pd.DataFrame) -> str:
    """What the end of a learning curve says. ``clips``, ``accuracy``, ``train_accuracy``, least clips first."""
    if len(table) < 2:
        return ""
    before, last = table.iloc[-2], table.iloc[-1]
    gained = float(last["accuracy"] - before["accuracy"])
    told = (
        f"From {before['clips']:,.0f} to {last['clips']:,.0f} training clips the accuracy goes from "
        f"{words.percent(before['accuracy'])} to {words.percent(last['accuracy'])}"
    )
    if gained >= FLAT:
        return f"{told}: more clips would probably help."
    return f"{told}: more clips of this kind would probably help little."


def _epochs(seen: Seen, history: pd.DataFrame) -> None:
    there = set(history["metric"])
    for unit, metrics in (
        ("accuracy", [one for one in sorted(there) if "accuracy" in one]),
        ("loss", [one for one in sorted(there) if "loss" in one]),
        ("learning rate", [one for one in sorted(there) if one == "learning_rate"]),
    ):
        if metrics:
            rows = history[history["metric"].isin(metrics)]
            figure = curves.epochs(rows, metrics, f"{unit.capitalize()} by epoch", unit)
            show.chart(figure, rows, f"epochs_{unit.replace(' ', '_')}", caption=seen.source)


def columns(seen: Seen) -> None:
    """What it gets worse by when a view's or a column's values are exchanged between the tested clips."""
    views, each = seen.metrics("view"), seen.metrics("column")
    if views.empty and each.empty:
        _not_measured(seen, "importance of its columns")
        return
    st.caption(
        "The values of a view, or of a column, are exchanged between the tested clips: the more the log loss rises, "
        "the more the model leans on them (permutation importance, Breiman 2001). Of columns that tell the same, "
        "none alone seems important; hence the views as a whole. Bars: standard deviation."
    )
    if len(views) > 1:
        table = views.assign(name=[seen.names.of_views([one]) for one in views["name"]])
        table = table.sort_values("loss_rise", ascending=False, kind="stable")
        figure = bars.importance(table, "View by view")
        show.chart(figure, table, "importance_views", caption=seen.source)
    if len(each):
        first = each.head(COLUMNS_SHOWN)
        title = f"The {len(first)} most important of {int(seen.experiment['columns']):,} columns"
        note = f"{seen.source} The table has the first {len(each)}."
        show.chart(bars.importance(first, title), each, "importance_columns", caption=note)


def _not_measured(seen: Seen, what: str) -> None:
    if words.is_voice(seen.experiment):
        st.info(
            f"The voice network learned elsewhere, from the sound itself: of this collection it has no {what}. How its "
            "training went, and what noise, short clips and lines do to it, is told in the part *Voice*.",
            icon=":material/record_voice_over:",
        )
        st.page_link(
            "../pages/models.py",
            label="The voice network",
            icon=":material/arrow_forward:",
            query_params={"part": "Voice", "voice": "Training"},
        )
    elif words.sort(seen.experiment) == words.BASELINE:
        st.info(f"A baseline looks at no column: it has no {what}.", icon=":material/info:")
    elif words.sort(seen.experiment) == "classifier":
        st.info(
            f"A build measures the {what} only of one quick classifier. Choose this method and these views under "
            "*Run*: what is run from this page is measured in full.",
            icon=":material/play_arrow:",
        )
    else:
        st.info(f"The {what} was not measured for this experiment.", icon=":material/info:")
