"""Whom the network knows: by content, and by speaker where one recording was heard."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pipeline.networks.exposure import LEARNED, NEVER_MET, VALIDATED, by_clip
from pipeline.networks.in_use import load_card


@pytest.mark.parametrize(
    ("learned", "validated", "said"),
    [
        ("", "", [NEVER_MET] * 6),
        # One clip gives the speaker away.
        ("b", "", [LEARNED, LEARNED, NEVER_MET, NEVER_MET, NEVER_MET, NEVER_MET]),
        ("b", "d", [LEARNED, LEARNED, VALIDATED, VALIDATED, NEVER_MET, NEVER_MET]),
        ("c", "d", [NEVER_MET, NEVER_MET, LEARNED, LEARNED, NEVER_MET, NEVER_MET]),  # learned from outweighs
        # Without a name, each alone.
        ("e", "f", [NEVER_MET, NEVER_MET, NEVER_MET, NEVER_MET, LEARNED, VALIDATED]),
    ],
)
def test_speakers_are_known_by_their_recordings(
    shipped, tmp_path: Path, learned: str, validated: str, said: list[str]
) -> None:
    shipped.write_card(heard={"train": list(learned), "validation": list(validated)})
    speakers = ["x", "x", "y", "y", None, None]
    clips = pd.DataFrame({"content_hash": list("abcdef"), "speaker": speakers}, index=range(3, 9))
    found = by_clip(clips, load_card(tmp_path))
    assert list(found) == said and list(found.index) == list(clips.index)
