"""What a section hands on: the clips of a branch, and what an exported row tells of the picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.clusters import sections
from app.clusters.clouds import CloudState
from app.clusters.colours import Grouping
from app.clusters.pictures import Picture
from app.components.cloud.cloud import Scene

IDS = np.array(["b.wav", "a.wav", "d.wav"], dtype=object)
SCENES = (
    Scene("solid", 3, np.arange(9, dtype=np.float32).reshape(3, 3), "3-D"),
    Scene("flat", 2, np.arange(6, dtype=np.float32).reshape(3, 2), "2-D"),
)


def _state(grouping: Grouping | None) -> CloudState:
    none = np.zeros(3, np.float32)
    picture = Picture("mfcc", IDS, SCENES, none, none, pd.DataFrame())
    clips = pd.DataFrame({"clip_id": IDS, "label": ["rain", None, "dog"]})
    given: Any = None
    return CloudState(pd.Series({"dataset": "set"}), clips, picture, given, grouping, None, None)


def test_a_branch_picks_its_clips_whatever_their_order_here(monkeypatch: pytest.MonkeyPatch) -> None:
    put: list[Any] = []
    members = pd.DataFrame({"clip_id": ["a.wav", "b.wav", "c.wav"]})
    monkeypatch.setattr(sections.tables, "members", lambda id_: members)
    monkeypatch.setattr(sections.tables, "tree", lambda id_: pd.DataFrame())
    monkeypatch.setattr(sections.selection, "put", lambda name, ids, mask: put.append(mask))
    mine = np.array([True, False, True])

    def draw(tree: pd.DataFrame, *, key: str, on_pick: Any) -> None:
        on_pick(mine)
        on_pick(None)

    monkeypatch.setattr(sections.condensed_tree, "draw", draw)
    sections.tree(_state(None), pd.Series({"method": "hdbscan", "clustering_id": "1"}))
    # a.wav is picked; d.wav is not in the clustering, and c.wav not in the picture
    assert put[0].tolist() == [False, True, False]
    assert put[1] is None


@pytest.mark.parametrize("clustered", [True, False])
def test_a_row_tells_where_its_clip_lies(monkeypatch: pytest.MonkeyPatch, clustered: bool) -> None:
    drawn: list[pd.DataFrame] = []
    monkeypatch.setattr(sections.selection_panel, "draw", lambda *given: drawn.append(given[-1]))
    grouping = Grouping("Cluster", np.array([2, -1, 0], np.int32)) if clustered else None
    sections.picked_clips(_state(grouping), None)
    (told,) = drawn
    assert told.columns.tolist() == [
        *("view", "solid.x", "solid.y", "solid.z", "flat.x", "flat.y"),
        *(["cluster"] if clustered else []),
    ]
    assert told.iloc[1].tolist()[:6] == ["mfcc", 3, 4, 5, 2, 3]
    if clustered:
        assert told["cluster"].tolist() == [2, -1, 0]
