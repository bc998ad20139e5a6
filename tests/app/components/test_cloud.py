"""What the browser gets to draw the cloud from, and what comes back from it."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import streamlit as st
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from app.cache import sounds
from app.components.cloud import cloud as module
from app.components.cloud import data as bits
from app.components.cloud.cloud import CloudError, Colouring, Scene, cloud

N = 6
SOLID = np.arange(3 * N, dtype=np.float32).reshape(N, 3) * np.float32([1, 2, 0])
LABEL = Colouring("label", np.array([0, 1, 0, 1, 255, 0], np.uint8), ("frog", "rain"))
LEVEL = Colouring("level", np.arange(N, dtype=np.uint16), low=-60, high=-3, unit="dBFS")
SCENES = [Scene("solid", 3, SOLID, "PCA, 3-D", ("PC1", "PC2", "PC3")), Scene("flat", 2, SOLID[:, :2], "2-D")]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Address -> bytes, of all that was offered to the browser."""
    offered: dict[str, bytes] = {}

    def url(data: bytes, mime: str, key: str) -> str:
        offered[key] = data
        return key

    monkeypatch.setattr(sounds, "url", url)
    return offered


@pytest.fixture
def mount(monkeypatch: pytest.MonkeyPatch, sent: dict[str, bytes]) -> Callable[..., dict[str, Any]]:
    """Call the component; what Streamlit would have been told."""
    told: dict[str, Any] = {}
    monkeypatch.setattr(module, "_component", told.update)

    def call(**changes: Any) -> dict[str, Any]:
        usual: dict[str, Any] = {
            "scenes": SCENES,
            "clip_ids": [f"a/{number}.wav" for number in range(N)],
            "labels": LABEL,
            "clusters": None,
            "colouring": LABEL,
            "symbols": False,
            "selected": None,
            "chosen": None,
            "links": [],
            "sound": None,
            "on_choose": lambda _: None,
            "on_select": lambda _: None,
            "key": "cloud",
        }
        cloud(**(usual | changes))
        return told

    return call


def test_points_arrive_where_they_were(mount: Callable[..., dict[str, Any]], sent: dict[str, bytes]) -> None:
    scene = mount()["data"]["scenes"][0]
    assert (scene["dimension"], scene["axes"], scene["half"]) == (3, ["PC1", "PC2", "PC3"], [0.5, 1.0, 0.0])
    steps = np.frombuffer(sent[scene["points"]], "<u2").reshape(N, 3)
    drawn = (steps / 32767.5 - 1) * scene["half"]
    middle, longest = (SOLID.max(axis=0) + SOLID.min(axis=0)) / 2, np.ptp(SOLID, axis=0).max()
    np.testing.assert_allclose(drawn * longest / 2 + middle, SOLID, atol=longest / 65_000)


def test_a_trail_lies_among_the_points_on_their_own_scale(mount: Callable[..., dict[str, Any]]) -> None:
    walked = dataclasses.replace(SCENES[0], trail=SOLID[[2, 0]])
    (steps, *others) = mount(scenes=[walked, *SCENES[1:]])["data"]["trails"]
    middle, longest = (SOLID.max(axis=0) + SOLID.min(axis=0)) / 2, np.ptp(SOLID, axis=0).max()
    np.testing.assert_allclose(np.array(steps) * longest / 2 + middle, SOLID[[2, 0]], atol=longest / 1_000)
    assert others == [[] for _ in SCENES[1:]]
    with pytest.raises(CloudError, match="trail"):
        mount(scenes=[dataclasses.replace(SCENES[0], trail=SOLID[:, :1]), *SCENES[1:]])


def test_categories_and_numbers_are_told_apart(
    mount: Callable[..., dict[str, Any]], sent: dict[str, bytes]
) -> None:
    data = mount(colouring=LEVEL, clusters=dataclasses.replace(LABEL, missing="noise"))["data"]
    assert data["labels"]["names"] == ["frog", "rain"] and data["labels"]["none"] == 255
    assert data["clusters"]["missing"] == "noise"
    assert (data["colouring"]["low"], data["colouring"]["high"], data["colouring"]["unit"]) == (
        -60,
        -3,
        "dBFS",
    )
    assert data["colouring"]["wide"] and data["colouring"]["none"] == 65_535
    assert sent["cloud.colouring"] == LEVEL.codes.tobytes()


def test_a_selection_is_a_bit_a_clip(mount: Callable[..., dict[str, Any]], sent: dict[str, bytes]) -> None:
    mask = np.array([True, False, False, True, False, False])
    assert mount()["data"]["selected"] is None
    assert sent[mount(selected=mask)["data"]["selected"]] == bytes([0b001001])


def test_the_chosen_clip_has_its_name_its_sound_and_its_neighbours(
    mount: Callable[..., dict[str, Any]], sent: dict[str, bytes]
) -> None:
    data = mount(chosen=2, links=np.array([1, 4]), sound=b"RIFF")["data"]
    assert (data["chosen"], data["chosen_id"], data["links"]) == (2, "a/2.wav", [1, 4])
    assert sent[data["sound"]] == b"RIFF"
    assert mount(chosen=N)["data"]["chosen"] is None, "a clip from another dataset's address"


def test_a_click_and_a_lasso_come_back(
    mount: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: list[int] = []
    selected: list[NDArray[np.bool_]] = []
    told = mount(on_choose=chosen.append, on_select=selected.append)
    mask = np.array([False, True, True, False, False, True])
    text = base64.b64encode(bits.pack(mask)).decode()
    for index in (3, N, -1, "x"):
        monkeypatch.setattr(st, "session_state", {"cloud": {"chosen": index, "selected": text}})
        told["on_chosen_change"]()
    told["on_selected_change"]()
    assert chosen == [3]
    np.testing.assert_array_equal(selected, [mask])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scenes": []}, "one or two scenes, not 0"),
        ({"scenes": SCENES * 2}, "one or two scenes, not 4"),
        ({"clip_ids": ["a"]}, "1 clips in 3 dimensions were expected"),
        ({"scenes": [Scene("solid", 3, SOLID * np.float32(np.nan), "PCA")]}, "no number"),
        ({"colouring": dataclasses.replace(LEVEL, codes=LEVEL.codes[1:])}, "level tells of 5 clips, and 6"),
        ({"selected": np.ones(3, bool)}, "the selection tells of 3 clips"),
    ],
)
def test_what_does_not_fit_is_told(
    mount: Callable[..., dict[str, Any]], changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(CloudError, match=words):
        mount(**changes)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_clips(mount: Callable[..., dict[str, Any]], n: int) -> None:
    few = dataclasses.replace(LABEL, codes=LABEL.codes[:n])
    scenes = [dataclasses.replace(scene, points=scene.points[:n]) for scene in SCENES]
    assert mount(scenes=scenes, clip_ids=["a"] * n, labels=few, colouring=few)["data"]["n"] == n


def test_a_page_with_a_cloud_runs() -> None:
    def page() -> None:
        import numpy as np

        from app.components.cloud.cloud import Colouring, Scene, cloud

        label = Colouring("label", np.zeros(4, np.uint8), ("frog",))
        scene = Scene("flat", 2, np.zeros((4, 2), np.float32), "2-D")
        cloud(
            [scene],
            list("abcd"),
            label,
            None,
            label,
            symbols=False,
            selected=None,
            chosen=None,
            on_choose=lambda _: None,
            on_select=lambda _: None,
            key="cloud",
        )

    assert not AppTest.from_function(page).run().exception
