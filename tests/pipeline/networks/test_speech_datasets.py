"""Which datasets hold speech: of the build's own finds and of a store alike."""

from __future__ import annotations

import pytest

from pipeline.networks.voice_view import is_spoken, speech_datasets
from store.reader import Reader


@pytest.mark.parametrize(
    ("kind", "speakers", "spoken"),
    [
        ("speech", [], True),
        ("speech", ["f1"], True),
        ("mixed", [None, "f1"], True),
        ("mixed", [None, None], False),
        ("mixed", [], False),
        ("environment", ["f1"], False),
    ],
)
def test_speech_is_what_somebody_says(kind: str, speakers: list[str | None], spoken: bool) -> None:
    assert is_spoken(kind, speakers) is spoken


def test_a_store_knows_its_spoken_datasets(builder, shipped, hums, esc50) -> None:
    builder(f"folder:mine={hums.root}", f"folder:sounds={esc50.root / 'audio'}", f"esc50={esc50.root}")
    with Reader(builder.store.current().path) as reader:
        assert speech_datasets(reader) == ["mine"]
        assert list(reader.embeddings()["dataset"]) == ["mine"]
        assert "ecapa" not in set(reader.views("sounds")["view"]) | set(reader.views("esc50")["view"])
