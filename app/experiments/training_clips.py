"""The nearest clips that a model had learned from, of two classes side by side, each with its player.

The voice network has learned elsewhere: beside its clips stand the nearest of other speakers, as it hears them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from app.cache import tables
from app.experiments import neighbours
from app.experiments import seen as experiment_seen
from app.experiments import summary as words
from app.experiments.seen import Seen
from app.similar import search
from pipeline.experiments.spec import UNLEAKED
from pipeline.inputs import InputError
from pipeline.networks.ecapa import NAME as HEARD

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
    clips = experiment_seen.clips_of(seen.dataset)
    known = _known(seen, clips, clip_id)
    views = (HEARD,) if words.is_voice(seen.experiment) else tuple(seen.experiment["views"])
    _heading(seen, views, len(known))
    try:
        given = tables.space(seen.name, views)
        pairs = [
            (name, neighbours.nearest(given, clip_id, known.index[known == name], NEAREST))
            for name in (truth, other)
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
    elsewhere = words.is_voice(seen.experiment)
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
    if words.is_voice(seen.experiment):
        return neighbours.others(clips, targets, seen.told.classes, clip_id)
    if seen.experiment["subset"] == UNLEAKED:
        targets = targets.drop(list(tables.removed(seen.name)), errors="ignore")
    return neighbours.training(seen.told.table, str(seen.experiment["protocol"]), targets, clip_id)


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
