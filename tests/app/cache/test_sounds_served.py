"""Addresses made of contents: the same bytes never have two, other bytes never the same."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
import streamlit
from streamlit import runtime
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from app.cache import sounds


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> MemoryMediaFileStorage:
    """A running server's files, without the server."""
    storage = MemoryMediaFileStorage("/media")
    manager = MediaFileManager(storage)
    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(media_file_mgr=manager))
    return storage


def test_what_is_served_is_what_was_given(storage: MemoryMediaFileStorage) -> None:
    address = sounds.url(b"abc", sounds.BYTES, "cloud.ids")
    file = storage.get_file(address.removeprefix("/media/"))
    assert (file.content, file.mimetype) == (b"abc", sounds.BYTES)


def test_the_same_bytes_have_one_address(storage: MemoryMediaFileStorage) -> None:
    assert sounds.url(b"abc", sounds.BYTES, "a") == sounds.url(b"abc", sounds.BYTES, "b")
    assert sounds.url(b"abc", sounds.BYTES, "a") != sounds.url(b"abd", sounds.BYTES, "a")


def test_two_large_arrays_that_hardly_differ_have_two_addresses(storage: MemoryMediaFileStorage) -> None:
    # Streamlit looks at three samples of a file above 1 MiB, and none of them is here.
    one, other = bytearray(4 << 20), bytearray(4 << 20)
    other[1 << 20] = 1
    assert sounds.url(bytes(one), sounds.BYTES, "a") != sounds.url(bytes(other), sounds.BYTES, "a")


@pytest.mark.parametrize("base", ["sounds/atlas", "/sounds/atlas/"])
def test_a_dashboard_below_a_path_is_found_there(
    storage: MemoryMediaFileStorage, monkeypatch: pytest.MonkeyPatch, base: str
) -> None:
    monkeypatch.setattr(streamlit, "get_option", {"server.baseUrlPath": base}.get)
    assert re.fullmatch(r"/sounds/atlas/media/\w+\.bin", sounds.url(b"abc", sounds.BYTES, "a"))


def test_without_a_server_there_is_still_an_address() -> None:
    assert re.fullmatch(r"/media/\w+", sounds.url(b"abc", sounds.BYTES, "a"))
