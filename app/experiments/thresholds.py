"""What a threshold on one class's probability trades: ROC and precision over recall, each class against the rest."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from app.experiments import charts
from app.experiments.summary import Seen
from app.ui import show
from pipeline.classify.metrics import Curve, pr, roc

EVERY_CLASS = ""
MOST_CURVES = 10
"""More lines than these nobody tells apart; of more classes those that are told worst are drawn."""
FALSE, TRUE, RECALL, PRECISION = "false positive rate", "true positive rate", "recall", "precision"
AREA, AVERAGE = "area below the ROC", "average precision"


def curves(seen: Seen) -> None:
    """Draw both curves of a class, or of several, and the areas below those of all."""
    told = seen.told
    one = st.selectbox(
        "Class",
        [EVERY_CLASS, *told.classes],
        format_func=lambda name: name or "each against the rest",
        width=300,
    )
    rocs = dict(zip(told.classes, roc(told.truth, told.probabilities), strict=True))
    prs = dict(zip(told.classes, pr(told.truth, told.probabilities), strict=True))
    shares = np.bincount(told.truth, minlength=len(told.classes)) / len(told.truth)
    table = areas(rocs, prs).assign(**{"share of the clips": shares})
    drawn = [one] if one else table.sort_values(AVERAGE)["class"].head(MOST_CURVES).tolist()
    left, right = st.columns(2)
    with left:
        _chart(seen, {name: rocs[name] for name in told.classes if name in drawn}, (FALSE, TRUE), "ROC")
    with right:
        kept = {name: prs[name] for name in told.classes if name in drawn}
        _chart(seen, kept, (RECALL, PRECISION), "Precision and recall")
    st.markdown(in_words(table))
    if len(told.classes) > len(drawn) > 1:
        st.caption(f"Drawn are the {len(drawn)} classes told worst; the box above has all.")
    digits = {name: st.column_config.NumberColumn(format="%.3f") for name in table.columns[1:]}
    st.dataframe(table, hide_index=True, column_config=digits)


def areas(rocs: Mapping[str, Curve], prs: Mapping[str, Curve]) -> pd.DataFrame:
    """The areas of each class, NaN where it was not tested."""
    told = {
        "class": list(rocs),
        AREA: [one.area for one in rocs.values()],
        AVERAGE: [one.area for one in prs.values()],
    }
    return pd.DataFrame(told).astype({AREA: float, AVERAGE: float})


def in_words(table: pd.DataFrame) -> str:
    """The means over the classes, and what guessing would reach."""
    return (
        f"Over all classes alike, the mean area below the ROC is **{table[AREA].mean():.3f}** (guessing: 0.5) and the "
        f"mean average precision **{table[AVERAGE].mean():.3f}** (guessing: the class's share of the clips)."
    )


def _chart(seen: Seen, curves: Mapping[str, Curve], axes: tuple[str, str], title: str) -> None:
    x, y = axes
    table = charts.curve_table({name: one for name, one in curves.items() if one.area is not None}, x, y)
    if table.empty:
        st.info("No curve: to draw one takes tested clips of the class and of another one.")
        return
    figure = charts.curves(table, x, y, title, stepped=x == RECALL)
    if x == FALSE:
        figure = charts.with_diagonal(figure)
    show.chart(figure, table, f"curve_{title.lower().replace(' ', '_')}", caption=seen.source)
