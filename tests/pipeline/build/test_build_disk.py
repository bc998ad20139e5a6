"""A full disk, a read-only one, a damaged file: one line, exit code 2, and nothing lost."""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import duckdb
import pytest

from pipeline.features import VIEWS
from store.errors import StoreError
from store.export import FORMATS
from store.reader import Reader
from store.snapshots import Store


@pytest.fixture
def many(tmp_path: Path, write_short) -> Path:
    """Recordings whose vectors need some megabytes."""
    root = tmp_path / "many"
    for number in range(60):
        write_short(root / f"label_{number % 3}" / f"{number:03d}.wav", 200 + number)
    return root


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 40 MB of its own, where the system lets us have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    line = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(line, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here: that takes root's rights")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize("limit", [20_000, 700_000, 3_000_000])
def test_a_full_disk_at_different_moments(builder, esc50, many, command, dump, limit) -> None:
    """When the staging file is copied, when it is opened, in the middle of the work."""
    if limit > 20_000:
        builder(f"esc50={esc50.root}", views={"dynamics": VIEWS["dynamics"]})
    before = builder.store.current() and dump(builder.store.current().path)
    done = command(
        "build",
        *("--jobs", "1", "--quiet", "--dataset", f"folder:many={many}"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    said = one_line(done)
    assert "File too large" in said and "current snapshot is untouched" in said
    assert (builder.store.current() and dump(builder.store.current().path)) == before
    assert not (builder.store.staging.parent / "OWNER").exists()
    done = builder(f"folder:many={many}", views=VIEWS)
    assert (done.status, done.added) == ("published", 60)


def test_a_disk_that_is_really_full(small_disk, many, command, write_short) -> None:
    store = Store(small_disk / "store")
    few = sorted(many.rglob("*.wav"))
    own = many.with_name("own")
    for path in few[:3]:
        shutil.copytree(
            path.parent, own / path.parent.name, dirs_exist_ok=True, ignore=lambda _, names: names[3:]
        )
    words = ("build", "--jobs", "1", "--quiet", "--store", store.root)
    assert command(*words, "--dataset", f"folder:mine={own}").returncode == 0
    ballast = small_disk / "ballast"
    free = shutil.disk_usage(small_disk).free
    ballast.write_bytes(bytes(max(0, free - store.current().size_bytes - 600_000)))
    said = one_line(command(*words, "--dataset", f"folder:many={many}"))
    assert "No space left" in said and "current snapshot is untouched" in said
    with Reader(store.current().path) as reader:
        assert store.current().number == 1 and set(reader.datasets()["dataset"]) == {"mine"}
    ballast.unlink()
    assert command(*words, "--dataset", f"folder:many={many}").returncode == 0
    assert store.current().number == 2


@pytest.mark.parametrize("format_", FORMATS)
def test_a_disk_that_fills_during_an_export(filled, command, tmp_path, format_) -> None:
    """At different files: none of them is there afterwards, and with room all are."""
    words = ("export", tmp_path / "out", "--format", format_)
    for limit in (100, 3_000, 12_000):
        done = command(*words, preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit)))
        said = one_line(done)
        assert "File too large" in said and "Nothing was exported" in said
        assert sorted(path.name for path in tmp_path.iterdir()) == ["ESC-50-master", "store"]
    assert command(*words).returncode == 0 and any((tmp_path / "out").iterdir())


def test_an_export_to_a_disk_that_is_really_full(small_disk, filled, command) -> None:
    """A disk of its own, which nothing can be renamed onto."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - 8_192))
    said = one_line(command("export", small_disk / "out"))
    assert "No space left" in said and "Nothing was exported" in said
    assert [path.name for path in small_disk.iterdir()] == ["ballast"]
    ballast.unlink()
    assert command("export", small_disk).returncode == 0
    assert sorted(path.name for path in small_disk.iterdir()) == ["clips", "views"]


def test_a_read_only_disk(small_disk, esc50, builder, command) -> None:
    builder(f"esc50={esc50.root}")
    shutil.copytree(builder.store.root, small_disk / "store")
    remount = ["mount", "-o", "remount,ro", str(small_disk)]
    if subprocess.run(remount, capture_output=True).returncode:
        pytest.skip("the disk cannot be made read-only here")
    store = small_disk / "store"
    assert "Read-only file system" in one_line(command("build", "--store", store))
    assert "Read-only file system" in one_line(command("snapshots", "use", "1", "--store", store))
    assert command("status", "--store", store).returncode == 0
    assert not Store(store).is_building()


def test_a_store_where_a_file_is(tmp_path, esc50, command) -> None:
    (tmp_path / "store").write_text("something else")
    said = one_line(command("build", "--dataset", f"esc50={esc50.root}"))
    assert "The build stopped: " in said and str(tmp_path / "store") in said
    assert (tmp_path / "store").read_text() == "something else"


def test_a_damaged_staging_file_is_begun_anew(builder, esc50, caplog) -> None:
    builder(f"esc50={esc50.root}")
    builder.store.staging.write_bytes(b"no database" * 1000)
    esc50.add("1-2000-A-0.wav", 900)
    done = builder()
    assert (done.status, done.added) == ("published", 1)
    assert "started anew" in caplog.text


@pytest.mark.parametrize("version", ["7", None])
def test_a_staging_file_of_another_program_is_begun_anew(builder, esc50, version) -> None:
    builder(f"esc50={esc50.root}")
    with duckdb.connect(str(builder.store.staging)) as con:
        con.execute("create table meta (key varchar, value varchar)")
        if version:
            con.execute("insert into meta values ('schema_version', ?), ('base', '1')", [version])
    assert builder().status == "unchanged"
    assert not builder.store.staging.exists()


def test_what_was_built_on_another_snapshot_is_begun_anew(builder, esc50, opened) -> None:
    builder(f"esc50={esc50.root}")
    esc50.add("1-2000-A-0.wav", 900)
    builder()
    shutil.copyfile(builder.store.snapshot(2).path, builder.store.staging)
    with duckdb.connect(str(builder.store.staging)) as con:
        con.execute("update meta set value = '2' where key = 'base'")
    builder.store.use(1)
    opened["decoded"].clear()
    done = builder()
    assert (done.added, done.snapshot) == (1, 3) and opened["decoded"] == ["1-2000-A-0.wav"]


def test_a_damaged_current_snapshot_stops_the_build_with_a_way_on(builder, esc50) -> None:
    builder(f"esc50={esc50.root}")
    esc50.add("1-2000-A-0.wav", 900)
    builder()
    whole = builder.store.snapshot(2).path.read_bytes()
    builder.store.snapshot(2).path.write_bytes(whole[: len(whole) // 4])
    with pytest.raises(StoreError, match=r"000002.duckdb cannot be read.*snapshots use NUMBER"):
        builder()
    builder.store.use(1)
    assert (builder().added, builder.store.current().number) == (1, 3)


def test_a_current_of_another_version_stops_the_build_with_a_way_on(builder, esc50) -> None:
    builder(f"esc50={esc50.root}")
    with duckdb.connect(str(builder.store.current().path)) as con:
        con.execute("update meta set value = '7' where key = 'schema_version'")
    with pytest.raises(StoreError, match=r"version 7.*set SESATLAS_STORE to another folder"):
        builder()


def test_a_pointer_to_nowhere_stops_the_build_with_a_way_on(builder, esc50) -> None:
    builder(f"esc50={esc50.root}")
    (builder.store.root / "CURRENT").write_text("000009\n")
    with pytest.raises(StoreError, match=r"snapshots use NUMBER` with one of: 1"):
        builder()
    builder.store.use(1)
    assert builder().status == "unchanged"


def test_a_crash_between_the_moves_costs_no_work(builder, esc50, monkeypatch) -> None:
    builder(f"esc50={esc50.root}")
    esc50.add("1-2000-A-0.wav", 900)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "use", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            builder()
    assert builder.store.current().number == 1
    done = builder()
    assert (done.status, done.snapshot, done.vectors_computed) == ("unchanged", 2, 0)
    assert builder.ask("select count(*) from clips") == [(7,)]


def test_a_log_that_cannot_be_written_ends_no_build(builder, esc50, monkeypatch) -> None:
    builder.store.builds.mkdir(parents=True)
    real = Path.open

    def opened(path: Path, *arguments, **options):
        return real(Path("/dev/full") if path.suffix == ".jsonl" else path, *arguments, **options)

    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    monkeypatch.setattr(Path, "open", opened)
    assert builder(f"esc50={esc50.root}").status == "published"
