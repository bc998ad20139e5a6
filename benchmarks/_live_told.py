"""What a stream tells, on sounds in which nobody speaks and on people who do, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from _live import Network, Person, Samples
from numpy.typing import NDArray
from rich.table import Table

from models.decisions import Decision, State
from models.vad import RATE_HZ, Silero
from pipeline.train.voice.sounds import decoded
from pipeline.train.voice.stream_threshold import (
    Point,
    SpeakerDecisions,
    curve,
    joined_speech,
    run_stream,
    seconds,
    speaker_decisions,
)

ESC_TARGET, RIGHT_TARGET, UNDECIDED_TARGET = 0.02, 0.97, 0.15
VOICES = (State.FEMALE, State.MALE)
NOISE_DBFS = (-80, -60, -50, -40, -30, -20, -10, -3, 0, 10)
TONE_DBFS = (-60, -40, -20, -10, -6, -3, 0)


def named_share(decisions: Iterable[Decision]) -> tuple[float, float, float]:
    """Seconds that were decided on, those with a name, and those that were "not sure yet"."""
    spent = dict.fromkeys(State, 0.0)
    for one in decisions:
        spent[one.state] += seconds(one)
    return sum(spent.values()), sum(spent[state] for state in VOICES), spent[State.UNSURE]


def no_voice(using: Network, sounds: Sequence[tuple[str, Path]]) -> Iterator[tuple[str, int, list[Decision]]]:
    """What is heard, how many stretches of it, and all decisions on them."""

    def heard(samples: NDArray[np.floating]) -> list[Decision]:
        return run_stream(using.model, Silero(), samples.astype(np.float32), using.parameters)

    clips = [decoded(path) for _, path in sounds]
    if clips:
        yield "ESC-10, each clip alone", len(clips), [one for clip in clips for one in heard(clip)]
        yield "ESC-10, one after the other in one stream", len(clips), heard(np.concatenate(clips))
    yield "digital silence, 60 s", 1, heard(np.zeros(60 * RATE_HZ))
    drawn = [
        10 ** (level / 20) * np.random.default_rng(seed).standard_normal(10 * RATE_HZ)
        for level in NOISE_DBFS
        for seed in range(3)
    ]
    told = f"white noise, {NOISE_DBFS[0]} to +{NOISE_DBFS[-1]} dBFS"
    yield told, len(drawn), [one for each in drawn for one in heard(each)]
    time_s = np.arange(10 * RATE_HZ) / RATE_HZ
    tones = [
        10 ** (level / 20) * np.sin(2 * np.pi * 200 * time_s) * np.clip(time_s / rise_s, 0, 1)
        for level in TONE_DBFS
        for rise_s in (1e-9, 0.2, 1.0)
    ]
    told = f"200 Hz tone, {TONE_DBFS[0]} to {TONE_DBFS[-1]} dBFS, sudden and slow"
    yield told, len(tones), [one for each in tones for one in heard(each)]


def no_voice_table(using: Network, sounds: Sequence[tuple[str, Path]]) -> Table:
    table = Table(title=f"Nobody speaks; a voice is named from {using.parameters.sure_from:g} on")
    for heading in ("", "n", "seconds", "with a name", "not sure yet", ""):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, count, decisions in no_voice(using, sounds):
        all_s, named_s, unsure_s = named_share(decisions)
        target = ESC_TARGET if name.startswith("ESC") else 0.0
        verdict = f"at most {target:.0%}: {'met' if named_s / all_s <= target else 'MISSED'}"
        table.add_row(
            name, str(count), f"{all_s:.0f}", f"{named_s / all_s:.2%}", f"{unsure_s / all_s:.2%}", verdict
        )
    if not sounds:
        table.caption = "ESC-10 is not there: give the folder with esc10/ in it by --data."
    return table


def right_table(using: Network, people: Sequence[Person], whom: str) -> Table:
    """How often a name is right, as somebody speaks on, and as one sentence after the other."""

    def told(samples: Samples, sex: str) -> SpeakerDecisions:
        return speaker_decisions(run_stream(using.model, Silero(), samples, using.parameters), sex)

    ways = {
        "a speaker's sentences joined": [told(joined_speech(one.clips), one.sex) for one in people],
        "each sentence alone": [told(clip, one.sex) for one in people for clip in one.clips],
    }
    table = Table(
        title=f"{whom}; a voice is named from {using.parameters.sure_from:g} on, as fitted on validation"
    )
    for heading in (
        "",
        "streams",
        "seconds with speech",
        "decided time right",
        "undecided",
        "95 % of streams",
    ):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, found in ways.items():
        (all_of,) = curve(found, (using.parameters.sure_from,))
        each = [curve([one], (using.parameters.sure_from,))[0] for one in found]
        table.add_row(
            name, str(len(found)), f"{sum(float(one.seconds.sum()) for one in found):.0f}",
            f"{all_of.right:.2%}", f"{all_of.undecided:.2%}", _spread(each),
        )  # fmt: skip
    table.caption = (
        f"Asked: at least {RIGHT_TARGET:.0%} of the decided time right, at most {UNDECIDED_TARGET:.0%} undecided. Time "
        'with speech is what is not "no speech". A sentence alone begins afresh, so its first 0.7 s can have no name.'
    )
    return table


def _spread(each: Sequence[Point]) -> str:
    low = np.nanpercentile([one.right for one in each], 5)
    high = np.nanpercentile([one.undecided for one in each], 95)
    return f"from {low:.1%} right, to {high:.1%} undecided"
