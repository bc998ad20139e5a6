"""The stage of a build: what is missing or out of date is computed, and nothing else."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest
import soundfile

from pipeline import events
from pipeline.analyses import recipe, stage, unit
from pipeline.clusterings import CLUSTERERS
from pipeline.inputs import ALL
from store.reader import Reader
from store.snapshots import Store

UNITS = {("esc50", view) for view in ("dynamics", "spectral", ALL)}
EXTERNAL = ("ari", "nmi", "homogeneity", "completeness")
TIMES = ("seconds", "fit_seconds", "predict_seconds", "made_at", "modified_ns", "changed_ns", "path")


class StoppedError(Exception):
    """As near to kill -9 as one process can come to itself."""


class Until(list):
    """A listener's list that ends the build when so many units are done."""

    def __init__(self, done: int) -> None:
        super().__init__()
        self.done = done

    def append(self, event: events.Event) -> None:
        super().append(event)
        if isinstance(event, events.Analysing) and event.done == self.done and event.total:
            raise StoppedError


def analysed(builder) -> set[tuple[str, str]]:
    """The units that the last build has computed."""
    return {(event.dataset, event.view) for event in builder.of(events.Analysing) if event.done}


def units(builder) -> set[tuple[str, str]]:
    with Reader(builder.store.current().path) as reader:
        return set(reader.units())


def ranks_are_whole(builder) -> bool:
    """Every clustering has a rank, and the best of each dataset is the first."""
    rows = builder.ask(
        "select min(rank), count(*) - count(rank), count(*) - count(why) from clusterings group by dataset"
    )
    return bool(rows) and all(row == (1, 0, 0) for row in rows)


def test_every_unit_is_there(built, methods) -> None:
    assert units(built) == analysed(built) == UNITS
    (done,) = built.of(events.Finished)
    assert (done.status, done.analysed) == ("published", 3)
    for view in ("dynamics", "spectral", ALL):
        found = built.ask(f"select method || '-' || dimension from projections where view = '{view}'")
        assert sorted(row[0] for row in found) == methods
    assert built.ask("select count(*) from analysis_gaps") == [(0,)]
    assert set(built.ask("select distinct view, method from clusterings")) == {
        (view, method) for _, view in UNITS for method in CLUSTERERS
    }
    clips = built.ask("select distinct clips from projections union select distinct clips from clusterings")
    assert clips == [(15,)]
    assert ranks_are_whole(built)


def test_the_stage_tells_how_far_it_is(built) -> None:
    told = built.of(events.Analysing)
    assert [(event.done, event.total) for event in told] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert told[1].view == ALL  # the largest first
    kinds = [type(event).__name__ for event in built.told]
    assert kinds.index("Progress") < kinds.index("Analysing") and kinds[-1] == "Finished"
    seconds = [event.seconds for event in told]
    assert seconds == sorted(seconds)


def test_an_unchanged_build_computes_nothing(built, monkeypatch) -> None:
    def fail(*_):
        raise AssertionError("this is out of date in no way")

    monkeypatch.setattr(stage, "compute", fail)
    monkeypatch.setattr(stage, "rank", fail)
    began = time.monotonic()
    done = built()
    assert time.monotonic() - began < 5
    assert (done.status, done.snapshot, done.analysed) == ("unchanged", 1, 0)
    assert not built.of(events.Analysing) and not built.store.staging.exists()
    assert built(analyses=False).status == "unchanged"


def test_a_change_costs_its_own_dataset_alone(built, grouped, tmp_path, tone) -> None:
    for number in range(6):
        tone(tmp_path / "mine" / "bell" / f"{number}.wav", 300 + 400 * number)
    mine = {("mine", view) for _, view in UNITS}
    built(f"folder={tmp_path / 'mine'}")
    assert analysed(built) == mine and ranks_are_whole(built)
    grouped.label("1-1000-A-0.wav", "wolf")
    assert built().vectors_computed == 0 and analysed(built) == UNITS
    grouped.add("1-2000-A-0.wav", 333)
    built()
    assert analysed(built) == UNITS and units(built) == UNITS | mine
    assert built.ask("select distinct clips from analyses order by 1") == [(6,), (16,)]
    (tmp_path / "mine" / "bell" / "5.wav").unlink()
    built()
    assert analysed(built) == mine and ranks_are_whole(built)
    gone = "select count(*) from {} where clip_id = 'mine/bell/5.wav'"
    assert [built.ask(gone.format(table)) for table in ("projection_points", "cluster_members")] == [
        [(0,)]
    ] * 2
    assert built().status == "unchanged"


def test_a_dataset_without_clips_has_no_units(built, tmp_path, tone) -> None:
    paths = [tmp_path / "mine" / "bell" / f"{number}.wav" for number in range(4)]
    for number, path in enumerate(paths):
        tone(path, 300 + 400 * number)
    built(f"folder={tmp_path / 'mine'}")
    for path in paths:
        path.write_bytes(b"no sound")
    done = built()
    assert (done.status, done.failed, done.analysed) == ("published", 4, 0)
    assert units(built) == UNITS
    for table in ("projections", "clusterings", "analysis_gaps"):
        assert built.ask(f"select count(*) from {table} where dataset = 'mine'") == [(0,)]
    assert built.ask("select count(*) from cluster_members where clip_id like 'mine/%'") == [(0,)]
    built(forget=["mine"])
    assert units(built) == UNITS and built().status == "unchanged"


def test_a_changed_view_costs_itself_and_all_together(built, quick_views, view_of) -> None:
    views = quick_views | {"dynamics": view_of("dynamics", version=99)}
    built(views=views)
    assert analysed(built) == {("esc50", "dynamics"), ("esc50", ALL)}
    assert ranks_are_whole(built) and built(views=views).status == "unchanged"


def test_views_that_come_and_go(built, quick_views, dump) -> None:
    """One view alone is not all together; its ranks then know of no other witness."""
    before = dump(built.store.current().path, TIMES)
    alone = {"spectral": quick_views["spectral"]}
    built(views=alone)
    assert units(built) == {("esc50", "spectral")} and not analysed(built)
    assert ranks_are_whole(built)
    assert built.ask("select count(agreement) from clusterings") == [(0,)]
    assert built.ask("select count(*) from cluster_members where clustering_id not like '%.spectral.%'") == [
        (0,)
    ]
    built()
    assert analysed(built) == UNITS - {("esc50", "spectral")}
    assert dump(built.store.current().path, TIMES) == before


def test_a_changed_method_costs_everything(built, monkeypatch) -> None:
    monkeypatch.setattr(recipe, "VERSION", recipe.VERSION + 1)
    done = built()
    assert (done.status, done.snapshot, done.vectors_computed) == ("published", 2, 0)
    assert analysed(built) == UNITS


def test_without_analyses_only_what_is_valid_stays(
    built, grouped, quick_views, view_of, tmp_path, tone
) -> None:
    for number in range(4):
        tone(tmp_path / "mine" / "bell" / f"{number}.wav", 300 + 400 * number)
    built(f"folder={tmp_path / 'mine'}")
    mine = {("mine", view) for _, view in UNITS}
    grouped.label("1-1000-A-0.wav", "wolf")
    done = built(analyses=False)
    assert (done.status, done.analysed) == ("published", 0) and not built.of(events.Analysing)
    assert units(built) == mine and ranks_are_whole(built)
    views = quick_views | {"dynamics": view_of("dynamics", version=99)}
    assert built(analyses=False, views=views).status == "published"
    assert units(built) == {("mine", "spectral")} and ranks_are_whole(built)
    assert built(analyses=False, views=views).status == "unchanged"
    done = built(views=views)
    assert (done.status, done.vectors_computed) == ("published", 0)
    assert analysed(built) == UNITS | mine - {("mine", "spectral")} and ranks_are_whole(built)


def test_a_store_from_before_gets_them(builder, grouped, few) -> None:
    builder(f"esc50={grouped.root}")
    assert units(builder) == set() and builder().status == "unchanged"
    done = builder(analyses=True)
    assert (done.status, done.snapshot, done.added, done.analysed) == ("published", 2, 0, 3)
    assert units(builder) == UNITS


@pytest.fixture
def undisturbed(grouped, new_builder, tmp_path, few, dump):
    other = new_builder(Store(tmp_path / "undisturbed"))
    other(f"esc50={grouped.root}", analyses=True)
    return dump(other.store.current().path, TIMES)


@pytest.mark.parametrize("done", [0, 1, 3])
def test_a_killed_build_goes_on_with_what_is_left(analysing, grouped, undisturbed, dump, done) -> None:
    analysing.told = Until(done)
    with pytest.raises(StoppedError):
        analysing(f"esc50={grouped.root}")
    assert analysing.store.current() is None and analysing.store.staging.exists()
    analysing.told = []
    finished = analysing()
    assert analysing.of(events.Started)[0].resumed
    assert (finished.status, finished.vectors_computed, finished.analysed) == ("published", 0, 3 - done)
    assert ranks_are_whole(analysing)
    assert dump(analysing.store.current().path, TIMES) == undisturbed


def test_a_build_killed_before_it_ranked(analysing, grouped, undisturbed, dump, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(stage, "rank", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            analysing(f"esc50={grouped.root}")
    assert (analysing().analysed, len(analysed(analysing))) == (0, 0)
    assert dump(analysing.store.current().path, TIMES) == undisturbed


def test_ranks_are_renewed_after_a_kill_in_a_second_build(built, quick_views, view_of) -> None:
    """The view that was not computed again has ranks from before, with a witness that is gone."""
    views = quick_views | {"dynamics": view_of("dynamics", version=99)}
    built.told = Until(2)
    with pytest.raises(StoppedError):
        built(views=views)
    built.told = []
    assert built(views=views).analysed == 0
    assert ranks_are_whole(built)
    before = dict(built.ask("select clustering_id, why from clusterings"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipe, "VERSION", recipe.VERSION + 1)
        built(views=views)
    assert dict(built.ask("select clustering_id, why from clusterings")) == before


def test_a_killed_build_goes_on_without_analyses(analysing, grouped) -> None:
    analysing.told = Until(1)
    with pytest.raises(StoppedError):
        analysing(f"esc50={grouped.root}")
    analysing.told = []
    assert analysing(analyses=False).status == "published"
    assert units(analysing) == {("esc50", ALL)} and ranks_are_whole(analysing)


def test_a_request_to_stop_is_heard_between_units(analysing, grouped, monkeypatch) -> None:
    real, calls = stage.stop.check, []

    def check() -> None:
        calls.append(1)
        if analysing.of(events.Analysing) and analysing.of(events.Analysing)[-1].done:
            raise KeyboardInterrupt
        real()

    with monkeypatch.context() as patch:
        patch.setattr(stage.stop, "check", check)
        with pytest.raises(KeyboardInterrupt):
            analysing(f"esc50={grouped.root}")
    assert calls and "on request" in analysing.of(events.Stopped)[0].reason
    assert analysing().analysed == 2


@pytest.mark.slow
def test_one_process_or_two_twice_over(builder, grouped, new_builder, tmp_path, dump) -> None:
    """With every clusterer and classifier: the workers know nothing of what a test has changed."""
    dumps = []
    for number, jobs in enumerate((1, 2, 2)):
        one = new_builder(Store(tmp_path / f"store{number}"))
        done = one(f"esc50={grouped.root}", analyses=True, n_jobs=jobs)
        assert done.analysed == 3 and ranks_are_whole(one)
        told = dump(one.store.current().path, TIMES)
        told["experiment_metrics"] = [row for row in told["experiment_metrics"] if "_seconds'" not in row]
        dumps.append(told)
    assert dumps[0] == dumps[1] == dumps[2]
    assert len(dumps[0]["cluster_members"]) > 1000


def test_labels_choose_nothing(built, grouped, dump) -> None:
    """Shuffled labels: the same pictures, the same groups, the same ranks with the same reasons."""
    first = built.store.current()
    names = list(grouped.categories)
    turned = [grouped.categories[name] for name in np.random.default_rng(5).permutation(names)]
    for name, label in zip(names, turned, strict=True):
        grouped.label(name, label)
    built()
    assert analysed(built) == UNITS
    left_out = (*TIMES, "label", "label_group", "key", *EXTERNAL)
    before, after = (dump(one.path, left_out) for one in (first, built.store.current()))
    unlike = {table for table in before if before[table] != after[table]}
    assert unlike <= {"audit_balance", "audit_facts", "audit_parts"}  # which ask about the labels
    assert dump(first.path, TIMES)["clusterings"] != dump(built.store.current().path, TIMES)["clusterings"]


def write_noise(path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = 0.1 * np.random.default_rng(seed).normal(size=8000)
    soundfile.write(path, noise, 16_000, subtype="PCM_16")


@pytest.mark.parametrize("clips", [1, 2, 3, 6])
def test_small_collections_are_published_with_gaps(analysing, tmp_path, tone, clips) -> None:
    for number in range(clips):
        tone(tmp_path / "mine" / "bell" / f"{number}.wav", 300 + 400 * number)
    done = analysing(f"folder={tmp_path / 'mine'}")
    assert (done.status, done.analysed) == ("published", 3)
    assert units(analysing) == {("mine", view) for _, view in UNITS}
    gaps = analysing.ask("select view, what, reason from analysis_gaps")
    assert bool(gaps) == (clips < 4) or clips == 6
    assert all(re.fullmatch(r"[A-Z].*\.", reason) for _, _, reason in gaps), gaps
    (pictures,) = analysing.ask("select count(*) from projections")[0]
    assert (pictures > 0) == (clips > 2)
    assert pictures == 0 or ranks_are_whole(analysing)
    assert analysing().status == "unchanged"


def test_the_same_recording_many_times(analysing, tmp_path, tone) -> None:
    for number in range(5):
        tone(tmp_path / "mine" / "bell" / f"{number}.wav", 440)
    assert analysing(f"folder={tmp_path / 'mine'}").status == "published"
    gaps = analysing.ask("select distinct what from analysis_gaps")
    assert gaps == [("All projections and clusterings",)]
    reasons = [row[0] for row in analysing.ask("select reason from analysis_gaps order by view")]
    assert reasons[0].startswith("In no view") and all(
        one.startswith("All clips the same") for one in reasons[1:]
    )
    assert analysing().status == "unchanged"


def test_pitch_of_what_has_none(analysing, tmp_path, tone) -> None:
    """Noise alone, then noise beside tones."""
    analysing.views = ("pitch", "dynamics")
    for number in range(5):
        write_noise(tmp_path / "mine" / "noise" / f"{number}.wav", number)
    assert analysing(f"folder={tmp_path / 'mine'}").status == "published"
    assert units(analysing) == {("mine", view) for view in ("pitch", "dynamics", ALL)}
    for number in range(5):
        tone(tmp_path / "mine" / "tone" / f"{number}.wav", 200 + 40 * number)
    assert analysing().analysed == 3
    notes = analysing.ask("select notes from analyses where view = 'pitch'")[0][0]
    assert any("have no value in" in note and "median" in note for note in notes)
    assert analysing.ask("select count(*) from projections where view = 'pitch'") == [(8,)]


def test_more_clips_than_a_build_takes_on(analysing, grouped, monkeypatch) -> None:
    monkeypatch.setattr(unit, "LIMIT", 14)
    analysing(f"esc50={grouped.root}")
    assert analysing.ask("select distinct method from projections") == [("pca",)]
    assert analysing.ask("select count(*) from clusterings") == [(0,)]
    gaps = dict(analysing.ask("select what, reason from analysis_gaps where view = 'all'"))
    assert set(gaps) >= {"t-SNE to 2-D", "UMAP to 3-D", "Clusterings"}
    assert all("15 clips are more than the 14" in reason for reason in gaps.values())
    assert analysing().status == "unchanged"
