"""The same recording twice: byte for byte, or the same sound that was moved, turned down or encoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.fft
from numpy.typing import NDArray

from pipeline.audit.fingerprint import ABSENT, CODES, FRAME_S, Fingerprint
from pipeline.audit.splits import AuditError, count, require
from pipeline.runtime import stop

SIMILARITY = 0.36
"""0 is chance, 1 every bit. Copies of the kinds planted in the tests lie above 0.5, one speaker who says
one sentence twice alike (RAVDESS) below 0.34."""
EVIDENCE = 2.2
"""Similarity times the root of the frames compared: strangers reach 1.7 in 80,000 pairs of ESC-10."""
MIN_FRAMES = 6
WORD_BITS = 20
SHIFTS = (0, 4, 8, 12)
"""A code of 32 bits is looked up by four words of 20: a wrong bit spoils only those that hold it."""
HITS = 2
NEIGHBOURS = 64
"""How many of those behind it a word is paired with: work grows with the clips, not with their square."""
LAGS = np.int64(2**17)
"""More than twice the frames of the longest clip, 600 s."""
COLUMNS = ("first", "second", "kind", "similarity", "lag_s", "shared_s", "group")


@dataclass(frozen=True, eq=False)
class Duplicates:
    """
    Clips that hold the same sound.

    ``pairs`` has a row a pair: ``first`` and ``second`` clip_id; ``kind`` ``"exact"`` or ``"near"``;
    ``similarity`` 0 to 1, of the fingerprints where they overlap; ``lag_s``, how much later the sound is
    in the second clip (to 23 ms); ``shared_s``, how much sound was compared; ``group``, the same number
    for all clips that are linked. Of k equal files there are k - 1 pairs, each with the first of them.
    ``groups`` has the clip_id as index and the group's number, for the clips that are in a pair.
    """

    pairs: pd.DataFrame
    groups: pd.Series


def duplicates(clips: pd.DataFrame, fingerprints: NDArray[np.uint32] | None) -> Duplicates:
    """
    Exact duplicates by content hash, and near ones by fingerprint, the most alike first.

    Parameters
    ----------
    clips : DataFrame
        ``clip_id`` and ``content_hash``, as ``Reader.clips`` gives them.
    fingerprints : uint32 (n, 2, 256) or None
        ``fingerprint`` of each clip, in the order of ``clips``; None for exact duplicates only.

    Raises
    ------
    AuditError
        Fewer than two clips, or fingerprints of another shape or number.
    """
    require(clips, ("clip_id", "content_hash"))
    same = exact(clips)
    if fingerprints is None:
        return _grouped(same)
    if fingerprints.shape != (len(clips), 2, CODES):
        raise AuditError(
            f"The fingerprints have shape {fingerprints.shape}; expected {(len(clips), 2, CODES)}. "
            "Build again, so that every clip has one."
        )
    # One clip stands for all that are equal to it: near duplicates of one are those of all.
    alone = ~clips["content_hash"].duplicated().to_numpy()
    alike = near(clips["clip_id"][alone].tolist(), fingerprints[alone])
    return _grouped(pd.concat([same, alike], ignore_index=True) if len(alike) else same)


def summary(result: Duplicates, *, by_sound: bool = True) -> str:
    """The result in one sentence; ``by_sound`` says whether fingerprints were compared at all."""
    if result.pairs.empty:
        return "No two clips hold the same sound." if by_sound else "No two files are equal byte for byte."
    kinds = result.pairs["kind"].value_counts()
    parts = [
        *([f"{kinds['exact']:,} byte for byte"] if "exact" in kinds else []),
        *([f"{kinds['near']:,} moved, at another level or encoded anew"] if "near" in kinds else []),
    ]
    holds = "holds" if len(result.pairs) == 1 else "hold"
    return f"{count(len(result.pairs), 'pair')} of clips {holds} the same sound: {', '.join(parts)}."


def exact(clips: pd.DataFrame) -> pd.DataFrame:
    """Files of the same bytes: the columns of ``Duplicates.pairs`` but ``group``."""
    first = clips.groupby("content_hash", sort=False)["clip_id"].transform("first")
    again = (clips["content_hash"].duplicated() & clips["content_hash"].notna()).to_numpy()
    lasts = clips["duration_s"][again].to_numpy() if "duration_s" in clips else np.nan
    table = pd.DataFrame({"first": first[again].to_numpy(), "second": clips["clip_id"][again].to_numpy()})
    return table.assign(kind="exact", similarity=1.0, lag_s=0.0, shared_s=lasts)


def near(clip_ids: Sequence[str], fingerprints: NDArray[np.uint32]) -> pd.DataFrame:
    """The same sound in two clips: the columns of ``Duplicates.pairs`` but ``group``, most alike first."""
    found = candidates(fingerprints)
    best: dict[tuple[int, int], tuple[float, int, int]] = {}
    for first, second, lag in zip(
        found.first.tolist(), found.second.tolist(), found.lag.tolist(), strict=True
    ):
        for near_lag in (lag, lag + 1):
            similarity, frames = agreement(fingerprints[first], fingerprints[second], near_lag)
            if frames < MIN_FRAMES or similarity < SIMILARITY:
                continue
            held = best.get((first, second))
            if held is None or similarity * frames**0.5 > held[0] * held[1] ** 0.5:
                best[first, second] = (similarity, frames, near_lag)
    rows = [
        (clip_ids[first], clip_ids[second], "near", similarity, lag * FRAME_S, frames * FRAME_S)
        for (first, second), (similarity, frames, lag) in best.items()
        if similarity * frames**0.5 >= EVIDENCE
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS[:-1]))
    return table.sort_values("similarity", ascending=False, kind="stable", ignore_index=True)


def agreement(first: Fingerprint, second: Fingerprint, lag: int) -> tuple[float, int]:
    """How alike two fingerprints are at a lag: ``1 - 2 * bit error rate``, and over how many frames."""
    mine, theirs = first[:, first[1] != ABSENT], second[:, second[1] != ABSENT]
    moved = mine[1].astype(np.int64) + lag
    # Frames ascend, so each is looked up where it would stand.
    at = np.searchsorted(theirs[1], moved)
    there = at < theirs.shape[1]
    there[there] = theirs[1][at[there]] == moved[there]
    if not there.any():
        return 0.0, 0
    wrong = np.bitwise_count(mine[0][there] ^ theirs[0][at[there]])
    return float(1 - 2 * wrong.mean() / 32), int(there.sum())


def _grouped(pairs: pd.DataFrame) -> Duplicates:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    codes, ids = pd.factorize(pd.concat([pairs["first"], pairs["second"]], ignore_index=True))
    one, other = codes[: len(pairs)], codes[len(pairs) :]
    links = coo_matrix((np.ones(len(pairs)), (one, other)), shape=(len(ids), len(ids)))
    group = connected_components(links, directed=False)[1] if len(ids) else np.empty(0, dtype=np.int32)
    table = pairs.assign(group=group[one])[list(COLUMNS)]
    return Duplicates(table, pd.Series(group, index=pd.Index(ids, name="clip_id"), name="group"))


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pairs ``(first[i], second[i])`` of clips by number, first < second, at ``lag`` in frames."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    lag: NDArray[np.int64]


def candidates(fingerprints: NDArray[np.uint32]) -> Candidates:
    """
    The pairs and lags at which two words or more agree.

    The inverted index of Haitsma and Kalker 2002, section 4, with the vote of Wang 2003 over lags. A copy
    that is moved by half a frame and went through MP3 keeps four bits in five, and so shares some 20 words
    a second; two strangers share 0.2 words at any lag.

    Parameters
    ----------
    fingerprints : uint32 (n, 2, 256)
    """
    n = np.int64(len(fingerprints))
    clip, place = np.nonzero(fingerprints[:, 1] != ABSENT)
    codes, frames = fingerprints[clip, 0, place], fingerprints[clip, 1, place].astype(np.int64)
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


@dataclass(frozen=True, slots=True)
class Aligned:
    """
    ``lag_s`` how much later the sound is in the second clip, to one sample; ``correlation`` -1 to 1 of
    the samples where they overlap, negative where one is turned upside down; ``overlap_s``.
    """

    lag_s: float
    correlation: float
    overlap_s: float


def align(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    sample_rate_hz: int,
    lag_s: float,
    within_s: float = 0.1,
) -> Aligned:
    """
    Lay two clips over each other, near the lag of their fingerprints, and correlate their samples.

    Differences of neighbouring samples are compared, so that a hum or an offset that both share says
    little. Strangers stay below 0.15; a copy through MP3 at 64 kbit/s, which drops the highest, lies above 0.5.

    Parameters
    ----------
    first, second
        Mono samples, shape ``(samples,)``, of one sample rate.
    lag_s, within_s
        Where to look: ``lag_s`` give or take ``within_s``, in seconds.

    Raises
    ------
    AuditError
        The clips do not overlap there.
    """
    one, other = np.diff(first.astype(np.float64)), np.diff(second.astype(np.float64))
    around, reach = round(lag_s * sample_rate_hz), round(within_s * sample_rate_hz)
    lowest, highest = max(around - reach, 1 - len(one)), min(around + reach, len(other) - 1)
    if lowest > highest or not len(one):
        raise AuditError(f"Moved by {lag_s:.2f} s the two clips do not overlap. Choose a smaller lag.")
    size = scipy.fft.next_fast_len(len(one) + len(other))
    products = scipy.fft.irfft(scipy.fft.rfft(one, size).conj() * scipy.fft.rfft(other, size), size)
    lags = np.arange(lowest, highest + 1)
    lag = int(lags[np.abs(products[lags % size]).argmax()])
    mine, theirs = one[max(0, -lag) :], other[max(0, lag) :]
    n = min(len(mine), len(theirs))
    energy = float(np.sqrt((mine[:n] @ mine[:n]) * (theirs[:n] @ theirs[:n])))
    correlation = float(mine[:n] @ theirs[:n]) / energy if energy > 0 else 0.0
    return Aligned(lag / sample_rate_hz, correlation, n / sample_rate_hz)
