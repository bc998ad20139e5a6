"""What a live session hears, while it hears it: state, probability, level, log-mel and the last minute.

Python sends a tick a quarter of a second; the browser moves on between them. Streamlit sends a component's script with
every tick, so here it is only a line that fetches the rest of it, ``monitor/*.js``, once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from app.components import bundle
from app.ui.clip import MAGMA

FOLDER = Path(__file__).resolve().parent
_component = st.components.v2.component(
    "sesatlas.monitor", html='<div class="monitor"></div>', js=bundle.LOADER
)


def monitor(
    tick: Mapping[str, Any],
    constants: Mapping[str, Any],
    *,
    on_drawn: Callable[[Mapping[str, Any]], None] | None,
    key: str,
) -> None:
    """
    Draw a tick.

    Parameters
    ----------
    tick : mapping
        What there is to draw now: ``main.js`` lists its entries.
    constants : mapping
        What is the same at every tick, and is sent but once, with the script.
    on_drawn : callable or None
        Called with the ticks that the browser has drawn and when (``session``, ``rows`` and ``reported_ms``), every few
        seconds, before the page is drawn anew.
    key : str
        Unique on the page.
    """

    def drawn() -> None:
        report = st.session_state[key]["drawn"]
        if on_drawn is not None and isinstance(report, Mapping):
            on_drawn(report)

    _component(
        key=key,
        data={"module": _module(json.dumps(constants)), **tick},
        default={"drawn": None},
        on_drawn_change=drawn,
    )


def _module(constants: str) -> str:
    """Address of the modules, with the style and all else that stays the same as one of them."""
    return bundle.url(FOLDER / "main.js", "monitor", generated={"./fixed.js": _fixed(constants)})


@cache
def _fixed(constants: str) -> str:
    style = (FOLDER / "monitor.css").read_text(encoding="utf-8")
    fixed = json.loads(constants) | {"style": style, "colourMap": _colour_map()}
    return f"export const FIXED = {json.dumps(fixed)};"


def _colour_map() -> list[list[int]]:
    """The colours of the project's spectrograms, red, green and blue, from the lowest level to the highest."""
    return [[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in MAGMA]
