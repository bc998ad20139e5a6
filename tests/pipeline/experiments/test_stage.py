"""The stage of a build: what is missing or out of date is learned anew, and nothing else."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from pipeline.classify import CLASSIFIERS
from pipeline.classify.run import classifier_named
from pipeline.experiments import stage
from pipeline.experiments.request import learn
from pipeline.experiments.spec import ExperimentSpec
from pipeline.features import VIEWS
from pipeline.runtime import events
from store.errors import SesatlasError
from store.reader import Reader

NAME = stage.NAME


class StoppedError(Exception):
    """As near to kill -9 as one process can come to itself."""


class Until(list):
    """A listener's list that ends the build when so many experiments are done."""

    def __init__(self, done: int) -> None:
        super().__init__()
        self.done = done

    def append(self, event: events.Event) -> None:
        super().append(event)
        if isinstance(event, events.StageProgress) and (event.stage, event.done) == (NAME, self.done):
            raise StoppedError


def learned(builder) -> set[str]:
    """The experiments that the last build has made."""
    return {event.item for event in builder.of(events.StageProgress) if event.stage == NAME and event.done}


def made(done: events.Finished) -> int:
    """How many experiments a build has made."""
    return done.stages.get(NAME, 0)


def reading(builder) -> Reader:
    return Reader(builder.store.current().path)


ALL = {f"esc50.label.all.{name}" for name in ("logistic", "knn", "majority", "forest")}
EACH = {f"esc50.label.{view}.knn" for view in ("spectral", "dynamics")}
FACTS = "esc50.label.facts.forest"


def test_every_experiment_is_there_and_whole(built) -> None:
    assert learned(built) == ALL | EACH | {FACTS}
    (done,) = built.of(events.Finished)
    assert made(done) == len(ALL | EACH) + 1
    with reading(built) as reader:
        table = reader.experiments("esc50").set_index("experiment_id")
        assert set(table.index) == learned(built) and reader.experiment_gaps("esc50").empty
        assert (table["clips"] == 30).all() and (table["protocol"] == "official_folds").all()
        assert table.loc["esc50.label.all.logistic", "accuracy"] == 1.0  # tones at pitches of their own
        assert table.loc["esc50.label.all.majority", "accuracy"] <= 1 / 3
        assert table.loc[FACTS, "kind"] == "facts" and table.loc[FACTS, "columns"] >= 10
        for id_ in table.index:
            told = reader.predictions(id_)
            assert told.probabilities.shape == (30, 3)
            assert np.allclose(told.probabilities.sum(axis=1), 1, atol=1e-5)
            right = (told.table["truth"] == told.table["predicted"]).mean()
            assert right == pytest.approx(table.loc[id_, "accuracy"])
            chosen = json.loads(table.loc[id_, "parameters"])
            assert set(chosen) == {f"fold {number}" for number in range(1, 6)}


def test_a_clip_is_predicted_in_its_own_fold(built) -> None:
    with reading(built) as reader:
        folds = reader.clips("esc50").set_index("clip_id")["fold"]
        told = reader.predictions("esc50.label.all.logistic").table
    assert [f"fold {folds[clip]}" for clip in told["clip_id"]] == list(told["fold"])


def test_the_detailed_one_has_a_learning_curve_and_its_columns(built) -> None:
    with reading(built) as reader:
        found = reader.experiment_metrics("esc50.label.all.logistic")
        plain = reader.experiment_metrics("esc50.label.all.knn")
    assert set(found["kind"]) == {"fold", "class", "share", "view", "column"}
    assert set(plain["kind"]) == {"fold", "class"}
    assert set(found[found["kind"] == "view"]["name"]) == {"spectral", "dynamics"}
    first = found[found["kind"] == "column"].iloc[0]
    assert first["name"].split(".")[0] in ("spectral", "dynamics")
    shares = found[found["kind"] == "share"]["name"].astype(float)
    assert shares.is_monotonic_increasing and shares.iloc[-1] == 1


def test_an_unchanged_build_learns_nothing(built, monkeypatch) -> None:
    monkeypatch.setattr(stage, "compute", lambda task: pytest.fail("this is out of date in no way"))
    done = built()
    assert (done.status, made(done)) == ("unchanged", 0)


def test_another_speaker_or_fold_is_enough_to_learn_anew(built, grouped) -> None:
    before = learned(built)
    name = next(iter(grouped.categories))
    grouped.path(name).unlink()
    del grouped.categories[name]
    done = built()
    assert learned(built) == before and made(done) == len(before)
    with reading(built) as reader:
        assert set(reader.experiments("esc50")["clips"]) == {29}


def test_a_killed_build_goes_on_with_the_others(built, grouped, monkeypatch) -> None:
    name = next(iter(grouped.categories))
    grouped.path(name).unlink()
    del grouped.categories[name]
    built.told = Until(3)
    with pytest.raises(StoppedError):
        built()
    first = learned(built)
    built.told = []
    built()
    assert len(first) == 3 and not first & learned(built)
    with reading(built) as reader:
        assert set(reader.experiments("esc50")["experiment_id"]) == first | learned(built)


def test_without_analyses_what_is_out_of_date_is_dropped(built, grouped) -> None:
    name = next(iter(grouped.categories))
    grouped.path(name).unlink()
    del grouped.categories[name]
    built(analyses=False)
    with reading(built) as reader:
        assert reader.experiments("esc50").empty
    assert made(built(analyses=True)) == 7


def test_a_collection_that_cannot_be_learned_says_why(builder, few, esc50) -> None:
    for name in list(esc50.categories)[1:]:
        esc50.path(name).unlink()
        del esc50.categories[name]
    esc50.add("2-5-A-0.wav", 500, "dog")
    builder.analyses = True
    done = builder(f"esc50={esc50.root}")
    assert done.status == "published"
    with reading(builder) as reader:
        assert reader.experiments("esc50").empty
    assert builder().status == "unchanged"


def test_classes_of_one_clip_are_gaps_with_their_reason(builder, few, grouped) -> None:
    for name in list(grouped.categories)[2:]:
        grouped.path(name).unlink()
        del grouped.categories[name]
    builder.analyses = True
    builder(f"esc50={grouped.root}")
    with reading(builder) as reader:
        gaps = reader.experiment_gaps("esc50")
        assert reader.experiments("esc50").empty
    assert len(gaps) and gaps["reason"].str.contains("fewer than two can be both learned and tested").all()
    assert builder().status == "unchanged"  # tried in vain once is enough


def asked(**told) -> ExperimentSpec:
    usual = {"dataset": "esc50", "target": "label", "method": "knn", "views": ("spectral", "dynamics")}
    return ExperimentSpec(**usual | {"origin": "page", "detailed": True} | told)


def test_what_a_person_asks_for_is_published_and_outlives_builds(built, grouped, monkeypatch) -> None:
    monkeypatch.setattr("pipeline.experiments.request.VIEWS", {name: VIEWS[name] for name in built.views})
    told: list[events.Event] = []
    done = learn(built.store, asked(combination="vote", seed=2), told.append)
    id_ = "esc50.label.all.knn.vote.seed2"
    assert (done.status, made(done)) == ("published", 1)
    assert (built.store.builds / f"{done.build_id}.jsonl").exists()
    assert built.ask("select build_id from builds order by started_at desc limit 1") == [(done.build_id,)]
    assert next(event.done for event in told if isinstance(event, events.StageProgress)) == 0
    with reading(built) as reader:
        assert reader.experiment(id_)["origin"] == "page" and len(reader.experiments("esc50")) == 8
        assert "share" in set(reader.experiment_metrics(id_)["kind"])
        # One run, one name: in the event log, and in the history of builds.
        assert done.build_id == reader.rows("builds")[0]["build_id"]
    assert built().status == "unchanged"
    name = next(iter(grouped.categories))
    grouped.path(name).unlink()
    del grouped.categories[name]
    built()
    assert id_ in learned(built)
    with reading(built) as reader:
        again = reader.experiment(id_)
    assert (again["clips"], again["origin"], again["seed"]) == (29, "page", 2)


REFUSED = (
    ({"dataset": "none"}, "There is no dataset 'none'"),
    ({"method": "oracle"}, "There is no classifier 'oracle'"),
    ({"views": ("smell",)}, "There is no view 'smell'"),
    ({"combination": "mix"}, "There is no combination 'mix'"),
    ({"target": "mood"}, "have no column 'mood'"),
    ({"target": "sex"}, "None of the 30 clips has a 'sex'"),
    ({"views": ()}, "No view was chosen"),
)


def test_what_cannot_be_asked_for_changes_nothing(built, monkeypatch) -> None:
    monkeypatch.setattr("pipeline.experiments.request.VIEWS", {name: VIEWS[name] for name in built.views})
    number = built.store.current().number
    for told, words in REFUSED:
        with pytest.raises(SesatlasError, match=words):
            learn(built.store, asked(**told), lambda event: None)
        assert built.store.current().number == number and not built.store.staging.exists()


def test_an_unknown_classifier_meets_all_there_are() -> None:
    with pytest.raises(SesatlasError) as refused:
        classifier_named("svm")
    assert f"there are: {', '.join(CLASSIFIERS)}." in str(refused.value)


def test_a_collection_of_failures_cannot_be_learned(builder, tmp_path) -> None:
    for name in "abc":
        (tmp_path / "broken").mkdir(exist_ok=True)
        (tmp_path / "broken" / f"{name}.wav").write_bytes(b"no sound")
    builder(f"folder={tmp_path / 'broken'}")
    with pytest.raises(
        SesatlasError, match=r"All 3 files of the collection 'broken' failed.*status --failures"
    ):
        learn(builder.store, asked(dataset="broken"), lambda event: None)


def test_a_killed_request_is_no_unfinished_build(built, monkeypatch) -> None:
    """Its half is cleared by the next one; a build that lies unfinished still keeps requests out."""
    monkeypatch.setattr("pipeline.experiments.request.VIEWS", {name: VIEWS[name] for name in built.views})
    shutil.copyfile(built.store.current().path, built.store.request)
    number = built.store.current().number
    assert learn(built.store, asked(seed=3), lambda event: None).snapshot == number + 1
    assert not built.store.request.exists()
    shutil.copyfile(built.store.current().path, built.store.staging)
    with pytest.raises(SesatlasError, match="A build lies unfinished"):
        learn(built.store, asked(seed=4), lambda event: None)
    assert built.store.staging.exists()
