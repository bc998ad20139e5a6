"""A list of clips with one player above it, which goes on from one to the next and obeys the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).resolve().parent

_component = st.components.v2.component(
    "sesatlas.playlist",
    html=(
        '<div class="playlist" tabindex="0" role="group" aria-label="Playlist"><div class="head">'
        '<button class="previous" title="Previous (p)" aria-label="Previous"></button>'
        '<button class="play" title="Play or pause (space)"></button>'
        '<button class="next" title="Next (n)" aria-label="Next"></button>'
        '<button class="mark" title="Mark (m)"></button>'
        '<div class="told"><div class="now" aria-live="polite"></div><div class="note"></div></div></div>'
        '<div class="bar" title="Click to seek"><div class="done"></div></div>'
        '<p class="keys"></p><div class="list"><table></table></div><audio preload="auto"></audio></div>'
    ),
    css=(HERE / "playlist.css").read_text(encoding="utf-8"),
    js=(HERE / "playlist.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """What is written of a clip; its place in the list is its number."""

    id: str
    label: str
    distance: str


@dataclass(frozen=True, slots=True)
class Sound:
    """A clip's sound as a URL, or None where it cannot be read; its loudness, and what is to be said."""

    url: str | None
    loudness: str
    note: str


def playlist(
    rows: Sequence[Row],
    sounds: Mapping[int, Sound],
    *,
    name: str,
    at: int,
    marks: Sequence[str],
    on_at: Callable[[int], None],
    on_marks: Callable[[list[str]], None],
    key: str,
) -> None:
    """Draw the list.

    Parameters
    ----------
    rows : sequence of Row
        In the order to listen to them.
    sounds : mapping of int to Sound
        Those of the rows around ``at``; the browser keeps them, and asks for more before it runs out.
    name : str
        Tells this list from every other: with a new name the browser forgets sounds, place and marks.
    at, marks
        Where to begin and which clips are marked, read only when the name is new.
    on_at : callable
        Called with the number of a row when the sounds around it are wanted.
    on_marks : callable
        Called with the ids of all marked clips when one was marked or unmarked.
    key : str
        Unique on the page.
    """

    def reported(what: str) -> dict[str, Any]:
        value: dict[str, Any] = st.session_state[key][what]
        return value

    _component(
        key=key,
        data={
            "name": name,
            "rows": [asdict(row) for row in rows],
            "sounds": {str(number): asdict(sound) for number, sound in sounds.items()},
            "at": at,
            "marks": list(marks),
        },
        default={"at": None, "marks": None},
        on_at_change=lambda: on_at(int(reported("at")["at"])),
        on_marks_change=lambda: on_marks(list(reported("marks")["ids"])),
    )
