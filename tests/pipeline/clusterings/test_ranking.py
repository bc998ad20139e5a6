"""Agreement against scikit-learn pair by pair, and the order of trust where it is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.metrics import mutual_info_score

from pipeline.clusterings import agreement as agreement_module
from pipeline.clusterings import ranking
from pipeline.clusterings.agreement import agreement, all_pairs
from pipeline.clusterings.ranking import rank
from pipeline.inputs import ALL

CLIPS = 40


def bits(first: NDArray[np.integer], second: NDArray[np.integer]) -> float:
    """Mutual information by scikit-learn, less what chance gives with so many groups of so few clips."""
    free = (len(np.unique(first)) - 1) * (len(np.unique(second)) - 1)
    return float((mutual_info_score(first, second) - free / (2 * len(first))) / np.log(2))


def table(
    rows: list[tuple[str, float | None, float | None]], labels: NDArray[np.integer], **more: object
) -> pd.DataFrame:
    """View, stability, generalisation of each clustering; the rest from its labels."""
    frame = pd.DataFrame(rows, columns=["view", "stability", "generalisation"])
    return frame.assign(
        method="kmeans",
        clusters=[len(np.unique(row[row >= 0])) for row in labels],
        noise=(labels == -1).sum(axis=1),
        clips=(labels >= -1).sum(axis=1),
        **more,
    )


@pytest.fixture
def some() -> NDArray[np.int64]:
    return np.random.default_rng(0).integers(-1, 5, size=(9, CLIPS))


def test_all_pairs_are_scikit_learns_in_any_block(
    some: NDArray[np.int64], monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = [[bits(a, b) for b in some] for a in some[:4]]
    for cells in (1, 200, 1 << 19):
        monkeypatch.setattr(agreement_module, "CELLS", cells)
        np.testing.assert_allclose(all_pairs(some[:4], some), theirs, atol=1e-12)


def test_agreement_is_the_mean_over_other_views_of_the_best(some: NDArray[np.int64]) -> None:
    views = np.array(["a", "a", "b", "b", "b", "c", ALL, ALL, "c"], dtype=object)
    found = agreement(views, some, ALL)
    for row, view in enumerate(views):
        witnesses = [other for other in ("a", "b", "c") if other != view]
        best = [
            max(bits(some[row], some[at]) for at in np.flatnonzero(views == other)) for other in witnesses
        ]
        assert found[row] == pytest.approx(np.mean(best))


def test_views_are_compared_over_the_clips_that_both_have(some: NDArray[np.int64]) -> None:
    some[3:, :10] = -2
    theirs = bits(some[0, 10:], some[3, 10:])
    assert all_pairs(some[:1], some[3:4])[0, 0] == pytest.approx(theirs)
    some[:3, 10:] = -2
    assert np.isnan(agreement(np.array(["a"] * 3 + ["b"] * 6, dtype=object), some, ALL)).all()


def test_the_better_by_all_criteria_is_first_and_says_why() -> None:
    halves = np.repeat([0, 1], CLIPS // 2)
    mixed = np.tile([0, 1, 2, 3], CLIPS // 4)
    labels = np.array([halves, mixed, halves, np.roll(mixed, 1) // 2])
    rows = table([("a", 0.9, 0.8), ("a", 0.2, 0.1), ("b", 0.7, 0.6), ("b", 0.1, 0.0)], labels)
    ranked = rank(rows.assign(within_stability=0.25), labels)
    assert ranked["rank"].tolist()[:3:2] == [1, 2]
    assert ranked["place"].tolist()[:3:2] == [1, 2]
    bits = 1 - 1 / (2 * CLIPS * np.log(2))
    assert ranked["agreement"].iloc[0] == pytest.approx(bits)
    trusted = (bits - ranking.UNCONFIRMED * (1 - bits)) * np.sqrt(0.9 * 0.8 * 0.75)
    assert ranked["why"].iloc[0] == (
        "90% stable when a fifth of the clips is left out; 80% of its grouping carries over to held-out "
        "clips; other views confirm 0.98 bits a clip; partitions within its clusters are 25% stable. "
        f"That is {trusted:.2f} bits of trust."
    )


def test_clusters_that_hold_clusters_lose() -> None:
    halves, quarters = np.arange(CLIPS) // 20, np.arange(CLIPS) // 10
    labels = np.array([halves, quarters, quarters])
    rows = table([("a", 1.0, 1.0), ("a", 1.0, 1.0), ("b", 1.0, 1.0)], labels)
    assert rank(rows.assign(within_stability=[0.9, 0.1, 0.1]), labels)["rank"].tolist() == [3, 1, 1]


def test_what_another_seed_moves_is_no_difference_and_the_central_one_is_first() -> None:
    rng = np.random.default_rng(0)
    centre = np.arange(CLIPS) // 10
    first, second = centre.copy(), centre.copy()
    first[rng.permutation(CLIPS)[:6]] = 0
    second[rng.permutation(CLIPS)[:6]] = 3
    labels = np.array([first, centre, second])
    rows = table([("a", 0.82, 0.8), ("a", 0.8, 0.8), ("a", 0.78, 0.8)], labels, agreement=1.5)
    near = rank(rows.assign(trust_spread=0.1), labels)
    assert near["rank"].tolist() == [1, 1, 1]
    assert near["place"].tolist()[1] == 1
    assert "a rank shared by 3, as other resamples move trust by 20%" in near["why"].iloc[1]
    apart = rank(rows.assign(trust_spread=1e-4, agreement=[1.6, 1.5, 1.4]), labels)
    assert apart["rank"].tolist() == [1, 2, 3]


def test_of_equals_the_simpler_method_is_first(some: NDArray[np.int64]) -> None:
    same = np.repeat(some[:1], 3, axis=0)
    rows = table([("a", 0.5, 0.5)] * 3, same).assign(method=["spectral", "kmeans", "mixture"])
    ranked = rank(rows, same)
    assert ranked["rank"].tolist() == [1, 1, 1]
    assert ranked["place"].tolist() == [3, 1, 2]


def test_a_stored_agreement_is_kept_and_a_new_row_is_measured_against_the_others(
    some: NDArray[np.int64],
) -> None:
    rows = table([("a", 0.5, 0.5), ("b", 0.5, 0.5), ("a", 0.5, 0.5)], some[:3], agreement=[0.7, 0.6, None])
    ranked = rank(rows, some[:3])
    assert ranked["agreement"].tolist() == [0.7, 0.6, pytest.approx(bits(some[1], some[2]))]


def test_out_of_the_running_comes_after_all_others() -> None:
    fair = np.tile([0, 1], CLIPS // 2)
    lonely = np.zeros(CLIPS, dtype=int)
    hazy = np.where(np.arange(CLIPS) < 21, -1, np.arange(CLIPS) % 2)
    heavy = np.where(np.arange(CLIPS) < 37, 0, 1)
    labels = np.array([lonely, hazy, heavy, np.full(CLIPS, -1), fair])
    ranked = rank(table([("a", 1.0, 1.0)] * 4 + [("a", 0.0, 0.0)], labels), labels)
    assert ranked["rank"].iloc[4] == 1
    assert (ranked["rank"].iloc[:4] > 1).all()
    assert ranked["why"].tolist()[:4] == [
        "Out of the running: there is one cluster.",
        "Out of the running: 52% of the clips are noise.",
        "Out of the running: one cluster holds 92% of the clips.",
        "Out of the running: there is no cluster.",
    ]


def test_a_single_view_has_no_agreement_and_is_ranked_by_the_rest(some: NDArray[np.int64]) -> None:
    same = np.repeat(some[:1], 9, axis=0)
    ranked = rank(table([("a", 0.1 * row, 0.1 * row) for row in range(9)], same), same)
    assert ranked["agreement"].isna().all()
    assert ranked["rank"].tolist() == list(range(9, 0, -1))
    assert "confirm" not in ranked["why"].iloc[0]


def test_a_finer_grouping_that_another_view_confirms_tells_more() -> None:
    coarse, fine = np.arange(CLIPS) // 20, np.arange(CLIPS) // 5
    found = agreement(np.array(["a", "a", "b", "b"], dtype=object), np.array([coarse, fine] * 2), ALL)
    assert found[1] > found[0] + 1


def test_independent_groups_share_nothing_on_average() -> None:
    rng = np.random.default_rng(3)
    one, other = rng.integers(0, 8, size=(2, 60, 400))
    assert all_pairs(one, other).mean() == pytest.approx(0, abs=6e-3)  # 0.09 bits uncorrected


def test_a_criterion_that_none_has_is_left_out_and_one_that_it_lacks_is_last(some: NDArray[np.int64]) -> None:
    same = np.repeat(some[:1], 3, axis=0)
    ranked = rank(table([("a", 0.2, None), ("a", None, None), ("a", 0.9, None)], same), same)
    assert ranked["rank"].tolist() == [2, 3, 1]
    assert "held-out" not in ranked["why"].iloc[0]
    nothing = rank(table([("a", None, None)] * 2, same[:2]), same[:2])
    assert nothing["rank"].tolist() == [1, 1]
    assert nothing["why"].iloc[0].startswith("Nothing speaks")


def test_rows_come_back_as_they_came_and_none_is_no_trouble(some: NDArray[np.int64]) -> None:
    frame = table([("a", 0.1, 0.2), ("b", 0.3, 0.1)], some[:2]).set_index(pd.Index(["x", "y"]))
    ranked = rank(frame, some[:2])
    assert list(ranked.index) == ["x", "y"]
    pd.testing.assert_frame_equal(ranked[frame.columns], frame)
    assert rank(frame.iloc[:0], some[:0]).empty


def test_labels_of_the_dataset_change_nothing(some: NDArray[np.int64]) -> None:
    frame = table([("ab"[row % 2], 0.1 * row, 0.05 * row) for row in range(9)], some)
    ranks = [
        rank(frame.assign(ari=values), some)["rank"].tolist() for values in (np.arange(9), -np.arange(9))
    ]
    assert ranks[0] == ranks[1]
