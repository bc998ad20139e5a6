"""The nearest training clips of two classes side by side, each with its player.

A network that learned elsewhere has none here: in their place stand the nearest clips of others, by its own view.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.cache import tables
from app.experiments import summary
from app.experiments.summary import ShownExperiment
from app.similar import search
from app.ui import escape
from pipeline.classify.protocol import OFFICIAL_SPLIT
from pipeline.experiments.spec import UNLEAKED
from pipeline.inputs import FeatureMatrix, InputError

NEAREST = 4


def draw(shown: ShownExperiment, row: pd.Series, other: str, on_choose: Callable[[str], None]) -> None:
    """Draw them.

    Parameters
    ----------
    shown : Seen
    row : Series
        The prediction of the clip they are near to: ``clip_id``, ``fold``, ``truth``, ``predicted``.
    other : str
        The second class, beside the actual one: the predicted one, or the runner-up.
    on_choose : callable
        Called with a clip's id when a person clicks its row.
    """
    clip_id, truth = str(row["clip_id"]), str(row["truth"])
    clips = summary.clips_of(shown.dataset)
    known = _known(shown, clips, clip_id)
    elsewhere = summary.elsewhere(shown.experiment)
    views = (elsewhere.view,) if elsewhere else tuple(shown.experiment["views"])
    _heading(shown, views, len(known))
    try:
        matrix = tables.space(shown.name, views)
        pairs = [
            (name, nearest(matrix, clip_id, known.index[known == name], NEAREST)) for name in (truth, other)
        ]
    except InputError as error:
        st.info(escape.sentence(error), icon=":material/info:")
        return
    st.markdown(nearer_class(pairs))
    second = "Predicted class" if other == row["predicted"] else "Runner-up"
    places = st.columns(2)
    for number, (title, (name, near)) in enumerate(zip(("Actual class", second), pairs, strict=True)):
        with places[number]:
            st.markdown(f"{title}: **{escape.markdown(name)}**")
            _rows(clips, clip_id, near, on_choose, key=f"nearest_{number}")


def _heading(shown: ShownExperiment, views: Sequence[str], known: int) -> None:
    elsewhere, unit = summary.elsewhere(shown.experiment), shown.experiment["unit"]
    title = f"Nearest clips of other {unit}s" if elsewhere else "Nearest training clips"
    st.subheader(title, anchor=False)
    among = f"clips of other {unit}s" if elsewhere else "training clips"
    more = " The network learned elsewhere; these show what is alike to it." if elsewhere else ""
    st.caption(
        f"By cosine distance over the standardised columns of {escape.markdown(shown.names.of_views(views))}, "
        f"among {known:,} {among}.{more}"
    )


def _known(shown: ShownExperiment, clips: pd.DataFrame, clip_id: str) -> pd.Series:
    """The classes of the clips to look among: the training clips of the model that was tested on this one."""
    targets = clips[str(shown.experiment["target"])]
    if summary.elsewhere(shown.experiment):
        return others(clips, targets, shown.predictions.classes, str(shown.experiment["unit"]), clip_id)
    if shown.experiment["subset"] == UNLEAKED:
        targets = targets.drop(list(tables.removed(shown.name)), errors="ignore")
    return training(shown.predictions.table, str(shown.experiment["protocol"]), targets, clip_id)


def nearer_class(pairs: Sequence[tuple[str, pd.Series]]) -> str:
    """Which of two classes has the nearer clip; each with distances, nearest first, the actual class first.

    Markdown.
    """
    (truth, own), (other, others) = ((escape.markdown(name), near) for name, near in pairs)
    if own.empty or others.empty:
        return ""
    if round(float(own.iloc[0]), 3) == round(float(others.iloc[0]), 3):
        return f"The nearest {truth} and the nearest {other} are equally close, at {own.iloc[0]:.3f}."
    nearer, further = (truth, other) if own.iloc[0] <= others.iloc[0] else (other, truth)
    low, high = sorted((own.iloc[0], others.iloc[0]))
    return (
        f"The nearest {nearer} is at {low:.3f}, the nearest {further} at {high:.3f}: by these features the clip is "
        f"closer to **{nearer}**."
    )


def _rows(
    clips: pd.DataFrame, clip_id: str, near: pd.Series, on_choose: Callable[[str], None], *, key: str
) -> None:
    if near.empty:
        st.caption("None.")
        return
    hits = clips.loc[near.index].assign(distance=near)
    hits["same"] = hits["content_hash"] == clips.loc[clip_id, "content_hash"]
    search.draw_hits(hits.reset_index(drop=True), None, on_choose, key=key)


def training(table: pd.DataFrame, protocol: str, targets: pd.Series, own: str) -> pd.Series:
    """The clips that the model tested on ``own`` had learned from.

    Parameters
    ----------
    table : DataFrame
        ``clip_id``, ``fold`` and ``truth`` of every tested clip.
    protocol : str
        Its name in the store: of an official split, what is tested is never learned from.
    targets : Series
        The class of each clip of the dataset, by its id; without those that were kept out.
    own : str
        A tested clip.

    Returns
    -------
    Series
        Classes by clip_id.
    """
    tested = table.set_index("clip_id")
    if protocol == OFFICIAL_SPLIT:
        known = targets[targets.notna() & ~targets.index.isin(tested.index)]
        return known[known.isin(tested["truth"].unique())].astype(str)
    return tested.loc[tested["fold"] != tested.loc[own, "fold"], "truth"]


def others(clips: pd.DataFrame, targets: pd.Series, classes: Sequence[str], unit: str, own: str) -> pd.Series:
    """The classes of all clips of other speakers, or whatever ``unit`` is, by clip_id.

    Parameters
    ----------
    clips : DataFrame
        Of the whole dataset by their id, with ``unit``; a clip without one stands for itself.
    targets : Series
        The class of each, by its id.
    classes : sequence of str
        Which of them to keep.
    unit : str
        What belongs together: a column of ``clips``.
    own : str
        The clip whose unit is left out.
    """
    same = (clips[unit] == clips[unit].get(own)) | (clips.index == own)
    return targets[targets.isin(list(classes)) & ~same].astype(str)


def nearest(matrix: FeatureMatrix, own: str, among: pd.Index, count: int) -> pd.Series:
    """The nearest of some clips by cosine distance (0 to 2), by clip_id, nearest first.

    Parameters
    ----------
    matrix : Input
        Standardised vectors.
    own : str
        The clip they are compared with; it never finds itself.
    among : Index
        Where to look; clips without a vector are passed over.

    Raises
    ------
    InputError
        ``own`` has no vector, or one without a direction.
    """
    ids = pd.Index(matrix.clip_ids)
    at = ids.get_indexer(pd.Index([own]))[0]
    places = ids.get_indexer(among.drop(own, errors="ignore"))
    places = places[places >= 0]
    if at < 0:
        raise InputError(f"The clip {own} lacks a vector in a view of this experiment. Build again.")
    distances = _cosine(matrix.values[at], matrix.values[places])
    found = pd.Series(distances, index=ids[places], name="distance").dropna()
    return found.sort_values(kind="stable").head(count)


def _cosine(vector: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of one vector (d,) to each of others (m, d); NaN where one of the two is all zeros."""
    lengths = np.linalg.norm(others.astype(np.float64), axis=1) * np.linalg.norm(vector.astype(np.float64))
    products = others.astype(np.float64) @ vector.astype(np.float64)
    shares = np.divide(products, lengths, out=np.full(len(others), np.nan), where=lengths > 0)
    return 1.0 - np.clip(shares, -1.0, 1.0)
