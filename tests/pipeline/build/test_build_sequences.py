"""After any sequence of changes an incremental build is a fresh build of what lies there."""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pipeline.build.build
from pipeline.extraction import extract_batch
from store.snapshots import Store

NAMES = [f"{folder}/{name}.wav" for folder in ("a", "b") for name in ("one", "two", "three")]
names, contents = st.sampled_from(NAMES), st.integers(0, 4)
changes = st.one_of(
    st.tuples(st.just("write"), names, contents),
    st.tuples(st.just("break"), names, contents),
    st.tuples(st.just("delete"), names),
    st.tuples(st.just("rename"), names, names),
    st.tuples(st.just("swap"), names, names),
    st.tuples(st.just("touch"), names),
    st.tuples(st.just("label"), names, st.sampled_from(["", "x", "y"])),
)
steps = st.lists(
    st.tuples(st.lists(changes, max_size=4), st.sampled_from(["built", "built", "killed", "went back"])),
    min_size=1,
    max_size=4,
)


class Folder:
    """Recordings of one size and one date, so that only their content and their place tell them apart."""

    def __init__(self, root: Path, sounds: list[bytes]) -> None:
        self.root, self.sounds, self.labels = root, sounds, {"a/one.wav": "x"}
        self.write("a/one.wav", 0)
        self.table()

    def put(self, name: str, content: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (1_000_000_000, 1_000_000_000))

    def write(self, name: str, content: int) -> None:
        self.put(name, self.sounds[content])

    def change(self, kind: str, name: str, other: object = None) -> None:
        path = self.root / name
        match kind:
            case "write":
                self.write(name, other)
            case "break":
                self.put(name, bytes([other]) * 100)
            case "label":
                self.labels[name] = str(other)
            case "touch" if path.exists():
                path.touch()
            case "delete" if path.exists():
                path.unlink()
            case "rename" if path.exists() and other != name:
                (self.root / other).parent.mkdir(exist_ok=True)
                path.replace(self.root / other)
            case "swap" if path.exists() and (self.root / other).exists() and other != name:
                path.rename(self.root / "aside")
                (self.root / other).rename(path)
                (self.root / "aside").rename(self.root / other)
        self.table()

    def table(self) -> None:
        there = sorted(path.relative_to(self.root).as_posix() for path in self.root.rglob("*.wav"))
        if not there:  # a folder without a recording is refused, as it should be
            self.write("a/one.wav", 0)
            there = ["a/one.wav"]
        with (self.root / "labels.csv").open("w", newline="") as file:
            csv.writer(file).writerows(
                [("path", "label"), *((name, self.labels.get(name, "")) for name in there)]
            )


class KilledError(Exception):
    """As near to kill -9 as one process can come to itself."""


def killed_after(batches: int):
    def extract(jobs, **options):
        for number, job in enumerate(jobs):
            if number == batches:
                raise KilledError
            yield extract_batch([job])

    return extract


@pytest.fixture(scope="module")
def sounds(tmp_path_factory, write_short) -> list[bytes]:
    paths = [tmp_path_factory.mktemp("sounds") / f"{number}.wav" for number in range(5)]
    for number, path in enumerate(paths):
        write_short(path, 300 + 70 * number)
    return [path.read_bytes() for path in paths]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_incremental_is_fresh(steps, sounds, new_builder, dump, monkeypatch) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Folder(Path(place) / "recordings", sounds)
        builder = new_builder(Store(Path(place) / "store"))
        builder(f"folder:mine={folder.root}")
        for changed, what in steps:
            for change in changed:
                folder.change(*change)
            if what == "killed":
                with monkeypatch.context() as patch:
                    patch.setattr(pipeline.build.build, "extract", killed_after(1))
                    patch.setattr("pipeline.build.staging.COMMIT_S", 0.0)
                    try:
                        builder()
                    except KilledError:
                        continue
            else:
                builder()
            if what == "went back":
                builder.store.use(builder.store.snapshots()[0].number)
        done = builder()
        assert builder().status == "unchanged"
        fresh = new_builder(Store(Path(place) / "fresh"))
        fresh(f"folder:mine={folder.root}")
        assert dump(builder.store.current().path) == dump(fresh.store.current().path)
        assert done.collections == fresh(f"folder:mine={folder.root}").collections
        shutil.rmtree(place, ignore_errors=True)
        Path(place).mkdir()
