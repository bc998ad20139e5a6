"""What a person sees can be linked to: the snapshot in the address, and the choices of boxes and tables.

A link names its snapshot: who follows it sees what its sender saw, as long as that is there. Streamlit's own
``bind="query-params"`` does for a box whose default is the same for everybody; :func:`choice` for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from app.cache import snapshot
from app.ui import escape
from store.errors import SesatlasError

PARAMETER, PINNED, PENDING = "snapshot", snapshot.LINKED, "links_pending"


def follow() -> None:
    """Show the snapshot that the link asks for, and keep the shown one in the URL; call it in every run.

    Without a link to an older one a session follows the current snapshot as builds publish new ones.
    """
    try:
        current = snapshot.store().current()
    except SesatlasError:  # the page itself says what is wrong
        return
    if current is None:
        return
    _let_go_of_a_deleted_one()
    if "link_followed" not in st.session_state:
        st.session_state["link_followed"] = True
        _follow_first(st.query_params.get(PARAMETER, ""), current.number)
    later(PARAMETER, str(snapshot.current().number))


def _follow_first(asked: str, current: int) -> None:
    there = {str(one.number) for one in snapshot.store().snapshots()}
    if asked in there and int(asked) != current:
        st.session_state[PINNED] = int(asked)
    elif asked and asked not in there:
        st.session_state["snapshot_gone"] = asked[:20]


def later(name: str, value: str) -> None:
    """Put a value into the URL with the next :func:`write`."""
    st.session_state.setdefault(PENDING, {})[name] = value


def write() -> None:
    """All values at once: each on its own would be one more step for the browser's way back."""
    pending = st.session_state.pop(PENDING, {})
    if any(st.query_params.get(name) != value for name, value in pending.items()):
        st.query_params.update(pending)


def _let_go_of_a_deleted_one() -> None:
    pinned = st.session_state.get(PINNED)
    if pinned is not None and not snapshot.store().at(pinned).path.exists():
        _unpin()
        st.session_state["snapshot_gone"] = str(pinned)


def notices() -> None:
    """Say above the page where what is shown is not the current state, or not what the link meant."""
    with st.container():  # always one: what comes or goes in it moves nothing below it
        _notices()


def _notices() -> None:
    gone = st.session_state.get("snapshot_gone")
    if gone:
        st.warning(
            f"The link is to snapshot {escape.markdown(gone)}, which this store no longer has. Below is the current "
            "one: figures may differ from what its sender saw.",
            icon=":material/history:",
        )
        # Said on the first page only: on the next one nobody thinks of the link any more.
        del st.session_state["snapshot_gone"]
    if PINNED in st.session_state:
        with st.container(horizontal=True, vertical_alignment="center"):
            number = st.session_state[PINNED]
            st.info(f"You look at snapshot {number}, as the link says; it is not the current one.")
            st.button("Show the current one", on_click=_unpin)


def _unpin() -> None:
    st.session_state.pop(PINNED, None)


def choice(
    widget: Callable[..., Any],
    title: str,
    options: Sequence[str],
    *,
    parameter: str,
    key: str | None = None,
    titles: Mapping[str, str] | None = None,
    first: str | None = None,
    follow: str | None = None,
    remember: bool = True,
    alone: bool = True,
    **more: Any,
) -> str:
    """Draw a box and tie it to the address; the option that is chosen.

    Its value always stands in the address, the default too: bound by Streamlit, a default would be left out, and
    what comes first here is another thing elsewhere, or after the next build.

    Parameters
    ----------
    widget : callable
        ``st.selectbox``, ``st.segmented_control`` or alike; ``more`` is for it.
    title : str
    options : sequence of str
        One or more. The address names them as they are here; in old links also by their titles.
    parameter : str
        Its name in the address.
    key : str, optional
        Of the box in the session; see :func:`key_of`.
    titles : mapping, optional
        What a person reads of each option.
    first : str, optional
        What is shown before anybody chooses; the first option otherwise.
    follow : str, optional
        What is shown from now on, unless the address has just asked for something else.
    remember : bool
        Whether who comes from another page finds it as it was left.
    alone : bool
        Whether a box of one option is drawn.
    """
    key, names = key or key_of(parameter), titles or {}
    # The options of a list are shown as they are; those of buttons are Markdown.
    shown = str if widget is st.selectbox else escape.markdown
    in_address = asked(parameter, remember=remember)
    by_title = {title: option for option, title in names.items()}
    linked = in_address if in_address in options else by_title.get(in_address or "")
    if linked in options and (key not in st.session_state or in_address != kept(parameter)):
        st.session_state[key] = linked  # by a link, from another page, or by the way back
    elif follow in options:
        st.session_state[key] = follow
    if st.session_state.get(key) not in options:
        st.session_state[key] = first if first in options else options[0]
    if alone or len(options) > 1:
        widget(title, options, key=key, format_func=lambda one: shown(names.get(one, one)), **more)
    value = str(st.session_state[key])
    keep(parameter, value)
    return value


def key_of(parameter: str) -> str:
    """The key of the box of a parameter, if it has no other."""
    return f"{parameter}_box"


def asked(parameter: str, *, remember: bool = True) -> str | None:
    """What the address asks for; without it, what was chosen here before."""
    found: str | None = st.query_params.get(parameter, kept(parameter) if remember else None)
    return found


def keep(parameter: str, value: str | None) -> None:
    """Put what is chosen into the address, None takes it out; and remember that it was this session that did."""
    st.session_state[f"{parameter}_kept"] = value
    if value is None:
        st.query_params.pop(parameter, None)
    else:
        later(parameter, value)


def is_new(parameter: str, value: str | None) -> bool:
    """Whether somebody else than this page has put the value into the address: a link, or the browser's way back."""
    return f"{parameter}_kept" in st.session_state and value != kept(parameter)


def table_key(parameter: str, value: str | None) -> str:
    """The key of a table whose chosen row is in the address.

    A table forgets which row was clicked only when it is another table: the key is a new one where the address says
    something new.
    """
    number = f"{parameter}_tables"
    st.session_state[number] = st.session_state.get(number, 0) + is_new(parameter, value)
    return f"{parameter}{st.session_state[number]}"


def kept(parameter: str) -> str | None:
    """What this session has last put into the address."""
    value: str | None = st.session_state.get(f"{parameter}_kept")
    return value
