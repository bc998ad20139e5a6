"""Which picture of the clips is shown: a view, a projection of it, in 3-D, in 2-D or both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.cache import tables
from app.clusters import quality
from app.components.cloud.cloud import Scene
from app.ui import address, show
from pipeline.projections import METHODS
from pipeline.projections.projection import Projection

VIEW = "view"
PROJECTION, SHOWN = "projection", "projection_shown"
BOTH = {"3-D and 2-D": (3, 2), "3-D": (3,), "2-D": (2,)}


@dataclass(frozen=True)
class Picture:
    """The clips of a dataset, laid out once or twice."""

    view: str
    clip_ids: NDArray[np.object_]
    scenes: tuple[Scene, ...]
    trustworthiness: NDArray[np.float32]
    continuity: NDArray[np.float32]
    rows: pd.DataFrame
    """The store's rows of the projections that are shown."""


def choose(
    dataset: str, place: Any, follow: str | None = None, *, touched: Callable[[str], bool] = lambda _: False
) -> Picture | None:
    """Draw the boxes into ``place``; None where the store holds no projection of this dataset.

    Parameters
    ----------
    dataset : str
    place : container
    follow : str or None
        The view to show now, unless the URL has just asked for another one.
    touched : callable
        Whether a person has laid a hand on the picture of a view: then it stays as it is, whatever is new.
    """
    rows = tables.projections(dataset)
    rows = rows[rows["dimension"].isin([2, 3])].assign(name=lambda all_: names(all_))
    if rows.empty:
        return None
    with place:
        views = show.view_order(rows["view"].unique().tolist())
        view = address.choice(
            st.selectbox,
            "View",
            views,
            parameter=VIEW,
            key=VIEW,
            titles=show.view_titles(views),
            follow=follow,
            remember=False,
        )
        rows = rows[rows["view"] == view]
        name = _choose_projection(dataset, view, list(dict.fromkeys(rows["name"])), touched)
        shown = st.segmented_control(
            "Show", list(BOTH), default="3-D and 2-D", required=True, key="dimensions", bind="query-params"
        )
    return _picture(view, rows[rows["name"] == name], BOTH[shown])


def _choose_projection(dataset: str, view: str, names: list[str], touched: Callable[[str], bool]) -> str:
    """The box of projections. A better one that a build has brought meanwhile is shown where nobody minds."""
    options = sorted(names, key=lambda one: not one.startswith("UMAP"))  # the rest as they came
    where, default = st.session_state.get(SHOWN, (None, None))
    value = st.session_state.get(PROJECTION)
    if value is not None and value == default and value != options[0] and PROJECTION not in st.query_params:
        stays = where == (dataset, view) and touched(view) and value in options
        # Also where it stays it is set: from now on it is a choice, and stands in the URL.
        st.session_state[PROJECTION] = value if stays else options[0]
    name = str(st.selectbox("Projection", options, key=PROJECTION, bind="query-params"))
    st.session_state[SHOWN] = ((dataset, view), options[0])
    return name


def names(rows: pd.DataFrame) -> list[str]:
    """A name for each projection: its method, and its parameters where a person has set them."""
    titles = []
    for _, row in rows.iterrows():
        title = METHODS[row["method"]].title if row["method"] in METHODS else row["method"]
        kept = row["origin"] == "kept"
        titles.append(f"{title} ({quality.describe_parameters(row['parameters'])})" if kept else title)
    return titles


def of_projections(picture: Picture, found: Sequence[Projection]) -> Picture:
    """The same clips laid out anew, by projections that are not in the store."""
    scenes = tuple(
        Scene(
            name=f"tried-{one.dimension}d",
            dimension=_two_or_three(one.dimension),
            points=one.positions,
            title=f"{METHODS[one.method].title}, {one.dimension}-D, as tried",
            axes=_axes(one.axes.explained if one.axes is not None else ()),
        )
        for one in found
    )
    measured = found[0].quality
    each = measured.per_clip_trustworthiness, measured.per_clip_continuity
    return Picture(picture.view, picture.clip_ids, scenes, *each, picture.rows)


def _two_or_three(dimension: int) -> Literal[2, 3]:
    return 3 if dimension == 3 else 2


def _picture(view: str, rows: pd.DataFrame, dimensions: Sequence[int]) -> Picture | None:
    shown = rows[rows["dimension"].isin(dimensions)].sort_values("dimension", ascending=False)
    shown = (shown if len(shown) else rows.head(1)).drop_duplicates("dimension")
    read = [tables.points(str(id_)) for id_ in shown["projection_id"]]
    scenes = tuple(
        Scene(
            name=str(row["projection_id"]),
            dimension=_two_or_three(int(row["dimension"])),
            points=points.positions,
            title=f"{row['name']}, {row['dimension']}-D",
            axes=_axes(row["explained"]),
        )
        for points, (_, row) in zip(read, shown.iterrows(), strict=True)
    )
    first = read[0]
    return Picture(view, first.clip_ids, scenes, first.trustworthiness, first.continuity, shown)


def _axes(explained: Iterable[float] | None) -> tuple[str, ...]:
    """Names for the axes where they mean something, as in PCA."""
    if explained is None:
        return ()
    return tuple(f"PC{number} ({share:.0%})" for number, share in enumerate(explained, start=1))
