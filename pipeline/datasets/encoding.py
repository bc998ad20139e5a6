"""The text of a table: most are UTF-8, and what else can be read is read where its bytes leave no doubt.

A file in one of the old code pages of Windows does not say in which, and each of its bytes is some letter in every
one of them. A code page is possible where all letters beyond ASCII are of one language that is written in it. Where
all possible ones give the same text, or where just one spells the names of the recordings, that text is taken.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable

FOREIGN = {
    b"PK\x03\x04": "an Excel workbook (.xlsx) or another ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "an SQLite database",
    b"RIFF": "a WAV file",
}
"""The first bytes of what is called a table and is none."""
SAVE_AS = "open it in Excel or LibreOffice and save it as 'CSV UTF-8 (Comma delimited)'"
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
LANGUAGES = {
    "cp1252": (
        "äöüß", "àâæçéèêëîïôùûü", "áéíñóúü", "áâãàçéêíóôõúü", "àèéìíîòóùú", "åäöé", "æøåéó", "áðéíóúýþæö",
    ),
    "cp1254": ("çğıiöşüâîû",),
    "cp1250": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž"),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņōŗšūž", "äõöü"),
}  # fmt: skip
"""Code page -> letters of the languages written in it: German, French, Spanish, Portuguese, Italian, Swedish, Danish,
Icelandic; Turkish; Polish, Czech, Slovak, Hungarian, Romanian, Croatian; Lithuanian, Latvian, Estonian."""
TITLES = {
    "cp1252": "Windows-1252 (Western European)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1250": "Windows-1250 (Central European)",
    "cp1257": "Windows-1257 (Baltic)",
    "utf-8": "UTF-8 with damaged bytes",
}
TYPOGRAPHIC = frozenset("\xa0–—‘’‚“”„…•«»°§©®™€´·×±²³½¼¾¡¿ªº£")
MISPLACED = re.compile(r"þ\b|\bð|\bğ|(?<=[^\W\daeıioöuüâîû])ğ", re.IGNORECASE)
"""Where Icelandic has no þ and no ð, and Turkish no ğ."""
MIN_NULS = 0.2
"""The share of zero bytes from which on a file of no mark is taken for UTF-16, half of whose ASCII is zeros."""


class EncodingDoubtError(ValueError):
    """The bytes are no text, or that of several languages; the message says what was seen."""


def decoded(data: bytes, names: Iterable[str] = ()) -> tuple[str, str]:
    """
    The text, and the title of its encoding where it had to be inferred; empty for UTF-8 and marked UTF-16.

    Parameters
    ----------
    data : bytes
        The whole file.
    names : iterable of str
        Of recordings that the table may list: what spells them is the encoding.

    Raises
    ------
    EncodingDoubtError
        No encoding fits, or several that give different texts.
    """
    try:
        for mark, codec in MARKS.items():
            if data.startswith(mark):
                return data.decode(codec), ""
        if data and data.count(0) >= MIN_NULS * len(data):
            return _utf16(data), ""
        return data.decode("utf-8"), ""
    except UnicodeDecodeError as error:
        if error.encoding.startswith("utf-16"):
            raise EncodingDoubtError("its UTF-16 is damaged") from error
        seen = (
            f"it holds the byte 0x{error.object[error.start]:02x} in line {data[: error.start].count(10) + 1}"
        )
    text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    if text.count("\ufffd") < sum(letter > "\x7f" and letter != "\ufffd" for letter in text):
        return text, TITLES["utf-8"]
    texts = {codec: _spelled(data, codec) for codec in LANGUAGES}
    possible = {codec: text for codec, text in texts.items() if text is not None}
    named = {codec: text for codec, text in possible.items() if _spells_one(data, codec, names)}
    for candidates in (
        named,
        {codec: text for codec, text in possible.items() if _is_plausible(text, codec)},
    ):
        if len(set(candidates.values())) == 1:
            codec, text = next(iter(candidates.items()))
            return text, TITLES[codec]
    raise EncodingDoubtError(seen)


def _utf16(data: bytes) -> str:
    """UTF-16 without a mark: the zeros of its ASCII letters are all first or all second bytes."""
    codec = "utf-16-be" if data[::2].count(0) > data[1::2].count(0) else "utf-16-le"
    text = data.decode(codec)
    if "\0" in text:
        raise EncodingDoubtError("it holds zero bytes, as no text does")
    return text


def _spelled(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return None


def _spells_one(data: bytes, codec: str, names: Iterable[str]) -> bool:
    """Whether the name of a recording, one beyond ASCII, stands in the table in this code page."""
    for name in names:
        for part in name.split("/"):
            stem = unicodedata.normalize("NFC", part).rpartition(".")[0] or part
            written = stem.encode(codec, errors="ignore")
            if not stem.isascii() and written.decode(codec) == stem and written in data:
                return True
    return False


def _is_plausible(text: str, codec: str) -> bool:
    """Whether the text is of one language of this code page, as far as its letters say."""
    beyond = [(before, letter) for before, letter in zip(" " + text, text, strict=False) if letter > "\x7f"]
    letters = {letter for _, letter in beyond if letter.isalpha()}
    if any(letter not in TYPOGRAPHIC for _, letter in beyond if letter not in letters):
        return False
    # On a Macintosh, letters stand where Windows has its own beside the quotation marks: Š, Ž, œ ...
    if any(letter.encode(codec)[0] < 0xA0 for letter in letters) or MISPLACED.search(text):
        return False
    if any(before.islower() and letter.isupper() for before, letter in beyond):
        return False
    small = {letter.lower()[0] for letter in letters}
    return any(small <= set(language) for language in LANGUAGES[codec])
