"""docs/RESULTS.md says what the store holds, and nothing else."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from store.reader import Reader


@pytest.fixture
def results(repo_root: Path, monkeypatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("results_script", repo_root / "scripts" / "results.py")
    assert spec and spec.loader
    monkeypatch.setattr(sys, "path", list(sys.path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_experiment_has_its_line_with_what_is_needed_to_repeat_it(
    built, results, tmp_path, monkeypatch
) -> None:
    out = tmp_path / "docs" / "RESULTS.md"
    monkeypatch.setattr(sys, "argv", ["results", "--store", str(built.store.root), "--out", str(out)])
    assert results.main() == 0
    text = out.read_text(encoding="utf-8")
    with Reader(built.store.current().path) as reader:
        table = reader.experiments("esc50")
    lines = [line for line in text.splitlines() if line.startswith("|")]
    for _, row in table.iterrows():
        accuracy = f"| {100 * row['accuracy']:.1f} | {100 * row['spread']:.1f} |"
        assert any(accuracy in line and line.endswith(f" {row['seed']} |") for line in lines), row[
            "experiment_id"
        ]
    number = built.store.current().number
    assert "The 5 official folds: 30 clips of 3 classes" in text and f"snapshot {number}" in text
    assert "python -m pipeline build --dataset esc50=PATH" in text
    assert "## TIMIT\n\nNot in the store that this was written from." in text
    assert str(tmp_path) not in text and str(built.store.root) not in text


def test_what_cannot_be_told_from_guessing_is_called_so(built, results) -> None:
    import _tables

    with Reader(built.store.current().path) as reader:
        table = reader.experiments("esc50")
    near = table.assign(
        accuracy=0.3, accuracy_low=0.2, accuracy_high=0.4, grouped_low=None, grouped_high=None
    )
    told = "\n".join(_tables.experiments(near))
    assert "No better than guessing" in told and "between 20.0 and 40.0 %" in told
    assert "is better than guessing" in "\n".join(_tables.experiments(table))


def test_without_a_snapshot_it_says_what_to_do(results, tmp_path, monkeypatch, capsys) -> None:
    out = tmp_path / "RESULTS.md"
    monkeypatch.setattr(sys, "argv", ["results", "--store", str(tmp_path), "--out", str(out)])
    assert results.main() == 2 and not out.exists()
    assert "Build first" in capsys.readouterr().err
