"""A dashboard that only shows, and one that asks who is there: what is gone, what remains, and a line that says so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import streamlit as st

from app import permissions
from app.audit import label_issues
from app.builds import panel, process
from app.clusters import selection
from store.annotations import Mark, Selection, load_marks, load_selections, save_mark, save_selection
from store.snapshots import Store

if TYPE_CHECKING:
    from tests.pages.conftest import Page

PAGES = ("home", "explore", "clusters", "similar", "models", "live", "pipeline")
CHANGING = (
    "Refresh everything", "Add the demo", "Add it", "Build the demo", "Continue the build", "Keep it in the store",
    "Run the experiment", "Run it again", "Run an experiment", "Keep the label", "Question the label", "Clear",
    "Save", "Forget it", "Stop", "Make 1 the current one", "Playlist (M3U)",
)  # fmt: skip
ASKING = (
    "Folder on the machine that runs Sesatlas",
    "Name in the store (optional)",
    "Save these clips under a name",
)
AUTH = {"auth": {"redirect_uri": "http://localhost/oauth2callback", "cookie_secret": "x", "client_id": "x",
                 "client_secret": "x", "server_metadata_url": "https://id.example"}}  # fmt: skip


def labels(page: Page) -> list[str]:
    kinds = ("button", "download_button", "text_input", "selectbox", "expander")
    return [one.label for kind in kinds for one in page.at.get(kind)]


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(permissions.READ_ONLY, "1")


@pytest.fixture
def marked_store(tones_store: Path) -> Path:
    """Tones of which some are saved under a name."""
    store = Store(tones_store)
    current = store.current()
    assert current is not None
    ids = ("tones/high/0.wav", "tones/low/3.wav")
    save_selection(store, Selection(name="two", dataset="tones", clip_ids=ids, snapshot=current.number))
    return tones_store


VISITS: tuple[tuple[str, dict[str, str]], ...] = (
    *((page, {}) for page in PAGES),
    ("clusters", {"dataset": "tones", "saved": "two", "section": "Picked clips"}),
    *(("models", {"dataset": "tones", "part": part}) for part in ("Results", "Compare", "Audit", "Run")),
    ("models", {"dataset": "tones", "part": "Audit", "audit_part": "Label issues"}),
)


@pytest.mark.parametrize(("page", "query"), VISITS)
def test_nothing_can_be_changed(
    open_page: Callable[..., Page], marked_store: Path, read_only: None, page: str, query: dict[str, str]
) -> None:
    shown = open_page(marked_store, page, **query).sound()
    assert not {*CHANGING, *ASKING} & set(labels(shown))
    assert permissions.SHOWS_ONLY in " ".join(one.value for one in shown.at.sidebar.caption)


def test_without_it_the_same_pages_have_all_of_that(
    open_page: Callable[..., Page], marked_store: Path
) -> None:
    there = {label for page, query in VISITS for label in labels(open_page(marked_store, page, **query))}
    assert {"Refresh everything", "Add it", "Forget it", "Save", *ASKING} <= there


def test_pages_that_are_for_changing_say_so(
    open_page: Callable[..., Page], marked_store: Path, tmp_path: Path, read_only: None
) -> None:
    assert permissions.SHOWS_ONLY in [one.value for one in open_page(marked_store, "pipeline").at.info]
    run = open_page(marked_store, "models", dataset="tones", part="Run")
    assert permissions.SHOWS_ONLY in [one.value for one in run.at.info]
    empty = open_page(tmp_path / "nothing", "home").sound()
    assert not empty.at.button and "The store is empty" in empty.text


def test_what_remains_works(open_page: Callable[..., Page], marked_store: Path, read_only: None) -> None:
    page = open_page(marked_store, "clusters", dataset="tones", section="Picked clips").sound()
    (load,) = [one for one in page.at.button if one.label == "Pick them"]
    load.click().run()
    assert "2 of 6 clips" in page.sound().text


@pytest.mark.parametrize("action", ["build", "learn", "forget", "mark", "unmark"])
def test_actions_ask_again(
    marked_store: Path, read_only: None, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    """A page that was drawn before it became read-only, or a message that no page of ours has sent."""
    monkeypatch.setenv("SESATLAS_STORE", str(marked_store))
    monkeypatch.setattr(process, "start", lambda *_: pytest.fail("a build was started"))
    monkeypatch.setattr(st, "warning", lambda *_, **__: None)
    store, clip_id = Store(marked_store), "tones/high/0.wav"
    save_mark(store, "tones", Mark(clip_id=clip_id, mark="keep", label="high", snapshot=1))
    table = pd.DataFrame({"clip_id": [clip_id], "given": ["high"], "mark": ["keep"]})
    calls: dict[str, Callable[[], Any]] = {
        "build": lambda: panel.begin([]),
        "learn": lambda: panel.begin([], command="learn"),
        "forget": lambda: selection._forget("two"),
        "mark": lambda: label_issues.put_mark("tones", table, 0, "doubt"),
        "unmark": lambda: label_issues.clear("tones", clip_id),
    }
    with suppress(permissions.NotAllowedError):
        calls[action]()
    assert [one.name for one in load_selections(store)[0]] == ["two"]
    assert load_marks(store, "tones")[clip_id].mark == "keep"


@pytest.fixture
def asked(open_page: Callable[..., Page], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Page]:
    """``asked(store, page, user, builders)``: a page of a dashboard that asks its readers to log in."""

    def visit(store: Path, page: str, user: dict[str, Any], builders: list[str] | None = None) -> Page:
        shown = open_page(store, "home")
        shown.at.secrets = AUTH | ({"sesatlas": {"builders": builders}} if builders else {})
        shown.at.user = user
        if page != "home":
            shown.at.switch_page(f"../pages/{page}.py")
        shown.at.run()
        return shown

    return visit


@pytest.mark.parametrize("page", PAGES)
def test_who_has_not_logged_in_sees_a_button_and_no_more(
    asked: Callable[..., Page], marked_store: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.setattr(permissions, "find_spec", lambda _: object())
    shown = asked(marked_store, page, {"is_logged_in": False})
    assert [one.label for one in shown.at.button] == ["Log in"]
    assert not shown.at.sidebar.caption and not shown.at.metric and not shown.at.dataframe
    assert "tones" not in shown.text
    monkeypatch.setattr(permissions, "find_spec", lambda _: None)
    shown.at.run()
    assert [one.label for one in shown.at.button] == []
    assert "pip install" in shown.at.error[0].value


def test_who_has_logged_in_looks_and_a_builder_builds(asked: Callable[..., Page], marked_store: Path) -> None:
    reader = asked(
        marked_store, "pipeline", {"is_logged_in": True, "email": "r@b.c", "name": "R **x**"}, ["a@b.c"]
    )
    assert "Refresh everything" not in labels(reader) and "Log out" in labels(reader)
    assert permissions.NOT_NAMED in [one.value for one in reader.at.info]
    assert [one.value for one in reader.at.sidebar.caption if "Logged in" in one.value] == [
        r"Logged in as R \*\*x\*\*"
    ]
    builder = asked(marked_store, "pipeline", {"is_logged_in": True, "email": "a@b.c"}, ["a@b.c"])
    assert "Refresh everything" in labels(builder)
