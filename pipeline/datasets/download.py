"""Get a published corpus: ESC-50 by a download that survives a broken connection, the others by saying how."""

from __future__ import annotations

import http.client
import logging
import shutil
import ssl
import urllib.request
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Protocol
from urllib.error import HTTPError, URLError

from pipeline.clips import Dataset
from pipeline.datasets import DATASETS, esc50
from pipeline.datasets.corpus import DatasetError
from store.errors import SesatlasError

CHUNK_BYTES = 1 << 20
TIMEOUT_S = 30.0
ATTEMPTS = 5
NETWORK_ERRORS = (URLError, http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError)

Progress = Callable[[int, int | None], None]
"""``progress(done_bytes, total_bytes)``; the total is ``None`` where the server does not say."""
ESC50_URL = "https://github.com/karoldvl/ESC-50/archive/master.zip"
ESC50_ARCHIVE_BYTES = 650_000_000
ESC50_UNPACKED_BYTES = 900_000_000
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
logger = logging.getLogger(__name__)


class DownloadError(SesatlasError):
    """A file cannot be downloaded from its address."""


class _Body(Protocol):
    def read(self, amount: int) -> bytes: ...


def download(url: str, target: Path, progress: Progress | None = None) -> None:
    """Fetch ``url`` into ``target``; until it is whole it is called ``target.part``.

    Raises
    ------
    DownloadError
        The address is wrong, the network fails or the disk is full. The part stays, and the same
        call goes on from it where the server allows that.
    """
    if not url.startswith(("http://", "https://")):
        raise DownloadError(f"{url} is no web address: expected one that begins with https://; give that.")
    part = target.with_name(f"{target.name}.part")
    for _ in range(ATTEMPTS):
        before = _size(part)
        try:
            _receive(url, part, progress or (lambda done, total: None))
        except HTTPError as error:
            raise DownloadError(f"{url} answered {error.code} {error.reason}; check the address.") from error
        except NETWORK_ERRORS as error:
            if _size(part) <= before:
                raise DownloadError(_stopped(url, part, error)) from error
        except OSError as error:
            seen = f"{part} cannot be written ({error.strerror})"
            raise DownloadError(f"{seen}; make room or choose another folder.") from error
        else:
            part.replace(target)
            return
    raise DownloadError(_stopped(url, part, f"{ATTEMPTS} broken connections"))


def require_space(folder: Path, needed_bytes: int) -> None:
    """Raise DownloadError when the disk under ``folder`` has less than ``needed_bytes`` free."""
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        seen, needed = f"{free_bytes / 1e6:,.0f} MB free", f"{needed_bytes / 1e6:,.0f} MB"
        raise DownloadError(f"{folder} has {seen}, {needed} are needed; make room or choose another folder.")


def _receive(url: str, part: Path, progress: Progress) -> None:
    """Ask for what ``part`` lacks and append it; start anew where the server will not go on."""
    done = _size(part)
    headers = {"User-Agent": "sesatlas"} | ({"Range": f"bytes={done}-"} if done else {})
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_S)
    except HTTPError as error:
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not done:
            raise
        # Nothing lies behind the last byte we have: either that was all, or it is another file's part.
        if error.headers.get("Content-Range", "") != f"bytes */{done}":
            part.unlink()
            _receive(url, part, progress)
        return
    with response:
        goes_on = response.headers.get("Content-Range", "").startswith(f"bytes {done}-")
        if not (response.status == http.HTTPStatus.PARTIAL_CONTENT and goes_on):
            done = 0
        length = response.headers.get("Content-Length")
        total = done + int(length) if length else None
        require_space(part.parent, total - done if total else 0)
        done = _append(response, part, done, lambda so_far: progress(so_far, total))
    if total is not None and done != total:
        raise ConnectionError(f"the connection broke after {done:,} of {total:,} bytes")


def _append(body: _Body, part: Path, done: int, progress: Callable[[int], None]) -> int:
    with part.open("ab" if done else "wb") as file:
        while chunk := body.read(CHUNK_BYTES):
            file.write(chunk)
            done += len(chunk)
            progress(done)
    return done


def _stopped(url: str, part: Path, reason: object) -> str:
    why = getattr(reason, "reason", None) or reason
    if not _size(part):
        return f"{url} cannot be reached ({why}); check the network and run the same command again."
    kept = f"{_size(part) / 1e6:,.1f} MB are kept in {part}"
    return f"The download of {url} stopped ({why}); {kept}: run the same command again and it goes on from there."


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


class FetchError(SesatlasError):
    """A corpus cannot be fetched; the message says how to get it."""


def fetch(name: str, target: Path, *, url: str | None = None, progress: Progress | None = None) -> Path:
    """Download the corpus ``name`` into the folder ``target`` and return the corpus' own folder.

    A corpus that is already there in full is not fetched again.

    Raises
    ------
    DownloadError
        The network or the disk fails; the same call goes on from what has arrived.
    FetchError
        The archive is not what it should be; or the corpus is not for downloading, and the message
        says how to get it.
    """
    if name not in DATASETS:
        raise FetchError(f"{name!r} is no known dataset; there are: {', '.join(DATASETS)}.")
    if name != "esc50":
        raise FetchError(_by_hand(DATASETS[name]))
    return _fetch_esc50(target, url, progress)


def _fetch_esc50(target: Path, url: str | None, progress: Progress | None) -> Path:
    there = [root for root in (target / "ESC-50-master", target) if _is_complete(root)]
    if there:
        return there[0]
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FetchError(f"{target} cannot be a folder ({error.strerror}); choose another.") from error
    # A name of our own: an archive that the user put there is not ours to remove.
    archive = target / "esc50-download.zip"
    if not archive.exists():
        if url is None:
            logger.info(announcement(target))
            require_space(target, ESC50_ARCHIVE_BYTES + ESC50_UNPACKED_BYTES)
        download(url or ESC50_URL, archive, progress)
    root = _unpack(archive, target)
    _require_all_clips(root, archive)
    archive.unlink()
    return root


def announcement(target: Path) -> str:
    """What a download of ESC-50 will put where, for a person to read before it begins."""
    archive, unpacked = ESC50_ARCHIVE_BYTES / 1e6, ESC50_UNPACKED_BYTES / 1e6
    return (
        f"ESC-50 goes to {target}: a download of about {archive:.0f} MB, removed once it is unpacked "
        f"to about {unpacked:.0f} MB."
    )


def _by_hand(dataset: Dataset) -> str:
    if dataset.prepare:
        return f"{dataset.how_to_get} Run: python -m pipeline build --dataset {dataset.name}"
    return f"{dataset.how_to_get} Then run: python -m pipeline build --dataset {dataset.name}=PATH"


def _is_complete(root: Path) -> bool:
    try:
        return esc50.missing(root) == 0
    except DatasetError:
        return False


def _unpack(archive: Path, target: Path) -> Path:
    """Test every member, then write them all below ``target``; a bad archive writes nothing and goes."""
    try:
        with zipfile.ZipFile(archive) as members:
            damaged = members.testzip()
            if damaged:
                raise zipfile.BadZipFile(f"{damaged} has a wrong checksum")
            top = _top_folder(members, target)
            require_space(target, sum(member.file_size for member in members.infolist()))
            members.extractall(target)
    except DAMAGED as error:
        archive.unlink()
        seen = f"The archive that was downloaded is damaged ({error}): it was removed"
        raise FetchError(f"{seen}; run the same command again to fetch it anew.") from error
    except OSError as error:
        raise FetchError(
            f"{target} cannot be written ({error.strerror}); make room, then run it again."
        ) from error
    return target / top


def _top_folder(members: zipfile.ZipFile, target: Path) -> str:
    """The one folder that everything in the archive lies in."""
    base = target.resolve()
    for name in members.namelist():
        if PurePosixPath(name).is_absolute() or not (base / name).resolve().is_relative_to(base):
            raise zipfile.BadZipFile(f"its member {name} lies outside the folder")
    tops = {PurePosixPath(name).parts[0] for name in members.namelist()}
    if len(tops) != 1:
        raise zipfile.BadZipFile(f"it holds {len(tops)} folders, expected ESC-50-master alone")
    return tops.pop()


def _require_all_clips(root: Path, archive: Path) -> None:
    problems = esc50.validate(root)
    if not problems and (missing := esc50.missing(root)):
        problems = [f"{missing:,} of the clips in its esc50.csv are not there."]
    if problems:
        archive.unlink()
        raise FetchError(
            f"What was downloaded to {root} is not the whole ESC-50: {problems[0]} Fetch it again."
        )
