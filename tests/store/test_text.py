"""Texts of others are spelled out where they would command a terminal or a spreadsheet."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.export import metadata_tsv, to_csv, to_m3u
from store.text import spreadsheet_safe, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("new\nline\r\ttab", r"new\nline\r\ttab"),
        ("\u202egnp.wav", r"\u202egnp.wav"),
        ("\x07\x9b\u2028", r"\x07\x9b\u2028"),
        ("köpek 犬 😀 a\\b", "köpek 犬 😀 a\\b"),
    ],
)
def test_control_characters_are_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters(codec="utf-8")))
def test_what_is_visible_stays_so(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown and len(shown.splitlines()) <= 1
    assert text.isprintable() <= (shown == text)


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_no_cell_is_a_formula(begin: str) -> None:
    assert spreadsheet_safe(f"{begin}x") == f"'{begin}x"
    assert spreadsheet_safe(f"{begin}1+1") == f"'{begin}1+1"


@pytest.mark.parametrize("begin", ["\t", "\r", "\n"])
def test_a_blank_in_front_hides_no_formula(begin: str) -> None:
    assert spreadsheet_safe(f"{begin}=1").startswith("'\\")


@pytest.mark.parametrize("value", [-1, -1.5, None, np.float32(-2), "-12.5", "+3", "-1e-3", "a=b", "'=x", ""])
def test_numbers_and_other_texts_stay(value: object) -> None:
    assert spreadsheet_safe(value) is value or spreadsheet_safe(value) == value


def test_every_text_of_a_table_is_safe_and_no_number_is_touched() -> None:
    rows = pd.DataFrame(
        {
            "=file": ["-a.wav", "\x1b[2J.wav", None],
            "kind": pd.Categorical(["@x", "b", "b"]),
            "mixed": [-1, "=2", 3.5],
            "number": [-1.5, 2.0, np.nan],
            "is": [True, False, True],
        }
    )
    read = pd.read_csv(io.BytesIO(to_csv(rows)))
    assert read["'=file"].tolist()[:2] == ["'-a.wav", r"\x1b[2J.wav"] and pd.isna(read["'=file"][2])
    assert read["kind"].tolist() == ["'@x", "b", "b"]
    assert read["mixed"].tolist() == ["-1", "'=2", "3.5"]
    assert read["number"].tolist()[:2] == [-1.5, 2.0] and read["is"].tolist() == [True, False, True]


def test_names_of_files_reach_playlists_and_the_projector_spelled_out() -> None:
    playlist = to_m3u(["/x/\x1b[2J.wav"], [1.0], ["\u202egnp"]).decode()
    assert "\x1b" not in playlist and "%1B" in playlist and r"\u202egnp" in playlist
    tsv = metadata_tsv(pd.DataFrame({"clip_id": ["a\x1b", "b"], "label": ["x", "y"]}))
    assert "\x1b" not in tsv
