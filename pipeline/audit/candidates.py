"""Which clips may hold the same sound: those whose fingerprints share words at one and the same lag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audit.fingerprint import ABSENT
from pipeline.runtime import stop

WORD_BITS = 20
SHIFTS = (0, 4, 8, 12)
"""A code of 32 bits is looked up by four words of 20: a wrong bit spoils only those that hold it."""
HITS = 2
NEIGHBOURS = 64
"""How many of those behind it a word is paired with: work grows with the clips, not with their square."""
LAGS = np.int64(2**17)
"""More than twice the frames of the longest clip, 600 s."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pairs ``(first[i], second[i])`` of clips by number, first < second, at ``lag`` in frames."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    lag: NDArray[np.int64]


def candidates(prints: NDArray[np.uint32]) -> Candidates:
    """
    The pairs and lags at which two words or more agree.

    The inverted index of Haitsma and Kalker 2002, section 4, with the vote of Wang 2003 over lags. A copy
    that is moved by half a frame and went through MP3 keeps four bits in five, and so shares some 20 words
    a second; two strangers share 0.2 words at any lag.

    Parameters
    ----------
    prints : uint32 (n, 2, 256)
    """
    n = np.int64(len(prints))
    clip, place = np.nonzero(prints[:, 1] != ABSENT)
    codes, frames = prints[clip, 0, place], prints[clip, 1, place].astype(np.int64)
    votes = [np.empty(0, dtype=np.int64)]
    for shift in SHIFTS:
        words = (codes >> np.uint32(shift)) & np.uint32(2**WORD_BITS - 1)
        votes.extend(_meetings(words, clip.astype(np.int64), frames, n))
    seen, counted = np.unique(np.concatenate(votes), return_counts=True)
    if not len(seen):
        return Candidates(seen, seen, seen)
    # A copy lies between two lags unless it was moved by whole frames: neighbours vote together.
    follows = np.append(np.diff(seen) == 1, False)
    together = counted + np.where(follows, np.append(counted[1:], 0), 0)
    kept = seen[together >= HITS]
    pair, lag = kept // LAGS, kept % LAGS - LAGS // 2
    return Candidates(pair // n, pair % n, lag)


def _meetings(
    words: NDArray[np.uint32], clip: NDArray[np.int64], frames: NDArray[np.int64], n: np.int64
) -> list[NDArray[np.int64]]:
    """Where two clips hold the same word: pair and lag in one number."""
    # A steady sound says one word over and over: only its first counts.
    keys, at = np.unique(words.astype(np.int64) * n + clip, return_index=True)
    word, clip, frames = keys // n, keys % n, frames[at]
    met = []
    for step in range(1, min(NEIGHBOURS, len(word) - 1) + 1):
        stop.check()
        first = np.flatnonzero(word[step:] == word[:-step])
        if not len(first):
            break
        second = first + step
        pair = clip[first] * n + clip[second]
        met.append(pair * LAGS + (frames[second] - frames[first]) + LAGS // 2)
    return met
