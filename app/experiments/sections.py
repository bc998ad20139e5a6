"""What is shown of one experiment: how good it is class by class, fold by fold, and how far to believe it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app.experiments import bars, charts, errors
from app.experiments import curves as experiment_curves
from app.experiments import summary as words
from app.experiments.about import about, chosen_parameters
from app.experiments.details import columns, learning
from app.experiments.seen import Measured, Seen
from app.experiments.thresholds import curves
from app.ui import show
from pipeline.classify.metrics import reliability


def classes(seen: Measured) -> None:
    """Precision, recall and F1 of each class."""
    table = seen.metrics("class")
    worst = table.dropna(subset="f1").sort_values("f1", kind="stable")
    if len(worst):
        low, high = worst.iloc[0], worst.iloc[-1]
        st.markdown(
            f"Told best is **{high['name']}** (F1 {words.percent(high['f1'])}), worst **{low['name']}** "
            f"(F1 {words.percent(low['f1'])})."
        )
    about_it = (
        f"{seen.source} Precision: of what was taken for the class, how much is of it. Recall: how much of the "
        "class was found. F1 is their harmonic mean."
    )
    show.chart(charts.classes(table, "Class by class"), table, "classes", caption=about_it)


def calibration(seen: Measured) -> None:
    """Whether a clip that is told with 80% is right in 80 of 100 cases."""
    table, row = seen.told.table, seen.experiment
    right = (table["truth"] == table["predicted"]).to_numpy()
    confidence = table["confidence"].to_numpy(dtype=np.float64)
    told = experiment_curves.reliability_table(reliability(right, confidence))
    surer = float(confidence.mean()) - float(right.mean())
    side = "more sure than it is right" if surer > 0 else "less sure than it is right"
    with st.container(horizontal=True):
        st.metric("ECE", words.percent(row["ece"]), help="Expected calibration error (Naeini et al. 2015).")
        st.metric(
            "Brier score",
            f"{row['brier']:.3f}",
            help="Squared error of the probabilities, 0 to 2 (Brier 1950).",
        )
        st.metric(
            "Log loss", f"{row['log_loss']:.3f}", help="In nats; infinitely much for what is sure and wrong."
        )
    st.markdown(
        f"On average it says {words.percent(confidence.mean())} and is right in {words.percent(right.mean())}: "
        f"{words.percent(abs(surer))} {side}."
    )
    figure = experiment_curves.reliability(told, "Reliability: stated confidence and how often it is right")
    above = f"{seen.source} Above the dotted line it is right more often than it says, below it less often."
    show.chart(figure, told, "reliability", caption=above)


def folds(seen: Seen) -> None:
    """How good it is on each fold, how long that took, and what the inner folds chose there."""
    table = seen.metrics("fold")
    overall = float(seen.experiment["accuracy"])
    figure = bars.folds(table, overall, "Accuracy of each fold; dashed: over all clips")
    told = table.merge(chosen_parameters(str(seen.experiment["parameters"])), on="name", how="left")
    least, most = table["accuracy"].min(), table["accuracy"].max()
    if len(table) > 1:
        st.markdown(f"From {words.percent(least)} to {words.percent(most)}, depending on the fold.")
    show.chart(
        figure, told, "folds", caption=f"{seen.source} The table adds seconds and the parameters chosen."
    )


SECTIONS = {
    "Errors": errors.draw,
    "Classes": classes,
    "Curves": curves,
    "Calibration": calibration,
    "Folds": folds,
    "Learning curve": learning,
    "Columns": columns,
    "About": about,
}
