"""One file over HTTP that survives a broken connection: what has arrived is kept and gone on from."""

from __future__ import annotations

import http.client
import shutil
import ssl
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from urllib.error import HTTPError, URLError

from store.errors import SesatlasError

CHUNK_BYTES = 1 << 20
TIMEOUT_S = 30.0
ATTEMPTS = 5
NETWORK_ERRORS = (URLError, http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError)

Progress = Callable[[int, int | None], None]
"""``progress(done_bytes, total_bytes)``; the total is ``None`` where the server does not tell."""


class DownloadError(SesatlasError):
    """A file cannot be had from where it was asked for."""


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
        seen, wanted = f"{free_bytes / 1e6:,.0f} MB free", f"{needed_bytes / 1e6:,.0f} MB"
        raise DownloadError(f"{folder} has {seen}, {wanted} are needed; make room or choose another folder.")


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
