"""EmoDB: ten German sentences spoken by ten actors in seven emotions.

What      The Berlin Database of Emotional Speech, recorded in an anechoic chamber in 1997 and 1999;
          utterances whose emotion at least four of five listeners recognised; 1 to 9 s, 16 kHz, mono.
Size      535 utterances; 5 women, 5 men; about 25 minutes.
Licence   CC0 1.0
Citation  F. Burkhardt, A. Paeschke, M. Rolfes, W. F. Sendlmeier, B. Weiss (2005). A database of German
          emotional speech. Proc. Interspeech, 1517-1520. https://doi.org/10.21437/Interspeech.2005-446
Layout    wav/SPEAKER TEXT EMOTION VERSION.wav without the spaces, e.g. wav/03a01Fa.wav

Everything is in the name; the emotion's letter is that of the German word, e.g. W for Wut, anger. Sex and
age of the speakers are the publisher's. Also read: other audio formats, files without ``wav/`` above
them, and as root the folder above the corpus.
"""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.clips import Clip, Dataset, Problem, Scan, Sex
from pipeline.datasets.corpus import Reading, scan_named, stem_of, validate_named, walk

SPEAKERS: dict[str, tuple[Sex, int]] = {
    "03": ("male", 31),
    "08": ("female", 34),
    "09": ("female", 21),
    "10": ("male", 32),
    "11": ("male", 26),
    "12": ("male", 30),
    "13": ("female", 32),
    "14": ("female", 35),
    "15": ("male", 25),
    "16": ("female", 31),
}
EMOTIONS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}
EXPECTED = "EmoDB with wav/, utterances named like wav/03a01Fa.wav"
NAME = re.compile(r"(?P<speaker>\d\d)(?P<sentence>[ab]\d\d)(?P<emotion>[A-Z])(?P<version>[a-z]?)")


def scan(root: Path, dataset_name: str) -> Scan:
    tree = walk(root)
    found = scan_named(
        tree.audio,
        lambda path: _read(root, dataset_name, path),
        identity=lambda clip: stem_of(clip.relative_path),
        naming="speaker, text, emotion and version, e.g. 03a01Fa.wav",
        whole=535,
        unit="utterances",
    )
    return Scan(found.clips, tree.problems + found.problems, found.notes)


def validate(root: Path) -> list[str]:
    return validate_named(root, scan, "EmoDB", EXPECTED)


def _read(root: Path, dataset_name: str, path: str) -> Reading:
    name = NAME.fullmatch(stem_of(path))
    if not name:
        return None
    for part, known in (("speaker", SPEAKERS), ("sentence", SENTENCES), ("emotion", EMOTIONS)):
        if name[part] not in known:
            valid = ", ".join(known)
            reason = f"the name says {part} {name[part]}, expected one of {valid}; rename the file."
            return Problem(path, "scan", reason)
    sex, age_years = SPEAKERS[name["speaker"]]
    return Clip(
        dataset=dataset_name,
        path=root / path,
        relative_path=path,
        label=EMOTIONS[name["emotion"]],
        take=name["version"] or None,
        speaker=name["speaker"],
        sex=sex,
        age_years=float(age_years),
        sentence=name["sentence"],
        text=SENTENCES[name["sentence"]],
    )


DATASET = Dataset(
    name="emodb",
    title="EmoDB",
    kind="speech",
    label_name="emotion",
    licence="CC0 1.0",
    citation=(
        "F. Burkhardt, A. Paeschke, M. Rolfes, W. F. Sendlmeier, B. Weiss (2005). A database of German "
        "emotional speech. Proc. Interspeech, 1517-1520. https://doi.org/10.21437/Interspeech.2005-446"
    ),
    url="http://emodb.bilderbar.info",
    layout="wav/SPEAKER TEXT EMOTION VERSION.wav without the spaces, e.g. wav/03a01Fa.wav",
    how_to_get="Download http://emodb.bilderbar.info/download/download.zip (about 40 MB) and unpack it.",
    scan=scan,
    validate=validate,
)
