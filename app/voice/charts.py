"""Figures of the voice network: what noise, short clips and lines do to it; how its training went. No Streamlit."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app.ui.charts import BAR_PX

CLEAN = "clean"
NOISE, DURATION, CHANNEL = "Noise (signal to noise)", "Duration", "Line and room"
FIRST = {NOISE: "no noise", DURATION: "whole clip", CHANNEL: "as recorded"}
"""The name of clean whole clips in each group: each begins with them."""
KNOWN = {
    NOISE: re.compile(r"noise (-?[\d.]+) dB"),
    DURATION: re.compile(r"([\d.]+) s"),
}
APART = 0.13
"""Of a row's height: how far the dots of two groups of speakers stand from its middle."""
COLUMNS = ["group", "condition", "measured on", "clips", "errors", "accuracy", "low", "high"]


def placed(name: str) -> tuple[str, str, float]:
    """A condition's group, its name on the page, and its place there: the mildest first."""
    for group, form in KNOWN.items():
        match = form.fullmatch(name)
        if match:
            value = float(match[1])
            unit = "dB" if group == NOISE else "s"
            return group, f"{match[1]} {unit}", -value
    return CHANNEL, name, 0.0


def condition_table(measured: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """
    What :func:`conditions` draws, the columns of ``COLUMNS``, in the order to draw it.

    Parameters
    ----------
    measured : mapping of str to DataFrame
        By on whom: ``name``, ``clips``, ``errors``, ``accuracy``, ``accuracy_low``, ``accuracy_high`` (0 to 1).
    """
    rows = []
    for whom, table in measured.items():
        there = [placed(str(name)) for name in table["name"]]
        groups = [one for one in FIRST if any(group == one for group, _, _ in there)]
        for (group, words, place), (_, row) in zip(there, table.iterrows(), strict=True):
            clean = row["name"] == CLEAN
            columns = {"measured on": whom, "clips": int(row["clips"]), "errors": int(row["errors"]),
                    "accuracy": row["accuracy"], "low": row["accuracy_low"], "high": row["accuracy_high"]}  # fmt: skip
            for in_group in groups if clean else [group]:
                name = FIRST[in_group] if clean else words
                order = float("-inf") if clean else place
                rows.append({"group": in_group, "condition": name, "order": order} | columns)
    found = pd.DataFrame(rows, columns=[*COLUMNS, "order"])
    found["rank"] = found["group"].map({group: place for place, group in enumerate(FIRST)})
    return found.sort_values(["rank", "order"], kind="stable")[COLUMNS].reset_index(drop=True)


def conditions(table: pd.DataFrame, title: str) -> go.Figure:
    """Accuracy with its interval under each condition, those of a group one below the other.

    Parameters
    ----------
    table : DataFrame
        From :func:`condition_table`.
    """
    at, names = _lines(table)
    whom = list(dict.fromkeys(table["measured on"]))
    figure = go.Figure([_dots(table[table["measured on"] == one], at, (number, len(whom)))
                        for number, one in enumerate(whom)])  # fmt: skip
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=names,
        range=[len(names) - 0.4, -0.6],
        showgrid=False,
        zeroline=False,
    )
    least = max(0.0, float(table["low"].min()) - 0.03)
    figure.update_xaxes(title="accuracy", tickformat=".0%", range=[least, 1.01])
    return figure.update_layout(title=title, height=190 + BAR_PX * len(names) + 24 * len(whom))


def _lines(table: pd.DataFrame) -> tuple[dict[tuple[str, str], int], list[str]]:
    """The line of each condition, and what stands beside each line: a group's name has one of its own."""
    at: dict[tuple[str, str], int] = {}
    names: list[str] = []
    for group, rows in table.groupby("group", sort=False):
        names.append(str(group).upper())
        for condition in dict.fromkeys(rows["condition"]):
            at[str(group), condition] = len(names)
            names.append(condition)
    return at, names


def _dots(rows: pd.DataFrame, at: Mapping[tuple[str, str], int], place: tuple[int, int]) -> go.Scatter:
    number, of = place
    apart = APART * (2 * number - (of - 1))
    drawn: list[dict[Hashable, Any] | None] = []
    for name, group in rows.groupby("group", sort=False):
        # None ends the line: lines and rooms have no order to draw one along.
        for row in group.to_dict("records"):
            drawn += [row, None] if name == CHANNEL else [row]
        drawn.append(None)
    return go.Scatter(
        x=[row and row["accuracy"] for row in drawn],
        y=[row and at[row["group"], row["condition"]] + apart for row in drawn],
        mode="lines+markers",
        line={"width": 1, "dash": "dot"},
        marker={"size": 9, "symbol": ("circle", "diamond", "square")[number % 3]},
        error_x={"array": [row["high"] - row["accuracy"] if row else None for row in drawn],
                 "arrayminus": [row["accuracy"] - row["low"] if row else None for row in drawn], "thickness": 1.5},
        customdata=[[row[name] for name in ("condition", "low", "high", "errors", "clips")] if row else [None] * 5
                    for row in drawn],
        hovertemplate="%{customdata[0]}: %{x:.1%}, 95% interval %{customdata[1]:.1%} to %{customdata[2]:.1%}<br>"
        "%{customdata[3]} of %{customdata[4]} clips wrong",
        name=str(rows["measured on"].iloc[0]),
    )  # fmt: skip


def with_kept(
    figure: go.Figure, history: pd.DataFrame, metric: str, seeds: Sequence[Mapping[str, Any]]
) -> go.Figure:
    """Star the epoch of each seed that was kept; ``history`` has ``fold``, ``epoch``, ``metric``, ``value``."""
    kept = pd.DataFrame([{"fold": f"seed {one['seed']}", "epoch": one["best_epoch"]} for one in seeds])
    rows = history[history["metric"] == metric].merge(kept, on=["fold", "epoch"])
    return figure.add_scatter(
        x=rows["epoch"],
        y=rows["value"],
        mode="markers",
        marker={"symbol": "star", "size": 14, "line": {"width": 1}},
        customdata=rows[["fold"]],
        hovertemplate="%{customdata[0]}, epoch %{x}: %{y:.4g}<extra></extra>",
        name="epoch kept",
    )
