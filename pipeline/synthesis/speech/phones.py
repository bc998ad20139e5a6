"""The phones a voice can sound: where their formants lie, how long they last, which noise they make.

Vowels: means of 33 men, Peterson and Barney 1952, Control methods used in a study of the vowels,
table II. Consonants: one man, Klatt 1980, Software for a cascade/parallel formant synthesizer,
tables II and III. Peaks of fricative noise: Jongman, Wayland and Wong 2000, Acoustic characteristics
of English fricatives, table I. Durations follow the order, not the letter, of Klatt 1976, Linguistic
uses of segmental duration in English. Symbols are TIMIT's (``phoncode.doc``).
"""

from __future__ import annotations

from dataclasses import dataclass

REFERENCE_TRACT_CM = 17.0
"""The vocal-tract length that the formants below belong to."""

Formants = tuple[float, float, float]
Band = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """Levels are in dB re the vowels' level; ``None`` is silence. Frequencies in Hz, for 17 cm."""

    formants: Formants
    glide_to: Formants | None = None
    """Where a diphthong ends."""
    duration_s: float
    voicing_db: float | None = 0.0
    aspiration_db: float | None = None
    frication_db: float | None = None
    frication_hz: Band = (500.0, 8_000.0)
    nasal: bool = False
    closure: str | None = None
    """For stops and affricates: TIMIT's symbol of the closure that comes before the release."""
    closure_s: float = 0.0
    velar: bool = False
    """The tongue's place, and with it F2 and the burst, follows the vowel beside."""
    mumbled: bool = False
    """The mouth is shut: only the lowest part of the voice gets out through the walls."""


def _vowel(f1: float, f2: float, f3: float, duration_s: float, glide_to: Formants | None = None) -> Phone:
    return Phone(formants=(f1, f2, f3), duration_s=duration_s, glide_to=glide_to)


def _glide(f1: float, f2: float, f3: float, duration_s: float) -> Phone:
    return Phone(formants=(f1, f2, f3), duration_s=duration_s, voicing_db=-3.0)


def _nasal(f2: float, f3: float, *, velar: bool = False) -> Phone:
    return Phone(formants=(480, f2, f3), duration_s=0.065, voicing_db=-5.0, nasal=True, velar=velar)


def _fricative(
    formants: Formants, hz: Band, level_db: float, duration_s: float, voicing_db: float | None = None
) -> Phone:
    return Phone(
        formants=formants,
        duration_s=duration_s,
        voicing_db=voicing_db,
        frication_db=level_db,
        frication_hz=hz,
    )


def _stop(
    formants: Formants, closure: str, hz: Band, level_db: float, onset_s: float, *, velar: bool = False
) -> Phone:
    voiceless = onset_s > 0.03
    return Phone(
        formants=formants,
        duration_s=onset_s,
        voicing_db=None,
        aspiration_db=-16.0 if voiceless else None,
        frication_db=level_db,
        frication_hz=hz,
        closure=closure,
        closure_s=0.065 if voiceless else 0.055,
        velar=velar,
    )


VOWELS: dict[str, Phone] = {
    "iy": _vowel(270, 2290, 3010, 0.105),
    "ih": _vowel(390, 1990, 2550, 0.075),
    "eh": _vowel(530, 1840, 2480, 0.095),
    "ae": _vowel(660, 1720, 2410, 0.130),
    "aa": _vowel(730, 1090, 2440, 0.130),
    "ao": _vowel(570, 840, 2410, 0.130),
    "uh": _vowel(440, 1020, 2240, 0.080),
    "uw": _vowel(300, 870, 2240, 0.105),
    "ah": _vowel(640, 1190, 2390, 0.085),
    "er": _vowel(490, 1350, 1690, 0.115),
    "ax": _vowel(500, 1400, 2400, 0.055),
    "ey": _vowel(500, 1880, 2520, 0.130, (330, 2150, 2700)),
    "ay": _vowel(700, 1200, 2430, 0.150, (370, 2050, 2600)),
    "oy": _vowel(550, 900, 2400, 0.160, (380, 1950, 2550)),
    "ow": _vowel(530, 980, 2350, 0.130, (380, 870, 2260)),
    "aw": _vowel(700, 1300, 2430, 0.150, (430, 980, 2300)),
}

CONSONANTS: dict[str, Phone] = {
    "w": _glide(290, 610, 2150, 0.060),
    "y": _glide(260, 2070, 3020, 0.060),
    "r": _glide(310, 1060, 1380, 0.060),
    "l": _glide(310, 1050, 2880, 0.065),
    "m": _nasal(1270, 2130),
    "n": _nasal(1340, 2470),
    "ng": _nasal(1990, 2850, velar=True),
    "hh": Phone(formants=(500, 1400, 2400), duration_s=0.060, voicing_db=None, aspiration_db=-13.0),
    "f": _fricative((340, 1100, 2080), (1_500, 8_000), -25.0, 0.095),
    "v": _fricative((220, 1100, 2080), (1_500, 8_000), -32.0, 0.060, -9.0),
    "dh": _fricative((270, 1290, 2540), (1_400, 8_000), -34.0, 0.045, -8.0),
    "s": _fricative((320, 1390, 2530), (4_400, 8_500), -13.0, 0.105),
    "z": _fricative((240, 1390, 2530), (4_400, 8_500), -19.0, 0.075, -11.0),
    "sh": _fricative((300, 1840, 2750), (2_300, 5_200), -12.0, 0.105),
    "p": _stop((400, 1100, 2150), "pcl", (300, 2_500), -17.0, 0.050),
    "t": _stop((400, 1600, 2600), "tcl", (3_200, 8_000), -9.0, 0.055),
    "k": _stop((300, 1990, 2850), "kcl", (1_400, 3_200), -9.0, 0.060, velar=True),
    "b": _stop((200, 1100, 2150), "bcl", (200, 2_000), -19.0, 0.012),
    "d": _stop((200, 1600, 2600), "dcl", (2_800, 7_500), -13.0, 0.016),
    "g": _stop((200, 1990, 2850), "gcl", (1_300, 3_000), -13.0, 0.022, velar=True),
    "dx": Phone(formants=(300, 1600, 2600), duration_s=0.026, voicing_db=-9.0),
    "ch": Phone(
        formants=(350, 1800, 2820),
        duration_s=0.075,
        voicing_db=None,
        frication_db=-12.0,
        frication_hz=(2_400, 5_500),
        closure="tcl",
        closure_s=0.050,
    ),
}

PHONES: dict[str, Phone] = {**VOWELS, **CONSONANTS}
VOICELESS_STOPS = frozenset({"p", "t", "k"})
VOICED_STOPS = frozenset({"b", "d", "g"})
STOPS = VOICELESS_STOPS | VOICED_STOPS
