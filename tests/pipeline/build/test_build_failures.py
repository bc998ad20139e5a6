"""No file stops a build: what cannot be used is listed with its stage and its reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

import pipeline.build.build
import pipeline.extraction
import pipeline.sources
from pipeline.errors import PipelineError
from pipeline.features import VIEWS
from pipeline.runtime import events


@pytest.fixture
def faulty(esc50) -> Path:
    """The tree with one file of each kind of fault beside the six good ones."""
    esc50.add("1-9001-A-0.wav", 440).write_bytes(b"this is no sound")
    esc50.add("1-9002-A-0.wav", 440).write_bytes(b"")
    soundfile.write(esc50.add("1-9003-A-0.wav", 440), np.zeros(16_000), 16_000)
    soundfile.write(esc50.add("1-9004-A-0.wav", 440), np.full(800, 0.1), 16_000)
    cut = esc50.add("1-9005-A-0.wav", 440)
    cut.write_bytes(cut.read_bytes()[:3000])
    esc50.add("1-9006-A-1.wav", 440, "rooster").rename(esc50.path("2-9006-A-1.wav"))
    esc50.path("1-9007-A-0.wav").symlink_to("nowhere.wav")
    return esc50.root


def test_faulty_files_are_listed_and_counted(builder, faulty) -> None:
    done = builder(f"esc50={faulty}")
    assert (done.added, done.failed, done.collections[0].failed) == (6, 7, 7)
    rows = builder.ask("select relative_path, stage, reason from failures order by relative_path")
    told = {path.split("-")[1]: (stage, reason) for path, stage, reason in rows}
    stages = {number: stage for number, (stage, _) in told.items()}
    assert stages == {
        "9001": "decode",
        "9002": "decode",
        "9003": "check",
        "9004": "check",
        "9005": "decode",
        "9006": "scan",
        "9007": "scan",
    }
    assert "empty" in told["9002"][1] and "silence" in told["9003"][1] and "0.2 s" in told["9004"][1]
    assert all(len(reason) > 20 for _, reason in told.values())
    assert builder.ask("select count(*) from clips") == [(6,)]
    assert builder.ask("select count(*) from view_dynamics") == [(6,)]


def test_a_faulty_file_is_not_opened_again(builder, faulty, opened, esc50) -> None:
    builder(f"esc50={faulty}")
    for names in opened.values():
        names.clear()
    done = builder()
    assert (done.status, done.failed) == ("unchanged", 7)
    assert builder.of(events.Planned)[0].failed == 7
    # Nor is it when there is other work to do.
    esc50.add("1-2000-A-0.wav", 900)
    assert builder().failed == 7
    assert opened == {"decoded": ["1-2000-A-0.wav"], "hashed": ["1-2000-A-0.wav"]}


def test_retry_opens_it_again(builder, faulty, opened) -> None:
    builder(f"esc50={faulty}")
    opened["decoded"].clear()
    done = builder(retry=True)
    assert len(opened["decoded"]) == 5 and done.failed == 7


def test_a_mended_file_becomes_a_clip(builder, faulty, esc50, tone) -> None:
    builder(f"esc50={faulty}")
    tone(esc50.path("1-9001-A-0.wav"), 555)
    done = builder()
    assert (done.added, done.failed, done.vectors_computed) == (1, 6, 2)
    assert builder.ask("select count(*) from failures where relative_path like '%9001%'") == [(0,)]


def test_a_file_that_breaks_leaves_the_clips(builder, esc50) -> None:
    builder(f"esc50={esc50.root}")
    esc50.path("1-1000-A-0.wav").write_bytes(b"broken since")
    done = builder()
    assert (done.removed, done.failed, done.updated) == (1, 1, 0)
    for table in ("clips", "view_dynamics", "view_spectral"):
        assert builder.ask(f"select count(*) from {table} where clip_id like '%1000%'") == [(0,)]


def test_a_failure_goes_with_its_file(builder, faulty, esc50) -> None:
    builder(f"esc50={faulty}")
    esc50.path("1-9001-A-0.wav").unlink()
    assert builder().failed == 6


def test_a_file_that_goes_between_scan_and_decoding(builder, esc50, monkeypatch) -> None:
    real, gone = pipeline.build.build.extract, esc50.path("1-1000-A-0.wav")

    def extract(jobs, **options):
        gone.rename(gone.with_suffix(".away"))
        return real(jobs, **options)

    with monkeypatch.context() as patch:
        patch.setattr(pipeline.build.build, "extract", extract)
        done = builder(f"esc50={esc50.root}")
    assert (done.added, done.failed) == (5, 1)
    ((stage, reason, size),) = builder.ask("select stage, reason, size_bytes from failures")
    assert stage == "decode" and "not there" in reason and size is None
    # It comes back as it was, size, date and all, from a network drive for instance.
    gone.with_suffix(".away").rename(gone)
    assert (builder().added, builder().status) == (1, "unchanged")


def test_a_file_listed_but_gone_before_the_plan(builder, esc50, monkeypatch) -> None:
    real = pipeline.build.build.scan_all

    def scan_all(*arguments):
        found = real(*arguments)
        esc50.path("1-1000-A-0.wav").unlink()
        return found

    monkeypatch.setattr(pipeline.build.build, "scan_all", scan_all)
    done = builder(f"esc50={esc50.root}")
    assert (done.added, done.failed) == (5, 1)
    assert builder.ask("select stage from failures") == [("scan",)]


def test_a_file_that_changes_while_it_is_read(builder, esc50, monkeypatch, tone) -> None:
    """Its vectors would be those of neither the old content nor the new one."""
    real = pipeline.extraction.decode

    def decode(path):
        recording = real(path)
        if path.name == "1-1000-A-0.wav":
            tone(path, 2345, seconds=0.7)
        return recording

    with monkeypatch.context() as patch:
        patch.setattr(pipeline.extraction, "decode", decode)
        done = builder(f"esc50={esc50.root}")
    assert (done.added, done.failed) == (5, 1)
    assert "changed" in builder.ask("select reason from failures")[0][0]
    done = builder()
    assert (done.added, done.failed) == (1, 0)
    assert builder.ask("select duration_s from clips where source = '1000'") == [(0.7,)]


def test_a_view_at_fault_fails_the_clip_until_it_is_computed_otherwise(
    builder, esc50, monkeypatch, view_of, opened
) -> None:
    def compute(spectra):
        raise FloatingPointError("a fault in the view")

    with monkeypatch.context() as patch:
        patch.setitem(VIEWS, "dynamics", view_of("dynamics", compute=compute))
        assert builder(f"esc50={esc50.root}").failed == 6
        assert "a fault in the view" in builder.ask("select reason from failures")[0][0]
        opened["decoded"].clear()
        assert builder().failed == 6 and opened["decoded"] == []
    mended = {"dynamics": view_of("dynamics", version=2), "spectral": VIEWS["spectral"]}
    done = builder(views=mended)
    assert (done.added, done.failed) == (6, 0)


def test_a_tree_without_one_good_file_is_published_all_the_same(builder, esc50) -> None:
    for path in esc50.root.rglob("*.wav"):
        path.write_bytes(b"broken")
    done = builder(f"esc50={esc50.root}")
    assert (done.status, done.added, done.failed) == ("published", 0, 6)
    assert builder().status == "unchanged"


def test_a_folder_that_empties_between_two_looks_empties_no_store(
    builder, esc50, tmp_path, monkeypatch
) -> None:
    builder(f"esc50={esc50.root}")
    before = builder.store.current()
    real = pipeline.sources._scan

    def scan(source, tell):
        shutil.move(esc50.root, tmp_path / "unplugged")
        return real(source, tell)

    monkeypatch.setattr(pipeline.sources, "_scan", scan)
    with pytest.raises(PipelineError, match="is not there"):
        builder()
    assert builder.store.current() == before
