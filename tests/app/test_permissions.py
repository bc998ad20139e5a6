"""Who may look, and who may change something: by the environment, and by secrets.toml."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import permissions

FUNCTIONS = {"save_selection", "delete_selection", "save_mark", "delete_mark", "keep"}
FROM = {"store.annotations", "pipeline.analyses.keep"}
METHODS = {
    "start": "process",
    "stop": "process",
    "use": "store()",
    "delete": "store()",
    "prune": "store()",
    "is_dir": "",
}
"""What changes the store, or looks at a folder that a reader has named; methods with what they are called on."""
KEYS = {"client_id": "x", "client_secret": "x", "server_metadata_url": "https://id.example"}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``settings(secrets, **user)``: what secrets.toml says, and who is looking."""
    monkeypatch.delenv(permissions.READ_ONLY, raising=False)

    def put(secrets: dict[str, Any], **user: Any) -> None:
        monkeypatch.setattr(permissions, "_secrets", lambda: secrets)
        monkeypatch.setattr(permissions, "_user", lambda: user)

    return put


def test_without_settings_everybody_may(settings: Callable[..., None]) -> None:
    settings({})
    assert permissions.is_admitted() and permissions.may_change()
    permissions.require()
    settings({"webrtc": {"stun": "stun:x"}})
    assert permissions.is_admitted() and permissions.may_change()


@pytest.mark.parametrize(("value", "is_on"), [("1", True), ("yes", True), ("on ", True), ("0", False), ("", False),
                                              ("False", False), ("no", False)])  # fmt: skip
def test_read_only_by_the_environment(
    settings: Callable[..., None], monkeypatch: pytest.MonkeyPatch, value: str, is_on: bool
) -> None:
    settings({"auth": KEYS, "sesatlas": {"builders": ["a@b.c"]}}, is_logged_in=True, email="a@b.c")
    monkeypatch.setenv(permissions.READ_ONLY, value)
    assert permissions.may_change() is not is_on
    if is_on:
        with pytest.raises(permissions.NotAllowedError, match="read-only"):
            permissions.require()


@pytest.mark.parametrize(
    ("user", "admitted", "may"),
    [
        ({}, False, False),
        ({"is_logged_in": False, "email": "a@b.c"}, False, False),
        ({"is_logged_in": True, "email": "a@b.c"}, True, True),
        ({"is_logged_in": True, "email": " A@B.C "}, True, True),
        ({"is_logged_in": True, "email": "a@b.c", "email_verified": False}, True, False),
        ({"is_logged_in": True, "email": "x@b.c"}, True, False),
        ({"is_logged_in": True, "email": None}, True, False),
        ({"is_logged_in": True, "email": ""}, True, False),
        ({"is_logged_in": "yes", "email": "a@b.c"}, False, True),
    ],
)
def test_builders_are_who_has_logged_in_and_is_named(
    settings: Callable[..., None], user: dict[str, Any], admitted: bool, may: bool
) -> None:
    settings({"auth": KEYS, "sesatlas": {"builders": ["a@b.c", ""]}}, **user)
    assert permissions.is_admitted() is admitted
    assert permissions.may_change() is may


def test_with_a_login_and_no_builders_nobody_may_change(settings: Callable[..., None]) -> None:
    settings({"auth": KEYS}, is_logged_in=True, email="a@b.c")
    assert permissions.is_admitted() and not permissions.may_change()
    settings({"auth": KEYS, "sesatlas": {"builders": "a@b.c"}}, is_logged_in=True, email="a@b.c")
    assert permissions.may_change()


def test_broken_settings_let_nobody_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import streamlit as st
    from streamlit.runtime.secrets import Secrets

    monkeypatch.delenv(permissions.READ_ONLY, raising=False)
    file = tmp_path / "secrets.toml"
    monkeypatch.setattr("streamlit.config.get_option", lambda name: [str(file)])
    for text in (None, "[auth\n"):
        if text is not None:
            file.write_text(text)
        monkeypatch.setattr(st, "secrets", Secrets())
        if text is None:
            assert permissions.is_admitted() and permissions.may_change()
        else:
            with pytest.raises(permissions.NotAllowedError, match="cannot be read"):
                permissions.is_admitted()
            with pytest.raises(permissions.NotAllowedError):
                permissions.require()


def test_providers() -> None:
    assert permissions._providers(KEYS | {"cookie_secret": "x"}) == [None]
    named = {"cookie_secret": "x", "a": KEYS, "b": KEYS, "client_kwargs": {"prompt": "login"}}
    assert permissions._providers(named) == ["a", "b"]
    assert permissions._providers({}) == [None]


def _writes(function: ast.AST, imported: set[str]) -> list[str]:
    found = []
    for called in (node.func for node in ast.walk(function) if isinstance(node, ast.Call)):
        if isinstance(called, ast.Name) and called.id in imported:
            found.append(called.id)
        if isinstance(called, ast.Attribute) and called.attr in METHODS:
            found += [called.attr] if METHODS[called.attr] in ast.unparse(called.value) else []
    return found


def test_who_writes_asks_first(repo_root: Path) -> None:
    """Every function of a page that changes the store calls ``permissions.require``."""
    asked, unasked = set(), []
    for path in [*(repo_root / "app").rglob("*.py"), *(repo_root / "pages").glob("*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imports = [
            node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module in FROM
        ]
        imported = {alias.name for node in imports for alias in node.names} & FUNCTIONS
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for name in _writes(function, imported):
                if "permissions.require()" in ast.unparse(function):
                    asked.add(name)
                else:
                    unasked.append(f"{path.name}: {function.name} calls {name}")
    assert not unasked
    assert asked == FUNCTIONS | {"start", "stop", "use", "is_dir"}
