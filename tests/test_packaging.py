"""What is no Python but needed: an installed copy must have it too."""

from __future__ import annotations

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
