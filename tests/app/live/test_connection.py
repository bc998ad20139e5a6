"""What is said of the connection, by what came of it."""

from __future__ import annotations

from typing import Any

import pytest

from app.live.connection import SILENT_S, Status, told
from app.live.spectrogram import Picture
from app.live.state import LiveState
from app.live.webrtc import Connection

OFF, FINDING, ON = Connection(False, False), Connection(False, True), Connection(True, False)


def state(**known: Any) -> LiveState:
    nothing = {
        "latest": None, "recent": (), "picture": Picture(), "frames": 0, "dropped": 0, "refused": 0, "refusal": "",
        "age_s": 0.0, "since_audio_s": 0.0, "error": "", "closed": False,
    }  # fmt: skip
    return LiveState(**{**nothing, **known})


@pytest.mark.parametrize(
    ("connection", "known", "status"),
    [
        (OFF, None, Status.OFF),
        (OFF, state(closed=True, frames=100), Status.OFF),
        (FINDING, None, Status.CONNECTING),
        (ON, state(since_audio_s=SILENT_S - 0.1), Status.CONNECTING),
        (ON, state(since_audio_s=SILENT_S), Status.UNREACHED),
        (ON, state(frames=5, since_audio_s=SILENT_S - 0.1), Status.HEARING),
        (ON, state(frames=5, since_audio_s=SILENT_S), Status.SILENT),
        (ON, state(frames=5, error="It broke.", closed=True), Status.ENDED),
        (OFF, state(error="It broke."), Status.ENDED),
    ],
)
def test_each_state_of_affairs_has_its_status(
    connection: Connection, known: LiveState | None, status: Status
) -> None:
    found = told(connection, known)
    assert found.status == status
    assert bool(found.tries) == (status in (Status.UNREACHED, Status.SILENT))


def test_frames_that_nobody_heard_or_that_were_no_sound_are_told() -> None:
    assert told(ON, state(frames=1000, dropped=20)).words == ""
    assert "21 of 1,000 frames were skipped" in told(ON, state(frames=1000, dropped=21)).words
    refused = told(ON, state(frames=9, refused=2, refusal="The frame holds object.")).words
    assert "2 of 9" in refused and refused.endswith("The frame holds object.")
