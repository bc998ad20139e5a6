"""Whether the microphone is heard, in words: what is going on, and where nothing comes, what to try."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.live.state import LiveState
from app.live.webrtc import Connection

SILENT_S = 10.0
"""So long without a frame is no hiccup: a microphone sends frames of silence too."""
LAGGING = 0.02
"""From this share of frames on that nobody heard, it is told: fewer are dropped while a page loads."""


class Status(StrEnum):
    OFF = "microphone off"
    CONNECTING = "connecting"
    HEARING = "listening"
    UNREACHED = "no connection"
    SILENT = "no sound"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Told:
    """One of the above, and sentences: what it means, and what to try."""

    status: Status
    words: str
    tries: tuple[str, ...] = ()


OFF = "Press the button, allow the microphone when the browser asks for it, and speak."
UNREACHED = (
    "Did the browser ask for the microphone? Allow it, also at the left end of the address bar.",
    "Is this page on another machine? Browsers hand out the microphone only on localhost and over HTTPS.",
    "Is there a VPN or a firewall in between? WebRTC needs UDP, or a TURN server; README.md says how to set one.",
    "Press Stop and start again; or use a recording or a file, which need no such connection.",
)
SILENT = (
    "Is the microphone switched off, unplugged, or used by another program?",
    "Did the network change, or the computer sleep? Press Stop and start again.",
    "Choose another microphone below the button.",
)


def told(connection: Connection, state: LiveState | None) -> Told:
    """What to say, by what the browser's side says and what has come in."""
    if state is not None and state.error:
        return Told(Status.ENDED, state.error)
    if not connection.wanted:
        return Told(Status.OFF, OFF)
    if state is None or not state.frames:
        if state is None or state.since_audio_s < SILENT_S:
            return Told(Status.CONNECTING, "The browser and this program are finding each other ...")
        return Told(
            Status.UNREACHED,
            f"For {state.since_audio_s:.0f} s nothing has come from the browser's microphone. What to try:",
            UNREACHED,
        )
    if state.since_audio_s >= SILENT_S:
        return Told(
            Status.SILENT,
            f"The microphone was heard, but for {state.since_audio_s:.0f} s nothing has come from it. What to try:",
            SILENT,
        )
    return Told(Status.HEARING, _quality(state))


def _quality(state: LiveState) -> str:
    """What is wrong with the sound that comes, if anything is."""
    if state.refused:
        return f"{state.refused:,} of {state.frames:,} frames were no sound. {state.refusal}"
    if state.dropped > LAGGING * state.frames:
        return (
            f"This machine is too busy: {state.dropped:,} of {state.frames:,} frames were skipped so that you hear "
            "of now, not of then."
        )
    return ""
