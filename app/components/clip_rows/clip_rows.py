"""A table of clips with a play button in every row: Streamlit's own table needs two clicks for a sound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

HERE = Path(__file__).resolve().parent

_component = st.components.v2.component(
    "sesatlas.clip_rows",
    html='<div class="frame"><table></table></div>',
    css=(HERE / "clip_rows.css").read_text(encoding="utf-8"),
    js=(HERE / "clip_rows.js").read_text(encoding="utf-8"),
)


def clip_rows(
    cells: pd.DataFrame,
    clip_ids: Sequence[str],
    sounds: Sequence[str | None],
    *,
    chosen: str | None,
    on_choose: Callable[[str], None],
    key: str,
) -> None:
    """Draw the rows.

    Parameters
    ----------
    cells : DataFrame
        What is written in each row; numbers already in words.
    clip_ids, sounds : sequence
        One a row: the clip's id, and its sound as a data URL or None where it cannot be read.
    chosen : str or None
        The clip to mark.
    on_choose : callable
        Called with the clip's id when a person clicks a row, before the page is drawn anew.
    key : str
        Unique on the page.
    """
    columns = [{"name": name, "number": bool(cells[name].str.match(r"^[-\d]").all())} for name in cells]
    rows = [
        {"id": clip_id, "sound": sound, "cells": list(row)}
        for clip_id, sound, row in zip(clip_ids, sounds, cells.itertuples(index=False), strict=True)
    ]
    _component(
        key=key,
        data={"columns": columns, "rows": rows, "chosen": chosen},
        default={"chosen": None},
        on_chosen_change=lambda: on_choose(str(st.session_state[key]["chosen"])),
    )
