"""Arrays and sounds for the browser, at addresses made of their contents.

A component's own data travel with every run of the page. What is large goes here instead: the same bytes
always have the same address, so a browser that keeps what it has fetched gets nothing twice.
"""

from __future__ import annotations

import hashlib

import streamlit as st
from streamlit import runtime

BYTES = "application/octet-stream"
JSON = "application/json"
SCRIPT = "text/javascript"
WAV = "audio/wav"


def url(data: bytes, mime: str, key: str) -> str:
    """Offer the bytes to the browser for as long as this page shows them.

    Parameters
    ----------
    data : bytes
        What to serve.
    mime : str
        Its media type. Streamlit compresses all but sounds, pictures and videos on the way.
    key : str
        Who shows it, unique on the page: other bytes under the same key take the place of the old.

    Returns
    -------
    str
        A path below the server, base path included. Outside a running server, where nobody can fetch,
        it has the same form.
    """
    name = hashlib.blake2b(data, digest_size=16).hexdigest()
    if not runtime.exists():
        return f"{_base()}/media/{name}"
    # Streamlit's own name for a file above 1 MiB looks at its length and three samples only; with our name
    # in it, two arrays that differ anywhere differ in their address.
    path = runtime.get_instance().media_file_mgr.add(data, mime, f"sesatlas.{key}", file_name=name)
    return f"{_base()}{path}"


def _base() -> str:
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""
