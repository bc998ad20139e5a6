"""The stages of analyses in a build: what is missing or out of date is computed, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pytest
import soundfile

from pipeline.analyses import clustering, recipe, stage
from pipeline.clusterings import CLUSTERERS
from pipeline.inputs import ALL
from pipeline.runtime import events
from store.reader import Reader
from store.snapshots import Store

VIEWS_AND_ALL = ("dynamics", "spectral", ALL)
ANALYSES = (recipe.PCA, recipe.OVERVIEW, recipe.PICTURES, recipe.CLUSTERINGS)
EXTERNAL = ("ari", "nmi", "homogeneity", "completeness")
TIMES = ("seconds", "fit_seconds", "predict_seconds", "made_at", "modified_ns", "changed_ns", "path")


def of(dataset: str, views: Iterable[str] = VIEWS_AND_ALL) -> set[tuple[str, str, str]]:
    """The units that there should be: t-SNE and UMAP of all views together come in a stage of their own."""
    left_out = {(recipe.OVERVIEW, view) for view in views if view != ALL} | {(recipe.PICTURES, ALL)}
    return {(name, dataset, view) for name in ANALYSES for view in views if (name, view) not in left_out}


UNITS = of("esc50")
EVERYTHING = {recipe.PCA: 3, recipe.OVERVIEW: 1, recipe.PICTURES: 2, recipe.CLUSTERINGS: 1}


class StoppedError(Exception):
    """As near to kill -9 as one process can come to itself."""


class Until(list):
    """A listener's list that ends the build once a stage has done so many units."""

    def __init__(self, stage: str, done: int) -> None:
        super().__init__()
        self.stage, self.done = stage, done

    def append(self, event: events.Event) -> None:
        super().append(event)
        if isinstance(event, events.StageProgress) and (event.stage, event.done) == (self.stage, self.done):
            raise StoppedError


def computed(done: events.Finished) -> dict[str, int]:
    """How many units each stage of analyses has computed."""
    return {name: count for name, count in done.stages.items() if name in ANALYSES}


def units(builder) -> set[tuple[str, str, str]]:
    with Reader(builder.store.current().path) as reader:
        return set(reader.units())


def ranks_are_whole(builder) -> bool:
    """Every clustering has a rank, and the best of each dataset is the first."""
    rows = builder.ask(
        "select min(rank), count(*) - count(rank), count(*) - count(why) from clusterings group by dataset"
    )
    return bool(rows) and all(row == (1, 0, 0) for row in rows)


def test_every_unit_is_there(built, methods) -> None:
    assert units(built) == UNITS
    (done,) = built.of(events.Finished)
    assert (done.status, computed(done)) == ("published", EVERYTHING)
    for view in VIEWS_AND_ALL:
        found = built.ask(
            f"select method || '-' || dimension from projections where view = '{view}' and dimension < 4"
        )
        assert sorted(row[0] for row in found) == methods
    assert built.ask("select count(*) from analysis_gaps") == [(0,)]
    assert set(built.ask("select distinct method from clusterings")) == {(one,) for one in CLUSTERERS}
    clips = built.ask("select distinct clips from projections union select distinct clips from clusterings")
    assert clips == [(15,)]
    assert ranks_are_whole(built)


def test_the_stages_say_how_far_they_are(built) -> None:
    said = [event for event in built.of(events.StageProgress) if event.stage == recipe.PCA]
    assert [(event.done, event.total) for event in said] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert said[1].item == ALL  # the largest first
    kinds = [type(event).__name__ for event in built.told]
    assert kinds.index("Progress") < kinds.index("StageProgress") and kinds[-1] == "Finished"
    at_work = dict.fromkeys(event.stage for event in built.of(events.StageProgress))
    assert [stage for stage in at_work if stage != "scores"] == [*ANALYSES, "audit"]


def test_an_unchanged_build_computes_nothing(built, monkeypatch) -> None:
    def fail(*_, **__):
        raise AssertionError("this is out of date in no way")

    monkeypatch.setattr(stage, "compute", fail)
    monkeypatch.setattr(clustering, "search", fail)
    done = built()
    assert (done.status, done.snapshot, done.stages) == ("unchanged", built.store.current().number, {})
    assert not built.of(events.StageProgress) and not built.store.staging.exists()
    assert built(analyses=False).status == "unchanged"


def test_a_change_costs_its_own_dataset_alone(built, grouped, tmp_path, tone) -> None:
    for number in range(6):
        tone(tmp_path / "mine" / "bell" / f"{number}.wav", 300 + 400 * number)
    done = built(f"folder={tmp_path / 'mine'}")
    assert computed(done) == EVERYTHING and ranks_are_whole(built)
    assert {event.dataset for event in built.of(events.StageProgress)} == {"", "mine"}
    grouped.label("1-1000-A-0.wav", "wolf")
    done = built()
    assert done.vectors_computed == 0 and computed(done) == EVERYTHING
    assert {event.dataset for event in built.of(events.StageProgress)} == {"", "esc50"}
    grouped.add("1-2000-A-0.wav", 333)
    built()
    assert units(built) == UNITS | of("mine")
    assert built.ask("select distinct clips from units order by 1") == [(6,), (16,)]
    (tmp_path / "mine" / "bell" / "5.wav").unlink()
    assert computed(built()) == EVERYTHING and ranks_are_whole(built)
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
    assert (done.status, done.failed, computed(done)) == ("published", 4, {})
    assert units(built) == UNITS
    for table in ("projections", "clusterings", "analysis_gaps"):
        assert built.ask(f"select count(*) from {table} where dataset = 'mine'") == [(0,)]
    assert built.ask("select count(*) from cluster_members where clip_id like 'mine/%'") == [(0,)]
    built(forget=["mine"])
    assert units(built) == UNITS and built().status == "unchanged"


def test_a_changed_view_costs_itself_and_all_together(built, quick_views, view_of) -> None:
    views = quick_views | {"dynamics": view_of("dynamics", version=99)}
    assert computed(built(views=views)) == EVERYTHING | {recipe.PCA: 2, recipe.PICTURES: 1}
    assert ranks_are_whole(built) and built(views=views).status == "unchanged"


def test_views_that_come_and_go(built, quick_views, dump) -> None:
    """One view alone is not all together; its ranks then know of no other view to agree with."""
    before = dump(built.store.current().path, TIMES)
    alone = {"spectral": quick_views["spectral"]}
    assert computed(built(views=alone)) == {recipe.CLUSTERINGS: 1}
    assert units(built) == of("esc50", ["spectral"])
    assert ranks_are_whole(built)
    assert built.ask("select count(agreement) from clusterings") == [(0,)]
    assert built.ask("select count(*) from cluster_members where clustering_id not like '%.spectral.%'") == [
        (0,)
    ]
    assert computed(built()) == EVERYTHING | {recipe.PCA: 2, recipe.PICTURES: 1}
    assert dump(built.store.current().path, TIMES) == before


def test_a_changed_recipe_costs_everything(built, monkeypatch) -> None:
    monkeypatch.setattr(recipe, "VERSION", recipe.VERSION + 1)
    done = built()
    assert (done.status, done.vectors_computed) == ("published", 0)
    assert computed(done) == EVERYTHING


def test_a_thorough_search_is_not_done_again_by_a_quick_one(built) -> None:
    assert computed(built(thorough=True)) == {recipe.CLUSTERINGS: 1}
    assert built().status == "unchanged" and built(thorough=True).status == "unchanged"


def test_without_analyses_only_what_is_valid_stays(
    built, grouped, quick_views, view_of, tmp_path, tone
) -> None:
    for number in range(4):
        tone(tmp_path / "mine" / "bell" / f"{number}.wav", 300 + 400 * number)
    built(f"folder={tmp_path / 'mine'}")
    grouped.label("1-1000-A-0.wav", "wolf")
    done = built(analyses=False)
    assert (done.status, computed(done)) == ("published", {}) and not built.of(events.StageProgress)
    assert units(built) == of("mine") and ranks_are_whole(built)
    views = quick_views | {"dynamics": view_of("dynamics", version=99)}
    assert built(analyses=False, views=views).status == "published"
    left = {(recipe.PCA, "mine", "spectral"), (recipe.PICTURES, "mine", "spectral")}
    assert units(built) == left and built.ask("select count(*) from clusterings") == [(0,)]
    assert built(analyses=False, views=views).status == "unchanged"
    done = built(views=views)
    assert (done.status, done.vectors_computed) == ("published", 0)
    assert units(built) == UNITS | of("mine") and ranks_are_whole(built)


def test_a_store_from_before_gets_them(builder, grouped, few) -> None:
    builder(f"esc50={grouped.root}")
    assert units(builder) == set() and builder().status == "unchanged"
    done = builder(analyses=True)
    assert (done.status, done.added, computed(done)) == ("published", 0, EVERYTHING)
    assert units(builder) == UNITS


@pytest.mark.parametrize(
    ("stage", "done", "left"),
    [
        (recipe.PCA, 0, EVERYTHING),
        (recipe.PCA, 2, EVERYTHING | {recipe.PCA: 1}),
        (recipe.PICTURES, 1, {recipe.PICTURES: 1, recipe.CLUSTERINGS: 1}),
        (recipe.CLUSTERINGS, 0, {recipe.CLUSTERINGS: 1}),
        (recipe.CLUSTERINGS, 1, {}),
    ],
)
def test_a_killed_build_goes_on_with_what_is_left(
    built, grouped, new_builder, tmp_path, dump, stage, done, left
) -> None:
    undisturbed = dump(built.store.current().path, TIMES)
    other = new_builder(Store(tmp_path / "killed"), analyses=True)
    other.told = Until(stage, done)
    with pytest.raises(StoppedError):
        other(f"esc50={grouped.root}")
    assert other.store.staging.exists()
    other.told = []
    finished = other()
    assert other.of(events.Started)[0].resumed
    assert (finished.status, finished.vectors_computed, computed(finished)) == ("published", 0, left)
    assert ranks_are_whole(other)
    assert dump(other.store.current().path, TIMES) == undisturbed


def test_a_killed_build_goes_on_without_analyses(analysing, grouped) -> None:
    analysing.told = Until(recipe.PCA, 1)
    with pytest.raises(StoppedError):
        analysing(f"esc50={grouped.root}")
    analysing.told = []
    assert analysing(analyses=False).status == "published"
    assert units(analysing) == {(recipe.PCA, "esc50", ALL)}


def test_a_request_to_stop_is_heard_between_units(analysing, grouped, monkeypatch) -> None:
    from pipeline.runtime import stop

    real = stop.check

    def check() -> None:
        if analysing.of(events.StageProgress) and analysing.of(events.StageProgress)[-1].done:
            raise KeyboardInterrupt
        real()

    with monkeypatch.context() as patch:
        patch.setattr(stop, "check", check)
        with pytest.raises(KeyboardInterrupt):
            analysing(f"esc50={grouped.root}")
    assert "on request" in analysing.of(events.Stopped)[0].reason
    assert computed(analysing())[recipe.PCA] == 2


@pytest.mark.slow
def test_one_process_or_two(builder, grouped, new_builder, tmp_path, dump) -> None:
    """With every clusterer and classifier: the workers know nothing of what a test has changed."""
    dumps = []
    for number, jobs in enumerate((1, 2)):
        one = new_builder(Store(tmp_path / f"store{number}"))
        done = one(f"esc50={grouped.root}", analyses=True, n_jobs=jobs)
        assert computed(done) == EVERYTHING and ranks_are_whole(one)
        rows = dump(one.store.current().path, TIMES)
        rows["experiment_metrics"] = [row for row in rows["experiment_metrics"] if "_seconds'" not in row]
        dumps.append(rows)
    assert dumps[0] == dumps[1]
    assert len(dumps[0]["cluster_members"]) > 100


def test_labels_choose_nothing(built, grouped, dump) -> None:
    """Shuffled labels: the same pictures, the same groups, the same ranks with the same reasons."""
    first = built.store.current()
    names = list(grouped.categories)
    turned = [grouped.categories[name] for name in np.random.default_rng(5).permutation(names)]
    for name, label in zip(names, turned, strict=True):
        grouped.label(name, label)
    assert computed(built()) == EVERYTHING
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
    assert (done.status, computed(done)) == ("published", EVERYTHING)
    assert units(analysing) == of("mine")
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
    gaps = analysing.ask("select distinct what from analysis_gaps order by 1")
    assert gaps == [("All projections",), ("Clusterings",)]
    reasons = [
        row[0]
        for row in analysing.ask("select distinct reason from analysis_gaps order by view = 'all' desc")
    ]
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
    assert units(analysing) == of("mine", ["pitch", "dynamics", ALL])
    for number in range(5):
        tone(tmp_path / "mine" / "tone" / f"{number}.wav", 200 + 40 * number)
    assert computed(analysing()) == EVERYTHING
    notes = analysing.ask("select notes from units where view = 'pitch'")[0][0]
    assert any("have no value in" in note and "median" in note for note in notes)
    assert analysing.ask("select count(*) from projections where view = 'pitch' and dimension < 4") == [(6,)]
