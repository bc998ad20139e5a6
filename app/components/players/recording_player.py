"""A player with the stretches of its recording: a click on a row, or in a chart, plays from there.

Streamlit's own player begins at whole seconds only, and a chart does not tell of a second click at the same place.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

HERE = Path(__file__).resolve().parent

_component = st.components.v2.component(
    "sesatlas.recording_player",
    html=(
        '<div class="recording"><audio controls preload="metadata"></audio>'
        '<div class="list"><table></table></div></div>'
    ),
    css=(HERE / "recording_player.css").read_text(encoding="utf-8"),
    js=(HERE / "recording_player.js").read_text(encoding="utf-8"),
)


def recording_player(
    url: str, cells: pd.DataFrame, spans: Sequence[tuple[float, float]], *, chart: str, key: str
) -> None:
    """Draw the player, and below it the stretches.

    Parameters
    ----------
    url : str
        The sound's; another one begins anew.
    cells : DataFrame
        What is written in each row; numbers already in words.
    spans : sequence of tuple
        One a row: where it begins and ends, in seconds.
    chart : str
        Key of a Plotly chart on the same page whose points have as their first ``customdata`` where to play from.
    key : str
        Unique on the page.
    """
    columns = [{"name": name, "number": bool(cells[name].str.match(r"^[-\d]|^$").all())} for name in cells]
    rows = [
        {"start_s": start_s, "end_s": end_s, "cells": list(row)}
        for (start_s, end_s), row in zip(spans, cells.itertuples(index=False), strict=True)
    ]
    _component(key=key, data={"url": url, "chart": chart, "columns": columns, "rows": rows})
