"""The server: as which hosts the dashboard answers, what it holds in memory for its readers, the browser it opens.

It answers as the hosts of ``server.allowedHosts``, and as the address that it serves on.

A page on the internet can have its own name lead to this machine (DNS rebinding); the browser then takes the
dashboard for a part of that page. What such a browser sends names the page's host. Streamlit refuses it a session; here
it gets nothing else either, and who has only forgotten to allow a name reads what to do.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config, runtime
from streamlit.runtime.stats import CacheStat
from streamlit.web.server.server_util import get_display_address, get_url
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

ALLOWED = "server.allowedHosts"
ANY = ("0.0.0.0", "::", "")
"""Addresses that mean every one of the machine, and name none."""
MOST_SHOWN = 100
MB = 2**20
UPLOADS = "/_stcore/upload_file/"
MOST_UPLOADED_MB = 1_000
"""Of all readers together: five of the largest recordings that a page takes."""
FULL = "Other readers' uploads fill the memory that this dashboard has for them. Try again in some minutes.\n"
TIDY_S = 20.0
log = logging.getLogger(__name__)


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
    """Add the address that the server serves on to what is allowed, also to Streamlit's own check."""
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


class UploadLimit:
    """
    ASGI middleware: while the uploads of all readers together fill :data:`MOST_UPLOADED_MB`, another gets 413.

    Streamlit limits each upload, and keeps it in memory while its page is open; so do we, and never in a file.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.coming = 0
        """Bytes of the uploads that are on their way."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "PUT" or UPLOADS not in scope["path"]:
            await self.app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        most = (
            int(config.get_option("server.maxUploadSize")) * MB
        )  # who does not say how much may send so much
        size = min(int(length), most) if length.isdecimal() else most
        if uploaded() + self.coming + size > MOST_UPLOADED_MB * MB:
            await PlainTextResponse(FULL, status_code=413)(scope, receive, send)
            return
        self.coming += size
        try:
            await self.app(scope, receive, send)
        finally:
            self.coming -= size


def uploaded() -> int:
    """Bytes of all uploads that are held."""
    found = runtime.get_instance().uploaded_file_mgr.get_stats()
    return sum(one.byte_length for stats in found.values() for one in stats if isinstance(one, CacheStat))


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """While the server runs, let go of what closed pages have left; open a browser first, unless it is headless."""
    open_browser()
    tidying = asyncio.create_task(_tidy())
    try:
        yield
    finally:
        tidying.cancel()


def open_browser() -> None:
    if config.get_option("server.headless"):
        return
    shown = (
        config.get_option("browser.serverAddress")
        if config.is_manually_set("browser.serverAddress")
        else None
    )
    webbrowser.open(get_url(get_display_address(shown or config.get_option("server.address") or "localhost")))


async def _tidy() -> None:
    while True:
        await asyncio.sleep(TIDY_S)
        try:
            if let_go_of_closed():
                await asyncio.to_thread(return_memory)
        except Exception:  # the dashboard goes on without
            log.exception("Closed pages could not be let go of")


def let_go_of_closed() -> int:
    """End the sessions whose browser has been away for longer than ``server.disconnectedSessionTTL``; how many.

    Streamlit looks for them only when the next page is closed, and ends one when Python happens to collect it: until
    then each keeps its uploads and all that its pages have drawn. To be called on the server's event loop.
    """
    manager: Any = runtime.get_instance()._session_mgr
    gone = manager._session_storage._cache.expire()
    for _, info in gone:
        info.session.shutdown()
    return len(gone)


def return_memory() -> None:
    """Collect what ended sessions refer to in circles, and give what is free back to the system."""
    gc.collect()
    with suppress(OSError, AttributeError):  # of glibc alone
        ctypes.CDLL(None).malloc_trim(0)
