"""Get a published corpus: ESC-50 by download, the others by saying how."""

from __future__ import annotations

import logging
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from pipeline.clips import Dataset
from pipeline.datasets import DATASETS, esc50
from pipeline.datasets.corpus import DatasetError
from pipeline.datasets.download import Progress, download, require_space
from store.errors import SesatlasError

ESC50_URL = "https://github.com/karoldvl/ESC-50/archive/master.zip"
ESC50_ARCHIVE_BYTES = 650_000_000
ESC50_UNPACKED_BYTES = 900_000_000
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)

logger = logging.getLogger(__name__)


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
    """What a download of ESC-50 will put where, to say before it begins."""
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
