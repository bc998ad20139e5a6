"""Recordings for the audit: small ones made of bursts of noise, and the real ESC-10 where it is there."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass

import av
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from pipeline.audio.decode import load_mono, resample
from pipeline.audit.fingerprint import fingerprint
from pipeline.features.spectra import SAMPLE_RATE_HZ, Spectra

# scikit-learn's threads wait by spinning: beside other test processes that costs more than it gains.
os.environ.setdefault("OMP_NUM_THREADS", "1")

Samples = NDArray[np.float32]


def mp3(samples: Samples, rate_hz: int) -> Samples:
    """Sent through MP3 at 64 kbit/s."""
    steps = (np.clip(samples, -1, 1) * 32767).astype("<i2")[None]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp3") as file:
        stream = file.add_stream("libmp3lame", rate=rate_hz)
        stream.bit_rate, stream.layout, stream.format = 64_000, "mono", "s16p"
        frame = av.AudioFrame.from_ndarray(steps, format="s16p", layout="mono")
        frame.sample_rate = rate_hz
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    return load_mono(buffer.getvalue())[0]


def late(samples: Samples, rate_hz: int) -> Samples:
    """Half a second later, as long as before: half a second of its end is lost."""
    silence = np.zeros(rate_hz // 2, dtype=np.float32)
    return np.concatenate([silence, samples])[: len(samples)]


def quiet(samples: Samples, rate_hz: int) -> Samples:
    """Turned down by 12 dB and written with 16 bits."""
    return (np.rint(samples * 10 ** (-12 / 20) * 32768) / 32768).astype(np.float32)


CHANGES: dict[str, Callable[[Samples, int], Samples]] = {"late": late, "quiet": quiet, "mp3": mp3}


def print_of(samples: Samples, rate_hz: int = SAMPLE_RATE_HZ) -> NDArray[np.uint32]:
    return fingerprint(Spectra(resample(samples, rate_hz, SAMPLE_RATE_HZ)))


def noise_like(seed: int, seconds: float = 3.0) -> Samples:
    """Noise of a colour and with bursts of its own, at 22,050 Hz."""
    random = np.random.default_rng(seed)
    n = round(seconds * SAMPLE_RATE_HZ)
    noise = np.convolve(random.normal(size=n), random.normal(size=8), mode="same")
    bursts = np.repeat(random.uniform(0.05, 1, n // 2000 + 1), 2000)[:n]
    made = noise * bursts
    return (0.3 * made / np.abs(made).max()).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Esc10:
    """The 400 real clips: the publisher's table, samples and rate, fingerprints, and plain features."""

    clips: pd.DataFrame
    sounds: list[tuple[Samples, int]]
    prints: NDArray[np.uint32]
    features: NDArray[np.float32]


@pytest.fixture(scope="session")
def changes() -> dict[str, Callable[[Samples, int], Samples]]:
    return CHANGES


@pytest.fixture(scope="session")
def made() -> Callable[..., Samples]:
    return noise_like


@pytest.fixture(scope="session")
def printed() -> Callable[..., NDArray[np.uint32]]:
    return print_of


@pytest.fixture(scope="session")
def published(shared_data) -> pd.DataFrame:
    """ESC-50's whole table of 2,000 clips, with our names of its columns."""
    table = pd.read_csv(shared_data / "esc10" / "esc50.csv", dtype={"src_file": str})
    return table.rename(columns={"filename": "clip_id", "category": "label", "src_file": "source"})


@pytest.fixture(scope="session")
def esc10(shared_data, published) -> Esc10:
    from pipeline.audio.intake import Intake
    from pipeline.audio.measure import measure
    from pipeline.features import VIEWS

    files = sorted((shared_data / "esc10" / "audio").glob("*.ogg"))
    rows, sounds, prints, features = [], [], [], []
    for file in files:
        samples, rate = load_mono(file)
        intake = Intake(rate, 1, limit_s=60.0)
        intake.add(samples)
        facts = measure(intake.recording("WAV PCM_16"))
        spectra = Spectra(resample(samples, rate, SAMPLE_RATE_HZ))
        rows.append(
            {"file": file.stem, "content_hash": file.stem} | {f: getattr(facts, f) for f in facts.__slots__}
        )
        sounds.append((samples, rate))
        prints.append(fingerprint(spectra))
        features.append(np.concatenate([VIEWS[name].compute(spectra) for name in ("mfcc", "contrast")]))
    known = published.assign(file=published["clip_id"].str.rsplit("-", n=1).str[0])
    clips = pd.DataFrame(rows).merge(known, on="file", validate="one_to_one")
    assert clips["file"].tolist() == [file.stem for file in files]
    return Esc10(clips, sounds, np.array(prints), np.array(features))
