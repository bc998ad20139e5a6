"""Every query says what it is for, and every column of the store is explained."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from store import database
from store.errors import StoreError

QUERIES = sorted((database.HERE / "queries").glob("*.sql"))
NAMES = [path.stem for path in QUERIES]


@pytest.mark.parametrize("path", QUERIES, ids=NAMES)
def test_a_query_tells_purpose_parameters_and_columns(path) -> None:
    text = path.read_text(encoding="utf-8")
    head, _, statement = text.partition("select")
    assert [line for line in head.splitlines() if line and not line.startswith("--")] == []
    parts = re.findall(r"^-- (Purpose|Parameters|Columns): \S", head, re.MULTILINE)
    assert parts == ["Purpose", "Parameters", "Columns"]
    bound = set(re.findall(r"\$(\w+)", statement))
    assert bound == set(re.findall(r"\$(\w+)", head))
    assert ("{table}" in statement) == ("{table}" in head)


@pytest.mark.parametrize("name", NAMES)
def test_a_query_is_used(name, repo_root: Path) -> None:
    """Most are named in full; those of a difference by their last word."""
    rooms = [
        path.read_text(encoding="utf-8")
        for room in ("store", "pipeline")
        for path in (repo_root / room).rglob("*.py")
    ]
    assert any(f'"{name}"' in text for text in rooms) or name.startswith("diff_")


@pytest.mark.parametrize("view", ["", "Mfcc", "x; drop table clips", 'x"', "1x", "a" * 42, "mfcc\n"])
def test_only_a_plain_name_becomes_part_of_a_statement(view) -> None:
    with pytest.raises(StoreError, match="cannot name a view"):
        database.view_table(view)


def test_the_readme_explains_every_table_and_column() -> None:
    readme = (database.HERE / "README.md").read_text(encoding="utf-8")
    with duckdb.connect() as con:
        con.execute(database.schema())
        columns = con.execute(
            "select table_name, column_name from duckdb_columns() where not internal"
        ).fetchall()
    sections = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", readme, re.MULTILINE | re.DOTALL))
    diagram = readme.partition("```mermaid")[2].partition("```")[0]
    assert set(sections) >= {table for table, _ in columns}
    for table, column in columns:
        assert f"| `{column}` |" in sections[table], f"{table}.{column} is not explained"
        assert re.search(rf"\b{column}\b", diagram), f"{table}.{column} is not in the diagram"


def test_the_readme_names_no_column_that_is_not_there() -> None:
    readme = (database.HERE / "README.md").read_text(encoding="utf-8")
    with duckdb.connect() as con:
        con.execute(database.schema())
        known = con.execute(
            "select table_name, column_name from duckdb_columns() where not internal"
        ).fetchall()
    for table, section in re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", readme, re.MULTILINE | re.DOTALL):
        if table != "view_NAME":
            named = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
            assert named == {column for one, column in known if one == table}


def test_the_examples_in_the_readme_run(filled, monkeypatch) -> None:
    """Those in SQL, on a snapshot."""
    readme = (database.HERE / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```sql\n(.*?)```", readme, re.DOTALL)
    assert examples
    with duckdb.connect(str(filled.path), read_only=True) as con:
        for statement in ";".join(examples).split(";"):
            if statement.strip():
                con.execute(statement.replace("view_mfcc", "view_level").replace("mfcc", "level")).fetchall()
