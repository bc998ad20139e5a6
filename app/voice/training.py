"""How the voice network was trained: the curves of every seed, and which epoch of each was kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app.cache import tables
from app.experiments import curves
from app.ui import show
from app.voice import charts
from app.voice.card import VALIDATION, Network

CURVES = {
    "Loss by epoch": ("loss (nats)", ("train_loss", "validation_loss"), "validation_loss"),
    "Accuracy by epoch": ("accuracy", ("train_accuracy", "validation_accuracy"), "validation_accuracy"),
    "Validation: whole and degraded clips": (
        "accuracy", ("validation_accuracy_whole", "validation_accuracy_degraded"), None,
    ),
    "Learning rate by epoch": ("learning rate", ("learning_rate",), None),
}  # fmt: skip
"""Title: unit, metrics, and on which of them the epoch that was kept is starred."""

METRICS = {
    "validation_accuracy_whole": "accuracy, whole clean clips",
    "validation_accuracy_degraded": "accuracy, degraded clips",
    "validation_accuracy": "accuracy, both together",
    "validation_loss": "loss (nats)",
}
"""What was measured of each seed on the validation speakers, in the order to show it."""


def training(network: Network) -> None:
    """Draw the seeds in a table and each curve."""
    shares = [title for name, title in METRICS.items() if "accuracy" in name]
    config = {name: st.column_config.NumberColumn(format="percent") for name in shares}
    digits = {name: st.column_config.NumberColumn(format="%.3f") for name in ("loss (nats)", "temperature")}
    minutes = {"minutes": st.column_config.NumberColumn(format="%.1f")}
    st.dataframe(
        seed_table(network.made), hide_index=True, column_config=config | digits | minutes,
        key="voice_seeds",
    )  # fmt: skip
    part = network.part(VALIDATION)
    history = tables.history(str(part.experiment["experiment_id"])) if part else pd.DataFrame()
    if history.empty or part is None:
        st.info("The card of this network tells no learning curves.", icon=":material/info:")
        return
    note = (
        f"{part.source} Training clips are degraded anew each time, so fewer of them are told right. Star: the epoch "
        "of least validation loss, which is kept."
    )
    for title, (unit, wanted, starred) in CURVES.items():
        metrics = [one for one in wanted if one in set(history["metric"])]
        if not metrics:
            continue
        rows = history[history["metric"].isin(metrics)]
        figure = curves.epochs(rows, metrics, title, unit)
        if starred in metrics:
            figure = charts.with_kept(figure, history, str(starred), network.made["seeds"])
        name = f"voice_{'_'.join(title.lower().replace(',', '').split()[:4])}"
        show.chart(figure, rows, name, caption=note if starred else part.source)


def seed_table(made: Mapping[str, Any]) -> pd.DataFrame:
    """A row a seed: whether it is kept, its epochs, temperature, minutes and validation."""
    rows = [
        {
            "seed": one["seed"],
            "kept": "kept" if one["seed"] == made["seed"] else "",
            **{title: one["validation"].get(name) for name, title in METRICS.items()},
            "epoch kept": one["best_epoch"],
            "epochs": one["epochs"],
            "temperature": one["temperature"],
            "minutes": one["seconds"] / 60,
        }
        for one in made["seeds"]
    ]
    return pd.DataFrame(rows)
