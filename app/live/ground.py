"""The ground that a voice walks on: a collection's sentences, as the network in use hears them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.cache import learned, results, snapshot
from app.similar import search
from app.similar.cloud import by_axes
from pipeline.networks.voice_view import NAME, described


@dataclass(frozen=True, eq=False)
class Ground:
    """The cloud of a collection's sentences: three principal components of what the network makes of each."""

    dataset: str
    title: str
    clip_ids: list[str]
    points: NDArray[np.float32]
    """float32 (clips, 3)."""
    axes: pd.DataFrame

    def place(self, embeddings: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Where voices stand, (n, 3): on the same components, fitted on the store alone."""
        scaled = snapshot.standardised(self.dataset, NAME)
        placed = by_axes(scaled.place(np.stack(embeddings)), scaled.columns, self.axes)
        return np.zeros((0, 3), np.float32) if placed is None else placed

    def nearest(self, embedding: NDArray[np.float32], count: int) -> pd.DataFrame:
        """The clips nearest to a voice by cosine distance in all its numbers, nearest first, with ``distance``."""
        target = snapshot.standardised(self.dataset, NAME).place(embedding[None])[0]
        return search.in_full(snapshot.nearest_index(self.dataset, NAME).nearest(target, count, "cosine"))

    @property
    def by(self) -> str:
        """What the sentences are coloured by: the speaker's sex, where it is known of any."""
        return "sex" if snapshot.clips(self.dataset)["sex"].notna().any() else "label"


def collections() -> dict[str, str]:
    """The collections that the network in use has listened to, with their titles."""
    if not snapshot.store().current():
        return {}
    key = described(learned.voice_card()).key
    found = {}
    for _, row in snapshot.datasets().iterrows():
        views = snapshot.views(str(row["dataset"])).set_index("view")
        if NAME in views.index and views.loc[NAME, "key"] == key:
            found[str(row["dataset"])] = str(row["title"])
    return found


def of(dataset: str, title: str) -> Ground | None:
    """The ground of a collection; None where the build made no cloud of it."""
    rows = results.projections(dataset)
    pca = (rows["view"] == NAME) & (rows["method"] == "pca") & (rows["dimension"] == 3)
    rows = rows[pca & (rows["origin"] == "build")]
    if rows.empty:
        return None
    projection_id = str(rows["projection_id"].iloc[0])
    points = results.points(projection_id)
    return Ground(dataset, title, list(points.clip_ids), points.positions, results.axes(projection_id))
