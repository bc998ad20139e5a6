"""How an experiment was made, so that it can be made again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app.experiments import summary as words
from app.experiments.seen import Seen
from pipeline.classify import CLASSIFIERS
from pipeline.classify.run import COMBINATIONS
from pipeline.experiments.spec import NETWORK

ORIGINS = {
    "build": "a build's own list",
    "page": "asked for by a person",
    "trained": "trained on its own, by a command",
    "shipped": "shipped with Sesatlas",
}


def about(seen: Seen) -> None:
    """Protocol, method, parameters, seed, versions, notes and key."""
    row = seen.experiment
    st.markdown(str(row["protocol_told"]))
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
    if words.is_voice(row):
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
    origin = str(json.loads(str(row["parameters"]))["origin"] if words.is_voice(row) else row["origin"])
    columns = f", {row['columns']:,} columns" if row["columns"] else ""
    told = {
        "experiment": f"`{seen.id}`",
        "method": f"{words.method(str(row['method']))}, version {row['version']}",
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
