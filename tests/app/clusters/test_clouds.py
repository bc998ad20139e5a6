"""What hangs on the clouds: which clip is chosen, whose neighbours, which view, which groups, which sound."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
import streamlit as st

from app.cache import snapshot, tables
from app.clusters import clouds, pictures
from app.clusters.pictures import Picture

NAME = "demo_sounds"


@pytest.fixture(autouse=True)
def demo(demo_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session at its first page, on the demo store."""
    monkeypatch.setenv("SESATLAS_STORE", str(demo_store))
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "query_params", {})


def _dataset() -> pd.Series:
    return snapshot.datasets().set_index("dataset", drop=False).loc[NAME]


def test_the_chosen_clip_is_the_one_in_the_link() -> None:
    ids = ["a.wav", "b.wav"]
    assert clouds._chosen(ids) is None
    clouds._choose(ids, 1)
    assert clouds._chosen(ids) == 1
    assert clouds._chosen(ids[:1]) is None, "a clip that is not there is not chosen"


def test_its_neighbours_are_those_of_a_search_by_hand() -> None:
    given = snapshot.standardised(NAME, "mfcc")
    found = clouds._neighbours(NAME, "mfcc", given, 7)
    distances = np.linalg.norm(given.values.astype(float) - given.values[7], axis=1)
    distances[7] = np.inf
    np.testing.assert_allclose(distances[found], np.sort(distances)[: clouds.NEIGHBOURS], rtol=1e-5)


def test_the_view_follows_a_newly_chosen_clustering_only() -> None:
    first = pd.Series({"clustering_id": "1", "view": "mfcc"})
    assert clouds._view_to_follow(NAME, None) is None
    assert clouds._view_to_follow(NAME, first) == "mfcc"
    st.session_state[pictures.VIEW] = "mfcc"  # the box is drawn
    assert clouds._view_to_follow(NAME, first) is None
    assert clouds._view_to_follow(NAME, pd.Series({"clustering_id": "2", "view": "chroma"})) == "chroma"
    del st.session_state[pictures.VIEW]  # another page was looked at meanwhile
    assert clouds._view_to_follow(NAME, pd.Series({"clustering_id": "2", "view": "chroma"})) == "chroma"


def test_groups_stand_in_the_order_of_the_pictures_clips() -> None:
    row = tables.clusterings(NAME).iloc[0]
    members = tables.members(row["clustering_id"]).set_index("clip_id")["cluster"]
    ids = members.index.to_numpy(dtype=object)[::-1]
    picture: Any = Picture("mfcc", np.array([*ids, "gone.wav"], dtype=object), (), *[np.zeros(0)] * 2, None)
    found = clouds._grouping(row, picture)
    assert found is not None
    assert found.clusters[:-1].tolist() == members.loc[ids].tolist()
    assert found.clusters[-1] == -1, "a clip that the clustering does not know is in no cluster"
    assert clouds._grouping(None, picture) is None


def test_the_sound_is_the_recording() -> None:
    clips = snapshot.clips(NAME)
    assert clouds._sound(_dataset(), clips, None) is None
    wave = clouds._sound(_dataset(), clips, 3)
    assert wave is not None
    info = soundfile.info(io.BytesIO(wave))
    assert info.duration == pytest.approx(clips["duration_s"].iloc[3], abs=0.01)


def test_a_recording_that_is_gone_is_silent() -> None:
    clips = snapshot.clips(NAME).assign(relative_path="nowhere.wav")
    assert clouds._sound(_dataset(), clips, 3) is None


def test_only_a_click_lets_the_sound_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(clouds.time, "sleep", slept.append)
    clouds._sound_first()
    clouds._choose(["a.wav"], 0)
    clouds._sound_first()
    clouds._sound_first()
    assert slept == [clouds.SOUND_S]
