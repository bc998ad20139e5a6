"""Models: who tells the classes of a collection apart, how sure that is, every error's sound; the voice network."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from app import audit, experiment_comparison, experiment_run, experiments, filters, show, voice


def results(dataset: pd.Series) -> None:
    experiments.draw(dataset, experiment_run.lead)


def compared(dataset: pd.Series) -> None:
    experiment_comparison.draw(dataset, experiment_run.lead)


# What draws each part of a collection. The voice network is the same whatever the collection is.
PARTS: dict[str, Callable[[pd.Series], None] | None] = {
    experiment_run.RESULTS: results,
    "Compare": compared,
    "Audit": audit.draw,
    experiment_run.VOICE: None,
    experiment_run.RUN: experiment_run.draw,
}

st.title("Models", anchor=False)
experiment_run.arrive()
collection = st.container(horizontal=True, vertical_alignment="bottom")
part = st.segmented_control(
    "Part",
    list(PARTS),
    default=experiment_run.RESULTS,
    required=True,
    key=experiment_run.PART,
    bind="query-params",
    label_visibility="collapsed",
)
of_collection = PARTS[part]
if of_collection is None:
    voice.draw()
else:
    with collection:
        dataset = filters.choose_dataset()
        show.synthetic_mark(bool(dataset["synthetic"]))
    of_collection(dataset)
