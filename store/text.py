"""Texts of others, such as names of files, made fit for where they are shown."""

from __future__ import annotations

import re
from typing import TypeVar

CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""What moves the cursor, ends a line, colours a terminal or turns the direction of writing, and is no character."""
SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
FORMULA = re.compile(r"[=@\t\r\n＝＋－＠]|[+-](?!\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?\Z)")
"""How a cell begins that a spreadsheet would compute; a number is none."""

Value = TypeVar("Value")


def visible(text: str) -> str:
    r"""The text with its control characters spelled out: a line end becomes ``\n``, an escape ``\x1b``."""
    return CONTROLS.sub(_spelled, text)


def _spelled(found: re.Match[str]) -> str:
    one = found[0]
    return SHORT.get(one) or (rf"\x{ord(one):02x}" if ord(one) < 0x100 else rf"\u{ord(one):04x}")


def spreadsheet_safe(value: Value) -> Value | str:
    """A cell of a CSV as no spreadsheet computes it; what is no text stays as it is.

    A text that begins with ``=``, ``+``, ``-`` or ``@`` gets an apostrophe in front, which spreadsheets take for the
    word that a text follows. Control characters are spelled out.

    Source: OWASP, CSV Injection, https://owasp.org/www-community/attacks/CSV_Injection
    """
    if not isinstance(value, str):
        return value
    return f"'{visible(value)}" if FORMULA.match(value) else visible(value)
