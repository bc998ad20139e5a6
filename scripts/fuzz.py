"""Damaged recordings and damaged tables through whole builds, until the time is up.

    make fuzz                                  five minutes
    .venv/bin/python scripts/fuzz.py --minutes 1 --seed 7

Each round writes a folder of recordings in many containers, most of them damaged, and a damaged table of labels beside
them, and builds it in a process of its own. Afterwards every recording must be a clip or a failure with its reason. A
traceback, a build that hangs and a recording that is neither are violations: the folder of that round is kept, and the
exit code is 1. The most memory that a worker took is measured from outside.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
import soundfile
from numpy.typing import NDArray
from rich.console import Console

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a script's own folder comes first on the path, not the project

from store.errors import StoreError  # noqa: E402
from store.reader import Reader  # noqa: E402
from store.snapshots import Store  # noqa: E402

say = Console(highlight=False, soft_wrap=True).print
BY_LIBSNDFILE = {
    "wav": ("WAV", "PCM_16"), "24.wav": ("WAV", "PCM_24"), "float.wav": ("WAV", "FLOAT"),
    "gsm.wav": ("WAV", "GSM610"),
    "adpcm.wav": ("WAV", "MS_ADPCM"),
    "rf64.wav": ("RF64", "PCM_16"), "w64": ("W64", "PCM_16"), "caf": ("CAF", "ALAC_16"),
    "aiff": ("AIFF", "PCM_16"), "au": ("AU", "PCM_16"), "sph": ("NIST", "PCM_16"), "voc": ("VOC", "PCM_16"),
    "flac": ("FLAC", "PCM_16"), "ogg": ("OGG", "VORBIS"), "opus": ("OGG", "OPUS"), "mp3": ("MP3", "MPEG_LAYER_III"),
}  # fmt: skip
BY_FFMPEG = {
    "m4a": ("ipod", "aac"), "alac.m4a": ("ipod", "alac"), "aac": ("adts", "aac"), "webm": ("webm", "libopus"),
    "mka": ("matroska", "libopus"), "wma": ("asf", "libmp3lame"), "wv": ("wv", "wavpack"), "tta": ("tta", "tta"),
    "amr": ("amr", "libopencore_amrnb"), "ac3": ("ac3", "ac3"),
}  # fmt: skip
RATE_HZ = {"gsm.wav": 8_000, "amr": 8_000}
COPIES = 3
"""Of each kind in a round: two are damaged."""
HEAD = 300
BUILD_S = 240.0
"""No round takes a quarter of it."""
MAX_WORKER_MB = 400
CELLS = (
    "",
    "1e300",
    "-1",
    "nan",
    '"',
    '"unclosed',
    "=1+1",
    "\x00",
    "\x1b[31m",
    "a" * 5_000,
    "fold1",
    "ğüş",
    "é",
    ";",
)
HEADERS = (
    "path,label,fold",
    "filename;category;fold",
    "path\tlabel\tsex",
    "dosya,etiket,fold",
    "label,label,path",
)


def sounds() -> dict[str, bytes]:
    """A recording of half a second in each kind, by its suffix; a kind that cannot be written here is left out."""
    found = {}
    for suffix, (kind, subtype) in BY_LIBSNDFILE.items():
        rate_hz = RATE_HZ.get(suffix, 48_000)
        buffer = io.BytesIO()
        soundfile.write(buffer, tone(rate_hz), rate_hz, format=kind, subtype=subtype)
        found[suffix] = buffer.getvalue()
    for suffix, (muxer, encoder) in BY_FFMPEG.items():
        try:
            found[suffix] = by_ffmpeg(
                tone(RATE_HZ.get(suffix, 48_000)), RATE_HZ.get(suffix, 48_000), muxer, encoder
            )
        except (av.FFmpegError, ValueError):
            say(f"FFmpeg cannot write {encoder} in {muxer} here: left out.")
    return found


def tone(rate_hz: int) -> NDArray[np.float32]:
    time_s = np.arange(rate_hz // 2) / rate_hz
    noise = 0.02 * np.random.default_rng(1).standard_normal(len(time_s))
    return (0.3 * np.sin(2 * np.pi * 440 * time_s) + noise).astype(np.float32)


def by_ffmpeg(samples: NDArray[np.float32], rate_hz: int, muxer: str, encoder: str) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=muxer) as output:
        stream = output.add_stream(encoder, rate=rate_hz, layout="mono")
        size = stream.codec_context.frame_size or 1024
        converter = av.AudioResampler(stream.format, "mono", rate_hz, frame_size=size)
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate = rate_hz
        for ready in [*converter.resample(frame), *converter.resample(None), None]:
            output.mux(stream.encode(ready))
    return buffer.getvalue()


def damaged(data: bytes, random: np.random.Generator) -> bytes:
    """Some bytes changed, half of them near the beginning; now and then a piece cut out, doubled or cut off."""
    changed = bytearray(data)
    for _ in range(random.integers(1, 12)):
        reach = min(HEAD, len(changed)) if random.random() < 0.5 else len(changed)
        changed[random.integers(reach)] = random.integers(256)
    start, stop = sorted(int(place) for place in random.integers(0, len(changed), 2))
    match random.integers(6):
        case 0:
            del changed[start:stop]
        case 1:
            changed[start:start] = changed[start:stop]
        case 2:
            del changed[stop:]
    return bytes(changed)


def table(names: list[str], random: np.random.Generator) -> bytes:
    """A table of labels: some cells are others than they should be, then some bytes as well."""
    header = str(random.choice(HEADERS))
    delimiter = max(",;\t", key=header.count)
    rows = [[name, random.choice(["a", "b"]), str(random.integers(1, 6))] for name in names]
    for row in rows:
        if random.random() < 0.1:
            row[random.integers(len(row))] = str(random.choice(CELLS))
        if random.random() < 0.05:
            row.append("more")
    text = "\n".join([header, *map(delimiter.join, rows)])
    data = text.encode(str(random.choice(["utf-8", "utf-8-sig", "utf-16", "cp1254"])), errors="replace")
    return damaged(data, random) if random.random() < 0.5 else data


def write_round(root: Path, kinds: dict[str, bytes], random: np.random.Generator) -> None:
    """Recordings in two folders and a table beside them."""
    names = []
    for number, (suffix, data) in enumerate(kinds.items()):
        for copy in range(COPIES):
            name = f"{'ab'[number % 2]}/{number:02}_{copy}.{suffix}"
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(damaged(data, random) if copy else data)
            names.append(name)
    if random.random() < 0.5:  # a table decides which recordings there are: without one, all are read
        (root / f"labels.{random.choice(['csv', 'tsv', 'txt'])}").write_bytes(table(names, random))


@dataclass
class Tally:
    """What became of all rounds."""

    rounds: int = 0
    clips: int = 0
    failures: int = 0
    refused: int = 0
    """Builds that ended with a sentence and no snapshot."""
    worker_mb: float = 0.0
    violations: list[str] = field(default_factory=list)


def build(root: Path, store: Path, tally: Tally) -> None:
    """One build of ``root``, watched from outside."""
    words = ["build", "--store", store, "--dataset", f"folder={root}", "--no-analyses", "--jobs", "2"]
    output = root.parent / "output.txt"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline", *map(str, words)],
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        began = time.monotonic()
        while process.poll() is None:
            tally.worker_mb = max(tally.worker_mb, *map(peak_mb, descendants(process.pid)), 0.0)
            if time.monotonic() - began > BUILD_S:
                process.kill()
                process.wait()
                tally.violations.append(f"{root}: no end after {BUILD_S:.0f} s")
                return
            time.sleep(0.1)
    text = output.read_text(errors="replace")
    if "Traceback" in text or process.returncode not in (0, 2):
        tally.violations.append(f"{root}: exit code {process.returncode}\n{text[-3000:]}")
    elif process.returncode == 2:
        tally.refused += 1
        say(f"round {tally.rounds}: refused. {text.strip().rpartition(chr(10))[2]}", markup=False)
    else:
        account(root, store, tally)


def account(root: Path, store: Path, tally: Tally) -> None:
    """Every recording is a clip, a failure, or among those of which a note says that the table does not list them."""
    try:
        snapshot = Store(store).current()
        assert snapshot is not None
        with Reader(snapshot.path) as reader:
            clips = {row["relative_path"] for row in reader.rows("all_clips")}
            failures = {row["relative_path"] for row in reader.rows("all_failures")}
            notes = " ".join(note for row in reader.rows("all_datasets") for note in row["notes"])
    except StoreError as error:
        tally.violations.append(f"{root}: {error}")
        return
    recordings = {path.relative_to(root).as_posix() for path in root.glob("[ab]/*")}
    tally.clips += len(clips)
    tally.failures += len(failures & recordings)
    lost = sorted(recordings - clips - failures)
    unlisted = sum(int(count.replace(",", "")) for count in re.findall(r"not list[^:]*: ([\d,]+)", notes))
    if len(lost) != unlisted:
        tally.violations.append(f"{root}: neither clip nor failure: {', '.join(lost[:5])}")


def descendants(pid: int) -> Iterator[int]:
    """All processes that a process has started, at any depth; none where the system does not tell."""
    try:
        children = [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except (OSError, ValueError):
        return
    for child in children:
        yield child
        yield from descendants(child)


def peak_mb(pid: int) -> float:
    """The most memory that a process has had, in MB."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    except (OSError, IndexError, ValueError):
        return 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--minutes", type=float, default=5.0, help="begin no round after this time (default: 5)"
    )
    parser.add_argument("--seed", type=int, default=int(time.time()), help="repeats a run")
    options = parser.parse_args()
    say(f"seed {options.seed}")
    kinds, tally = sounds(), Tally()
    ends = time.monotonic() + 60 * options.minutes
    folder = Path(tempfile.mkdtemp(prefix="sesatlas-fuzz-"))
    while time.monotonic() < ends:
        place = folder / f"round{tally.rounds:04}"
        root = place / "sounds"
        write_round(root, kinds, np.random.default_rng([options.seed, tally.rounds]))
        before = len(tally.violations)
        build(root, place / "store", tally)
        tally.rounds += 1
        for violation in tally.violations[before:]:
            say(violation, style="red", markup=False)
        if len(tally.violations) == before:
            shutil.rmtree(place)
    over = tally.worker_mb > MAX_WORKER_MB
    say(
        f"{tally.rounds} builds, {tally.clips} clips, {tally.failures} failures, {tally.refused} builds refused, "
        f"{len(tally.violations)} violations; at most {tally.worker_mb:.0f} MB a worker"
        + (f", expected {MAX_WORKER_MB}" if over else "")
    )
    if not tally.violations:
        shutil.rmtree(folder)
    return 1 if tally.violations or over else 0


if __name__ == "__main__":
    sys.exit(main())
