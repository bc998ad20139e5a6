"""Which voice network is in use: the one trained in this store, else the one that is shipped."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path

from safetensors import SafetensorError

import models
from models.voice_card import CARD, NETWORK, WEIGHTS, Card, read
from pipeline.errors import PipelineError
from pipeline.train.layout import network_folder

HOME = Path(models.__file__).parent / "weights"
"""Where the shipped network lies."""

log = logging.getLogger(__name__)


class VoiceCardError(PipelineError):
    """No voice network can be used: its files are not there, damaged, or do not belong together."""


def voice_folder(root: Path) -> Path:
    """Where a training into the store at ``root`` keeps its weights, its card and its checkpoints."""
    return network_folder(root, NETWORK)


def load_card(root: Path) -> Card:
    """
    The network that was trained in the store's folder, if it is whole; else the one that is shipped.

    Raises
    ------
    VoiceCardError
        Neither is whole.
    """
    own = voice_folder(root)
    if (own / CARD).exists():
        trained = _read(own, False, _stamps(own))
        if isinstance(trained, Card):
            return trained
    shipped = _read(HOME, True, _stamps(HOME))
    if isinstance(shipped, VoiceCardError):
        raise shipped
    return shipped


def find_card(root: Path) -> Card | None:
    """As :func:`load_card`; None where there is no voice network that is whole, which is logged once."""
    try:
        return load_card(root)
    except VoiceCardError:
        return None


def _stamps(place: Path) -> tuple[tuple[int, int] | None, ...]:
    stats = [path.stat() if path.exists() else None for path in (place / CARD, place / WEIGHTS)]
    return tuple((one.st_size, one.st_mtime_ns) if one else None for one in stats)


@lru_cache(maxsize=8)
def _read(place: Path, shipped: bool, stamps: object) -> Card | VoiceCardError:
    """Read once for each state of the files, so that what is wrong with them is logged once."""
    mend = "Install the program again." if shipped else (
        "The shipped network is used instead; delete the folder, or train again: `python -m pipeline train gender`."
    )  # fmt: skip
    try:
        return read(place, shipped)
    except (OSError, AttributeError, KeyError, TypeError, ValueError, SafetensorError) as error:
        wrong = VoiceCardError(
            f"The voice network in {place} cannot be used ({type(error).__name__}: {error}). {mend}"
        )
        log.warning("%s", wrong)
        return wrong
