"""What a live session has to tell the page at one moment."""

from __future__ import annotations

from dataclasses import dataclass

from app.live.spectrogram import Picture
from models.decisions import Decision


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LiveState:
    """It stays as it is while the session goes on, so the page may draw it at leisure."""

    latest: Decision | None
    """The newest decision; None before the first, and as soon as it is too old to say what is heard now."""
    recent: tuple[Decision, ...]
    """The newest decisions, oldest first; none once the session has ended."""
    picture: Picture
    frames: int
    """How many frames came."""
    dropped: int
    """How many of them nobody heard, because the worker lagged behind."""
    refused: int
    """How many of them were no sound."""
    refusal: str
    """What was wrong with the last of those; empty where there was none."""
    age_s: float
    """Seconds since the sound that the newest decision ends with came in; 0 where there is none."""
    since_audio_s: float
    """Seconds since the newest frame came, or since the session began where none has."""
    error: str
    """Why the session ended by itself, for a person to read; empty where it goes on or was closed."""
    closed: bool
    """It hears nothing any more; whoever wants to go on needs a new session."""
