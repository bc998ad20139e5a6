"""The trade-off of a threshold on one class's probability: ROC and precision-recall, one class against the rest."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from app.experiments import charts
from app.experiments.summary import ShownExperiment
from app.ui import show
from pipeline.classify.metrics import Curve, pr, roc

EVERY_CLASS = ""
MOST_CURVES = 10
"""More lines than these cannot be told apart; of more classes the hardest are drawn."""
FALSE, TRUE, RECALL, PRECISION = "false positive rate", "true positive rate", "recall", "precision"
AREA, AVERAGE = "area under the ROC curve", "average precision"


def curves(shown: ShownExperiment) -> None:
    """Draw both curves of a class, or of several, and the areas under those of all."""
    predictions = shown.predictions
    one = st.selectbox(
        "Class",
        [EVERY_CLASS, *predictions.classes],
        format_func=lambda name: name or "each class against the rest",
        width=300,
    )
    rocs = dict(zip(predictions.classes, roc(predictions.truth, predictions.probabilities), strict=True))
    prs = dict(zip(predictions.classes, pr(predictions.truth, predictions.probabilities), strict=True))
    shares = np.bincount(predictions.truth, minlength=len(predictions.classes)) / len(predictions.truth)
    table = areas(rocs, prs).assign(**{"share of clips": shares})
    drawn = [one] if one else table.sort_values(AVERAGE)["class"].head(MOST_CURVES).tolist()
    left, right = st.columns(2)
    with left:
        _chart(
            shown, {name: rocs[name] for name in predictions.classes if name in drawn}, (FALSE, TRUE), "ROC"
        )
    with right:
        kept = {name: prs[name] for name in predictions.classes if name in drawn}
        _chart(shown, kept, (RECALL, PRECISION), "Precision and recall")
    st.markdown(mean_areas(table))
    if len(predictions.classes) > len(drawn) > 1:
        st.caption(f"Shown are the {len(drawn)} hardest classes; choose any other above.")
    digits = {name: st.column_config.NumberColumn(format="%.3f") for name in table.columns[1:]}
    st.dataframe(table, hide_index=True, column_config=digits)


def areas(rocs: Mapping[str, Curve], prs: Mapping[str, Curve]) -> pd.DataFrame:
    """The areas of each class, NaN where it was not tested."""
    columns = {
        "class": list(rocs),
        AREA: [one.area for one in rocs.values()],
        AVERAGE: [one.area for one in prs.values()],
    }
    return pd.DataFrame(columns).astype({AREA: float, AVERAGE: float})


def mean_areas(table: pd.DataFrame) -> str:
    """The means over the classes, beside those of guessing."""
    return (
        f"Averaged over the classes, the area under the ROC curve is **{table[AREA].mean():.3f}** (guessing: 0.5) and "
        f"the average precision **{table[AVERAGE].mean():.3f}** (guessing: the class's share of clips)."
    )


def _chart(shown: ShownExperiment, curves: Mapping[str, Curve], axes: tuple[str, str], title: str) -> None:
    x, y = axes
    table = charts.curve_table({name: one for name, one in curves.items() if one.area is not None}, x, y)
    if table.empty:
        st.info("No curve: that needs tested clips of the class and of at least one other.")
        return
    figure = charts.curves(table, x, y, title, stepped=x == RECALL)
    if x == FALSE:
        figure = charts.with_diagonal(figure)
    show.chart(figure, table, f"curve_{title.lower().replace(' ', '_')}", caption=shown.source)
