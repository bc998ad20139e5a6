"""What the recording gives away without being heard, and how even the classes are spread."""

from __future__ import annotations

import streamlit as st

from app.audit import charts
from app.cache.audited import Found
from app.ui import show
from pipeline.audit.report import BALANCE, FACTS

WHAT = (
    "A random forest is given nothing but these facts of each recording. Where one names the label, a classifier "
    "can too, without having learned what it sounds like."
)


def facts(found: Found) -> None:
    """Balanced accuracy of each fact, and of all together."""
    st.markdown(found.summaries[FACTS])
    table = found.facts
    figure = charts.facts(table, "The label by facts of the recording alone")
    told = f"{WHAT} {found.caption(int(table['clips'].iloc[0]))}{_classifier(found)}"
    show.chart(figure, table, f"{found.name}_facts", caption=told)


def _classifier(found: Found) -> str:
    if found.experiment is None:
        return ""
    balanced = float(found.experiment["balanced_accuracy"])
    return f". The classifier with the lowest log loss has {balanced:.1%} balanced accuracy."


def balance(found: Found) -> None:
    """Clips by label and side."""
    st.markdown(found.summaries[BALANCE])
    cells = found.balance
    figure = charts.balance(cells, "Clips by label and side")
    labels = cells["label"].nunique()
    more = (
        f"Drawn are the {charts.MOST_LABELS} least even of {labels:,} labels. "
        if labels > charts.MOST_LABELS
        else ""
    )
    told = (
        f"{more}Blue cells hold more clips than an even spread would, orange ones fewer. "
        f"{found.caption(int(cells['clips'].sum()))}"
    )
    show.chart(figure, cells, f"{found.name}_balance", caption=told)
    uneven = cells[cells["verdict"] != "even"]
    if len(uneven):
        with st.expander(f"{show.counted(len(uneven), 'cell')} far from even", icon=":material/balance:"):
            st.dataframe(uneven, hide_index=True, key="audit_uneven")
