"""A build computes each score once, again where its clips, vectors or version change, and no other with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.build import stages
from pipeline.features import VIEWS
from pipeline.inputs import ALL, standardised_input
from pipeline.scores import SCORES, knn_distance
from pipeline.scores.score import EACH_VIEW, Score
from pipeline.scores.stage import SCORES as STAGE
from store.reader import Reader
from store.snapshots import Store


def length(values: np.ndarray) -> np.ndarray:
    return np.linalg.norm(values.astype(np.float64), axis=1)


TOY = Score(
    name="toy", version=1, title="toy length", unit="1", format="{:.1f}", source="none", scope=(EACH_VIEW,),
    description="The length of the vector.", compute=length,
)  # fmt: skip


@pytest.fixture
def scoring(builder, monkeypatch):
    """Builds of two views whose one stage is that of the scores."""
    monkeypatch.setattr(stages, "STAGES", {"scores": STAGE})
    builder.analyses = True
    return builder


def read(builder):
    return Reader(builder.store.current().path)


def test_every_view_and_all_together_have_it(scoring, esc50) -> None:
    assert scoring(f"esc50={esc50.root}").stages == {"scores": 3}
    with read(scoring) as reader:
        rows, clips = reader.scores("esc50"), reader.clips("esc50")
        assert rows["view"].tolist() == [ALL, "dynamics", "spectral"] and rows["reason"].isna().all()
        assert set(rows["score"]) == {"knn_distance"} and set(rows["clips"]) == {6}
        for view in ("dynamics", "spectral"):
            found = reader.clip_scores("esc50", view)
            matrix = standardised_input(view, {view: reader.matrix("esc50", view)})
            assert found.index.tolist() == matrix.clip_ids.tolist() == clips["clip_id"].tolist()
            assert np.array_equal(found["knn_distance"], knn_distance.compute(matrix.values))
    assert scoring().status == "unchanged"


def test_a_new_score_is_one_entry_and_costs_only_itself(scoring, esc50, monkeypatch) -> None:
    scoring(f"esc50={esc50.root}")
    with read(scoring) as reader:
        before = reader.score_keys()
    computed: list[int] = []
    spied = replace(SCORES["knn_distance"], compute=lambda values: computed.append(1))
    monkeypatch.setitem(SCORES, "knn_distance", spied)
    monkeypatch.setitem(SCORES, "toy", TOY)
    assert scoring().stages == {"scores": 2} and not computed
    with read(scoring) as reader:
        assert reader.score_keys().items() >= before.items()
        scores = reader.clip_scores("esc50", "spectral")
        assert list(scores) == ["knn_distance", "toy"] and scores.notna().all(axis=None)
        assert list(reader.clip_scores("esc50", ALL)) == ["knn_distance"]
    monkeypatch.setitem(SCORES, "toy", replace(TOY, version=2))
    assert scoring().stages == {"scores": 2} and not computed
    with read(scoring) as reader:
        assert reader.scores("esc50").set_index("score").loc["toy", "version"].tolist() == [2, 2]
    monkeypatch.delitem(SCORES, "toy")
    monkeypatch.setitem(SCORES, "knn_distance", knn_distance.SCORE)
    esc50.add("1-2000-A-0.wav", 900)
    assert scoring().stages == {"scores": 3}
    with read(scoring) as reader:
        assert set(reader.scores("esc50")["score"]) == {"knn_distance"}
        assert list(reader.clip_scores("esc50", "spectral")) == ["knn_distance"]


def test_other_clips_are_scored_anew_and_another_label_is_not(scoring, esc50) -> None:
    scoring(f"esc50={esc50.root}")
    esc50.label("1-1000-A-0.wav", "rooster")
    assert scoring().stages.get("scores", 0) == 0
    esc50.add("1-2000-A-0.wav", 900)
    assert scoring().stages == {"scores": 3}
    with read(scoring) as reader:
        assert len(reader.clip_scores("esc50", ALL)) == 7
    changed = {"dynamics": VIEWS["dynamics"], "spectral": replace(VIEWS["spectral"], version=99)}
    assert scoring(views=changed).stages == {"scores": 2}  # of that view, and of all together


def test_what_cannot_be_computed_says_why_and_is_not_tried_again(scoring, esc50) -> None:
    for name in list(esc50.categories)[1:]:
        esc50.path(name).unlink()
        del esc50.categories[name]
    esc50.label(*next(iter(esc50.categories.items())))
    assert scoring(f"esc50={esc50.root}").stages == {"scores": 3}
    with read(scoring) as reader:
        rows = reader.scores("esc50")
        assert set(rows["clips"]) == {0} and rows["reason"].str.endswith(".").all()
        assert reader.clip_scores("esc50", ALL).empty
    assert scoring().status == "unchanged"


def test_two_processes_give_the_same(scoring, esc50, new_builder, tmp_path) -> None:
    scoring(f"esc50={esc50.root}")
    with read(scoring) as reader:
        one = [reader.clip_scores("esc50", view) for view in (ALL, "dynamics", "spectral")]
    other = new_builder(Store(tmp_path / "second"))
    other.analyses = True
    other(f"esc50={esc50.root}", n_jobs=2)
    with read(other) as reader:
        two = [reader.clip_scores("esc50", view) for view in (ALL, "dynamics", "spectral")]
    assert all(a.equals(b) for a, b in zip(one, two, strict=True))
