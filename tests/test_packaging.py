"""What is no Python but needed: an installed copy must have it too."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOMS = ("app", "pages", "pipeline", "store", "models")
FOR_READERS = {".md"}


@pytest.fixture(scope="module")
def patterns(repo_root: Path) -> dict[str, list[str]]:
    told = tomllib.loads((repo_root / "pyproject.toml").read_text(encoding="utf-8"))
    found: dict[str, list[str]] = told["tool"]["setuptools"]["package-data"]
    return found


def matched(room: Path, patterns: list[str]) -> set[Path]:
    return {path for pattern in patterns for path in room.glob(pattern)}


def test_every_pattern_finds_something(repo_root: Path, patterns: dict[str, list[str]]) -> None:
    idle = [
        f"{room}: {one}"
        for room, told in patterns.items()
        for one in told
        if not matched(repo_root / room, [one])
    ]
    assert not idle


@pytest.mark.parametrize("room", ROOMS)
def test_every_file_that_is_no_python_is_shipped(
    repo_root: Path, patterns: dict[str, list[str]], room: str
) -> None:
    shipped = matched(repo_root / room, patterns.get(room, []))
    there = {
        path
        for path in (repo_root / room).rglob("*")
        if path.is_file() and path.parent.name != "__pycache__" and path.suffix not in {".py", *FOR_READERS}
    }
    assert there <= shipped, f"not in pyproject.toml's package-data: {sorted(map(str, there - shipped))}"


def test_the_voice_network_is_there_with_its_card(repo_root: Path, patterns: dict[str, list[str]]) -> None:
    shipped = matched(repo_root / "models", patterns["models"])
    assert {path.suffix for path in shipped if path.stem == "gender_ecapa"} == {".safetensors", ".json"}


NAME = re.compile(r"[-_.]+")
LINE = re.compile(r"[a-z0-9][a-z0-9-]*==\S+ --hash=sha256:[0-9a-f]{64}")


def pinned(path: Path) -> dict[str, str]:
    """Name -> version of every line that pins one, without what is said behind a version, such as ``+cpu``."""
    lines = (
        line.split("#")[0].split("--hash")[0].strip()
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    pairs = [line.split("==") for line in lines if "==" in line]
    return {NAME.sub("-", name).lower(): version.split("+")[0] for name, version in pairs}


def test_the_lock_holds_what_the_requirements_pin(repo_root: Path) -> None:
    asked, locked = pinned(repo_root / "requirements.txt"), pinned(repo_root / "requirements.lock")
    assert len(asked) > 30
    assert {name: locked.get(name) for name in asked} == asked, "run `make lock`"


def test_every_package_of_the_lock_has_its_hash_and_no_address(repo_root: Path) -> None:
    head, *lines = (repo_root / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"# Python 3\.\d+ \w+ \w+", head)
    packages = [line for line in lines if not line.startswith("#")]
    assert packages == sorted(packages) and len(packages) > len(pinned(repo_root / "requirements.txt"))
    assert [line for line in packages if not LINE.fullmatch(line)] == []


def test_a_lock_names_what_pip_reports(repo_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(repo_root / "scripts"))
    import lock

    def one(name: str, **info: object) -> dict[str, object]:
        return {"metadata": {"name": name, "version": "1.0+cpu"}, "download_info": info}

    file = {"archive_info": {"hashes": {"sha256": "ab"}}}
    found = lock.lines(
        [one("Open_TSNE", **file), one("a.b", **file), one("sesatlas", dir_info={"editable": True})]
    )
    assert found == ["a-b==1.0+cpu --hash=sha256:ab\n", "open-tsne==1.0+cpu --hash=sha256:ab\n"]
    with pytest.raises(lock.LockError, match="no SHA-256 of torch"):
        lock.lines([one("torch", archive_info={})])
