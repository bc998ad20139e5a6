"""The stage of a build: every stale dataset is audited, whatever is wrong with it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.audit import fingerprint, report, stage
from pipeline.audit.report import NOT_AUDITED
from pipeline.build.stages import STAGES
from pipeline.experiments import stage as experiments_stage
from pipeline.experiments.spec import ExperimentSpec
from pipeline.features import VIEWS
from pipeline.features.spectra import SAMPLE_RATE_HZ
from pipeline.stage import Run, State
from store import audits, publishing
from store.invalidate import delete_clips
from store.reader import Reader
from store.writer import Writer

QUICK = {name: VIEWS[name] for name in ("dynamics", "spectral")}
LABELS = ("dog", "rooster")


@pytest.fixture
def tree(esc50, made) -> Callable[[int, str, str], None]:
    """A miniature ESC-50 of twelve three-second noises in three folds; ``tree(seed, file, label)`` adds one."""
    for name in list(esc50.categories):
        esc50.path(name).unlink()
    esc50.categories.clear()

    def add(seed: int, file: str, label: str, gain: float = 1.0) -> None:
        soundfile.write(esc50.path(file), gain * made(seed), SAMPLE_RATE_HZ, subtype="PCM_16")
        esc50.label(file, label)

    for seed in range(12):
        target = seed % 2
        add(seed, f"{seed // 2 % 3 + 1}-{2000 + seed}-A-{target}.wav", LABELS[target])
    return add


@pytest.fixture
def begun(builder, esc50, tree, monkeypatch) -> Callable[..., Path]:
    """``begun()`` builds the tree, learns with one classifier, and gives the staging database for the audit."""

    def one(dataset, clips, views):
        yield ExperimentSpec(dataset=dataset, target="label", method="logistic", views=tuple(views))

    monkeypatch.setattr(experiments_stage, "grid", one)

    def begin(learn: bool = True) -> Path:
        builder(f"esc50={esc50.root}", views=QUICK)
        publishing.begin(builder.store)
        with Writer(builder.store.staging):
            pass  # brings the tables up to date
        if learn:
            _learn(builder.store.staging)
        return builder.store.staging

    return begin


def _learn(path: Path) -> None:
    # No network was ever trained below this folder.
    STAGES["experiments"].run(Run(_state(path), path))


def _state(path: Path) -> State:
    return State(path.parent, QUICK)


def _audit(path: Path) -> tuple[int, list[tuple[float, int, str]]]:
    said: list[tuple[float, int, str]] = []

    def on_progress(
        done: float, total: int, dataset: str = "", item: str = "", share: float | None = None
    ) -> None:
        said.append((done, total, dataset))

    return stage.audit(Run(_state(path), path, on_progress=on_progress)), said


def _stale(path: Path) -> list[str]:
    with Reader(path) as reader:
        return [unit[0] for unit in stage.AUDIT.stale(_state(path), reader)]


def _told(path: Path) -> tuple[dict[str, str], dict[str, list[str]]]:
    with Reader(path) as reader:
        parts = reader.audit_parts("esc50")
    return dict(zip(parts["part"], parts["summary"], strict=True)), dict(
        zip(parts["part"], map(list, parts["notes"]), strict=True)
    )


def test_copies_leaks_and_the_accuracy_without_them_are_found(begun, tree, esc50) -> None:
    tree(0, "3-3000-A-0.wav", "dog", gain=0.25)  # in fold 3 what 1-2000-A-0 is in fold 1, 12 dB down
    esc50.path("2-3001-A-1.wav").write_bytes(esc50.path("2-2003-A-1.wav").read_bytes())
    esc50.label("2-3001-A-1.wav", "rooster")
    path = begun()
    done, said = _audit(path)
    assert done == 1 and said == [(0, 1, ""), (1, 1, "esc50")]
    with Reader(path) as reader:
        pairs, removed = reader.audit_pairs("esc50"), reader.audit_removed("esc50")
        board, facts = reader.experiments("esc50"), reader.audit_facts("esc50")
        (audit,) = reader.audits().to_dict("records")
        doubts, cells = reader.audit_label_issues("esc50"), reader.audit_balance("esc50")
    ends = [{Path(pair["first"]).name, Path(pair["second"]).name} for _, pair in pairs.iterrows()]
    assert pairs["kind"].tolist() == ["exact", "near"]
    assert ends == [{"2-2003-A-1.wav", "2-3001-A-1.wav"}, {"1-2000-A-0.wav", "3-3000-A-0.wav"}]
    assert len(removed) == 1 and set(removed["kind"]) == {"duplicate"}
    assert board.set_index("subset")["clips"].to_dict() == {"all": 14, "unleaked": 13}
    assert audit["experiment_id"] == "esc50.label.all.logistic" and audit["clips"] == len(doubts) == 14
    assert set(board["experiment_id"]) == {audit["experiment_id"], f"{audit['experiment_id']}.unleaked"}
    assert facts["fact"].tolist().count("together") == 1 and cells["clips"].sum() == 14
    told, notes = _told(path)
    assert not any(NOT_AUDITED in some for some in notes.values())
    assert told["split"] == "official folds" and notes["split"][0].startswith(
        "The 3 official folds: 14 clips"
    )
    assert told["duplicates"].startswith("2 pairs of clips hold the same sound")
    assert told["removal"].startswith("1 clip was taken out, tied to another side by the same sound.")


def test_what_is_up_to_date_is_left_alone_and_what_changed_is_not(begun, tree, esc50, builder) -> None:
    path = begun()
    assert _audit(path)[0] == 1
    before = path.stat().st_mtime_ns
    assert _audit(path)[0] == 0 and _told(path)[0]["duplicates"] == "No two clips hold the same sound."
    assert path.stat().st_mtime_ns == before
    assert _stale(path) == []
    esc50.label("1-2000-A-0.wav", "rooster")
    publishing.publish(builder.store, builder.store.next_number())
    path = begun()
    assert _stale(path) == ["esc50"]
    assert _audit(path)[0] == 1


@pytest.mark.parametrize("what", ["stage", "fingerprint", "experiment"])
def test_another_way_to_compute_it_makes_it_stale(begun, monkeypatch, what) -> None:
    path = begun()
    _audit(path)
    if what == "experiment":
        with Writer(path) as writer, writer.transaction():
            writer.con.execute("update experiments set key = 'another'")
    else:
        monkeypatch.setattr(stage if what == "stage" else fingerprint, "VERSION", 99)
    assert _stale(path) == ["esc50"]


def test_the_experiment_without_the_leak_goes_with_the_leak(begun, tree, esc50, builder) -> None:
    tree(0, "3-3000-A-0.wav", "dog")
    path = begun()
    _audit(path)
    with Reader(path) as reader:
        assert "unleaked" in set(reader.experiments("esc50")["subset"])
    with Writer(path) as writer, writer.transaction():
        writer.con.execute("update clips set fold = 1 where clip_id like '%3-3000-A-0.wav'")
    _audit(path)
    with Reader(path) as reader:
        assert set(reader.experiments("esc50")["subset"]) == {"all"} and reader.audit_removed("esc50").empty


def test_without_experiments_all_else_is_audited(begun) -> None:
    path = begun(learn=False)
    assert _audit(path)[0] == 1
    told, notes = _told(path)
    assert notes["doubts"] == [NOT_AUDITED] and "No classifier has learned these labels" in told["doubts"]
    assert [name for name, some in notes.items() if NOT_AUDITED in some] == ["doubts"]
    with Reader(path) as reader:
        assert reader.audits()["experiment_id"].isna().all()


@pytest.mark.parametrize(
    ("change", "unaudited"),
    [
        ("label = 'dog'", {"doubts", "facts"}),
        ("label = null", {"doubts", "facts", "balance"}),
        ("label = null, fold = null", {"doubts", "facts", "balance", "leakage", "removal"}),
        ("fold = 1, label = 'dog'", {"doubts", "facts", "balance", "leakage", "removal"}),
        ("label = clip_id", {"doubts"}),
    ],
)
def test_what_cannot_be_audited_says_why_and_ends_no_build(begun, change, unaudited) -> None:
    path = begun(learn=False)
    with Writer(path) as writer, writer.transaction():
        writer.con.execute(f"update clips set {change}")
    assert _audit(path)[0] == 1
    told, notes = _told(path)
    assert {name for name, some in notes.items() if NOT_AUDITED in some} == unaudited
    for name in unaudited:
        assert told[name].endswith(".") and "Error" not in told[name]


def test_one_clip_is_too_few_for_anything_and_no_fault(begun) -> None:
    path = begun(learn=False)
    with Writer(path) as writer, writer.transaction():
        ids = writer.con.execute("select clip_id from clips order by clip_id offset 1").fetchall()
        delete_clips(writer, [row[0] for row in ids])
    assert _audit(path)[0] == 1
    told, notes = _told(path)
    assert "needs two or more" in told["duplicates"]
    assert all(NOT_AUDITED in some for name, some in notes.items() if name != "split")


def test_a_recording_that_has_gone_is_named_and_the_others_are_compared(begun, tree, esc50) -> None:
    tree(0, "3-3000-A-0.wav", "dog", gain=0.5)
    path = begun()
    esc50.path("1-2001-A-1.wav").unlink()
    esc50.path("1-2006-A-0.wav").write_bytes(b"no sound")
    _audit(path)
    told, notes = _told(path)
    assert told["duplicates"].startswith("1 pair of clips holds the same sound")
    assert notes["duplicates"][0].startswith("2 recordings could not be read and compared by sound")
    with Reader(path) as reader:
        assert len(reader.fingerprints("esc50", fingerprint.VERSION)[0]) == 11
        (pair,) = reader.audit_pairs("esc50").to_dict("records")
    assert [Path(pair[end]).name for end in ("first", "second")] == ["1-2000-A-0.wav", "3-3000-A-0.wav"]


def test_fingerprints_are_computed_once_for_each_content(begun, monkeypatch) -> None:
    path = begun(learn=False)
    asked: list[str] = []
    real = fingerprint._fingerprint_of
    monkeypatch.setattr(fingerprint, "_fingerprint_of", lambda file: asked.append(file.name) or real(file))
    assert fingerprint.make_fingerprints(path, ["esc50"], 1) == {} and len(asked) == 12
    assert fingerprint.make_fingerprints(path, ["esc50"], 1) == {} and len(asked) == 12
    with Writer(path) as writer, writer.transaction():
        writer.con.execute(
            "delete from fingerprints where content_hash = (select min(content_hash) from fingerprints)"
        )
        audits.write_fingerprints(
            writer, fingerprint.VERSION, ["of no clip"], np.zeros((1, 2, 256), dtype=np.uint32)
        )
    fingerprint.make_fingerprints(path, ["esc50"], 1)
    assert len(asked) == 13
    with Writer(path) as writer:
        assert writer.con.execute("select count(*) from fingerprints").fetchone() == (12,)


def test_many_clips_are_compared_by_bytes_only_and_learned_from_by_nobody(
    begun, tree, esc50, monkeypatch
) -> None:
    tree(0, "3-3000-A-0.wav", "dog", gain=0.5)
    tree(1, "3-3001-A-1.wav", "rooster")
    monkeypatch.setattr(report, "LIMIT", 5)
    monkeypatch.setattr(stage, "LIMIT", 5)
    path = begun()
    _audit(path)
    told, notes = _told(path)
    with Reader(path) as reader:
        assert reader.audit_pairs("esc50")["kind"].tolist() == ["exact"]
        assert len(reader.fingerprints("esc50", fingerprint.VERSION)[0]) == 0
        assert set(reader.experiments("esc50")["subset"]) == {"all"}
        assert len(reader.audit_facts("esc50")) and len(reader.audit_balance("esc50"))
    assert "14 clips are more than the 5" in told["doubts"] and NOT_AUDITED in notes["removal"]
    assert notes["duplicates"] == [
        "14 clips are more than the 5 for which a build computes this by itself: "
        "only files equal byte for byte were looked for."
    ]


def test_a_build_that_is_not_to_audit_drops_what_is_out_of_date(begun, tree) -> None:
    tree(0, "3-3000-A-0.wav", "dog")
    path = begun()
    _audit(path)
    stage.AUDIT.forget(_state(path), path)
    with Reader(path) as reader:
        assert len(reader.audits()) == 1
    with Writer(path) as writer, writer.transaction():
        writer.con.execute("update clips set label = 'cat' where label = 'dog'")
    stage.AUDIT.forget(_state(path), path)
    with Reader(path) as reader:
        assert reader.audits().empty and set(reader.experiments("esc50")["subset"]) == {"all"}


def test_a_clip_without_a_vector_is_no_label_issue(begun) -> None:
    path = begun(learn=False)
    with Writer(path) as writer, writer.transaction():
        writer.con.execute("delete from view_spectral where clip_id = (select min(clip_id) from clips)")
    _learn(path)
    _audit(path)
    told, notes = _told(path)
    assert " of 11 labels are likely wrong" in told["doubts"]
    assert "1 clip without a prediction was left out." in notes["doubts"]


def test_the_reference_experiment_is_repeated_without_its_details(begun) -> None:
    path = begun()
    given = stage._input(path, "esc50", {})
    assert given.task is not None and given.task.spec == replace(given.task.spec, detailed=False)
    assert given.predictions is not None and len(given.predictions.table) == 12
