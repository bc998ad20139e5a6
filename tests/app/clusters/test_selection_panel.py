"""The picked clips as files to take along, and compared with the rest."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import streamlit as st

from app.cache import snapshot
from app.clusters import selection_panel

NAME = "demo_sounds"


@pytest.fixture
def files(demo_store: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[np.ndarray], dict[str, bytes]]:
    """What the downloads hold, by the ending of their names."""
    monkeypatch.setenv("SESATLAS_STORE", str(demo_store))
    made: dict[str, Any] = {}
    monkeypatch.setattr(st, "popover", lambda *_, **__: contextlib.nullcontext())
    monkeypatch.setattr(
        st, "download_button", lambda _, data, file_name, **__: made.update({file_name: data})
    )

    def export(chosen: np.ndarray) -> dict[str, bytes]:
        dataset = snapshot.datasets().set_index("dataset", drop=False).loc[NAME]
        clips, given = snapshot.clips(NAME), snapshot.standardised(NAME, "mfcc")
        told = pd.DataFrame({"view": "mfcc", "pca.x": np.arange(len(clips)), "cluster": 1})
        selection_panel._exports(dataset, clips[chosen], given.values[chosen], told[chosen])
        number = snapshot.current().number
        assert all(name.startswith(f"sesatlas_{NAME}_snapshot{number}.") for name in made)
        return {name.rsplit(".", 1)[1]: data() for name, data in made.items()}

    return export


def test_every_file_holds_the_picked_clips_in_their_order(files: Callable[..., dict[str, bytes]]) -> None:
    clips = snapshot.clips(NAME)
    chosen = np.zeros(len(clips), dtype=bool)
    chosen[[3, 50, -1]] = True
    made = files(chosen)
    assert set(made) == {"csv", "parquet", "m3u8", "zip"}
    ids = clips["clip_id"][chosen].tolist()

    for table in (
        pd.read_csv(io.BytesIO(made["csv"])),
        pq.read_table(io.BytesIO(made["parquet"])).to_pandas(),
    ):
        assert table["clip_id"].tolist() == ids
        assert table["pca.x"].tolist() == [3, 50, len(clips) - 1]
        assert table.columns.is_unique

    lines = made["m3u8"].decode().splitlines()
    paths = [Path(line) for line in lines if not line.startswith("#")]
    assert [path.name for path in paths] == [Path(one).name for one in ids]
    assert all(path.is_file() for path in paths)

    with zipfile.ZipFile(io.BytesIO(made["zip"])) as packed:
        rows = {name: packed.read(name).decode().splitlines() for name in packed.namelist()}
    vectors = rows[f"{NAME}.vectors.tsv"]
    assert len(vectors) == 3 and len(rows[f"{NAME}.metadata.tsv"]) == 4
    given = snapshot.standardised(NAME, "mfcc").values[chosen]
    np.testing.assert_allclose(
        [[*map(float, line.split("\t"))] for line in vectors], given, rtol=1e-4, atol=1e-5
    )
