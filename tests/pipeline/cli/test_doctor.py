"""The doctor finds each fault that is planted, says how to mend it, and ends with 1."""

from __future__ import annotations

import shutil

import duckdb
import pytest

from pipeline.cli import doctor
from pipeline.features import VIEWS
from pipeline.sources import PROJECT


@pytest.fixture
def faults_of(run):
    """What the doctor finds wrong."""

    def found() -> tuple[int, str]:
        code, told, _ = run("doctor", "--quiet")
        return code, told

    return found


def test_a_doctor_with_nothing_to_find(run, filled, faults_of) -> None:
    assert faults_of() == (0, "")
    code, told, _ = run("doctor")
    assert code == 0 and "snapshot 2 can be read" in told and "esc50: 7 clips, 1 failures" in told
    assert "duckdb" in told and "Python 3." in told


def test_the_doctor_finds_what_is_planted(filled, faults_of, builder, esc50, view_of, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(VIEWS, "chroma", view_of("chroma", version=99))
        code, told = faults_of()
        assert code == 1 and "chroma would be computed otherwise today" in told

    shutil.copyfile(filled.current().path, filled.staging)
    code, told = faults_of()
    assert code == 1 and "a build was interrupted" in told and "goes on where it stopped" in told
    with filled.lock():
        assert "interrupted" not in faults_of()[1]
    filled.staging.unlink()

    esc50.root.rename(esc50.root.with_name("away"))
    code, told = faults_of()
    assert code == 1 and f"{esc50.root} is gone" in told and "--forget esc50" in told


def test_the_doctor_finds_missing_vectors(filled, faults_of) -> None:
    with duckdb.connect(str(filled.current().path)) as con:
        con.execute("delete from view_mel where clip_id like '%1000%'")
    code, told = faults_of()
    assert code == 1 and "the view mel" in told and "1 clips have no vector in it" in told


def test_the_doctor_finds_a_damaged_store(filled, faults_of) -> None:
    whole = filled.current().path.read_bytes()
    damaged = bytearray(whole)
    for start in range(20_000, len(whole), 20_000):
        damaged[start : start + 64] = bytes(64)
    filled.current().path.write_bytes(damaged)
    code, told = faults_of()
    assert code == 1 and "snapshot 2 is damaged" in told and "snapshots use NUMBER" in told
    (filled.root / "CURRENT").write_text("nothing\n")
    code, told = faults_of()
    assert code == 1 and "CURRENT" in told and "one of: 1, 2" in told


def test_the_doctor_finds_other_packages_and_little_room(
    run, filled, faults_of, monkeypatch, tmp_path
) -> None:
    pins = (PROJECT / "requirements.txt").read_text().replace("duckdb==2.0.0", "duckdb==1.0.0")
    (tmp_path / "requirements.txt").write_text(pins + "no-such-package==1.0\n")
    monkeypatch.setattr(doctor, "PROJECT", tmp_path)
    monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", 10**18)
    code, told = faults_of()
    assert code == 1 and "1.0.0 is expected" in told and "no-such-package is not installed" in told
    assert "free at least 1 GB" in told


def test_an_empty_store_is_something_to_mend(faults_of) -> None:
    code, told = faults_of()
    assert code == 1 and "is empty" in told
