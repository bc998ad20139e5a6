"""The demo: 200 sounds and 200 sentences, computed on this machine, in two corpora that are always there.

What      ``demo_sounds``: ten kinds of environmental sound, made by physical models of their sources
          (struck modes, drops, pulses, sweeps, rotors) in drawn rooms, distances and recorders;
          44.1 kHz, mono, 5 s. ``demo_voices``: forty made-up speakers who read short sentences,
          made by a formant synthesiser (glottal pulses through a moving vocal tract); 16 kHz, mono.
          No recording of anything or anybody is in them.
Size      200 clips of 10 categories, two for each of ESC-50's five groups, 5 folds, 20 sources and
          40 clips a fold; 88 MB. 200 sentences by 28 men and 12 women, 28 speakers in TRAIN and 12
          in TEST; 16 MB. Together made in about 10 s on two cores.
Licence   MIT; generated
Citation  Sesatlas: synthetic demo corpora
Layout    As ESC-50's and TIMIT's, below the dataset's root: ``audio/FOLD-SOURCE-TAKE-TARGET.wav`` and
          ``meta/esc50.csv``; ``TRAIN|TEST/DRn/SPEAKER/SENTENCE.WAV`` with ``.TXT .WRD .PHN`` beside it
          and ``DOC/SPKRINFO.TXT``

They show what the dashboard does before a real corpus is there. What holds of them need not hold of
recordings: a model that tells these voices' sexes has only learnt how they were drawn.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from pipeline.clips import Scan
from pipeline.datasets import esc50, timit
from store.errors import SesatlasError

if TYPE_CHECKING:
    from pipeline.synthesis.files import Progress


STAMP = ".sesatlas-demo.json"
log = logging.getLogger(__name__)
RECORDINGS = 200
"""In each of the two corpora."""


class PrepareError(SesatlasError):
    """The demo recordings cannot be written to their folder."""


def make_once(root: Path, stamp: Mapping[str, object], write: Callable[[Path], None]) -> bool:
    """Fill ``root`` by ``write(folder)`` unless it already carries ``stamp``; true if it was filled.

    ``write`` works in a hidden folder beside ``root``, which is renamed once it is whole: whoever is
    killed on the way leaves ``root`` as it was. A folder of an older stamp, or with recordings
    missing, is replaced. ``stamp["recordings"]`` is how many ``.wav`` files there must be.

    Raises
    ------
    PrepareError
        ``root`` holds something else, or cannot be written.
    """
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(root.parent / f".{root.name}.lock"):
            if _is_made(root, stamp):
                return False
            _require_ours(root)
            _make(root, stamp, write)
    except OSError as error:
        raise PrepareError(
            f"{root} cannot be written ({error.strerror or error}): about 120 MB are expected; "
            "make room or choose another folder."
        ) from error
    log.info("%s: %s recordings made", root, stamp["recordings"])
    return True


def _is_made(root: Path, stamp: Mapping[str, object]) -> bool:
    if _read_stamp(root) != dict(stamp):
        return False
    return sum(path.suffix.lower() == ".wav" for path in root.rglob("*")) == stamp["recordings"]


def _read_stamp(root: Path) -> object:
    try:
        return json.loads((root / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _require_ours(root: Path) -> None:
    """Only an empty folder or one with our stamp may be replaced: never a person's own recordings."""
    if root.is_dir() and ((root / STAMP).is_file() or not any(root.iterdir())):
        return
    if root.exists():
        kind = "a folder with other files" if root.is_dir() else "a file"
        raise PrepareError(
            f"{root} is {kind}: an empty or new folder is expected for the demo; give another path."
        )


def _make(root: Path, stamp: Mapping[str, object], write: Callable[[Path], None]) -> None:
    partial, old = (root.parent / f".{root.name}.{what}" for what in ("partial", "old"))
    for leftover in (partial, old):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        partial.mkdir()
        write(partial)
        (partial / STAMP).write_text(json.dumps(dict(stamp), indent=1) + "\n", encoding="utf-8")
        if root.exists():
            root.rename(old)
        partial.rename(root)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def prepare_sounds(root: Path, progress: Progress | None = None) -> None:
    """Make ``demo_sounds`` in ``root`` where it is not there yet.

    Raises
    ------
    PrepareError
        ``root`` holds something else, or cannot be written.
    """
    # Here, because the synthesis takes longer to import than an unchanged build to run.
    from pipeline.synthesis import sounds
    from pipeline.synthesis.files import write_sounds

    stamp = {"corpus": "demo_sounds", "version": sounds.VERSION, "recordings": RECORDINGS}
    make_once(root, stamp, partial(write_sounds, progress=progress))


def prepare_voices(root: Path, progress: Progress | None = None) -> None:
    """Make ``demo_voices`` in ``root`` where it is not there yet.

    Raises
    ------
    PrepareError
        ``root`` holds something else, or cannot be written.
    """
    # Here, because the synthesis takes longer to import than an unchanged build to run.
    from pipeline.synthesis.files import write_voices
    from pipeline.synthesis.speech import voices

    stamp = {"corpus": "demo_voices", "version": voices.VERSION, "recordings": RECORDINGS}
    make_once(root, stamp, partial(write_voices, progress=progress))


def scan_voices(root: Path, dataset_name: str) -> Scan:
    found = timit.scan(root, dataset_name)
    # TIMIT's reader counts against TIMIT's 6,300 sentences; this corpus is whole with its own.
    return replace(found, notes=[]) if len(found.clips) == RECORDINGS else found


DEMO_SOUNDS = replace(
    esc50.DATASET,
    name="demo_sounds",
    title="Demo sounds (synthetic)",
    licence="MIT; generated",
    citation=(
        "Sesatlas: synthetic demo sounds. Laid out as K. J. Piczak (2015). ESC: Dataset for "
        "Environmental Sound Classification."
    ),
    url="https://opensource.org/license/mit",
    how_to_get="Nothing to get: the 200 sounds are computed on this machine in some seconds (88 MB).",
    synthetic=True,
    prepare=prepare_sounds,
)

DEMO_VOICES = replace(
    timit.DATASET,
    name="demo_voices",
    title="Demo voices (synthetic)",
    licence="MIT; generated",
    citation=(
        "Sesatlas: synthetic demo voices. Laid out as J. S. Garofolo et al. (1993). TIMIT "
        "Acoustic-Phonetic Continuous Speech Corpus."
    ),
    url="https://opensource.org/license/mit",
    how_to_get="Nothing to get: the 200 sentences are computed on this machine in some seconds (16 MB).",
    scan=scan_voices,
    synthetic=True,
    prepare=prepare_voices,
)
