"""What a live session hears, while it hears it: state, probability, level, log-mel and the last minute.

Python sends a tick a quarter of a second; the browser moves on between them. Streamlit sends a component's script with
every tick, so here it is only a line that fetches the rest of it, ``monitor/*.js``, once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from app.cache import sounds
from app.ui.clip import MAGMA

FOLDER = Path(__file__).resolve().parent
# Each after those it imports.
MODULES = (
    *("cloud/dom", "cloud/colours", "monitor/colouring", "monitor/axes", "monitor/said", "monitor/gauge"),
    *("monitor/meter", "monitor/columns", "monitor/picture", "monitor/minute", "monitor/flow"),
    *("monitor/reports", "monitor/monitor", "monitor/main"),
)
LOADER = """export default async (component) => {
  const monitor = await import(new URL(component.data.module, document.baseURI));
  return monitor.default(component);
};"""

_component = st.components.v2.component("sesatlas.monitor", html='<div class="monitor"></div>', js=LOADER)


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
        data={"module": sounds.url(_script(json.dumps(constants)), sounds.SCRIPT, "monitor"), **tick},
        default={"drawn": None},
        on_drawn_change=drawn,
    )


@cache
def _script(constants: str) -> bytes:
    """The modules as one, with the style and all else that stays the same."""
    texts = [(FOLDER.parent / f"{name}.js").read_text(encoding="utf-8") for name in MODULES]
    joined = re.sub(r"^import .*;\n", "", "\n".join(texts), flags=re.MULTILINE)
    joined = re.sub(r"^export (?!default )", "", joined, flags=re.MULTILINE)
    style = (FOLDER / "monitor.css").read_text(encoding="utf-8")
    fixed = json.loads(constants) | {"style": style, "colourMap": _colour_map()}
    return f"const FIXED = {json.dumps(fixed)};\n{joined}".encode()


def _colour_map() -> list[list[int]]:
    """The colours of the project's spectrograms, red, green and blue, from the lowest level to the highest."""
    return [[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in MAGMA]
