"""The nearest clips that a model had learned from, of two classes side by side, each with its player.

The voice network has learned elsewhere: beside its clips stand the nearest of other speakers, as it hears them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.cache import tables
from app.experiments import summary
from app.experiments.summary import Seen
from app.similar import search
from pipeline.classify.protocol import OFFICIAL_SPLIT
from pipeline.experiments.spec import UNLEAKED
from pipeline.inputs import Input, InputError
from pipeline.networks.voice_view import NAME as HEARD

NEAREST = 4


def draw(seen: Seen, row: pd.Series, other: str, on_choose: Callable[[str], None]) -> None:
    """Draw them.

    Parameters
    ----------
    seen : Seen
    row : Series
        What was said of the clip they are near to: ``clip_id``, ``fold``, ``truth``, ``predicted``.
    other : str
        The second class, beside the true one: what it was taken for, or the runner-up.
    on_choose : callable
        Called with a clip's id when a person clicks its row.
    """
    clip_id, truth = str(row["clip_id"]), str(row["truth"])
    clips = summary.clips_of(seen.dataset)
    known = _known(seen, clips, clip_id)
    views = (HEARD,) if summary.is_voice(seen.experiment) else tuple(seen.experiment["views"])
    _heading(seen, views, len(known))
    try:
        given = tables.space(seen.name, views)
        pairs = [
            (name, nearest(given, clip_id, known.index[known == name], NEAREST)) for name in (truth, other)
        ]
    except InputError as error:
        st.info(str(error), icon=":material/info:")
        return
    st.markdown(sounds_like(pairs))
    second = "of what it was taken for" if other == row["predicted"] else "of the runner-up"
    places = st.columns(2)
    for number, (told, (name, near)) in enumerate(zip(("of the truth", second), pairs, strict=True)):
        with places[number]:
            st.markdown(f"Nearest {told}: **{name}**")
            _rows(clips, clip_id, near, on_choose, key=f"nearest_{number}")


def _heading(seen: Seen, views: Sequence[str], known: int) -> None:
    elsewhere = summary.is_voice(seen.experiment)
    whose = "of other speakers" if elsewhere else "that the model had learned from"
    st.subheader(f"The nearest clips {whose}", anchor=False)
    looked = f"{known:,} {'clips of other speakers' if elsewhere else 'training clips'} were looked through."
    more = " The network learned elsewhere; these show what it takes to be alike." if elsewhere else ""
    st.caption(
        f"Cosine distance over the standardised columns of {seen.names.of_views(views)}; {looked}{more}"
    )


def _known(seen: Seen, clips: pd.DataFrame, clip_id: str) -> pd.Series:
    """The classes of what the model that was tested on this clip had learned from."""
    targets = clips[str(seen.experiment["target"])]
    if summary.is_voice(seen.experiment):
        return others(clips, targets, seen.told.classes, clip_id)
    if seen.experiment["subset"] == UNLEAKED:
        targets = targets.drop(list(tables.removed(seen.name)), errors="ignore")
    return training(seen.told.table, str(seen.experiment["protocol"]), targets, clip_id)


def sounds_like(pairs: Sequence[tuple[str, pd.Series]]) -> str:
    """Which of two classes has the nearer clip; each with distances, nearest first, of the truth before the other."""
    (truth, own), (other, others) = pairs
    if own.empty or others.empty:
        return ""
    if round(float(own.iloc[0]), 3) == round(float(others.iloc[0]), 3):
        return f"The nearest {truth} and the nearest {other} are equally near, at {own.iloc[0]:.3f}."
    nearer, further = (truth, other) if own.iloc[0] <= others.iloc[0] else (other, truth)
    low, high = sorted((own.iloc[0], others.iloc[0]))
    return (
        f"The nearest {nearer} lies at {low:.3f}, the nearest {further} at {high:.3f}: by these columns it is more "
        f"like **{nearer}**."
    )


def _rows(
    clips: pd.DataFrame, clip_id: str, near: pd.Series, on_choose: Callable[[str], None], *, key: str
) -> None:
    if near.empty:
        st.caption("There is none.")
        return
    hits = clips.loc[near.index].assign(distance=near)
    hits["same"] = hits["content_hash"] == clips.loc[clip_id, "content_hash"]
    search.draw_hits(hits.reset_index(drop=True), None, on_choose, key=key)


def training(table: pd.DataFrame, protocol: str, targets: pd.Series, own: str) -> pd.Series:
    """The clips that the model which was tested on ``own`` had learned from.

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


def others(clips: pd.DataFrame, targets: pd.Series, classes: Sequence[str], own: str) -> pd.Series:
    """The classes of all clips of other speakers, by clip_id, whoever has learned from them.

    Parameters
    ----------
    clips : DataFrame
        Of the whole dataset by their id, with ``speaker``; a clip without one stands for itself.
    targets : Series
        The class of each, by its id.
    classes : sequence of str
        Which of them to keep.
    own : str
        The clip that they are to be other speakers than.
    """
    same = (clips["speaker"] == clips["speaker"].get(own)) | (clips.index == own)
    return targets[targets.isin(list(classes)) & ~same].astype(str)


def nearest(given: Input, own: str, among: pd.Index, count: int) -> pd.Series:
    """The nearest of some clips by cosine distance (0 to 2), by clip_id, nearest first.

    Parameters
    ----------
    given : Input
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
    ids = pd.Index(given.clip_ids)
    at = ids.get_indexer(pd.Index([own]))[0]
    places = ids.get_indexer(among.drop(own, errors="ignore"))
    places = places[places >= 0]
    if at < 0:
        raise InputError(f"The clip {own} lacks a vector in a view of this experiment. Build again.")
    distances = _cosine(given.values[at], given.values[places])
    found = pd.Series(distances, index=ids[places], name="distance").dropna()
    return found.sort_values(kind="stable").head(count)


def _cosine(vector: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of one vector (d,) to each of others (m, d); NaN where one of the two is all zeros."""
    lengths = np.linalg.norm(others.astype(np.float64), axis=1) * np.linalg.norm(vector.astype(np.float64))
    products = others.astype(np.float64) @ vector.astype(np.float64)
    shares = np.divide(products, lengths, out=np.full(len(others), np.nan), where=lengths > 0)
    return 1.0 - np.clip(shares, -1.0, 1.0)
