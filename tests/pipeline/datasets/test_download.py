"""Downloads from a server on this machine that behaves badly in every way a real one may."""

from __future__ import annotations

import io
import logging
import os
import shutil
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.datasets import DATASETS, download, esc50
from pipeline.datasets import download as fetch
from pipeline.datasets.download import DownloadError, FetchError
from store.errors import SesatlasError

TABLE = "filename,fold,target,category,src_file,take\n" + "".join(
    f"{number}-{number}00-A-0.wav,{number},0,dog,{number}00,A\n" for number in range(1, 6)
)


def archive(names: tuple[int, ...] = (1, 2, 3, 4, 5), extra: dict[str, bytes] | None = None) -> bytes:
    """A miniature of the published archive, in its layout; the clips are noise, so it does not shrink."""
    members = {f"ESC-50-master/audio/{n}-{n}00-A-0.wav": os.urandom(40_000) for n in names}
    members |= {"ESC-50-master/meta/esc50.csv": TABLE.encode(), "ESC-50-master/README.md": b"x"} | (
        extra or {}
    )
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return memory.getvalue()


class Server(ThreadingHTTPServer):
    """Serves ``content``; ``cuts`` says after how many bytes each of the next answers breaks off."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = archive()
        self.cuts: list[int] = []
        self.ranges = True
        self.tells_length = True
        self.asked: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/master.zip"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        begin = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.server.ranges else 0
        content = self.server.content
        if self.path != "/master.zip":
            self.send_error(404)
            return
        if begin >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.end_headers()
            return
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        if self.server.tells_length:
            self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        cut = self.server.cuts.pop(0) if self.server.cuts else len(content)
        self.wfile.write(content[begin : begin + cut])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(download, "CHUNK_BYTES", 10_000)
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def leftovers(target: Path) -> list[str]:
    return sorted(path.name for path in target.iterdir() if path.name != "ESC-50-master")


def test_the_whole_way(server: Server, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    root = fetch.fetch(
        "esc50", tmp_path / "new" / "data", url=server.url, progress=lambda *so_far: told.append(so_far)
    )
    assert root == tmp_path / "new/data/ESC-50-master"
    assert len(esc50.scan(root, "esc50").clips) == 5
    assert leftovers(root.parent) == []
    assert told[-1] == (len(server.content), len(server.content))
    assert told == sorted(told)
    assert len(told) > 5


def test_what_is_there_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    root = fetch.fetch("esc50", tmp_path, url=server.url)
    assert fetch.fetch("esc50", tmp_path, url="http://127.0.0.1:9/none") == root
    assert fetch.fetch("esc50", root, url="http://127.0.0.1:9/none") == root
    assert len(server.asked) == 1


def test_a_cut_connection_is_taken_up_at_once(server: Server, tmp_path: Path) -> None:
    server.cuts = [70_000]
    root = fetch.fetch("esc50", tmp_path, url=server.url)
    assert esc50.missing(root) == 0
    assert server.asked == [None, "bytes=70000-"]


def test_the_same_command_goes_on(server: Server, tmp_path: Path) -> None:
    server.cuts = [70_000, 0]
    with pytest.raises(DownloadError, match="run the same command again") as caught:
        fetch.fetch("esc50", tmp_path, url=server.url)
    assert leftovers(tmp_path) == ["esc50-download.zip.part"]
    assert "0.1 MB are kept in" in str(caught.value)
    fetch.fetch("esc50", tmp_path, url=server.url)
    assert server.asked[-1] == "bytes=70000-"
    assert leftovers(tmp_path) == []


def test_a_server_without_ranges_starts_anew(server: Server, tmp_path: Path) -> None:
    server.ranges, server.cuts = False, [70_000]
    assert esc50.missing(fetch.fetch("esc50", tmp_path, url=server.url)) == 0
    assert server.asked == [None, "bytes=70000-"]


def test_a_server_that_always_cuts_is_given_up(server: Server, tmp_path: Path) -> None:
    server.cuts = [10_000] * 20
    with pytest.raises(DownloadError, match="5 broken connections"):
        fetch.fetch("esc50", tmp_path, url=server.url)
    assert (tmp_path / "esc50-download.zip.part").stat().st_size == 50_000


def test_a_server_that_tells_no_length(server: Server, tmp_path: Path) -> None:
    server.tells_length = False
    told: list[int | None] = []
    fetch.fetch("esc50", tmp_path, url=server.url, progress=lambda done, total: told.append(total))
    assert set(told) == {None}


@pytest.mark.parametrize("longer_by", [0, 5])
def test_a_part_that_is_whole_or_too_long(server: Server, tmp_path: Path, longer_by: int) -> None:
    (tmp_path / "esc50-download.zip.part").write_bytes(server.content + bytes(longer_by))
    assert esc50.missing(fetch.fetch("esc50", tmp_path, url=server.url)) == 0
    assert len(server.asked) == (1 if longer_by == 0 else 2)


@pytest.mark.parametrize("how", ["flipped", "short", "page"])
def test_a_corrupt_archive_is_removed(server: Server, tmp_path: Path, how: str) -> None:
    whole = server.content
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :]
    server.content = {"flipped": flipped, "short": whole[:middle], "page": b"<html>Sign in</html>"}[how]
    with pytest.raises(FetchError, match=r"damaged .* run the same command again"):
        fetch.fetch("esc50", tmp_path, url=server.url)
    assert list(tmp_path.iterdir()) == []
    server.content = whole
    assert esc50.missing(fetch.fetch("esc50", tmp_path, url=server.url)) == 0


@pytest.mark.parametrize("name", ["../outside.txt", "/outside.txt", "ESC-50-master/../../outside.txt"])
def test_nothing_is_written_outside(server: Server, tmp_path: Path, name: str) -> None:
    server.content = archive(extra={name: b"x"})
    with pytest.raises(FetchError, match="lies outside"):
        fetch.fetch("esc50", tmp_path / "in", url=server.url)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert list((tmp_path / "in").iterdir()) == []


def test_an_archive_without_all_clips_is_told(server: Server, tmp_path: Path) -> None:
    server.content = archive(names=(1, 2))
    with pytest.raises(FetchError, match=r"3 of the clips in its esc50\.csv are not there"):
        fetch.fetch("esc50", tmp_path, url=server.url)
    assert leftovers(tmp_path) == []


def test_an_archive_of_something_else_is_told(server: Server, tmp_path: Path) -> None:
    server.content = archive(extra={"second/file.txt": b"x"})
    with pytest.raises(FetchError, match="holds 2 folders"):
        fetch.fetch("esc50", tmp_path, url=server.url)


def test_a_stopped_unpacking_goes_on_without_the_network(server: Server, tmp_path: Path) -> None:
    (tmp_path / "esc50-download.zip").write_bytes(server.content)
    (tmp_path / "ESC-50-master/meta").mkdir(parents=True)
    assert esc50.missing(fetch.fetch("esc50", tmp_path, url=server.url)) == 0
    assert server.asked == []


def test_not_found(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="answered 404"):
        fetch.fetch("esc50", tmp_path, url=server.url + ".gone")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/master.zip", "file:///etc/hosts", "master.zip"])
def test_an_address_that_leads_nowhere(url: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError) as caught:
        fetch.fetch("esc50", tmp_path, url=url)
    assert url in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_full_disk_is_told_before(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 9, 1_000_000))
    monkeypatch.setattr(fetch, "ESC50_URL", server.url)
    with (
        caplog.at_level(logging.INFO),
        pytest.raises(DownloadError, match="has 1 MB free, 1,550 MB are needed"),
    ):
        fetch.fetch("esc50", tmp_path)
    assert f"ESC-50 goes to {tmp_path}" in caplog.text
    assert server.asked == []


def test_a_disk_that_fills_up_keeps_the_part(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def append(*everything: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download, "_append", append)
    with pytest.raises(DownloadError, match="No space left on device"):
        fetch.fetch("esc50", tmp_path, url=server.url)


def test_a_target_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(FetchError, match="cannot be a folder"):
        fetch.fetch("esc50", tmp_path / "data")


@pytest.mark.parametrize("name", [name for name in DATASETS if name != "esc50"])
def test_the_others_are_told_how_to_get(name: str, tmp_path: Path) -> None:
    with pytest.raises(SesatlasError) as caught:
        fetch.fetch(name, tmp_path / "data")
    assert DATASETS[name].how_to_get in str(caught.value)
    assert f"python -m pipeline build --dataset {name}" in str(caught.value)
    assert not (tmp_path / "data").exists()


def test_timit_names_its_licence(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"LDC93S1.*licensed.*https://catalog\.ldc\.upenn\.edu/LDC93S1"):
        fetch.fetch("timit", tmp_path)


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="esc50, timit, librispeech, ravdess, emodb, folder"):
        fetch.fetch("esc-50", tmp_path)
