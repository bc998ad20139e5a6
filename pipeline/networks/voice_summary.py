"""What an experiment of the voice network says of itself: who was tested, and what to bear in mind.

``clips`` are those of a dataset, ``tested`` those of them that are tested; their ``fold`` is what the network had
to do with their speakers (``pipeline/networks/exposure.py``).
"""

from __future__ import annotations

import pandas as pd

from pipeline.networks.exposure import LEARNED, NEVER_MET, VALIDATED
from pipeline.networks.voice_card import Card
from pipeline.networks.voice_card_content import in_words

TITLE, CHOSEN_BY = "speakers never met", "speakers kept for validation"
SYNTHETIC = "The voices of this collection are synthetic: what holds for them need not hold for people."


def title(tested: pd.DataFrame) -> str:
    """The protocol, in three words."""
    return TITLE if (tested["fold"] == NEVER_MET).any() else CHOSEN_BY


def sentence(card: Card, tested: pd.DataFrame) -> str:
    """From whom it has learned, and who is tested."""
    return (
        f"The network has learned from {in_words(card.speakers['train'])}. {len(tested):,} clips by "
        f"{tested['speaker'].nunique()} speakers are tested, and no clip of a speaker that it has learned from."
    )


def notes(card: Card, clips: pd.DataFrame, tested: pd.DataFrame, synthetic: bool) -> list[str]:
    """What to bear in mind when one reads the figures."""
    learned, chosen = int((clips["fold"] == LEARNED).sum()), int((tested["fold"] == VALIDATED).sum())
    lost = len(clips) - learned - len(tested)
    return [
        *([SYNTHETIC] if synthetic else []),
        *([f"{learned:,} clips are by speakers that it has learned from; left out."] if learned else []),
        *(
            [f"Its epoch and its calibration were chosen on speakers of {chosen:,} of these clips: it may do a "
             "little worse on people whom nobody had in mind."] if chosen else []
        ),
        *([f"{lost:,} clips could not be listened to; left out."] if lost else []),
    ]  # fmt: skip


def nobody(clips: pd.DataFrame, card: Card) -> str:
    """Why there is no experiment."""
    known = int((clips["fold"] == LEARNED).sum())
    return (
        f"Nobody is left to be tested: the network has learned from the speakers of {known:,} of the {len(clips):,} "
        "clips, and of the others it has no vector. Another collection, whose speakers it has not met, can tell how "
        f"good it is; its card tells of {in_words(card.speakers['validation'])}."
    )
