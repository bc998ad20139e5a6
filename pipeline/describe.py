"""One recording that is in no store: its facts and its vectors, as a build would compute them."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.decode import AudioError, Facts, decode
from pipeline.audio.measure import measure
from pipeline.errors import PipelineError
from pipeline.features import VIEWS
from pipeline.jobs import vectors_of

logger = logging.getLogger(__name__)


class DescriptionError(PipelineError):
    """A recording's vectors cannot stand beside those of a store."""


@dataclass(frozen=True, slots=True, eq=False)
class Description:
    """What a build would write of a recording: its SHA-256, its facts, and a raw float32 vector a view."""

    content_hash: str
    facts: Facts
    vectors: Mapping[str, NDArray[np.float32]]

    def joined(self, views: Iterable[str]) -> NDArray[np.float32]:
        """
        The raw vectors of some views one after the other, shape ``(sum of their dimensions,)``.

        Raises
        ------
        DescriptionError
            A view that this recording was not described by.
        """
        names = list(views)
        missing = [name for name in names if name not in self.vectors]
        if missing or not names:
            asked = ", ".join(missing) or "no view"
            raise DescriptionError(
                f"The recording was described by {', '.join(self.vectors)}, not by {asked}. "
                "Choose one of those, or build the store again with this version of the program."
            )
        return np.concatenate([self.vectors[name] for name in names])


def describe(recording: bytes, views: Iterable[str] | None = None) -> Description:
    """
    Decode, check, measure and transform the bytes of a recording, in memory and in this process.

    The steps, the order and the functions are those of :func:`pipeline.jobs.extract_clip`, so that a
    file of a collection gets the very vectors that the store holds of it.

    Parameters
    ----------
    recording : bytes
        A whole file: WAV, FLAC, OGG, MP3, M4A, WebM or whatever else a build reads.
    views : iterable of str, optional
        Which views; all of :data:`pipeline.features.VIEWS` where none are named.

    Raises
    ------
    AudioError
        The bytes cannot be decoded (empty, broken, no sound) or their sound cannot be used (too short,
        too long, silent, not finite, an absurd sample rate).
    DescriptionError
        There is no view of that name.
    """
    names = list(VIEWS if views is None else views)
    unknown = [name for name in names if name not in VIEWS]
    if unknown:
        raise DescriptionError(f"There is no view '{unknown[0]}'; there are: {', '.join(VIEWS)}.")
    try:
        decoded = decode(recording)
        return Description(
            hashlib.sha256(recording).hexdigest(), measure(decoded), vectors_of(decoded, names)
        )
    except AudioError:
        raise
    except Exception as error:  # as in a build: whatever one recording does must not take the page down
        logger.debug("a recording of %d bytes failed", len(recording), exc_info=True)
        raise AudioError(
            f"The recording cannot be described ({type(error).__name__}: {error}). Convert it to WAV and try again.",
            "check",
        ) from error


def comparable(keys: Mapping[str, str]) -> dict[str, str]:
    """Which of a store's views can be compared with a new recording's, and why the others cannot.

    Parameters
    ----------
    keys : mapping
        Each view of the store, and the key it was computed under (see :attr:`View.key`).

    Returns
    -------
    dict
        View to a sentence, for those views only whose numbers would mean something else today.
    """
    refusals = {}
    for name, key in keys.items():
        if name not in VIEWS:
            refusals[name] = f"This version of the program does not know the view '{name}'. Build again."
        elif VIEWS[name].key != key:
            refusals[name] = (
                f"The store's '{name}' was computed by another version of this program. Build again: "
                "then a new recording can be compared in it."
            )
    return refusals
