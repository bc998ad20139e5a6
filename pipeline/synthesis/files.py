"""The two corpora as files, laid out as ESC-50 and TIMIT lay out theirs."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import joblib
import numpy as np
import soundfile as sf

from pipeline.synthesis import sounds
from pipeline.synthesis.signals.noise import Signal
from pipeline.synthesis.signals.recording import RATE_HZ as SOUND_RATE_HZ
from pipeline.synthesis.sounds import SoundClip
from pipeline.synthesis.speech import voices
from pipeline.synthesis.speech.articulation import Segment
from pipeline.synthesis.speech.lexicon import SENTENCES
from pipeline.synthesis.speech.vocal_tract import RATE_HZ as VOICE_RATE_HZ
from pipeline.synthesis.speech.voices import Speaker, roster

T = TypeVar("T")
Span = tuple[int, int, str]
Progress = Callable[[int, int], None]
"""Called with how many recordings are written and how many there will be."""
_COLUMNS = ("filename", "fold", "target", "category", "esc10", "src_file", "take")
_MOST_PROCESSES = 4
_RECORDED = "07/01/86"
_SPKRINFO = """\
; Speakers of the synthetic demo voices, in the columns of TIMIT's table.
; None of them is a person: sex, dates and height are made up to go with the voice.
;
;ID  Sex DR Use  RecDate   BirthDate  Ht    Race Edu  Comments
;--- --- -- ---  --------  --------- -----  ---- ---  -------------------
"""


def write_sounds(folder: Path, progress: Progress | None = None) -> None:
    """Write ``audio/*.wav`` (44.1 kHz, 16 bit, mono) and ``meta/esc50.csv`` below ``folder``."""
    clips = sounds.corpus()
    (folder / "audio").mkdir(parents=True)
    _on_all_cores(write_sound, folder / "audio", clips, 1, progress)
    (folder / "meta").mkdir()
    with (folder / "meta" / "esc50.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(_COLUMNS)
        table.writerows(clip.row for clip in clips)


def write_sound(folder: Path, clip: SoundClip) -> None:
    _write_wav(folder / clip.filename, sounds.render(clip), SOUND_RATE_HZ)


def write_voices(folder: Path, progress: Progress | None = None) -> None:
    """Write ``TRAIN|TEST/DRn/SPEAKER/`` (16 kHz, 16 bit, mono) and ``DOC/SPKRINFO.TXT`` below ``folder``."""
    speakers = roster()
    (folder / "DOC").mkdir(parents=True)
    lines = "".join(_speaker_line(speaker) for speaker in sorted(speakers, key=lambda s: s.name[1:]))
    (folder / "DOC" / "SPKRINFO.TXT").write_text(_SPKRINFO + lines, encoding="ascii", newline="\n")
    _on_all_cores(write_speaker, folder, speakers, len(speakers[0].sentences), progress)


def write_speaker(folder: Path, speaker: Speaker) -> None:
    """All sentences of one speaker: ``.WAV``, the text, and where each word and phone lies in samples."""
    home = folder / speaker.split / f"DR{speaker.dialect}" / speaker.name
    home.mkdir(parents=True)
    for sentence in speaker.sentences:
        utterance = voices.utter(speaker, sentence)
        n = utterance.samples.size
        _write_wav(home / f"{sentence}.WAV", utterance.samples, VOICE_RATE_HZ)
        _write_spans(home / f"{sentence}.TXT", [(0, n, SENTENCES[sentence])])
        spans = [_in_samples(segment, utterance.segments[-1], n) for segment in utterance.segments]
        _write_spans(home / f"{sentence}.PHN", spans)
        _write_spans(home / f"{sentence}.WRD", _word_spans(utterance, spans))


def _in_samples(segment: Segment, last: Segment, n: int) -> Span:
    """The tract works in frames of 4 ms: the file ends with the last of them."""
    start, end = (round(at_s * VOICE_RATE_HZ) for at_s in (segment.start_s, segment.end_s))
    return start, n if segment is last else end, segment.symbol


def _word_spans(utterance: voices.Utterance, spans: list[Span]) -> list[Span]:
    """From each word's first phone to its last, closures included."""
    numbers = [segment.word for segment in utterance.segments]
    first = [numbers.index(w) for w in range(len(utterance.words))]
    last = [len(numbers) - 1 - numbers[::-1].index(w) for w in range(len(utterance.words))]
    return [(spans[i][0], spans[j][1], word) for i, j, word in zip(first, last, utterance.words, strict=True)]


def _speaker_line(speaker: Speaker) -> str:
    feet, inches = divmod(speaker.height_inches, 12)
    use = "TRN" if speaker.split == "TRAIN" else "TST"
    born = f"01/01/{86 - speaker.age_years:02d}"
    height = f"{feet}'{inches:02d}\""
    name, sex, region = speaker.name[1:], speaker.sex, speaker.dialect
    return f"{name}  {sex}  {region}  {use}  {_RECORDED}  {born}  {height}  ???  ??   SYNTHETIC\n"


def _write_spans(path: Path, spans: Iterable[Span]) -> None:
    lines = "".join(f"{start} {end} {text}\n" for start, end, text in spans)
    path.write_text(lines, encoding="ascii", newline="\n")


def _write_wav(path: Path, samples: Signal, rate_hz: int) -> None:
    pcm = np.round(samples * 32_767.0).astype(np.int16)
    sf.write(path, pcm, rate_hz, subtype="PCM_16", format="WAV")


def _on_all_cores(
    write: Callable[[Path, T], None],
    folder: Path,
    items: list[T],
    recordings_each: int,
    progress: Progress | None,
) -> None:
    jobs = min(_MOST_PROCESSES, os.cpu_count() or 1)
    pool = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")
    finished = pool(joblib.delayed(write)(folder, item) for item in items)
    for done, _ in enumerate(finished, start=1):
        if progress:
            progress(done * recordings_each, len(items) * recordings_each)
