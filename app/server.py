"""The server: as which hosts the dashboard answers, and the browser that it opens.

It answers as the hosts of ``server.allowedHosts``, and as the address that it was told to serve on.

A page on the internet can have its own name lead to this machine (DNS rebinding); the browser then takes the
dashboard for a part of that page. What such a browser sends names the page's host. Streamlit refuses it a session; here
it gets nothing else either, and who has only forgotten to allow a name reads what to do.
"""

from __future__ import annotations

import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config
from streamlit.web.server.server_util import get_display_address, get_url
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

ALLOWED = "server.allowedHosts"
ANY = ("0.0.0.0", "::", "")
"""Addresses that mean every one of the machine, and name none."""
MOST_SHOWN = 100


class AllowedHosts:
    """
    ASGI middleware: a request to another host is answered with 421 and a sentence, a WebSocket is closed.

    Parameters
    ----------
    app : ASGI application
        What answers all others.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        allow_own_address()
        host = Headers(scope=scope).get("host")
        if is_host_allowed(host):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse(refusal(host), status_code=421)(scope, receive, send)


def allow_own_address() -> None:
    """Add the address that the server was told to serve on to what is allowed, also to Streamlit's own check."""
    allowed = list(config.get_option(ALLOWED) or [])
    own = str(config.get_option("server.address") or "").strip("[]")
    if allowed and own not in (*ANY, *allowed):
        config.set_option(ALLOWED, [*allowed, own])


def refusal(host: str | None) -> str:
    """What a browser shows that came by a name which is not allowed."""
    shown = "".join(one for one in host or "" if one.isprintable())[:MOST_SHOWN] or "no name"
    return (
        f"This dashboard does not answer as {shown}. Whoever runs it can allow that name: set "
        "STREAMLIT_SERVER_ALLOWED_HOSTS, or allowedHosts in .streamlit/config.toml, and start it again.\n"
    )


@asynccontextmanager
async def opened(_: Any) -> AsyncIterator[None]:
    """Open the dashboard in a browser as the server starts, unless it is to be headless."""
    if not config.get_option("server.headless"):
        shown = (
            config.get_option("browser.serverAddress")
            if config.is_manually_set("browser.serverAddress")
            else None
        )
        address = shown or config.get_option("server.address") or "localhost"
        webbrowser.open(get_url(get_display_address(address)))
    yield
