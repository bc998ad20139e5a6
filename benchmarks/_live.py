"""What the benchmarks of live sound have in common: the network in use, people who speak, and sounds that are none."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
import torch
from numpy.typing import NDArray

from app.live.session import LiveSession
from models.decisions import State, StreamParameters
from models.gender import StreamingVoiceModel, load
from models.stream import VoiceStream
from models.vad import RATE_HZ, Silero
from models.voice_card import Card
from pipeline.datasets import esc50, timit
from pipeline.networks.in_use import HOME, load_card
from pipeline.synthesis.speech.voices import roster, utter
from pipeline.train.voice.sounds import BELOW_LOUDEST_DB, FRAME_S, decoded

Samples = NDArray[np.float32]

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
"""The real recordings beside the repository."""
BROWSER_HZ = 48_000
"""What browsers send: frames of 20 ms, two channels, 16 bits."""
FRAME = BROWSER_HZ // 50
SEXES = {"F": "female", "M": "male"}


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One who speaks: ``clips`` float32 (samples,) at 16 kHz."""

    name: str
    sex: str
    clips: Sequence[Samples]

    @property
    def state(self) -> State:
        return State.of(self.sex)


@dataclass(frozen=True, eq=False)
class Network:
    """The network that comes with the program, ready for any number of streams."""

    card: Card
    model: StreamingVoiceModel

    @property
    def parameters(self) -> StreamParameters:
        return self.card.stream

    def stream(self) -> VoiceStream:
        return VoiceStream(self.model, Silero(), self.parameters)

    def session(self, **how: object) -> LiveSession:
        return LiveSession(self.stream(), **how)  # type: ignore[arg-type]


def network() -> Network:
    """One thread is fastest for one window, and leaves the other cores to the other streams."""
    torch.set_num_threads(1)
    card = load_card(HOME)
    return Network(card, StreamingVoiceModel(load(card.weights)))


def demo(clips: int = 5) -> list[Person]:
    """The synthetic speakers, women and men in turn."""
    everybody = [
        Person(one.name, SEXES[one.sex], [utter(one, name).samples for name in one.sentences[:clips]])
        for one in roster()
    ]
    women, men = ([one for one in everybody if one.sex == sex] for sex in SEXES.values())
    return [one for pair in zip(women, men, strict=False) for one in pair]


def timit_sample(data: Path) -> list[Person]:
    """The speakers of the TIMIT sample; none where it is not there."""
    folder = data / "timit_sample"
    clips = timit.DATASET.scan(folder, "timit").clips if folder.is_dir() else []
    found: dict[tuple[str, str], list[Samples]] = {}
    for clip in clips:
        if clip.speaker and clip.sex:
            found.setdefault((clip.speaker, clip.sex), []).append(decoded(clip.path))
    return [Person(name, sex, said) for (name, sex), said in sorted(found.items())]


def esc_10(data: Path) -> list[tuple[str, Path]]:
    """Class and file of each clip of ESC-10; none where it is not there."""
    folder = data / "esc10"
    clips = esc50.DATASET.scan(folder, "esc50").clips if folder.is_dir() else []
    return sorted((str(clip.label), Path(clip.path)) for clip in clips)


def cut(samples: Samples) -> Samples:
    """Speech from where it begins to where it ends: what is 35 dB below its loudest 25 ms on both sides goes."""
    frame = round(FRAME_S * RATE_HZ)
    count = len(samples) // frame
    level = np.square(samples[: count * frame]).reshape(count, frame).mean(1)  # (count,) powers
    loud = np.flatnonzero(level >= level.max() * 10 ** (-BELOW_LOUDEST_DB / 10))
    return samples[loud[0] * frame : (loud[-1] + 1) * frame]


def as_a_browser_sends(samples: Samples) -> list[NDArray[np.int16]]:
    """(samples,) at 16 kHz -> frames of 20 ms, int16 (960, 2) at 48 kHz; what fills none is left off."""
    loud = soxr.resample(samples.astype(np.float32), RATE_HZ, BROWSER_HZ)
    both = np.repeat(np.rint(np.clip(loud, -1, 1) * 32_767).astype(np.int16)[:, None], 2, 1)
    return np.split(both[: len(both) // FRAME * FRAME], len(both) // FRAME)


def machine() -> str:
    """The machine, and how busy it is: what else runs on it shows in every figure."""
    load_1, load_5, _ = os.getloadavg() if hasattr(os, "getloadavg") else (float("nan"),) * 3
    return f"{os.cpu_count()} cores, load {load_1:.1f} in the last minute and {load_5:.1f} in the last five"


def give_back() -> None:
    """Memory that is free but kept by Python or the C library goes back to the system, where it can be asked to."""
    gc.collect()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library than glibc
            ctypes.CDLL("libc.so.6").malloc_trim(0)


def resident_mb() -> float:
    """Memory that this process has from the system; NaN where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
