"""Who may look at the dashboard, and who may change the store from it.

Whoever runs the dashboard decides. ``SESATLAS_READ_ONLY=1`` lets everybody look and nobody change anything. An
``[auth]`` section in ``secrets.toml`` lets in only who has logged in with the provider named there, and
``builders`` in its section ``[sesatlas]`` names those who may change something.

A page leaves out what its reader may not do. Every action asks again by :func:`require`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from app.ui import escape
from store.errors import SesatlasError

READ_ONLY = "SESATLAS_READ_ONLY"
OFF = ("", "0", "false", "no", "off")
AUTH, SECTION, BUILDERS = "auth", "sesatlas", "builders"
"""In ``secrets.toml``: Streamlit's own section, and ours with the addresses of those who may change the store."""
NO_SECRETS = "no-secrets-found"
SHOWS_ONLY = "This dashboard is read-only: nothing can be built, saved or changed here."
NOT_NAMED = (
    "You can look at everything here. Building and saving is for those whom this dashboard's settings name."
)
NO_AUTHLIB = (
    "This dashboard asks its readers to log in, and lacks the package for that. Whoever runs it has to install it: "
    "`pip install -e '.[login]'`, then start it again."
)
UNREADABLE = (
    "The file secrets.toml of this dashboard cannot be read, so nobody can be let in. Whoever runs it finds "
    "the reason in the terminal."
)


class NotAllowedError(SesatlasError):
    """An action or a page that this reader has no right to."""


def is_read_only() -> bool:
    """Whether ``SESATLAS_READ_ONLY`` is set; any value counts but those of ``OFF``."""
    return os.environ.get(READ_ONLY, "").strip().lower() not in OFF


def may_change() -> bool:
    """Whether this reader may build, save and delete, and look at the server's folders."""
    return reason() is None


def require() -> None:
    """Refuse what only who may change the store may do; to be called before each such action.

    Raises
    ------
    NotAllowedError
        This reader may not.
    """
    why = reason()
    if why is not None:
        raise NotAllowedError(why)


def reason() -> str | None:
    """Why this reader may change nothing, in a sentence; None where they may."""
    if is_read_only():
        return SHOWS_ONLY
    settings = _secrets()
    own = settings.get(SECTION, {})
    if AUTH not in settings and BUILDERS not in own:
        return None
    return None if _is_builder(own.get(BUILDERS, [])) else NOT_NAMED


def _is_builder(builders: str | list[str]) -> bool:
    user = _user()
    # A provider that says so has not seen that the address belongs to who gave it.
    if user.get("is_logged_in") is False or user.get("email_verified") in (False, "false"):
        return False
    named = [builders] if isinstance(builders, str) else builders
    email = str(user.get("email") or "").strip().casefold()
    return bool(email) and email in {str(one).strip().casefold() for one in named}


def is_admitted() -> bool:
    """Whether this reader may see the pages: has logged in, where the settings ask for that.

    Raises
    ------
    NotAllowedError
        The settings are there and cannot be read.
    """
    return AUTH not in _secrets() or _user().get("is_logged_in") is True


def draw_log_in() -> None:
    """A button for each provider that the settings name, or what is missing."""
    if find_spec("authlib") is None:
        st.error(NO_AUTHLIB, icon=":material/error:")
        return
    for provider in _providers(_secrets().get(AUTH, {})):
        label = "Log in" if provider is None else f"Log in with {escape.markdown(provider)}"
        st.button(
            label, icon=":material/login:", on_click=st.login, args=[provider], key=f"log_in_{provider}"
        )


def _providers(section: Mapping[str, Any]) -> list[str | None]:
    """The names of the providers; None for one that has no name."""
    named = [name for name, value in section.items() if isinstance(value, Mapping) and "client_id" in value]
    return [*([None] if "client_id" in section or not named else []), *named]


def draw_reader() -> None:
    """Who is logged in, with the way out, and what they may not do; for the sidebar of every page."""
    if _user().get("is_logged_in") is True:
        who = _user().get("name") or _user().get("email") or "a reader"
        st.caption(f"Logged in as {escape.markdown(who)}")
        st.button("Log out", icon=":material/logout:", on_click=st.logout, key="log_out")
    why = reason()
    if why is not None:
        st.caption(f":material/lock: {why}")


def _user() -> Mapping[str, Any]:
    return st.user.to_dict()


def _secrets() -> Mapping[str, Any]:
    """The settings of ``secrets.toml``; none where there is no such file. One that is broken lets nobody in."""
    try:
        return st.secrets.to_dict()
    except StreamlitSecretNotFoundError as error:
        if error.error_id == NO_SECRETS:
            return {}
        raise NotAllowedError(UNREADABLE) from error
