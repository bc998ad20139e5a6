"""The columns of clips: every list of them on every page follows from one registry."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.audio.decode import Facts
from pipeline.clips import Clip
from pipeline.fields import FIELDS, SQL_TYPES, Field, with_role
from store import database
from store.export import export
from store.reader import Reader

IDENTITY = {"clip_id", "dataset", "relative_path", "content_hash", "size_bytes", "modified_ns", "changed_ns"}


def test_every_column_of_clips_is_a_field_of_its_type() -> None:
    table = re.search(r"create table if not exists clips \((.*?)\n\);", database.schema(), re.DOTALL)
    assert table is not None
    columns = dict(line.split()[:2] for line in table[1].strip().splitlines())
    assert columns.keys() - IDENTITY == FIELDS.keys()
    for name, field in FIELDS.items():
        assert columns[name].rstrip(",") == SQL_TYPES[field.kind], name


def test_what_is_measured_and_what_corpora_say() -> None:
    assert {name for name, one in FIELDS.items() if one.measured} == {
        one.name for one in dataclass_fields(Facts)
    }
    said = {one.name for one in dataclass_fields(Clip)} - {"dataset", "path", "relative_path", "more"}
    assert {name for name, one in FIELDS.items() if not one.measured} == said


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_can_be_shown(name: str) -> None:
    field = FIELDS[name]
    value = {"text": "a word", "whole": 3, "number": 0.25}[field.kind]
    assert field.title and field.text(value)
    assert field.measured or field.parse(next(iter(field.choices), "3")) is not None
    if field.kind != "text" and not field.measured:
        assert field.parse("three") is None and field.parse("-1") is None


def test_names_and_units() -> None:
    assert FIELDS["rms_dbfs"].name == "level (RMS)" and FIELDS["rms_dbfs"].heading == "level (dBFS)"
    assert FIELDS["silence_share"].heading == "silence (%)" and FIELDS["silence_share"].text(0.125) == "12%"
    assert Field(title="DC offset").name == "DC offset"
    assert FIELDS["split"].expected == "train or test"


def _places(clips: pd.DataFrame) -> dict[str, bool]:
    """Where the toy shows."""
    from app.clusters import colours
    from app.ui import clip, clip_table
    from app.ui.filters import Selection

    dataset, row = pd.Series({"dataset": "mine", "label_name": "label"}), clips.iloc[0]
    selection = Selection(dataset, clips, len(clips))
    return {
        "filter": "microphone" in selection.facets(),
        "sort": "microphone" in clip_table.columns(clips),
        "colour": "microphone" in colours._options(dataset, clips, None, pd.DataFrame()),
        "in full": clip.labels(row).get("microphone") == "lavalier",
    }


def test_a_new_column_is_one_entry(
    builder: Any, tone: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine"
    for number in (1, 2):
        tone(folder / f"{number}.wav", 300 * number)
    (folder / "list.csv").write_text("path,label,mic\n1.wav,a,lavalier\n2.wav,b,boom\n")
    builder(f"folder:mine={folder}")

    roles = frozenset({"filter", "colour", "table", "label", "export"})
    monkeypatch.setitem(FIELDS, "microphone", Field(title="Microphone", roles=roles, csv_names=("mic",)))
    assert builder().vectors_computed == 0
    with Reader(builder.store.current().path) as reader:
        clips = reader.clips("mine")
        files = export(reader, tmp_path / "out", "projector", metadata=list(with_role("export")))
    assert clips["microphone"].tolist() == ["lavalier", "boom"]
    assert all(_places(clips).values()), _places(clips)
    header, *rows = [line.split("\t") for line in files[1].read_text().splitlines()]
    assert [row[header.index("microphone")] for row in rows] == ["lavalier", "boom"]
    assert builder().status == "unchanged"

    monkeypatch.delitem(FIELDS, "microphone")
    assert not any(_places(clips).values())
    assert builder().vectors_computed == 0  # published for its note: the column mic is not used
    assert builder().status == "unchanged"
