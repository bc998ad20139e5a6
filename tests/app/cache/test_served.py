"""Addresses made of contents: the same bytes never have two, other bytes never the same."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
import streamlit
from streamlit import runtime
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from app.cache import served


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> MemoryMediaFileStorage:
    """A running server's files, without the server."""
    storage = MemoryMediaFileStorage("/media")
    manager = MediaFileManager(storage)
    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(media_file_mgr=manager))
    return storage


def test_what_is_served_is_what_was_given(storage: MemoryMediaFileStorage) -> None:
    address = served.url(b"abc", served.BYTES, "cloud.ids")
    file = storage.get_file(address.removeprefix("/media/"))
    assert (file.content, file.mimetype) == (b"abc", served.BYTES)


def test_the_same_bytes_have_one_address(storage: MemoryMediaFileStorage) -> None:
    assert served.url(b"abc", served.BYTES, "a") == served.url(b"abc", served.BYTES, "b")
    assert served.url(b"abc", served.BYTES, "a") != served.url(b"abd", served.BYTES, "a")


def test_two_large_arrays_that_hardly_differ_have_two_addresses(storage: MemoryMediaFileStorage) -> None:
    # Streamlit looks at three samples of a file above 1 MiB, and none of them is here.
    one, other = bytearray(4 << 20), bytearray(4 << 20)
    other[1 << 20] = 1
    assert served.url(bytes(one), served.BYTES, "a") != served.url(bytes(other), served.BYTES, "a")


@pytest.mark.parametrize("base", ["sounds/atlas", "/sounds/atlas/"])
def test_a_dashboard_below_a_path_is_found_there(
    storage: MemoryMediaFileStorage, monkeypatch: pytest.MonkeyPatch, base: str
) -> None:
    monkeypatch.setattr(streamlit, "get_option", {"server.baseUrlPath": base}.get)
    assert re.fullmatch(r"/sounds/atlas/media/\w+\.bin", served.url(b"abc", served.BYTES, "a"))


def test_without_a_server_there_is_still_an_address() -> None:
    assert re.fullmatch(r"/media/\w+", served.url(b"abc", served.BYTES, "a"))
