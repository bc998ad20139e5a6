"""RAVDESS: two sentences spoken by 24 actors in eight emotions.

What      The audio-only speech of the Ryerson Audio-Visual Database of Emotional Speech and Song:
          North American English, acted in normal and strong intensity, 3 to 5 s, 48 kHz.
Size      1,440 utterances, 60 of each actor; 12 women, 12 men; about 1.5 hours.
Licence   CC BY-NC-SA 4.0
Citation  S. R. Livingstone, F. A. Russo (2018). The Ryerson Audio-Visual Database of Emotional Speech
          and Song (RAVDESS). PLoS ONE 13(5): e0196391. https://doi.org/10.1371/journal.pone.0196391
Layout    Actor_NN/03-01-EMOTION-INTENSITY-STATEMENT-REPETITION-ACTOR.wav

Everything is in the name. Actors of an even number are women. Song (second number 02) and the sound of
the videos (first number not 03) are counted in a note and left out. Also read: other audio formats,
any depth of folders, and as root the folder above the corpus or one actor's folder.
"""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.clips import Clip, Dataset, Problem, Scan
from pipeline.datasets.corpus import Reading, scan_named, stem_of, validate_named, walk

EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}
INTENSITIES = {"01": "normal", "02": "strong"}
STATEMENTS = {"01": "Kids are talking by the door.", "02": "Dogs are sitting by the door."}
EXPECTED = "RAVDESS with Actor_NN/, utterances named like Actor_12/03-01-06-01-02-01-12.wav"
NAME = re.compile(
    r"(?P<modality>\d\d)-(?P<channel>\d\d)-(?P<emotion>\d\d)-(?P<intensity>\d\d)"
    r"-(?P<statement>\d\d)-(?P<repetition>\d\d)-(?P<actor>\d\d)"
)
OTHER_MATERIAL = re.compile(r"(?!03-01)0[123]-0[12](-\d\d){5}")
FOLDER = re.compile(r"Actor_(\d\d)", re.IGNORECASE)


def scan(root: Path, dataset_name: str) -> Scan:
    tree = walk(root)
    speech = [path for path in tree.audio if not OTHER_MATERIAL.fullmatch(stem_of(path))]
    found = scan_named(
        speech,
        lambda path: _read(root, dataset_name, path),
        identity=lambda clip: stem_of(clip.relative_path),
        naming="seven two-digit numbers joined by hyphens, e.g. 03-01-06-01-02-01-12.wav",
        whole=1440,
        unit="utterances",
    )
    others = len(tree.audio) - len(speech)
    notes = [f"Recordings of song or from videos: {others:,}; left out."] if others else []
    return Scan(found.clips, tree.problems + found.problems, found.notes + notes)


def validate(root: Path) -> list[str]:
    return validate_named(root, scan, "RAVDESS", EXPECTED)


def _read(root: Path, dataset_name: str, path: str) -> Reading:
    name = NAME.fullmatch(stem_of(path))
    if not name:
        return None
    wrong = _contradictions(name, path)
    if wrong:
        reason = f"{wrong[0]}; see the publisher's naming and rename the file."
        return Problem(path, "scan", reason)
    return Clip(
        dataset=dataset_name,
        path=root / path,
        relative_path=path,
        label=EMOTIONS[name["emotion"]],
        label_group=INTENSITIES[name["intensity"]],
        take=name["repetition"],
        speaker=f"Actor_{name['actor']}",
        sex="male" if int(name["actor"]) % 2 else "female",
        sentence=name["statement"],
        text=STATEMENTS[name["statement"]],
    )


def _contradictions(name: re.Match[str], path: str) -> list[str]:
    allowed = {
        "modality": {"03"},
        "channel": {"01"},
        "emotion": set(EMOTIONS),
        "intensity": set(INTENSITIES),
        "statement": set(STATEMENTS),
        "repetition": {"01", "02"},
        "actor": {f"{number:02}" for number in range(1, 25)},
    }
    wrong = [
        f"the name says {part} {name[part]}, expected {min(codes)} to {max(codes)}"
        for part, codes in allowed.items()
        if name[part] not in codes
    ]
    folders = [folder[1] for part in path.split("/") if (folder := FOLDER.fullmatch(part))]
    if folders and folders[-1] != name["actor"]:
        wrong.append(f"the name says actor {name['actor']}, the folder Actor_{folders[-1]}")
    return wrong


DATASET = Dataset(
    name="ravdess",
    title="RAVDESS speech",
    kind="speech",
    label_name="emotion",
    licence="CC BY-NC-SA 4.0",
    citation=(
        "S. R. Livingstone, F. A. Russo (2018). The Ryerson Audio-Visual Database of Emotional Speech "
        "and Song (RAVDESS). PLoS ONE 13(5): e0196391. https://doi.org/10.1371/journal.pone.0196391"
    ),
    url="https://zenodo.org/records/1188976",
    layout="Actor_NN/03-01-EMOTION-INTENSITY-STATEMENT-REPETITION-ACTOR.wav",
    how_to_get=(
        "Download Audio_Speech_Actors_01-24.zip (about 200 MB) from https://zenodo.org/records/1188976 "
        "and unpack it as a folder with Actor_01/ to Actor_24/."
    ),
    scan=scan,
    validate=validate,
)
