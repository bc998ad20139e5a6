"""The columns of ``clips``: what each is called, in which unit, and where a person meets it.

A new column is one entry in ``FIELDS``. What a corpus says comes from ``Clip``, or from ``Clip.more`` where only one
corpus knows it; a folder's CSV is read by the names given here. What is measured comes from ``Facts``.
The tables, filters, colours, charts and exports of all pages follow from the roles.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal[
    "filter", "colour", "table", "histogram", "heading", "label", "fact", "target", "confound", "export"
]  # fmt: skip
"""Where a column is used.

``filter``: a box above the pages, and groups in charts. ``colour``: a colour of the clouds. ``table``: a column of
Explore's table, which can be sorted by it. ``histogram``: a chart on Explore. ``heading``: part of what a clip is
called on a page. ``label``, ``fact``: a line of the clip in full, among what the corpus says or what was measured.
``target``: what a build learns from the views. ``confound``: known of a recording before anyone listens, so
that no label should follow from it. ``export``: a column of the metadata for the Embedding Projector.
"""
Kind = Literal["text", "whole", "number"]
SQL_TYPES: Mapping[Kind, str] = {"text": "varchar", "whole": "integer", "number": "double"}
LARGEST = 2**31 - 1
"""Of SQL's integers."""
WHOLE = re.compile(r"(?:[^\W\d]+[\s_-]*)?(\d+)(?:\.0*)?")
"""``3``, ``3.0``, ``fold3``, ``fold 3``."""
RANGE = re.compile(r"(\d{1,3})\s*[-–]\s*(\d{1,3})")
DECADES = (
    "teens",
    "twenties",
    "thirties",
    "forties",
    "fifties",
    "sixties",
    "seventies",
    "eighties",
    "nineties",
)
INVISIBLE = dict.fromkeys(
    map(ord, "\xad\u061c\u200b\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
)
"""Characters of no width: soft hyphens, spaces of none, and marks that turn the direction of writing."""


def plain(text: str) -> str:
    """A text as it looks, so that what looks the same is the same: accents composed, blanks single, nothing unseen."""
    shown = "".join(" " if unicodedata.category(one) == "Cc" else one for one in text.translate(INVISIBLE))
    return " ".join(unicodedata.normalize("NFC", shown).split())


@dataclass(frozen=True, kw_only=True)
class Field:
    """A column of ``clips``."""

    title: str
    kind: Kind = "text"
    roles: frozenset[Role] = frozenset()
    unit: str = ""
    """Of the values as they are stored; a share has none."""
    format: str = "{}"
    short: str = ""
    """A shorter title, for the heads of tables; without one, the title."""
    measured: bool = False
    """Whether it is measured on the recording, or else said by the corpus."""
    csv_names: tuple[str, ...] = ()
    """Further names that the column may have in a person's own CSV."""
    choices: Mapping[str, object] = field(default_factory=dict)
    """What a cell of a CSV may hold, in lower case, and what it means; of a number, words that stand for one."""
    limit: float = LARGEST
    """The largest number that a cell may hold: beyond it lies an error."""

    @property
    def name(self) -> str:
        """As it reads within a line: ``level (RMS)``."""
        return _lower(self.title)

    @property
    def short_name(self) -> str:
        return _lower(self.short or self.title)

    @property
    def heading(self) -> str:
        """Of a table's column: ``level (dBFS)``."""
        unit = "%" if self.is_share else self.unit
        return f"{self.short_name} ({unit})" if unit else self.short_name

    @property
    def is_share(self) -> bool:
        return self.format.endswith("%}")

    @property
    def axis_unit(self) -> str:
        return "share of the clip" if self.is_share else self.unit

    @property
    def expected(self) -> str:
        """What a cell of a CSV should hold, in words."""
        if self.kind == "text":
            return " or ".join(dict.fromkeys(map(str, self.choices.values()))) or "text"
        return "a whole number" if self.kind == "whole" else f"a number ({self.unit}) up to {self.limit:g}"

    def text(self, value: object) -> str:
        """A value as it stands in a table."""
        return self.format.format(value)

    def parse(self, cell: str) -> object | None:
        """What a cell of a CSV says; None where it is not what is expected."""
        cell = plain(cell)
        if cell.lower() in self.choices:
            return self.choices[cell.lower()]
        if self.kind == "text":
            return None if self.choices else cell or None
        if self.kind == "whole":
            whole = WHOLE.fullmatch(cell)
            return int(whole[1]) if whole and len(whole[1]) < 20 and int(whole[1]) <= self.limit else None
        if span := RANGE.fullmatch(cell):
            return self._within((int(span[1]) + int(span[2])) / 2)
        try:
            return self._within(float(cell))
        except ValueError:
            return None

    def _within(self, number: float) -> float | None:
        return number if math.isfinite(number) and 0 <= number <= self.limit else None

    def is_rounded(self, cell: str) -> bool:
        """Whether a cell names a span, of which :meth:`parse` gives the middle: ``twenties``, ``20-29``."""
        return self.kind == "number" and (
            plain(cell).lower() in self.choices or bool(RANGE.fullmatch(plain(cell)))
        )


def _lower(title: str) -> str:
    """The title within a sentence; an abbreviation stays as it is."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _label(title: str, *roles: Role, **more: object) -> Field:
    return Field(title=title, roles=frozenset({"label", *roles}), **more)  # type: ignore[arg-type]


def _fact(title: str, unit: str, form: str, *roles: Role, **more: object) -> Field:
    more = {"kind": "number", "measured": True} | more
    return Field(title=title, unit=unit, format=form, roles=frozenset({"confound", *roles}), **more)  # type: ignore[arg-type]


FIELDS: dict[str, Field] = {
    "label": _label(
        "Label", "filter", "colour", "table", "heading", "target", "export",
        csv_names=(
            "category", "class", "labels", "class_name", "label_name", "scene_label", "class_label",
            "positive_labels", "etiket", "sınıf", "sinif", "kategori",
        ),
    ),
    "label_group": _label("Group", "filter", "colour", "table", "export", csv_names=("group",)),
    "fold": _label("Fold", "filter", "colour", "table", "export", kind="whole", format="{:.0f}"),
    "split": _label(
        "Split", "filter", "colour", "table", "export", csv_names=("subset",),
        choices=dict.fromkeys(("train", "training", "trn"), "train")
        | dict.fromkeys(("test", "testing", "tst"), "test"),
    ),
    "source": _label("Source recording", csv_names=("src_file", "fsid", "freesound_id")),
    "take": _label("Take"),
    "speaker": _label(
        "Speaker", "colour", "table", "heading", "export",
        csv_names=("speaker_id", "client_id", "konuşmacı", "konusmaci"),
    ),
    "sex": _label(
        "Sex", "filter", "colour", "table", "target", "export", csv_names=("gender", "cinsiyet"),
        choices=dict.fromkeys(("female", "f", "woman", "female_feminine", "kadın"), "female")
        | dict.fromkeys(("male", "m", "man", "male_masculine", "erkek"), "male"),
    ),
    "dialect": _label(
        "Dialect", "filter", "colour", "table", "target", "export", csv_names=("accent", "accents")
    ),
    "age_years": _label(
        "Age", kind="number", unit="years", format="{:g}", csv_names=("age", "yaş", "yas"), limit=130,
        choices={name: 15.0 + 10 * number for number, name in enumerate(DECADES)} | {"fourties": 45.0},
    ),
    "height_cm": _label("Height", kind="number", unit="cm", format="{:g}", limit=300),
    "sentence": _label("Sentence", "table", "heading"),
    "sentence_type": _label("Sentence type", "filter", "colour"),
    "text": _label("Text", csv_names=("transcript", "transcription")),
    "duration_s": _fact("Duration", "s", "{:.2f}", "fact", "colour", "table", "histogram", "export"),
    "rms_dbfs": _fact("Level (RMS)", "dBFS", "{:.1f}", "fact", "colour", "table", "histogram", short="Level"),
    "peak_dbfs": _fact("Peak", "dBFS", "{:.1f}", "fact", "histogram"),
    "silence_share": _fact("Share of silence", "", "{:.0%}", "fact", "colour", "table", "histogram", short="Silence"),
    "digital_silence_share": _fact(
        "Share of digital silence", "", "{:.0%}", "fact", "histogram", short="Digital silence"
    ),
    "clipped_share": _fact("Share of clipping", "", "{:.2%}", "fact", short="Clipping"),
    "bandwidth_hz": _fact("Bandwidth", "Hz", "{:,.0f}", "fact", "colour", "table", "histogram"),
    "dc_offset": _fact("Offset", "", "{:.4f}"),
    "sample_rate_hz": _fact("Sample rate", "Hz", "{:,}", "fact", "table", "histogram", kind="whole"),
    "channels": _fact("Channels", "", "{}", "fact", kind="whole"),
    "codec": _fact("Codec", "", "{}", "fact", kind="text"),
    "mixdown": Field(title="Mixed down as", roles=frozenset({"fact"}), measured=True),
}  # fmt: skip
"""In the order in which pages list them."""


def with_role(role: Role, columns: Collection[str] | None = None) -> dict[str, Field]:
    """The fields of a role, by column; of those ``columns`` only, where a store may be older than a field."""
    return {
        name: one
        for name, one in FIELDS.items()
        if role in one.roles and (columns is None or name in columns)
    }


def sql_types() -> dict[str, str]:
    """The type of each column in the store."""
    return {name: SQL_TYPES[one.kind] for name, one in FIELDS.items()}
