"""What is said: short sentences of plain words, and how each word is pronounced."""

from __future__ import annotations

from dataclasses import dataclass

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
