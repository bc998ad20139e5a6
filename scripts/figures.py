"""How large the house is, and how many files four walks through it cross.

    .venv/bin/python scripts/figures.py

A walk is done once, and the files of ours are counted in which a function is called on the way, in all threads:
a recording until its vector is in the store, one SELECT from a page, a microphone's frames until the page shows a
voice, and a chosen clip until its player, waveform and table are drawn. The demo voices and a demo store are made
in a temporary folder.
"""

from __future__ import annotations

import ast
import logging
import os
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a script's own folder comes first on the path, not the project
say = Console(highlight=False, soft_wrap=True).print
ROOMS = ("app", "pages", "pipeline", "store", "models")


def modules() -> dict[str, Path]:
    """Dotted names and files of all modules; packages by the name of their folder."""
    files = (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    return {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in files}


def importers() -> dict[str, set[str]]:
    """Who imports each module, at any depth of its text."""
    known = modules()
    found: dict[str, set[str]] = defaultdict(set)
    for name, path in known.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.ImportFrom(module=str(base), names=names, level=0):
                    targets = {base, *(f"{base}.{one.name}" for one in names)}
                case ast.Import(names=names):
                    targets = {one.name for one in names}
                case _:
                    continue
            for target in targets & known.keys() - {name}:
                found[target].add(name)
    return found


def size() -> None:
    known = {name: path for name, path in modules().items() if path.name != "__init__.py"}
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in modules().items()}
    by = importers()
    longest = max(known, key=lambda name: lines[name])
    say(f"modules                {len(known)}")
    say(f"lines                  {sum(lines.values())}")
    say(f"with a single importer {sum(len(by[name]) == 1 for name in known)}")
    say(f"longest                {longest}, {lines[longest]} lines")


@contextmanager
def trace(*beneath: str) -> Iterator[list[tuple[str, str]]]:
    """Every call into a module of ours, its file and the function, in order; if named, only beneath these functions."""
    calls: list[tuple[str, str]] = []
    prefix = f"{ROOT}{os.sep}"

    def note(frame: FrameType, event: str, arg: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(prefix) and code.co_name != "<module>":
            file = code.co_filename[len(prefix) :]
            if Path(file).parts[0] in ROOMS and (not beneath or _is_beneath(frame, beneath)):
                calls.append((file, code.co_name))

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]


def _is_beneath(frame: FrameType | None, names: Container[str]) -> bool:
    while frame is not None and frame.f_code.co_name not in names:
        frame = frame.f_back
    return frame is not None


def report(walk: str, calls: list[tuple[str, str]], *, all_calls: bool = False) -> None:
    files = list(dict.fromkeys(file for file, _ in calls))
    say(f"\n{walk}: {len(files)} files")
    say("  " + "\n  ".join(f"{file} {name}" for file, name in calls) if all_calls else "  " + " ".join(files))


def recording(folder: Path) -> None:
    """A build of one recording and one view in this process: what reads, measures and writes it."""
    import numpy as np
    import soundfile

    from pipeline.build.build import Options, build
    from pipeline.features import VIEWS
    from pipeline.sources import parse
    from store.snapshots import Store

    (folder / "one" / "noise").mkdir(parents=True)
    noise = np.random.default_rng(0).normal(0, 0.1, 22_050).astype(np.float32)
    soundfile.write(folder / "one" / "noise" / "a.wav", noise, 22_050)
    options = Options(n_jobs=1, analyses=False, views={"mfcc": VIEWS["mfcc"]})
    with trace("scan_all", "extract", "take", "commit") as calls:
        build(
            Store(folder / "store_of_one"), parse([f"folder={folder / 'one'}"]), lambda event: None, options
        )
    report("A recording until its vector is in the store", calls)


def select(dataset: str) -> None:
    from app.cache import tables

    with trace() as calls:
        tables.projections(dataset)
    report("One SELECT from a page", calls, all_calls=True)


def clip(dataset: str) -> None:
    from app.cache import snapshot
    from app.ui.clip import clip_in_full

    chosen = str(snapshot.clips(dataset)["clip_id"].iloc[3])
    with trace() as calls:
        clip_in_full(chosen)
    report("A chosen clip until it is drawn", calls)


def frame(recordings: Path) -> None:
    """20 ms frames of a sentence into the sink, until a voice is named and drawn."""
    import av
    import numpy as np
    import soundfile
    import soxr

    from app.cache import tables
    from app.live import microphone_tab, webrtc
    from app.live.session import LiveSession
    from models.decisions import StreamParameters
    from models.stream import VoiceStream
    from models.vad import Silero

    model = tables.voice_model()
    samples, rate_hz = soundfile.read(sorted(recordings.rglob("*.[wW][aA][vV]"))[0], dtype="float32")
    pcm = (np.clip(soxr.resample(samples, rate_hz, 48_000), -1, 1) * 32767).astype(np.int16)
    sink = webrtc.SessionAudioSink(lambda: LiveSession(VoiceStream(model, Silero(), StreamParameters())))
    connection = webrtc.Connection(*[True] * len(webrtc.Connection.__dataclass_fields__))
    with trace() as calls:
        sink.begin()
        for start in range(0, len(pcm) - 960, 960):
            one = av.AudioFrame.from_ndarray(pcm[None, start : start + 960], format="s16", layout="mono")
            one.sample_rate = 48_000
            sink._push(one)
        wait(lambda: sink.session is not None and sink.session.state().latest is not None)
        microphone_tab._tick(connection, sink, 0.85)
    report("A microphone's frames until the page shows a voice", calls)


def wait(ready: Callable[[], bool], within_s: float = 30.0) -> None:
    end = time.monotonic() + within_s
    while not ready() and time.monotonic() < end:
        time.sleep(0.05)


def main() -> None:
    logging.disable(logging.WARNING)  # outside a page Streamlit warns at every call
    size()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ |= {"SESATLAS_STORE": str(folder / "store"), "SESATLAS_RECORDINGS": str(folder)}
        from pipeline.build.build import Options, build
        from pipeline.sources import parse
        from store.snapshots import Store

        demo = parse(["demo"])
        build(Store(folder / "store"), demo, lambda event: None, Options(n_jobs=2, analyses=False))
        recording(folder)
        dataset = "demo_voices"
        select(dataset)
        clip(dataset)
        frame(demo[dataset].path)


if __name__ == "__main__":
    main()
