"""Which clustering deserves trust, by what no label has touched."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.clusterings import CLUSTERERS
from pipeline.clusterings.agreement import agreement, ari
from pipeline.inputs import ALL

MAX_NOISE = 0.5
LARGEST_CLUSTER = 0.9
UNCONFIRMED = 0.2
"""What a bit that no other view confirms takes from one that is confirmed. Chosen, as all of the rule, on
speech with known speakers, on the demo corpora and on mixtures of known components."""
SPREADS = 2.0
"""So many standard errors of the leaders' trust are no difference."""
LEADERS = 10
TIE = (0.02, 0.2)
"""However small or large the errors are, a share of trust within these bounds is no difference."""
MAX_TIED = 60


def rank(table: pd.DataFrame, labels: NDArray[np.integer]) -> pd.DataFrame:
    """
    The clusterings of one dataset in an order of trust; no label of the dataset is used.

    Trust is measured in bits a clip: those that other views confirm (:func:`agreement`) less a fifth of
    those that none does, times the geometric mean of stability under resampling and generalisation to
    held-out clips, times the root of 1 less the stability of partitions within the clusters (Mourer et al. 2020). The
    first likes many clusters, the second few, the third none that hold others.

    Clusterings whose trust differs by less than what other resamples would move share a rank. Of those
    that share the first, the one that the others resemble most has the first place; among equals the
    simpler method, then the one with less noise. Out of the running, and ranked after all others: fewer
    than two clusters, more than half of the clips noise, or one cluster with over 90 % of the clips.

    Parameters
    ----------
    table : DataFrame
        A row a clustering: ``view``, ``method``, ``clusters``, ``noise``, ``clips``, ``stability`` and
        where there are such ``generalisation``, ``within_stability``, ``trust_spread``,
        ``agreement``, ``clustering_id``. A measure that no row has is left out; where a row alone lacks
        one, the worst value stands in. An agreement that is there is kept, others are measured
        against the rows.
    labels : NDArray[np.integer]
        The cluster of each clip, (m, n), in the order of the rows: -1 for noise, below that for a clip
        that is not in the clustering.

    Returns
    -------
    DataFrame
        The rows as they came, with ``agreement``, ``rank`` (1 is first; shared), ``place`` (never
        shared), ``why``, a sentence.
    """
    ranked = table.copy()
    ranked["agreement"] = _agreements(table, labels)
    out = [
        out_of_running(int(clusters), int(noise), int(clips), own)
        for clusters, noise, clips, own in zip(
            table["clusters"], table["noise"], table["clips"], labels, strict=True
        )
    ]
    running = np.array([reason is None for reason in out], dtype=bool)
    score = trust(ranked, labels)
    width = tie_width(ranked, score, running)
    ranked["rank"], ranked["place"] = _ordered(ranked, labels, score, running, width)
    ranked["why"] = [
        _why(ranked.iloc[row], float(score[row]), width, ranked["rank"], out[row])
        for row in range(len(ranked))
    ]
    return ranked


def trust(table: pd.DataFrame, labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """
    Bits a clip that can be trusted, (m,), rounded to 6 digits: sums come out otherwise on other processors.

    Without any other view, the share of a grouping's bits that generalises stands in for what is confirmed.
    """
    bits, agreed = _entropies(labels), _numbers(table, "agreement")
    there = (_worst_filled(_numbers(table, name), 0.0) for name in ("stability", "generalisation"))
    held = [np.maximum(one, 0) for one in there if one is not None]
    kept = np.prod(held, axis=0) ** (1 / len(held)) if held else np.ones(len(bits))
    confirmed = bits * kept if np.isnan(agreed).all() else np.nan_to_num(agreed)
    inner = _worst_filled(_numbers(table, "within_stability"), 1.0)
    apart = np.ones(len(bits)) if inner is None else np.sqrt(np.clip(1 - inner, 0, 1))
    net = confirmed - UNCONFIRMED * (bits - confirmed)
    # Below zero a factor under 1 would be a gain.
    trusted: NDArray[np.float64] = np.where(net > 0, net * kept * apart, net)
    return trusted.round(6)


def tie_width(table: pd.DataFrame, score: NDArray[np.float64], running: NDArray[np.bool_]) -> float:
    """The share of trust that is no difference: what other resamples move among the leaders, within ``TIE``."""
    spread = _numbers(table, "trust_spread")
    leaders = np.argsort(-np.where(running, score, -np.inf), kind="stable")[:LEADERS]
    leaders = leaders[running[leaders] & ~np.isnan(spread[leaders])]
    if not len(leaders):
        return TIE[0]
    return round(float(np.clip(SPREADS * np.median(spread[leaders]), *TIE)), 3)


def out_of_running(clusters: int, noise: int, clips: int, labels: NDArray[np.integer]) -> str | None:
    """Why a clustering is out of the running, or None."""
    if clusters < 2:
        return "there is " + ("one cluster." if clusters == 1 else "no cluster.")
    if noise > MAX_NOISE * clips:
        return f"{noise / clips:.0%} of the clips are noise."
    largest = int(np.bincount(labels[labels >= 0]).max())
    if largest > LARGEST_CLUSTER * clips:
        return f"one cluster holds {largest / clips:.0%} of the clips."
    return None


def _agreements(table: pd.DataFrame, labels: NDArray[np.integer]) -> NDArray[np.float64]:
    stored = _numbers(table, "agreement")
    if len(stored) and np.isnan(stored).any():
        found = agreement(table["view"].to_numpy(dtype=object), labels, combined=ALL)
        return np.where(np.isnan(stored), found, stored)
    return stored


def _numbers(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    if name not in table:
        return np.full(len(table), np.nan)
    return table[name].to_numpy(dtype=np.float64, na_value=np.nan)


def _worst_filled(numbers: NDArray[np.float64], worst: float) -> NDArray[np.float64] | None:
    return None if np.isnan(numbers).all() else np.where(np.isnan(numbers), worst, numbers)


def _entropies(labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """Bits of each grouping (m, n), noise as a group; clips that are not in it do not count."""
    found = np.zeros(len(labels))
    for row, own in enumerate(labels):
        sizes = np.bincount(own[own >= -1].astype(np.int64) + 1)
        shares = sizes[sizes > 0] / max(sizes.sum(), 1)
        found[row] = float(-(shares * np.log2(shares)).sum())
    return found


def _ordered(
    table: pd.DataFrame,
    labels: NDArray[np.integer],
    score: NDArray[np.float64],
    running: NDArray[np.bool_],
    width: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The shared rank and the place of each row."""
    ids = table["clustering_id"].astype(str).tolist() if "clustering_id" in table else [""] * len(table)
    methods = list(CLUSTERERS)
    simple = [methods.index(one) if one in methods else len(methods) for one in _methods(table)]
    noise = table["noise"].to_numpy()
    order = sorted(
        range(len(table)), key=lambda row: (not running[row], -score[row], simple[row], noise[row], ids[row])
    )
    ranks = np.zeros(len(table), dtype=np.int64)
    first = 0
    for at, row in enumerate(order):
        head = order[first]
        near = score[row] >= score[head] - width * abs(score[head])
        same = running[row] == running[head] and (not running[row] or near)
        first = first if same else at
        ranks[row] = first + 1
    tied = [row for row in order if ranks[row] == 1 and running[row]]
    central = dict(zip(tied, _resemblance(labels[tied[:MAX_TIED]]), strict=False))
    leaders = sorted(
        tied, key=lambda row: (-central.get(row, -1.0), simple[row], noise[row], -score[row], ids[row])
    )
    places = np.zeros(len(table), dtype=np.int64)
    places[[*leaders, *order[len(leaders) :]]] = np.arange(1, len(table) + 1)
    return ranks, places


def _methods(table: pd.DataFrame) -> list[str]:
    return table["method"].tolist() if "method" in table else [""] * len(table)


def _resemblance(labels: NDArray[np.integer]) -> list[float]:
    """The mean adjusted Rand index of each with the others over the clips that all have, to 2 digits."""
    shared = labels[:, (labels >= -1).all(axis=0)]
    if len(labels) < 2 or not shared.shape[1]:
        return [1.0] * len(labels)
    alike = np.ones((len(labels), len(labels)))
    for one in range(len(labels)):
        for other in range(one):
            alike[one, other] = alike[other, one] = ari(shared[one], shared[other])
    return [round(float(each), 2) for each in alike.mean(axis=1)]


def _why(row: pd.Series, score: float, width: float, ranks: pd.Series, out: str | None) -> str:
    if out is not None:
        return f"Out of the running: {out}"
    parts = [
        words.format(row[name])
        for name, words in (
            ("stability", "{:.0%} stable when a fifth of the clips is left out"),
            ("generalisation", "{:.0%} of its grouping carries over to held-out clips"),
            ("agreement", "other views confirm {:.2f} bits a clip"),
            ("within_stability", "partitions within its clusters are {:.0%} stable"),
        )
        if name in row and pd.notna(row[name])
    ]
    if not parts:
        return "Nothing speaks for or against it: it has neither stability nor agreement."
    shared = int((ranks == row["rank"]).sum())
    together = f", a rank shared by {shared}, as other resamples move trust by {width:.0%}"
    sentence = f"{'; '.join(parts)}. That is {score:.2f} bits of trust{together if shared > 1 else ''}."
    return sentence[0].upper() + sentence[1:]
