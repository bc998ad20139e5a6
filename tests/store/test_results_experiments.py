"""Experiments come and go whole, with what they were learned from, and are read as they were written."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from store import invalidate, results
from store import views as vectors
from store.errors import StoreError
from store.invalidate import delete_clips
from store.results import OF_EXPERIMENTS, Staged


@pytest.fixture
def ids(clips):
    return {name: sorted(row["clip_id"] for row in clips if row["dataset"] == name) for name in "ab"}


@pytest.fixture
def opened(writer, filler, clips, ids, made):
    """Two datasets, of each an experiment on one view and one on two."""
    with writer() as opened:
        filler.fill(opened, clips)
        with opened.transaction():
            for dataset in "ab":
                for views in (["level"], ["level", "tone"]):
                    results.replace_experiment(opened, made(dataset, ids[dataset], views))
        yield opened


def content(opened) -> dict[str, str]:
    return {
        table: repr(opened.con.execute(f"select * from {table} order by all").fetchall())
        for table in OF_EXPERIMENTS
    }


def there(opened) -> set[str]:
    return set(Staged(opened).experiment_keys()["experiment_id"])


def test_an_experiment_written_twice_is_there_once(opened, ids, made) -> None:
    once = content(opened)
    with opened.transaction():
        results.replace_experiment(opened, made("a", ids["a"], ["level"]))
    assert content(opened) == once
    with opened.transaction():
        results.replace_experiment(opened, made("a", ids["a"], ["level"], key="new"))
    assert content(opened)["predictions"] == once["predictions"] != content(opened)["experiments"]


def test_what_is_read_is_what_was_written(opened, ids) -> None:
    staged = Staged(opened)
    predictions = staged.predictions("a.label.level.logistic")
    assert list(predictions.table["clip_id"]) == ids["a"] and predictions.classes == ("dog", "rain")
    assert (
        predictions.probabilities.shape == (len(ids["a"]), 2)
        and predictions.probabilities.dtype == np.float32
    )
    assert np.allclose(predictions.probabilities.sum(axis=1), 1)
    own = predictions.probabilities[np.arange(len(ids["a"])), predictions.predicted]
    assert np.array_equal(own, predictions.table["confidence"].to_numpy())
    assert set(predictions.truth) == {0} and set(predictions.predicted) == {0, 1}
    assert staged.experiment_history("a.label.level.logistic").to_dict("records") == [
        {"fold": "fold 1", "epoch": 1, "metric": "train_loss", "value": 1.5}
    ]
    assert list(staged.experiments("a")["experiment_id"]) == [
        "a.label.level+tone.logistic",
        "a.label.level.logistic",
    ]


def test_probabilities_that_are_not_those_of_the_classes_are_refused(opened, ids, made) -> None:
    wrong = replace(made("a", ids["a"], ["level"]), experiment={"classes": ["dog"], "experiment_id": "x"})
    with pytest.raises(StoreError, match=r"has 1 classes, and predictions with \[2\]"), opened.transaction():
        results.replace_experiment(opened, wrong)


def test_they_go_with_the_dataset_with_the_view_and_with_a_clip(opened, ids) -> None:
    with opened.transaction():
        invalidate.forget(opened, dataset="a", view="tone")
    assert there(opened) == {
        "a.label.level.logistic",
        "b.label.level.logistic",
        "b.label.level+tone.logistic",
    }
    with opened.transaction():
        invalidate.forget(opened, view="tone")
    assert there(opened) == {"a.label.level.logistic", "b.label.level.logistic"}
    with opened.transaction():
        delete_clips(opened, ids["a"][:1])
    assert there(opened) == {"b.label.level.logistic"}
    assert "a.label" not in "".join(content(opened).values())


def test_a_gap_stands_in_the_place_of_an_experiment(opened) -> None:
    id_ = "a.label.level.logistic"
    gap = {
        "experiment_id": id_,
        "dataset": "a",
        "target": "label",
        "key": "k2",
        "what": "it",
        "reason": "why",
    }
    for _ in range(2):
        with opened.transaction():
            results.write_gap(opened, gap)
    found = Staged(opened).experiment_keys().set_index("experiment_id")
    assert found.loc[id_, "key"] == "k2" and len(Staged(opened).experiment_gaps("a")) == 1
    with opened.transaction():
        invalidate.forget(opened, dataset="a")
    assert Staged(opened).experiment_gaps("a").empty


def test_an_unknown_experiment_is_told(opened) -> None:
    for read in (Staged(opened).experiment, Staged(opened).predictions):
        with pytest.raises(StoreError, match="There is no experiment 'x' in this snapshot"):
            read("x")


def test_vectors_of_networks_may_come_piece_by_piece(opened, ids) -> None:
    """What was computed from fewer goes; how many there are is known once they are all there."""

    def held() -> list[tuple]:
        query = "select clip_id, vector[1] from view_tone join clips using (clip_id) where dataset = 'a' order by all"
        return opened.con.execute(query).fetchall()

    with opened.transaction():
        vectors.drop_embeddings(opened, "tone", "a")
    assert held() == [] and "a.label.level+tone.logistic" not in there(opened)
    assert {"a.label.level.logistic", "b.label.level+tone.logistic"} < there(opened)
    for place, number in ((slice(0, 1), 1.0), (slice(1, 2), 2.0)):
        with opened.transaction():
            vectors.open_embeddings(opened, "tone", "a")
            vectors.upsert_vectors(opened, "tone", ids["a"][place], np.full((1, 1), number, dtype=np.float32))
    assert held() == [(ids["a"][0], 1.0), (ids["a"][1], 2.0)] and Staged(opened).embeddings().empty
    for _ in range(2):
        with opened.transaction():
            vectors.close_embeddings(opened, "tone", "a", "k")
    assert Staged(opened).embeddings().drop(columns="reason").to_dict("records") == [
        {"view": "tone", "dataset": "a", "key": "k", "clips": 2, "missing": 0}
    ]


def test_whoever_loses_a_clip_is_to_be_looked_at_again(opened, ids) -> None:
    with opened.transaction():
        for dataset in "ab":
            vectors.close_embeddings(opened, "tone", dataset, "k")
        delete_clips(opened, ids["a"][:1])
    assert list(Staged(opened).embeddings()["dataset"]) == ["b"]
    with opened.transaction():
        invalidate.forget(opened, view="tone")
    assert Staged(opened).embeddings().empty


def test_vectors_of_networks_are_all_or_nothing_of_a_dataset(opened, ids) -> None:
    def put(**found: str) -> None:
        values = {
            name: (key, ids[name], np.full((len(ids[name]), 1), len(key), dtype=np.float32))
            for name, key in found.items()
        }
        with opened.transaction():
            vectors.replace_embeddings(opened, "tone", values)

    put(a="one", b="one")
    assert {(row["dataset"], row["key"]) for _, row in Staged(opened).embeddings().iterrows()} == {
        ("a", "one"),
        ("b", "one"),
    }
    put(a="other")
    assert list(Staged(opened).embeddings()["dataset"]) == ["a"]
    held = opened.con.execute("select distinct clip_id, vector[1] from view_tone order by all").fetchall()
    assert held == [(id_, 5.0) for id_ in ids["a"]]
    # What was learned from the vectors that went has gone with them.
    assert there(opened) == {"a.label.level.logistic", "b.label.level.logistic"}
