"""A link names its snapshot: an older one is shown, one that is gone is said to be."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.cache import snapshot
from app.ui import address, escape
from store.snapshots import Store


class Session:
    """A browser's page: its address, what Streamlit remembers of it, and what it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.told: list[str] = []
        for name in ("warning", "info"):
            monkeypatch.setattr(st, name, lambda text, **_: self.told.append(text))
        monkeypatch.setattr(st, "button", lambda text, **_: self.told.append(f"[{text}]"))
        monkeypatch.setattr(st, "session_state", {})
        monkeypatch.setattr(st, "query_params", {})

    def run(self, **query: str) -> tuple[int, str]:
        """A run of the page: the snapshot it shows, and what it says."""
        st.query_params.update(query)
        self.told.clear()
        address.follow()
        address.notices()
        address.write()
        return snapshot.current().number, " ".join(self.told)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Three snapshots; nothing here looks into them."""
    monkeypatch.setenv("SESATLAS_STORE", str(tmp_path))
    (tmp_path / "snapshots").mkdir()
    for number in (1, 2, 3):
        Store(tmp_path).at(number).path.write_bytes(b"")
    Store(tmp_path).use(3)
    assert Store(tmp_path).snapshots()[0].published_at <= datetime.now(UTC)
    return Store(tmp_path)


@pytest.fixture
def session(store: Store, monkeypatch: pytest.MonkeyPatch) -> Session:
    return Session(monkeypatch)


def test_without_a_link_the_current_one_is_shown_and_follows_the_builds(
    session: Session, store: Store
) -> None:
    assert session.run() == (3, "")
    assert st.query_params == {"snapshot": "3"}
    store.at(4).path.write_bytes(b"")
    store.use(4)
    assert session.run() == (4, "")
    assert st.query_params == {"snapshot": "4"}


def test_a_link_to_the_current_one_does_not_pin_it(session: Session, store: Store) -> None:
    assert session.run(snapshot="3") == (3, "")
    store.at(4).path.write_bytes(b"")
    store.use(4)
    assert session.run()[0] == 4


def test_a_link_to_an_older_one_shows_that_until_it_is_let_go(session: Session) -> None:
    for _ in range(2):
        shown, told = session.run(snapshot="2")
        assert shown == 2 and "snapshot 2" in told and "[Show the current one]" in told
        assert st.query_params == {"snapshot": "2"}
    address._unpin()
    assert session.run() == (3, "")
    assert st.query_params == {"snapshot": "3"}


@pytest.mark.parametrize("asked", ["9", "0", "-1", "nonsense", "02", "9" * 400, "²"])
def test_a_link_to_one_that_is_gone_says_so_and_shows_the_current(session: Session, asked: str) -> None:
    shown, told = session.run(snapshot=asked)
    assert shown == 3
    assert f"snapshot {escape.markdown(asked[:20])}" in told and "no longer has" in told
    assert st.query_params == {"snapshot": "3"}
    assert session.run() == (3, "")


def test_an_older_one_that_is_deleted_while_it_is_shown(session: Session, store: Store) -> None:
    assert session.run(snapshot="2")[0] == 2
    store.delete(2)
    shown, told = session.run()
    assert shown == 3
    assert "link is to snapshot 2" in told and "You look at" not in told


def test_values_are_written_at_once_and_only_where_they_are_new(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Counting(dict[str, str]):
        updates = 0

        def update(self, *given: Any, **named: Any) -> None:
            self.updates += 1
            super().update(*given, **named)

    monkeypatch.setattr(st, "query_params", Counting(view="MFCC"))
    for clustering in ("1", "1", "2"):
        address.later("clustering", clustering)
        address.later("view", "Chroma")
        address.write()
        address.write()
        assert st.query_params == {"clustering": clustering, "view": "Chroma"}
    assert st.query_params.updates == 2


def test_an_empty_or_broken_store_is_left_to_the_page(session: Session, store: Store, tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_bytes(b"\xff nonsense")
    address.follow()
    (tmp_path / "CURRENT").unlink()
    address.follow()
    assert st.query_params == {}


def _kinds() -> None:
    """A toy page: boxes of two kinds and a table's key, each tied to the address by one line."""
    import streamlit as st

    from app.ui import address

    if st.session_state.get("elsewhere"):
        return
    options = st.session_state.get("options", ["dog", "frog", "rain"])
    more = {"titles": {"frog": "A frog"}, "follow": st.session_state.pop("follow", None)}
    one = address.choice(st.selectbox, "One", options, parameter="one", first="rain", **more)
    two = address.choice(st.segmented_control, "Two", options, parameter="two", remember=False, required=True)
    address.choice(st.selectbox, "Alone", options[:1], parameter="alone", alone=False)
    row = address.asked("row")
    st.text(f"{one} {two} {address.table_key('row', row)}")
    address.keep("row", st.session_state.get("ticked", row))
    address.write()


@pytest.fixture
def kinds() -> AppTest:
    return AppTest.from_function(_kinds, default_timeout=60)


def _address(page: AppTest) -> dict[str, str]:
    # What a test has set is a text, what the page has set a list.
    return {name: found[0] if isinstance(found, list) else found for name, found in page.query_params.items()}


def test_a_choice_stands_in_the_address_the_default_too(kinds: AppTest) -> None:
    page = kinds.run()
    assert not page.exception and page.text[0].value == "rain dog row0"
    assert _address(page) == {"one": "rain", "two": "dog", "alone": "dog"}
    assert [box.label for box in page.selectbox] == ["One"]
    assert page.selectbox[0].options == ["dog", "A frog", "rain"]
    page.selectbox[0].select("frog").run()
    page.button_group[0].set_value("rain").run()
    assert page.text[0].value == "frog rain row0"
    assert _address(page) == {"one": "frog", "two": "rain", "alone": "dog"}


@pytest.mark.parametrize("name", ["frog", "A frog"])
def test_a_choice_follows_a_link_also_an_old_one_by_its_title(kinds: AppTest, name: str) -> None:
    kinds.query_params["one"] = name
    assert kinds.run().text[0].value == "frog dog row0"
    assert _address(kinds)["one"] == "frog"


def test_a_choice_follows_the_way_back_and_nonsense_does_not_hurt(kinds: AppTest) -> None:
    page = kinds.run()
    page.selectbox[0].select("frog").run()
    page.query_params["one"] = "dog"  # as the browser does
    assert page.run().text[0].value == "dog dog row0"
    page.query_params["one"] = "nonsense"
    assert page.run().text[0].value == "dog dog row0"
    page.session_state["options"] = ["newt", "toad"]
    assert page.run().text[0].value == "newt newt row0"


def test_a_choice_follows_the_page_unless_the_link_says_otherwise(kinds: AppTest) -> None:
    kinds.query_params["one"] = "dog"
    kinds.session_state["follow"] = "frog"
    assert kinds.run().text[0].value == "dog dog row0"
    kinds.session_state["follow"] = "frog"
    assert kinds.run().text[0].value == "frog dog row0"


def test_a_table_is_another_one_after_the_way_back(kinds: AppTest) -> None:
    page = kinds.run()
    page.session_state["ticked"] = "a"
    page.run()
    assert page.text[0].value.endswith("row0") and _address(page.run())["row"] == "a"
    page.query_params["row"] = "b"
    assert page.run().text[0].value.endswith("row1")


def test_who_comes_from_another_page_finds_a_choice_as_it_was_left(kinds: AppTest) -> None:
    page = kinds.run()
    page.selectbox[0].select("frog").run()
    page.button_group[0].set_value("rain").run()
    page.session_state["elsewhere"] = True
    page.run()
    page.query_params.clear()
    page.session_state["elsewhere"] = False
    assert page.run().text[0].value == "frog dog row0"
