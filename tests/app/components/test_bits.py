"""Selections as text: there and back, and never a traceback for a damaged address."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.components.cloud import data
from store.errors import SesatlasError

masks = st.lists(st.booleans(), max_size=300).map(lambda flags: np.array(flags, dtype=bool))


@given(masks)
def test_a_selection_comes_back(mask: NDArray[np.bool_]) -> None:
    text = data.encode(mask)
    assert text.isascii() and text.replace("-", "").replace("_", "").isalnum()
    np.testing.assert_array_equal(data.decode(text, len(mask)), mask)


@given(masks)
def test_the_browsers_text_is_read(mask: NDArray[np.bool_]) -> None:
    packed = bytearray((len(mask) + 7) // 8)
    for at in np.flatnonzero(mask):
        packed[at >> 3] |= 1 << (at & 7)
    np.testing.assert_array_equal(data.from_browser(base64.b64encode(packed).decode(), len(mask)), mask)


@given(masks, st.integers(0, 400))
def test_another_number_of_clips_is_told(mask: NDArray[np.bool_], n: int) -> None:
    if n != len(mask):
        with pytest.raises(SesatlasError, match="select anew"):
            data.decode(data.encode(mask), n)


@given(st.text(max_size=60), st.integers(0, 100))
def test_garbage_is_told_in_a_sentence(text: str, n: int) -> None:
    for read in (data.decode, data.from_browser):
        try:
            assert read(text, n).shape == (n,)
        except SesatlasError as error:
            assert "select anew" in str(error)


@pytest.mark.parametrize("damage", [lambda t: t[:-3], lambda t: t[:4] + "AAAA" + t[8:], lambda t: t + "AAAA"])
def test_a_damaged_address_is_told(damage: object) -> None:
    text = data.encode(np.random.default_rng(0).random(200) < 0.5)
    with pytest.raises(SesatlasError, match="not a selection of 200 clips"):
        data.decode(damage(text), 200)  # type: ignore[operator]


def test_few_letters_do_not_unfold_to_gigabytes() -> None:
    bomb = base64.urlsafe_b64encode(zlib.compress((8).to_bytes(4, "little") + bytes(10**7))).decode()
    with pytest.raises(SesatlasError):
        data.decode(bomb, 8)


def test_a_few_of_many_clips_are_short() -> None:
    mask = np.zeros(100_000, dtype=bool)
    mask[5_000:5_040] = True
    assert len(data.encode(mask)) < 200
