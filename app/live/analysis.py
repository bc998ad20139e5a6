"""A whole recording through the stream of the microphone, at full speed."""

from __future__ import annotations

import io
import time
from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
import soundfile

from app.live import audio_file
from app.live.audio_file import Block, Facts
from app.live.example import ReferenceUtterance
from app.live.metrics import NOTHING
from models.decisions import Decision
from models.stream import VoiceStream
from models.vad import CHUNK, RATE_HZ


@dataclass(frozen=True, slots=True)
class ExampleContent:
    """Who speaks when in a recording, what it is made of in words, and the title of the collection."""

    truth: tuple[ReferenceUtterance, ...]
    about: str
    title: str

    @property
    def speakers(self) -> int:
        return len({one.speaker for one in self.truth})


@dataclass(frozen=True, slots=True)
class UploadedRecording:
    """A recording to analyse; ``known`` of an example only."""

    name: str
    data: bytes
    known: ExampleContent | None = None

    @property
    def shown(self) -> str:
        """Its name for Markdown, whatever it holds."""
        return "".join(one for one in self.name if one.isprintable() and one != "`")[-80:] or "recording"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RecordingAnalysis:
    """What was decided on a recording."""

    decisions: tuple[Decision, ...]
    """In their order, without sound and embedding; ``voiced`` of all of them together covers the recording."""
    duration_s: float
    sound: bytes
    """The stream's input, to be played: FLAC, 16 kHz mono, half as large as a WAV."""
    took_s: float
    """Seconds that the analysis took."""
    damaged: int
    """Pieces of the file that could not be decoded; they are missing from the time line."""


class RecordingAnalyser:
    """
    Analyses one recording. Not to take the next of :meth:`seconds` cancels it: nothing goes on by itself.

    Parameters
    ----------
    data : bytes
        A file.
    stream : VoiceStream
        A new one, for this recording alone.
    facts : Facts, optional
        What :func:`app.live.audio_file.look` has found; without it, the file is looked at first.
    """

    def __init__(self, data: bytes, stream: VoiceStream, facts: Facts | None = None) -> None:
        self._facts = facts or audio_file.look(data)
        self._blocks, self._stream = audio_file.blocks(data, self._facts), stream
        self._decisions: list[Decision] = []
        self._bytes = io.BytesIO()
        self._player = soundfile.SoundFile(
            self._bytes, "w", RATE_HZ, 1, subtype="PCM_16", format="FLAC"
        )  # it clips what exceeds full scale
        self._heard_s = 0.0
        self._began = time.perf_counter()
        self._found: RecordingAnalysis | None = None

    def seconds(self) -> Generator[float, None, None]:
        """
        Analyse block by block, and yield how many seconds are done.

        Raises
        ------
        AudioError
            See :func:`app.live.audio_file.blocks`.
        """
        try:
            for block in self._blocks:
                self._take(block)
                yield self._heard_s
            self._keep(self._stream.finish())
            # Silence, until all of the sound has been decided on.
            tail = np.zeros(round(self._stream.parameters.every_s * RATE_HZ) + 2 * CHUNK, dtype=np.float32)
            self._keep(self._stream.feed(tail, RATE_HZ) + self._stream.finish())
            self._finish()
        finally:
            self._blocks.close()
            self._player.close()

    @property
    def analysis(self) -> RecordingAnalysis:
        """
        The decisions, once the recording was analysed to its end.

        Raises
        ------
        RuntimeError
            It was not.
        """
        if self._found is None:
            raise RuntimeError("The recording has not been analysed to its end.")
        return self._found

    def _take(self, block: Block) -> None:
        self._heard_s += len(block.samples) / block.rate_hz
        self._keep(self._stream.feed(block.samples, block.rate_hz))

    def _keep(self, decisions: list[Decision]) -> None:
        for one in decisions:
            self._player.write(one.sound)
            self._decisions.append(replace(one, sound=NOTHING, embedding=None, speech=()))

    def _finish(self) -> None:
        self._player.close()
        self._found = RecordingAnalysis(
            decisions=tuple(self._decisions),
            duration_s=self._heard_s,
            sound=self._bytes.getvalue(),
            took_s=time.perf_counter() - self._began,
            damaged=self._facts.damaged,
        )


def left_s(heard_s: float, facts: Facts, spent_s: float) -> float | None:
    """Seconds that the analysis will still take at the speed so far; None before it has begun."""
    if heard_s <= 0 or spent_s <= 0:
        return None
    return max(0.0, facts.duration_s - heard_s) * spent_s / heard_s
