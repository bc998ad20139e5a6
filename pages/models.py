"""Models: who tells the classes of a collection apart, how sure that is, and the sound of every error."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import audit, experiment_comparison, experiment_run, experiments, filters, show


def results(dataset: pd.Series) -> None:
    experiments.draw(dataset, experiment_run.lead)


def compared(dataset: pd.Series) -> None:
    experiment_comparison.draw(dataset, experiment_run.lead)


PARTS = {
    experiment_run.RESULTS: results,
    "Compare": compared,
    "Audit": audit.draw,
    experiment_run.RUN: experiment_run.draw,
}

st.title("Models", anchor=False)
experiment_run.arrive()
with st.container(horizontal=True, vertical_alignment="bottom"):
    dataset = filters.choose_dataset()
    show.synthetic_mark(bool(dataset["synthetic"]))
part = st.segmented_control(
    "Part",
    list(PARTS),
    default=experiment_run.RESULTS,
    required=True,
    key=experiment_run.PART,
    bind="query-params",
    label_visibility="collapsed",
)
PARTS[part](dataset)
