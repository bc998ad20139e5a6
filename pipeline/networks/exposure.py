"""Whom of a dataset the voice network knows: by the contents of recordings, whatever the dataset is called."""

from __future__ import annotations

import pandas as pd

from models.voice_card import Card

LEARNED, VALIDATED, NEVER_MET = "learned from", "validated on", "never met"


def by_clip(clips: pd.DataFrame, card: Card) -> pd.Series:
    """
    For each clip one of ``learned from``, ``validated on`` and ``never met``; all clips of a speaker are alike.

    Who spoke a single recording that the network learned from is known to it, in every other recording as well. A
    clip without a speaker stands for itself.

    Parameters
    ----------
    clips : DataFrame
        As ``Reader.clips`` gives it.
    """
    found = pd.Series(NEVER_MET, index=clips.index, dtype=object)
    for word, hashes in (
        (VALIDATED, card.validated),
        (LEARNED, card.learned),
    ):  # who is both was learned from
        known = clips["content_hash"].isin(hashes)
        speakers = clips.loc[known, "speaker"].dropna()
        found[known | clips["speaker"].isin(speakers)] = word
    return found
