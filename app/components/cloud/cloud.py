"""A cloud of clips in 3-D and 2-D that turns, is clicked, chose and drawn round.

Drawn by our own WebGL in ``cloud/*.js``: Plotly's 3-D points send no events, and it takes seconds to draw or
recolour 100,000 points. Arrays go through ``app.cache.sounds``, so a browser gets only those it has not seen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.cache import sounds
from app.components import bundle
from app.components.cloud import data
from app.components.cloud.data import (
    CloudError,
    Colouring,
    Scene,
    check,
    colouring_data,
    scene_data,
    trail_data,
)

__all__ = ["CloudError", "Colouring", "Scene", "cloud"]

FOLDER = Path(__file__).resolve().parent
_component = st.components.v2.component(
    "sesatlas.cloud",
    html='<div class="cloud"></div>',
    css=(FOLDER / "cloud.css").read_text(encoding="utf-8"),
    js=bundle.LOADER,
)


def cloud(
    scenes: Sequence[Scene],
    clip_ids: Sequence[str],
    labels: Colouring,
    clusters: Colouring | None,
    colouring: Colouring,
    *,
    symbols: bool,
    selected: NDArray[np.bool_] | None,
    chosen: int | None,
    links: Sequence[int] = (),
    sound: bytes | None = None,
    on_choose: Callable[[int], None],
    on_select: Callable[[NDArray[np.bool_]], None],
    on_touch: Callable[[], None] | None = None,
    key: str,
    height: int = 520,
    turning: bool = True,
) -> None:
    """Draw one or two scenes of the same clips, side by side.

    Parameters
    ----------
    scenes : sequence of Scene
        One or two.
    clip_ids : sequence of str, length n
    labels, clusters : Colouring
        What is told of a clip under the cursor; ``clusters`` also gives the symbols if ``symbols``.
    colouring : Colouring
        What gives the colours.
    selected : bool, shape (n,), or None
        The others step back.
    chosen : int or None
        The clip to mark.
    links : sequence of int
        The clips to which lines lead from the chosen one.
    sound : bytes or None
        The chosen clip as WAV. Played at once when this run was caused by a click on it.
    on_choose, on_select : callable
        Called with a clip's index, or with a mask (all False: cleared), before the page is drawn anew.
    on_touch : callable or None
        Called once for each pair of scenes when a hand has moved a camera. It costs a run of the page, so only
        where the page could otherwise show another picture.
    key : str
        Unique on the page.
    height : int
        Of a scene, in CSS pixels; in a narrow window at most its width.
    turning : bool
        Whether a scene in 3-D turns until a person takes hold of it.

    Raises
    ------
    CloudError
        When lengths differ, points are not finite, or there are no or more than two scenes.
    """
    n = len(clip_ids)
    check(scenes, n, [labels, colouring, *([clusters] if clusters else [])], selected)
    picked = chosen if chosen is not None and 0 <= chosen < n else None

    def chose() -> None:
        index = st.session_state[key]["chosen"]
        if isinstance(index, int) and 0 <= index < n:
            on_choose(index)

    def drawn_round() -> None:
        on_select(data.from_browser(str(st.session_state[key]["selected"]), n))

    def touched() -> None:
        if on_touch is not None:
            on_touch()

    _component(
        key=key,
        data={
            "module": bundle.url(FOLDER / "main.js", "cloud"),
            "n": n,
            "scenes": [scene_data(scene, f"{key}.{at}") for at, scene in enumerate(scenes)],
            # Apart from the scenes, so that a step on it does not paint all points anew.
            "trails": [trail_data(scene) for scene in scenes],
            "ids": sounds.url(json.dumps(list(clip_ids)).encode(), sounds.JSON, f"{key}.ids"),
            "labels": colouring_data(labels, f"{key}.labels"),
            "clusters": colouring_data(clusters, f"{key}.clusters") if clusters else None,
            "colouring": colouring_data(colouring, f"{key}.colouring"),
            "symbols": symbols and clusters is not None,
            "selected": None
            if selected is None
            else sounds.url(data.pack(selected), sounds.BYTES, f"{key}.selected"),
            "chosen": picked,
            "chosen_id": None if picked is None else str(clip_ids[picked]),
            "links": [int(index) for index in links if 0 <= index < n],
            "sound": None if sound is None else sounds.url(sound, sounds.WAV, f"{key}.sound"),
            "height": height,
            "turning": turning,
            "report": on_touch is not None,
        },
        on_chosen_change=chose,
        on_selected_change=drawn_round,
        on_touched_change=touched,
    )
