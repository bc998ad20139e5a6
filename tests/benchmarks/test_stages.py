"""The benchmark of whole builds: when what can be seen, in one row each."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from rich.console import Console


@pytest.mark.slow
def test_each_publication_has_its_time(benchmark_of, tmp_path, repo_root) -> None:
    stages = benchmark_of("stages")
    for number in range(6):
        time_s = np.arange(8_000) / 16_000
        path = tmp_path / "tones" / "ab"[number % 2] / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.3 * np.sin(2 * np.pi * (300 + 90 * number) * time_s), 16_000)
    found = stages.measure(repo_root, ["--dataset", f"folder={tmp_path / 'tones'}"], 1)
    assert list(found.published_s)[:2] == ["clips", "pca"] and list(found.published_s)[-1] == "everything"
    assert list(found.published_s.values()) == sorted(found.published_s.values())
    assert 0 < found.unchanged_s < found.published_s["everything"] and found.processor_s > 0
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(stages.table(found, found, "a title"))
    text = console.export_text()
    assert "clips can be seen, s" in text and "processor seconds" in text and " 1.0 " in text
