"""What a cloud is drawn from, checked and turned into what the browser gets."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from app.cache import sounds
from store.errors import SesatlasError


class CloudError(SesatlasError):
    """What is to be drawn does not fit together."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One picture of the clips.

    Attributes
    ----------
    name, title : str
        For code and for people.
    dimension : 2 or 3
    points : float32, shape (n, dimension)
    axes : tuple of str
        What each axis is, e.g. "PC1 (23 %)"; empty where the axes mean nothing.
    trail : float32, shape (m, dimension), or None
        Where something that is no clip has been, oldest first: a line through the points, with a mark at its end.
    """

    name: str
    dimension: Literal[2, 3]
    points: NDArray[np.float32]
    title: str
    axes: tuple[str, ...] = ()
    trail: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Colouring:
    """One value a clip, to colour by or to tell.

    Attributes
    ----------
    title : str
    codes : uint8 or uint16, shape (n,)
        The place in ``names``, or 0 to 254 from ``low`` to ``high``. The type's greatest value: no value.
    names : tuple of str
        Of categories; empty for a continuous scale.
    low, high, unit
        The ends of a continuous scale.
    missing : str
        What a clip without value is called, e.g. "noise".
    """

    title: str
    codes: NDArray[np.uint8] | NDArray[np.uint16]
    names: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    missing: str = "no value"


def scene_data(scene: Scene, key: str) -> dict[str, Any]:
    steps, half = _quantised(scene.points)
    return {
        "name": scene.name,
        "title": scene.title,
        "dimension": scene.dimension,
        "axes": list(scene.axes),
        "half": half,
        "points": sounds.url(steps, sounds.BYTES, key),
    }


def _quantised(points: NDArray[np.float32]) -> tuple[bytes, list[float]]:
    """Each axis in 65,535 steps, finer than a screen shows, and half its length where the longest has 1."""
    if not len(points):
        return b"", [1.0] * points.shape[1]
    steps = np.full(points.shape, 32_768, dtype="<u2")
    spans = []
    for axis, values in enumerate(points.T):  # a column at a time is ten times as fast as all at once
        low, high = float(values.min()), float(values.max())
        spans.append(high - low)
        if high > low:
            steps[:, axis] = np.rint((values - low) * (65_535 / (high - low)))
    return steps.tobytes(), [span / (max(spans) or 1) for span in spans]


def trail_data(scene: Scene) -> list[list[float]]:
    """The trail on the scale that the browser brings the points to: half the longest axis is 1, their middle 0."""
    if scene.trail is None or not len(scene.trail) or not len(scene.points):
        return []
    low, high = scene.points.min(axis=0), scene.points.max(axis=0)
    longest = float((high - low).max()) or 1.0
    return [[round(float(value), 4) for value in row] for row in (2 * scene.trail - low - high) / longest]


def colouring_data(colouring: Colouring, key: str) -> dict[str, Any]:
    codes = colouring.codes
    common = {
        "title": colouring.title,
        "codes": sounds.url(np.ascontiguousarray(codes).tobytes(), sounds.BYTES, key),
        "wide": codes.dtype == np.uint16,
        "none": int(np.iinfo(codes.dtype).max),
        "missing": colouring.missing,
    }
    if colouring.names:
        return common | {"names": list(colouring.names)}
    return common | {"low": float(colouring.low), "high": float(colouring.high), "unit": colouring.unit}


def check(
    scenes: Sequence[Scene], n: int, colourings: Sequence[Colouring], selected: NDArray[np.bool_] | None
) -> None:
    if len(scenes) not in (1, 2):
        raise CloudError(f"a cloud shows one or two scenes, not {len(scenes)}: choose 3-D, 2-D or both")
    for scene in scenes:
        if scene.dimension not in (2, 3) or scene.points.shape != (n, scene.dimension):
            raise CloudError(
                f"{scene.title} holds points of shape {scene.points.shape}, and {n} clips in "
                f"{scene.dimension} dimensions were expected: run the build again"
            )
        if scene.trail is not None and scene.trail.shape[1:] != (scene.dimension,):
            raise CloudError(
                f"The trail through {scene.title} has the shape {scene.trail.shape}; expected (m, {scene.dimension})."
            )
        if not np.isfinite(scene.points).all():
            raise CloudError(f"{scene.title} holds a point that is no number: run the build again")
    lengths = {one.title: len(one.codes) for one in colourings}
    if selected is not None:
        lengths["the selection"] = len(selected)
    for name, length in lengths.items():
        if length != n:
            raise CloudError(f"{name} tells of {length} clips, and {n} are shown: choose it anew")


COUNT_BYTES = 4


class BitsError(SesatlasError):
    """The text names no selection of these clips."""


def encode(mask: NDArray[np.bool_]) -> str:
    """Write a selection as text that may stand in an address.

    Parameters
    ----------
    mask : bool, shape (n,)
        True where a clip is selected.

    Returns
    -------
    str
        Base64url, without padding, of the zlib stream of n and one bit a clip. A few neighbouring clips of
        100,000 take some 40 letters, every second one at random about 17,000.
    """
    plain = len(mask).to_bytes(COUNT_BYTES, "little") + pack(mask)
    return base64.urlsafe_b64encode(zlib.compress(plain, 9)).rstrip(b"=").decode("ascii")


def decode(text: str, n: int) -> NDArray[np.bool_]:
    """Read what ``encode`` wrote.

    Returns
    -------
    bool, shape (n,)

    Raises
    ------
    BitsError
        When the text is damaged, or was written for another number of clips.
    """
    stream = zlib.decompressobj()
    most = COUNT_BYTES + _bytes(n)
    try:
        # No more than what is asked for: a few letters can otherwise unfold to gigabytes.
        plain = stream.decompress(_from_base64(text, b"-_"), most + 1)
    except (zlib.error, ValueError) as error:
        raise _damaged(n) from error
    if len(plain) < COUNT_BYTES:
        raise _damaged(n)
    found = int.from_bytes(plain[:COUNT_BYTES], "little")
    if found != n:
        raise BitsError(
            f"this selection was made among {found:,} clips and {n:,} are shown: "
            "choose the dataset and the filters it was made with, or select anew"
        )
    if not stream.eof or stream.unused_data:
        raise _damaged(n)
    return unpack(plain[COUNT_BYTES:], n)


def from_browser(text: str, n: int) -> NDArray[np.bool_]:
    """Read plain base64 of one bit a clip, as the cloud sends it; raises BitsError like ``decode``."""
    try:
        packed = _from_base64(text, b"+/")
    except ValueError as error:
        raise _damaged(n) from error
    return unpack(packed, n)


def pack(mask: NDArray[np.bool_]) -> bytes:
    """One bit a clip, the first clip in the lowest bit of the first byte."""
    return np.packbits(mask, bitorder="little").tobytes()


def unpack(packed: bytes, n: int) -> NDArray[np.bool_]:
    """The reverse of ``pack``; raises BitsError where the length or the bits past the end do not fit n."""
    if len(packed) != _bytes(n):
        raise _damaged(n)
    flags = np.unpackbits(np.frombuffer(packed, np.uint8), bitorder="little").astype(bool)
    if flags[n:].any():
        raise _damaged(n)
    return flags[:n]


def _bytes(n: int) -> int:
    return (n + 7) // 8


def _from_base64(text: str, last_two: bytes) -> bytes:
    if not text.isascii():
        raise ValueError("not base64")
    padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
    try:
        return base64.b64decode(padded, altchars=last_two, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _damaged(n: int) -> BitsError:
    return BitsError(
        f"the text is not a selection of {n:,} clips: copy the whole address once more, or select anew"
    )
