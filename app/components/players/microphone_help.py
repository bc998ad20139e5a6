"""What keeps this browser from its microphone, in one sentence; nothing where nothing does."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

HERE = Path(__file__).resolve().parent
ELSE = " A file can still be analysed."
TROUBLES = {
    "insecure": "Browsers hand out the microphone only on localhost and over HTTPS, and this page is neither. Open it "
    "as localhost, or put HTTPS before it: README.md says how.",
    "old": "This browser cannot send a microphone's sound (it lacks WebRTC). Open the page in a current Firefox, "
    "Chrome, Edge or Safari.",
    "none": "This browser finds no microphone. Plug one in or switch it on.",
    "denied": "This browser does not let the page hear the microphone. Allow it at the left end of the address bar, "
    "then reload the page.",
}
"""By what ``microphone_help.js`` calls it."""
SENTENCES = {name: sentence + ELSE for name, sentence in TROUBLES.items()}

_component = st.components.v2.component(
    "sesatlas.microphone_help",
    html='<p class="trouble" role="status" hidden></p>',
    css=(HERE / "microphone_help.css").read_text(encoding="utf-8"),
    js=(HERE / "microphone_help.js").read_text(encoding="utf-8"),
)


def microphone_help(*, key: str) -> None:
    """Draw the sentence, which the browser chooses and changes by itself; ``key`` is unique on the page."""
    _component(key=key, data={"words": SENTENCES})
