"""Miniature corpora. Readers never open audio, so the recordings are empty files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

Plant = Callable[..., Path]

ESC50_HEADER = "filename,fold,target,category,esc10,src_file,take"
ESC50_ROWS = (
    "1-100-A-0.wav,1,0,dog,True,100,A",
    "1-100-B-0.wav,1,0,dog,True,100,B",
    "2-200-A-14.wav,2,14,chirping_birds,False,200,A",
    "3-300-A-49.wav,3,49,hand_saw,False,300,A",
)
SPKRINFO = """\
; Comments begin with a semicolon
;ID  Sex DR Use  RecDate   BirthDate  Ht    Race Edu  Comments
CJF0  F  1  TRN  03/11/86  01/08/60  5'05"  WHT  BS   A COMMENT
DAB0  M  1  TST  02/27/86  ??/??/??  6'2"   ???  ??
CPM0  M  2  TRN  01/30/86  02/30/62  ??     WHT  BS
"""


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """Make files below ``tmp_path``: empty ones by path, others by path and text."""

    def make(paths: Iterable[str] = (), texts: dict[str, str] | None = None) -> Path:
        for path, text in {**dict.fromkeys(paths, ""), **(texts or {})}.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        return tmp_path

    return make


@pytest.fixture
def esc50_table() -> str:
    return "\n".join((ESC50_HEADER, *ESC50_ROWS)) + "\n"


@pytest.fixture
def esc50_audio() -> list[str]:
    return [row.partition(",")[0] for row in ESC50_ROWS]


@pytest.fixture
def spkrinfo() -> str:
    return SPKRINFO
