"""The box that says what the clouds are coloured by, and the colouring it stands for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.cache import snapshot, tables
from app.clusters.pictures import Picture
from app.components.cloud.cloud import Colouring
from app.ui import colours, filters, show
from app.ui.colours import QUALITIES
from pipeline.fields import FIELDS
from pipeline.inputs import ALL

CLUSTER, STRENGTH, FEATURE, SCORE = "cluster", "strength", "feature", "score:"


@dataclass(frozen=True, slots=True)
class Grouping:
    """A clustering in the order of the picture's clips."""

    title: str
    clusters: NDArray[np.int32]
    strength: NDArray[np.float32] | None = None


def choose(dataset: pd.Series, clips: pd.DataFrame, picture: Picture, grouping: Grouping | None) -> Colouring:
    """Draw the box (and a second one for a column of a view); ``clips`` in the picture's order."""
    name = str(dataset["dataset"])
    options = _options(
        dataset, clips, grouping, tables.scores(name).query("view == @picture.view and reason.isna()")
    )
    chosen = str(
        st.selectbox(
            "Colour by", list(options), format_func=options.__getitem__, key="colour", bind="query-params"
        )
    )
    if chosen == CLUSTER and grouping is not None:
        return colours.groups(grouping.clusters, grouping.title)
    if chosen == STRENGTH and grouping is not None and grouping.strength is not None:
        return colours.scale(pd.Series(grouping.strength), options[chosen], "")
    if chosen in QUALITIES:
        return colours.scale(pd.Series(getattr(picture, chosen)), options[chosen], "")
    if chosen == FEATURE:
        return _feature(name, picture)
    if chosen.startswith(SCORE):
        values = tables.clip_scores(name, picture.view)[chosen.removeprefix(SCORE)]
        return colours.scale(values.reindex(picture.clip_ids), options[chosen], "")
    if FIELDS[chosen].kind == "number":
        return colours.scale(clips[chosen], FIELDS[chosen].title, FIELDS[chosen].unit)
    return colours.categories(clips[chosen], options[chosen])


def label(dataset: pd.Series, clips: pd.DataFrame) -> Colouring:
    """The labels, for the hover."""
    return colours.categories(clips["label"], str(dataset["label_name"]))


def _options(
    dataset: pd.Series, clips: pd.DataFrame, grouping: Grouping | None, scores: pd.DataFrame
) -> dict[str, str]:
    selection = filters.Selection(dataset, clips, len(clips))
    fields = selection.fields("colour")
    options = {name: title for name, title in selection.facets().items() if name in fields}
    options |= {
        name: field.title
        for name, field in fields.items()
        if "filter" not in field.roles and field.kind != "number" and clips[name].notna().any()
    }
    if grouping is not None:
        options[CLUSTER] = "Cluster"
        if grouping.strength is not None and np.isfinite(grouping.strength).any():
            options[STRENGTH] = "Strength of membership"
    options |= QUALITIES
    numbers = {name: field.title for name, field in fields.items() if field.kind == "number"}
    options |= {name: title for name, title in numbers.items() if clips[name].nunique() > 1}
    options |= {f"{SCORE}{row['score']}": row["title"] for _, row in scores.iterrows()}
    return options | {FEATURE: "A column of a view ..."}


def _feature(dataset: str, picture: Picture) -> Colouring:
    views = [picture.view] if picture.view != ALL else snapshot.described()
    titles = show.view_titles(views)
    if len(views) > 1:
        view = st.selectbox(
            "Of view", views, format_func=titles.__getitem__, key="colour_view", bind="query-params"
        )
    else:
        view = views[0]
    row = snapshot.views().set_index("view").loc[view]
    units = dict(zip(row["columns"], row["units"], strict=True))
    column = st.selectbox("Column", list(units), key="colour_column", bind="query-params")
    values = tables.aligned(snapshot.column(dataset, view, column).reset_index(), picture.clip_ids)["value"]
    return colours.scale(values, column, units[column])
