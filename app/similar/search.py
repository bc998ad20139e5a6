"""What sounds like a clip, or like a recording of one's own: exact search, and where it falls in a cloud."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.cache import snapshot
from app.components.clip_rows.clip_rows import clip_rows
from app.ui import clip, escape
from app.ui.clip_table import cells, columns
from pipeline.extraction import Description, comparable
from pipeline.inputs import ALL, InputError
from store.errors import SesatlasError

COUNT = 10
ROW_FIELDS = ("clip_id", "speaker", "sentence", "duration_s")
METRICS = {"Cosine": "cosine", "Euclidean": "euclidean"}
"""By its name on the page and in links, what the store calls it."""


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """What is looked for: a clip of the store (``clip_id``), or a recording of one's own (``description``)."""

    name: str
    content_hash: str
    label: str | None = None
    clip_id: str | None = None
    description: Description | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The nearest clips, nearest first: everything known of each, with ``distance``, ``root`` and ``same``.

    ``same`` marks another file of the same content. ``seconds`` is the search alone, over ``clips`` clips.
    """

    hits: pd.DataFrame
    seconds: float
    clips: int


def views(view: str) -> list[str]:
    """The views that are meant: one, or each of them in the store's order."""
    return snapshot.described() if view == ALL else [view]


def search(query: Query, dataset: str | None, view: str, metric: str) -> Found:
    """
    Look for the nearest clips: every clip is compared with the query, nothing is guessed.

    Parameters
    ----------
    query : Query
        It never finds itself; another file of the same content it does find.
    dataset : str or None
        Where to look; None for all collections.
    view : str
        A view, or ``ALL``. Columns are compared on one scale: mean 0, standard deviation 1 over the clips
        looked through.
    metric : str
        One of :data:`METRICS`.

    Raises
    ------
    SesatlasError
        The query has no vector in this view, or the clips have nothing to be compared by.
    """
    index, target = snapshot.nearest_index(dataset, view), vector(query, dataset, view)
    start = perf_counter()
    near = index.nearest(target, COUNT, METRICS[metric], exclude=[query.clip_id] if query.clip_id else [])
    seconds = perf_counter() - start
    hits = in_full(near)
    if len(hits):
        hits["same"] = hits["content_hash"] == query.content_hash
    return Found(hits, seconds, len(snapshot.standardised(dataset, view).clip_ids))


def in_full(near: pd.DataFrame) -> pd.DataFrame:
    """The clips that an index found (``clip_id``, ``distance``), each in full, with its ``distance``."""
    near = near.dropna(subset="distance")  # all zeros: no direction, no cosine
    return snapshot.clips_in_full(tuple(near["clip_id"])).assign(distance=near["distance"].to_numpy())


def vector(query: Query, dataset: str | None, view: str) -> NDArray[np.float32]:
    """The query's standardised vector, shape ``(d,)``. Raises as :func:`search`."""
    scaled = snapshot.standardised(dataset, view)
    if query.description is not None:
        known = snapshot.views()
        keys = dict(zip(known["view"], known["key"], strict=True))
        for refusal in comparable({name: keys[name] for name in views(view)}).values():
            raise SesatlasError(refusal)
        return scaled.place(query.description.joined(_views_in(scaled.columns, view)))[0]
    row = np.flatnonzero(scaled.clip_ids == query.clip_id)
    if not len(row):
        raise InputError(f"{query.clip_id} lacks a vector in this view. Choose another view, or build again.")
    return scaled.values[row[0]]


def _views_in(columns: Sequence[str], view: str) -> list[str]:
    """The views that the standardised columns are of: one in which no clip differs is left out of all."""
    own = {column.split(": ", 1)[0] for column in columns}
    return [name for name in views(view) if view != ALL or name in own]


def twin(query: Query) -> str | None:
    """The clip of any collection that is the very recording a person brought; None where there is none."""
    for dataset in snapshot.datasets()["dataset"]:
        clips = snapshot.clips(str(dataset))
        same = clips.loc[clips["content_hash"] == query.content_hash, "clip_id"]
        if len(same):
            return str(same.iloc[0])
    return None


def hit_cells(hits: pd.DataFrame) -> pd.DataFrame:
    """What is written in the rows of a table of neighbours, without the columns that would stay empty."""
    words = {"label": hits["label"].fillna("")} if hits["label"].notna().any() else {}
    words["distance"] = hits["distance"].map("{:.4f}".format)
    if hits["same"].any():
        words["content"] = hits["same"].map({True: "the same file", False: ""})
    for column in ROW_FIELDS:
        if hits[column].notna().any():
            field = columns(hits)[column]
            words[field.heading] = pd.Series(cells(hits[column], field), index=hits.index)
    return pd.DataFrame(words, dtype="string")


def agreement(labels: Sequence[str | None], own: str | None) -> str:
    """Whether the neighbours' labels agree, with each other or with the query's own, in a sentence; Markdown."""
    total = len(labels)
    labelled = [label for label in labels if isinstance(label, str)]
    if not labelled:
        return "None of these clips has a label."
    counts = Counter(labelled)
    label = own if own is not None else counts.most_common(1)[0][0]
    count = counts.pop(label, 0)
    if own is None and count == 1 < total:
        return f"No two of these {total} share a label."
    many = {0: f"None of {total} is", total: f"All {total} are" if total > 1 else "The one clip is"}.get(
        count, f"{count} of {total} {'is' if count == 1 else 'are'}"
    )
    like = ", as the chosen clip is" if own is not None else ""
    rest = [f"{escape.markdown(name)} ({number})" for name, number in counts.most_common()]
    rest += [f"without a label ({total - len(labelled)})"] if len(labelled) < total else []
    return f"**{many} '{escape.markdown(label)}'**{like}" + (
        f"; the others: {', '.join(rest)}." if rest else "."
    )


def draw_hits(hits: pd.DataFrame, chosen: str | None, on_choose: Callable[[str], None], *, key: str) -> None:
    """Draw the rows of :class:`app.similar.search.Found`; a click on one calls ``on_choose`` with its clip."""
    sounds = [clip.mp3_url(hit) for _, hit in hits.iterrows()]
    clip_rows(
        hit_cells(hits),
        hits["clip_id"].tolist(),
        sounds,
        chosen=chosen,
        on_choose=on_choose,
        key=key,
    )
