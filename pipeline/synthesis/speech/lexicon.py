"""What is said and with which phones: sentences, how words are pronounced, and how each phone sounds.

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

SHARED_SENTENCES = ("SA1", "SA2")
"""What everybody reads, as in TIMIT."""

SENTENCES: dict[str, str] = {
    "SA1": "We heard a bird sing near the old green door.",
    "SA2": "She will put my book in the box by the window.",
    "SX1": "The children play in the garden.",
    "SX2": "My sister saw five yellow birds.",
    "SX3": "He will wait for you by the river.",
    "SX4": "Her voice was warm and quiet.",
    "SX5": "Bring the water to the table.",
    "SX6": "Rain came down all night long.",
    "SX7": "Two boats were on the blue water.",
    "SX8": "Open the window in my room.",
    "SX9": "We can hear music in the house.",
    "SX10": "The man put seven books on the table.",
    "SX11": "You will read to me in the morning.",
    "SX12": "A small boat was near the tree.",
    "SX13": "He saw the red door of her house.",
    "SX14": "Keep the box in a warm room.",
    "SX15": "The old man can hear the rain.",
    "SX16": "Five small birds sing in the tree.",
    "SX17": "She heard the voice of my sister.",
    "SX18": "We walk down to the river all morning.",
    "SX19": "Leave the yellow book by the door.",
    "SX20": "It was a long and quiet night.",
}

TRAIN_SENTENCES = tuple(f"SX{number}" for number in range(1, 15))
TEST_SENTENCES = tuple(f"SX{number}" for number in range(15, 21))
"""TIMIT keeps the texts of its test speakers out of training, the SA sentences apart."""

# A digit 1 marks the vowel that bears the stress; a word without one is a weak form.
_PRONUNCIATIONS = """
a ax | all ao1 l | and ax n d | bird b er1 d | birds b er1 d z | blue b l uw1 | boat b ow1 t |
boats b ow1 t s | book b uh1 k | books b uh1 k s | box b aa1 k s | bring b r ih1 ng | by b ay |
came k ey1 m | can k ax n | children ch ih1 l d r ax n | door d ao1 r | down d aw1 n | five f ay1 v |
for f er | garden g aa1 r d ax n | green g r iy1 n | he hh iy | hear hh ih1 r | heard hh er1 d |
her hh er | house hh aw1 s | in ih n | it ih t | keep k iy1 p | leave l iy1 v | long l ao1 ng |
man m ae1 n | me m iy | morning m ao1 r n ih ng | music m y uw1 z ih k | my m ay | near n ih1 r |
night n ay1 t | of ah v | old ow1 l d | on aa n | open ow1 p ax n | play p l ey1 | put p uh1 t |
quiet k w ay1 ax t | rain r ey1 n | read r iy1 d | red r eh1 d | river r ih1 v er | room r uw1 m |
saw s ao1 | seven s eh1 v ax n | she sh iy | sing s ih1 ng | sister s ih1 s t er | small s m ao1 l |
table t ey1 b ax l | the dh ax | to t ax | tree t r iy1 | two t uw1 | voice v oy1 s | wait w ey1 t |
walk w ao1 k | warm w ao1 r m | was w ah z | water w ao1 dx er | we w iy | were w er | will w ih l |
window w ih1 n d ow | yellow y eh1 l ow | you y uw
"""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as sounded: its phones, and the index of the stressed vowel, if any."""

    spelling: str
    phones: tuple[str, ...]
    stressed: int | None


def _read_lexicon() -> dict[str, Word]:
    entries: dict[str, Word] = {}
    for entry in _PRONUNCIATIONS.split("|"):
        spelling, *marked = entry.split()
        stressed = next((i for i, phone in enumerate(marked) if phone.endswith("1")), None)
        entries[spelling] = Word(spelling, tuple(p.rstrip("1") for p in marked), stressed)
    return entries


LEXICON: dict[str, Word] = _read_lexicon()


def words(text: str) -> list[Word]:
    """The words of a sentence in order. Raises ``KeyError`` for a word the lexicon lacks."""
    return [LEXICON[token] for token in text.lower().rstrip(".").split()]
