"""One experiment in full: by class, by fold, its calibration, what it leans on, and how it was made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app.cache import tables
from app.experiments import charts, errors, summary, thresholds
from app.experiments.summary import Evaluation, ShownExperiment
from app.ui import escape, show
from pipeline.classify import CLASSIFIERS
from pipeline.classify.classifier import COMBINATIONS
from pipeline.classify.metrics import reliability
from pipeline.experiments.spec import NETWORK

COLUMNS_SHOWN = 20
FLAT = 0.01
"""An accuracy that the last step of the curve changes by less than a hundredth no longer grows."""
ORIGINS = {
    "build": "by a build",
    "page": "requested by a person",
    "trained": "trained separately, by a command",
    "shipped": "shipped with Sesatlas",
}


def classes(shown: Evaluation) -> None:
    """Precision, recall and F1 of each class."""
    table = shown.metrics("class")
    worst = table.dropna(subset="f1").sort_values("f1", kind="stable")
    if len(worst):
        low, high = worst.iloc[0], worst.iloc[-1]
        st.markdown(
            f"The easiest class is **{escape.markdown(high['name'])}** (F1 {show.percent(high['f1'])}), the hardest "
            f"**{escape.markdown(low['name'])}** (F1 {show.percent(low['f1'])})."
        )
    caption = (
        f"{shown.source} Precision: of the clips predicted as the class, the share that is of it. Recall: of the "
        "clips of the class, the share that was found. F1 is their harmonic mean."
    )
    show.chart(charts.classes(table, "Class by class"), table, "classes", caption=caption)


def calibration(shown: Evaluation) -> None:
    """Whether of 100 predictions with 80% confidence 80 are correct."""
    table, row = shown.predictions.table, shown.experiment
    correct = (table["truth"] == table["predicted"]).to_numpy()
    confidence = table["confidence"].to_numpy(dtype=np.float64)
    bins = charts.reliability_table(reliability(correct, confidence))
    excess = float(confidence.mean()) - float(correct.mean())
    side = "overconfident" if excess > 0 else "underconfident"
    with st.container(horizontal=True):
        st.metric("ECE", show.percent(row["ece"]), help="Expected calibration error (Naeini et al. 2015).")
        st.metric(
            "Brier score",
            f"{row['brier']:.3f}",
            help="Squared error of the probabilities, 0 to 2 (Brier 1950).",
        )
        st.metric("Log loss", f"{row['log_loss']:.3f}", help="In nats; infinite for a fully confident error.")
    st.markdown(
        f"Mean confidence is {show.percent(confidence.mean())} and accuracy {show.percent(correct.mean())}: "
        f"{show.percent(abs(excess))} {side}."
    )
    figure = charts.reliability(bins, "Reliability: accuracy by confidence")
    above = f"{shown.source} Above the dotted line it is correct more often than its confidence, below less often."
    show.chart(figure, bins, "reliability", caption=above)


def folds(shown: ShownExperiment) -> None:
    """Accuracy and seconds of each fold, and the parameters that the inner folds chose there."""
    table = shown.metrics("fold")
    overall = float(shown.experiment["accuracy"])
    figure = charts.folds(table, overall, "Accuracy by fold; dashed: over all clips")
    numbers = table.merge(chosen_parameters(str(shown.experiment["parameters"])), on="name", how="left")
    lowest, highest = table["accuracy"].min(), table["accuracy"].max()
    if len(table) > 1:
        st.markdown(f"Accuracy ranges from {show.percent(lowest)} to {show.percent(highest)} over the folds.")
    show.chart(
        figure, numbers, "folds", caption=f"{shown.source} The table adds seconds and chosen parameters."
    )


def learning(shown: ShownExperiment) -> None:
    """The accuracy over more and more training clips, or over a network's epochs."""
    history = tables.history(shown.id)
    if len(history):
        _epochs(shown, history)
    table = shown.metrics("share")
    if len(table):
        figure = charts.learning(table, "Learning curve: accuracy by number of training clips")
        st.markdown(growth(table))
        note = (
            f"{shown.source} Trained on a share of the training groups, tested as usual; bars: standard deviation "
            "over the folds."
        )
        show.chart(figure, table, "learning", caption=note)
    elif history.empty:
        _not_measured(shown, "learning curve")


def growth(table: pd.DataFrame) -> str:
    """Whether more clips would help, by a curve's last two rows: ``clips``, ``accuracy``, ``train_accuracy``."""
    if len(table) < 2:
        return ""
    before, last = table.iloc[-2], table.iloc[-1]
    gained = float(last["accuracy"] - before["accuracy"])
    sentence = (
        f"From {before['clips']:,.0f} to {last['clips']:,.0f} training clips, accuracy goes from "
        f"{show.percent(before['accuracy'])} to {show.percent(last['accuracy'])}"
    )
    if gained >= FLAT:
        return f"{sentence}: more clips would probably help."
    return f"{sentence}: more clips of this kind would probably help little."


def _epochs(shown: ShownExperiment, history: pd.DataFrame) -> None:
    there = set(history["metric"])
    for unit, metrics in (
        ("accuracy", [one for one in sorted(there) if "accuracy" in one]),
        ("loss", [one for one in sorted(there) if "loss" in one]),
        ("learning rate", [one for one in sorted(there) if one == "learning_rate"]),
    ):
        if metrics:
            rows = history[history["metric"].isin(metrics)]
            figure = charts.epochs(rows, metrics, f"{unit.capitalize()} by epoch", unit)
            show.chart(figure, rows, f"epochs_{unit.replace(' ', '_')}", caption=shown.source)


def columns(shown: ShownExperiment) -> None:
    """How much worse it gets when the values of a view or a column are permuted between the tested clips."""
    views, each = shown.metrics("view"), shown.metrics("column")
    if views.empty and each.empty:
        _not_measured(shown, "column importance")
        return
    st.caption(
        "The values of a view or a column are permuted between the tested clips: the more the log loss rises, the more "
        "the model relies on them (permutation importance, Breiman 2001). Of columns that carry the same information "
        "none seems important alone, so whole views are permuted too. Bars: standard deviation."
    )
    if len(views) > 1:
        table = views.assign(name=[shown.names.of_views([one]) for one in views["name"]])
        table = table.sort_values("loss_rise", ascending=False, kind="stable")
        figure = charts.importance(table, "View by view")
        show.chart(figure, table, "importance_views", caption=shown.source)
    if len(each):
        first = each.head(COLUMNS_SHOWN)
        title = f"The {len(first)} most important of {int(shown.experiment['columns']):,} columns"
        note = f"{shown.source} The table has the first {len(each)}."
        show.chart(charts.importance(first, title), each, "importance_columns", caption=note)


def _not_measured(shown: ShownExperiment, what: str) -> None:
    network = summary.elsewhere(shown.experiment)
    if network:
        noun = f"{network.noun[:1].upper()}{network.noun[1:]}"
        st.info(
            f"{noun} learned elsewhere, from the sound itself: there is no {what} for this collection.",
            icon=":material/travel_explore:",
        )
        if network.page:
            st.page_link(
                "../pages/models.py",
                label=f"How {network.noun} was trained",
                icon=":material/arrow_forward:",
                query_params=dict(network.page),
            )
    elif summary.sort(shown.experiment) == summary.BASELINE:
        st.info(f"A baseline does not look at the columns: there is no {what}.", icon=":material/info:")
    elif summary.sort(shown.experiment) == "classifier":
        st.info(
            f"A build measures the {what} of one quick classifier only. Choose this method and these views under "
            "*Run*: experiments run from this page are measured in full.",
            icon=":material/play_arrow:",
        )
    else:
        st.info(f"The {what} was not measured for this experiment.", icon=":material/info:")


def about(shown: ShownExperiment) -> None:
    """Protocol, method, parameters, seed, versions, notes and key."""
    row = shown.experiment
    st.markdown(str(row["protocol_summary"]))
    for note in row["notes"]:
        st.caption(f":orange[{escape.sentence(note)}]")
    st.table(escape.table(facts(shown)), border="horizontal")
    parameters = _parameters(row)
    if parameters.empty:
        st.caption("There were no parameters to choose.")
    else:
        st.dataframe(parameters, hide_index=True)


def _parameters(row: pd.Series) -> pd.DataFrame:
    """The parameters, under a heading that says how they were chosen."""
    network = summary.elsewhere(row)
    if network:
        st.markdown(f"**The recipe of {network.noun}**")
        parameters = json.loads(str(row["parameters"]))
        return recipe(parameters.get("recipe", parameters))
    by_fold = str(row["kind"]) != NETWORK
    st.markdown("**Parameters chosen in each fold**" if by_fold else "**The recipe, the same for all folds**")
    return chosen_parameters(str(row["parameters"]))


def recipe(parameters: Mapping[str, Any]) -> pd.DataFrame:
    """A row a parameter of a network's recipe: ``part``, ``parameter`` and ``value``."""
    own = {name: value for name, value in parameters.items() if not isinstance(value, Mapping)}
    blocks = {name: value for name, value in parameters.items() if isinstance(value, Mapping)}
    rows = [
        {"part": part, "parameter": name.replace("_", " "), "value": _listed(value)}
        for part, values in (blocks | {"training": own}).items()
        for name, value in values.items()
    ]
    return pd.DataFrame(rows, columns=["part", "parameter", "value"])


def facts(shown: ShownExperiment) -> dict[str, str]:
    """All that is known of how it was made, by name."""
    row = shown.experiment
    classifier = CLASSIFIERS.get(str(row["method"]))
    versions = json.loads(str(row["versions"]) or "{}")
    origin = str(json.loads(str(row["parameters"]))["origin"] if summary.elsewhere(row) else row["origin"])
    columns = f", {row['columns']:,} columns" if row["columns"] else ""
    named = {
        "experiment": shown.id,
        "method": f"{summary.method(str(row['method']))}, version {row['version']}",
        "implementation": classifier.source if classifier else "",
        "views": f"{shown.names.of_views(row['views'])}{columns}",
        "combination": COMBINATIONS[str(row["combination"])] if len(row["views"]) > 1 else "",
        "target": shown.names.target(str(row["target"])),
        "classes": ", ".join(row["classes"]),
        "kept together": "" if row["unit"] == "clip" else f"{row['groups']:,} groups by {row['unit']}",
        "seed": str(row["seed"]),
        "made": f"{pd.Timestamp(row['made_at']):%Y-%m-%d %H:%M}, {ORIGINS.get(origin, origin)}",
        "seconds": f"{row['seconds']:.1f} (training {row['fit_seconds']:.1f}, predicting {row['predict_seconds']:.2f})",
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
        "key": str(row["key"]),
    }
    return {name: value for name, value in named.items() if value}


def chosen_parameters(parameters: str) -> pd.DataFrame:
    """The parameters of each fold, from the store's JSON: ``name`` of the fold, ``chosen`` as text.

    ``{"fold 1": {"mfcc": {"C": 1.0}}}`` becomes ``fold 1`` and ``C = 1``; several blocks are named.
    """
    by_fold = json.loads(parameters or "{}")
    rows = [{"name": fold, "chosen": _blocks(blocks)} for fold, blocks in by_fold.items()]
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
