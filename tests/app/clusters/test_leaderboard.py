"""The leaderboard: best first, in words, and which row is chosen."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.clusters import leaderboard
from app.clusters.leaderboard import COLUMNS, COMPARED, SCORED, describe_parameters
from pipeline.clusterings import CLUSTERERS


def _row(clustering_id: str, rank: float, **told: object) -> dict[str, object]:
    numbers = [name for name, (_, _, form, _) in COLUMNS.items() if form]
    return dict.fromkeys(numbers, 0.5) | {
        "clustering_id": clustering_id,
        "rank": rank,
        "place": rank,
        "view": "mfcc",
        "space": "umap",
        "space_dimension": 5,
        "method": "kmeans",
        "parameters": json.dumps({"n_clusters": 10, "random_state": 0}),
        "clips": 400,
        "clusters": 10,
        "noise": 0,
        "why": f"Reason of {clustering_id}.",
        **told,
    }


TABLE = pd.DataFrame(
    [
        _row("b", 2, view="chroma", noise=100),
        _row("z", float("nan"), method="dbscan", parameters=json.dumps({"eps": 2.34567, "min_samples": 5})),
        _row("a", 1, agreement=None),
    ]
)
TITLES = {"method": {"kmeans": "K-Means", "mfcc": "?"}, "space": {"umap": "UMAP"}, "view": {"mfcc": "MFCC"}}


def test_the_best_stands_first_and_who_has_no_rank_last() -> None:
    assert leaderboard.shown(TABLE).index.tolist() == ["a", "b", "z"]


def test_names_are_for_people_and_noise_is_a_share() -> None:
    table = leaderboard.shown(TABLE, TITLES)
    assert leaderboard.heading(table.loc["a"]) == "K-Means (k = 10) on MFCC, UMAP, 5-D"
    assert leaderboard.heading(table.loc["z"]) == "dbscan (eps = 2.35, min. samples 5) on MFCC, UMAP, 5-D"
    assert table["noise_percent"].tolist() == [0, 25, 0]
    assert pd.isna(table.loc["a", "agreement"])


def test_the_table_that_was_given_stays_as_it_was() -> None:
    before = TABLE.copy()
    leaderboard.shown(TABLE, TITLES)
    pd.testing.assert_frame_equal(TABLE, before)


@pytest.mark.parametrize("name", sorted(CLUSTERERS))
def test_every_parameter_of_a_method_has_words_of_its_own_or_is_left_out(name: str) -> None:
    known = leaderboard.WORDS.keys() | leaderboard.UNSAID
    assert set(CLUSTERERS[name].parameters) <= known


def test_a_parameter_nobody_has_foreseen_is_told_by_its_name() -> None:
    assert (
        describe_parameters('{"leaf_size": 40, "n_clusters": 3, "seed": 0, "eps": null}')
        == "leaf size 40, k = 3"
    )
    assert describe_parameters("{}") == ""


def test_scores_against_labels_stand_apart_under_a_heading_that_says_so() -> None:
    apart = {name for name, (group, *_) in COLUMNS.items() if group == COMPARED}
    assert apart == {"ari", "nmi", "homogeneity", "completeness"}
    assert "chose nothing" in COMPARED
    assert {"stability", "agreement", "silhouette"} <= {
        name for name, (group, *_) in COLUMNS.items() if group == SCORED
    }


@pytest.mark.parametrize("column", COLUMNS)
def test_each_column_explains_itself_in_a_sentence(column: str) -> None:
    *_, meaning = COLUMNS[column]
    assert re.fullmatch(r"[A-Z0-9].{15,}[.)]", meaning)


def test_filters_keep_what_was_asked_for() -> None:
    table = leaderboard.shown(TABLE)
    assert leaderboard.filtered(table, {"view": ["chroma"], "method": []}).index.tolist() == ["b"]
    assert leaderboard.filtered(table, {}).equals(table)
    assert leaderboard.filtered(table, {"view": ["chroma"], "method": ["dbscan"]}).empty


def _page() -> None:
    import streamlit as st

    from app.clusters import leaderboard

    st.text(leaderboard.draw(st.session_state["table"], st.session_state["chosen"], key="l"))


def _run(table: pd.DataFrame, chosen: str | None) -> AppTest:
    page = AppTest.from_function(_page)
    page.session_state["table"], page.session_state["chosen"] = table, chosen
    return page.run()


@pytest.mark.parametrize(("chosen", "expected"), [(None, "a"), ("b", "b"), ("gone", "a")])
def test_the_chosen_one_stays_and_the_first_stands_in_for_it(chosen: str | None, expected: str) -> None:
    page = _run(TABLE, chosen)
    assert not page.exception
    assert page.text[0].value == expected


def test_the_chosen_one_in_a_line() -> None:
    assert leaderboard.headline(TABLE, "a", TITLES) == (
        "**First of 3: K-Means (k = 10) on MFCC, UMAP, 5-D, 10 clusters.** Roughly the same clusters come back "
        "when some of the clips are left out (stability 0.50), they carry over to clips held out (0.50), and its "
        "silhouette is 0.50."
    )
    assert leaderboard.headline(TABLE, "b").startswith("**Place 2 of 3: kmeans (k = 10) on chroma, umap, 5-D")
    unranked = leaderboard.headline(TABLE, "z")
    assert unranked.startswith("**Unranked, one of 3: dbscan") and unranked.endswith("Reason of z.")


@pytest.mark.parametrize(
    ("stability", "generalisation", "agreement", "words"),
    [
        (0.99, 0.8, 0.87, "Nearly the same clusters come back when some of the clips are left out "
                          "(stability 0.99), they carry over to clips held out (0.80), and other views bear them out "
                          "(0.87 bits a clip)."),
        (0.2, None, 0.1, "Other clusters come back when some of the clips are left out (stability 0.20), and other "
                         "views say little of them (0.10 bits a clip)."),
        (None, None, None, "Its silhouette is 0.50."),
    ],
)  # fmt: skip
def test_what_speaks_for_a_clustering(
    stability: float | None, generalisation: float | None, agreement: float | None, words: str
) -> None:
    row = pd.Series(_row("a", 1, stability=stability, generalisation=generalisation, agreement=agreement))
    assert leaderboard.speaks_for(row) == words


def test_one_out_of_the_running_says_why() -> None:
    row = pd.Series(_row("a", 9, why="Out of the running: 58% of the clips are noise."))
    assert leaderboard.speaks_for(row) == "Out of the running: 58% of the clips are noise."


def test_a_place_that_several_share_is_marked_and_said() -> None:
    ranks = [1, 1, 1, 4, *range(5, 12), float("nan")]
    table = pd.DataFrame([_row(f"c{number:02}", rank) for number, rank in enumerate(ranks)])
    told = leaderboard.shown(table)["rank"].tolist()
    assert told[:-1] == [" 1=", " 1=", " 1=", " 4", *(f" {n}" for n in range(5, 10)), "10", "11"] and pd.isna(
        told[-1]
    )
    places = told[:-1]
    assert places == sorted(places), "as text they sort as numbers"
    for id_ in ("c00", "c02"):
        line = leaderboard.headline(table, id_)
        assert line.startswith("**First of 12:") and line.endswith("Two others share this place.")
    assert "share" not in leaderboard.headline(table, "c03")
    pair = pd.DataFrame([_row("a", 1), _row("b", 2), _row("c", 2)])
    assert leaderboard.headline(pair, "c").startswith("**Place 2= of 3:")
    assert leaderboard.headline(pair, "c").endswith("One other shares this place.")


def test_a_filter_leaves_the_chosen_one_chosen() -> None:
    page = _run(TABLE, "a")
    page.multiselect(key="l_view").select("chroma").run()
    assert "1 of 3" in page.caption[0].value
    assert page.text[0].value == "a"
    page.multiselect(key="l_method").select("dbscan").run()
    assert not page.exception and page.text[0].value == "a"


def test_a_table_of_nothing_is_nothing() -> None:
    page = _run(TABLE.iloc[:0], None)
    assert not page.exception and not page.dataframe and not page.header
