"""A page's placeholder for what is not there yet: when the running build will bring it."""

from __future__ import annotations

import streamlit as st

from app.builds import process
from app.cache import snapshot
from app.ui import escape

LOOK_S = 1.0


def draw(stage: str, otherwise: str, icon: str = ":material/info:") -> None:
    """When a stage will be published, kept up to date; ``otherwise``, Markdown, where no build will bring it.

    The sidebar notices what is published and reruns the page.
    """
    if process.waiting_for(snapshot.store(), stage) is None:
        st.info(otherwise, icon=icon)
    else:
        _live(stage)


def line(stage: str, otherwise: str = "") -> None:
    """As :func:`draw`, in small letters."""
    if process.waiting_for(snapshot.store(), stage) is not None:
        _live_line(stage)
    elif otherwise:
        st.caption(otherwise)


@st.fragment(run_every=LOOK_S)
def _live(stage: str) -> None:
    st.info(_message(stage), icon=":material/hourglass_top:")


@st.fragment(run_every=LOOK_S)
def _live_line(stage: str) -> None:
    st.caption(f":material/hourglass_top: {_message(stage)}")


def _message(stage: str) -> str:
    # Published or stopped a moment ago: until the page reruns, nothing is claimed.
    return escape.markdown(process.waiting_for(snapshot.store(), stage) or "One moment ...")
