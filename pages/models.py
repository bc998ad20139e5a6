"""Models: what classifies a collection, how certain that is, the sound of every error; the voice network."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from app.audit import page as audit
from app.experiments import comparison, run
from app.experiments import page as experiments
from app.ui import filters, show
from app.voice import page as voice


def results(dataset: pd.Series) -> None:
    experiments.draw(dataset, run.lead)


def compared(dataset: pd.Series) -> None:
    comparison.draw(dataset, run.lead)


# What draws each part of a collection. The voice network is the same whatever the collection is.
PARTS: dict[str, Callable[[pd.Series], None] | None] = {
    run.RESULTS: results,
    "Compare": compared,
    "Audit": audit.draw,
    run.VOICE: None,
    run.RUN: run.draw,
}

st.title("Models", anchor=False)
run.arrive()
collection = st.container(horizontal=True, vertical_alignment="bottom")
part = st.segmented_control(
    "Part",
    list(PARTS),
    default=run.RESULTS,
    required=True,
    key=run.PART,
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
