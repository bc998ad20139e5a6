"""Neighbours of a clip or of a recording, nearest first, with a player in every row."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from app.cache import snapshot
from app.components.clip_rows.clip_rows import clip_rows
from app.similar import search
from app.ui import clip


def draw(hits: pd.DataFrame, chosen: str | None, on_choose: Callable[[str], None], *, key: str) -> None:
    """Draw the rows of :class:`app.similar.search.Found`; a click on one calls ``on_choose`` with its clip."""
    sounds = [snapshot.preview(str(clip.recording(hit)), hit["content_hash"]) for _, hit in hits.iterrows()]
    clip_rows(
        search.in_words(hits),
        hits["clip_id"].tolist(),
        sounds,
        chosen=chosen,
        on_choose=on_choose,
        key=key,
    )
