"""What is shown of one experiment: how good it is class by class, fold by fold, and how far to believe it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app.cache import tables
from app.experiments import charts, errors, summary, thresholds
from app.experiments.summary import Measured, Seen
from app.ui import show
from pipeline.classify import CLASSIFIERS
from pipeline.classify.metrics import reliability
from pipeline.classify.run import COMBINATIONS
from pipeline.experiments.spec import NETWORK

COLUMNS_SHOWN = 20
FLAT = 0.01
"""An accuracy that the last step of the curve changes by less than a hundredth no longer grows."""
ORIGINS = {
    "build": "a build's own list",
    "page": "asked for by a person",
    "trained": "trained on its own, by a command",
    "shipped": "shipped with Sesatlas",
}


def classes(seen: Measured) -> None:
    """Precision, recall and F1 of each class."""
    table = seen.metrics("class")
    worst = table.dropna(subset="f1").sort_values("f1", kind="stable")
    if len(worst):
        low, high = worst.iloc[0], worst.iloc[-1]
        st.markdown(
            f"Told best is **{high['name']}** (F1 {summary.percent(high['f1'])}), worst **{low['name']}** "
            f"(F1 {summary.percent(low['f1'])})."
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
    told = charts.reliability_table(reliability(right, confidence))
    surer = float(confidence.mean()) - float(right.mean())
    side = "more sure than it is right" if surer > 0 else "less sure than it is right"
    with st.container(horizontal=True):
        st.metric("ECE", summary.percent(row["ece"]), help="Expected calibration error (Naeini et al. 2015).")
        st.metric(
            "Brier score",
            f"{row['brier']:.3f}",
            help="Squared error of the probabilities, 0 to 2 (Brier 1950).",
        )
        st.metric(
            "Log loss", f"{row['log_loss']:.3f}", help="In nats; infinitely much for what is sure and wrong."
        )
    st.markdown(
        f"On average it says {summary.percent(confidence.mean())} and is right in {summary.percent(right.mean())}: "
        f"{summary.percent(abs(surer))} {side}."
    )
    figure = charts.reliability(told, "Reliability: stated confidence and how often it is right")
    above = f"{seen.source} Above the dotted line it is right more often than it says, below it less often."
    show.chart(figure, told, "reliability", caption=above)


def folds(seen: Seen) -> None:
    """How good it is on each fold, how long that took, and what the inner folds chose there."""
    table = seen.metrics("fold")
    overall = float(seen.experiment["accuracy"])
    figure = charts.folds(table, overall, "Accuracy of each fold; dashed: over all clips")
    told = table.merge(chosen_parameters(str(seen.experiment["parameters"])), on="name", how="left")
    least, most = table["accuracy"].min(), table["accuracy"].max()
    if len(table) > 1:
        st.markdown(f"From {summary.percent(least)} to {summary.percent(most)}, depending on the fold.")
    show.chart(
        figure, told, "folds", caption=f"{seen.source} The table adds seconds and the parameters chosen."
    )


def learning(seen: Seen) -> None:
    """The accuracy over more and more training clips, or over a network's epochs."""
    history = tables.history(seen.id)
    if len(history):
        _epochs(seen, history)
    table = seen.metrics("share")
    if len(table):
        figure = charts.learning(table, "Learning curve: what more training clips bring")
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
        f"{summary.percent(before['accuracy'])} to {summary.percent(last['accuracy'])}"
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
            figure = charts.epochs(rows, metrics, f"{unit.capitalize()} by epoch", unit)
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
        figure = charts.importance(table, "View by view")
        show.chart(figure, table, "importance_views", caption=seen.source)
    if len(each):
        first = each.head(COLUMNS_SHOWN)
        title = f"The {len(first)} most important of {int(seen.experiment['columns']):,} columns"
        note = f"{seen.source} The table has the first {len(each)}."
        show.chart(charts.importance(first, title), each, "importance_columns", caption=note)


def _not_measured(seen: Seen, what: str) -> None:
    if summary.is_voice(seen.experiment):
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
    elif summary.sort(seen.experiment) == summary.BASELINE:
        st.info(f"A baseline looks at no column: it has no {what}.", icon=":material/info:")
    elif summary.sort(seen.experiment) == "classifier":
        st.info(
            f"A build measures the {what} only of one quick classifier. Choose this method and these views under "
            "*Run*: what is run from this page is measured in full.",
            icon=":material/play_arrow:",
        )
    else:
        st.info(f"The {what} was not measured for this experiment.", icon=":material/info:")


def about(seen: Seen) -> None:
    """Protocol, method, parameters, seed, versions, notes and key."""
    row = seen.experiment
    st.markdown(str(row["protocol_summary"]))
    for note in row["notes"]:
        st.caption(f":orange[{note}]")
    st.table(facts(seen), border="horizontal")
    parameters = _parameters(row)
    if parameters.empty:
        st.caption("Nothing was to be chosen.")
    else:
        st.dataframe(parameters, hide_index=True)


def _parameters(row: pd.Series) -> pd.DataFrame:
    """What was chosen, under a heading that says how often it was."""
    if summary.is_voice(row):
        st.markdown("**The recipe of the voice network**")
        told = json.loads(str(row["parameters"]))
        return recipe(told.get("recipe", told))
    by_fold = str(row["kind"]) != NETWORK
    st.markdown("**What was chosen in each fold**" if by_fold else "**The recipe, the same for all folds**")
    return chosen_parameters(str(row["parameters"]))


def recipe(told: Mapping[str, Any]) -> pd.DataFrame:
    """A row a parameter of a network's recipe: ``part``, ``parameter`` and ``value``, in words."""
    alone = {name: value for name, value in told.items() if not isinstance(value, Mapping)}
    blocks = {name: value for name, value in told.items() if isinstance(value, Mapping)}
    rows = [
        {"part": part, "parameter": name.replace("_", " "), "value": _listed(value)}
        for part, values in (blocks | {"training": alone}).items()
        for name, value in values.items()
    ]
    return pd.DataFrame(rows, columns=["part", "parameter", "value"])


def facts(seen: Seen) -> dict[str, str]:
    """What there is to know, by name."""
    row = seen.experiment
    known = CLASSIFIERS.get(str(row["method"]))
    versions = json.loads(str(row["versions"]) or "{}")
    origin = str(json.loads(str(row["parameters"]))["origin"] if summary.is_voice(row) else row["origin"])
    columns = f", {row['columns']:,} columns" if row["columns"] else ""
    told = {
        "experiment": f"`{seen.id}`",
        "method": f"{summary.method(str(row['method']))}, version {row['version']}",
        "implementation": known.source if known else "",
        "learned from": f"{seen.names.of_views(row['views'])}{columns}",
        "combination": COMBINATIONS[str(row["combination"])] if len(row["views"]) > 1 else "",
        "target": seen.names.target(str(row["target"])),
        "classes": ", ".join(row["classes"]),
        "kept together": "" if row["unit"] == "clip" else f"{row['groups']:,} groups by {row['unit']}",
        "seed": str(row["seed"]),
        "made": f"{pd.Timestamp(row['made_at']):%Y-%m-%d %H:%M}, {ORIGINS.get(origin, origin)}",
        "seconds": f"{row['seconds']:.1f} (learning {row['fit_seconds']:.1f}, telling {row['predict_seconds']:.2f})",
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
        "key": f"`{row['key']}`",
    }
    return {name: value for name, value in told.items() if value}


def chosen_parameters(parameters: str) -> pd.DataFrame:
    """What each fold chose, from the store's JSON: ``name`` of the fold, ``chosen`` in words.

    ``{"fold 1": {"mfcc": {"C": 1.0}}}`` becomes ``fold 1`` and ``C = 1``; several blocks are told by name.
    """
    told = json.loads(parameters or "{}")
    rows = [{"name": fold, "chosen": _blocks(blocks)} for fold, blocks in told.items()]
    return pd.DataFrame(rows, columns=["name", "chosen"])


def _blocks(blocks: object) -> str:
    if not isinstance(blocks, dict):
        return str(blocks)
    if not all(isinstance(one, dict) for one in blocks.values()):
        return _values(blocks)
    alone = len(blocks) == 1
    return "; ".join(_values(one) if alone else f"{block}: {_values(one)}" for block, one in blocks.items())


def _values(values: dict[str, object]) -> str:
    return ", ".join(f"{name} = {_value(value)}" for name, value in values.items())


def _listed(value: object) -> str:
    return ", ".join(map(_value, value)) or "none" if isinstance(value, list) else _value(value)


def _value(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


SECTIONS = {
    "Errors": errors.draw,
    "Classes": classes,
    "Curves": thresholds.curves,
    "Calibration": calibration,
    "Folds": folds,
    "Learning curve": learning,
    "Columns": columns,
    "About": about,
}
