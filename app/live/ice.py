"""How a browser and this server find each other: ICE servers, from the environment or ``secrets.toml``.

On one machine, or within one network, none are needed and none are asked. README.md, "Live", says when they are.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import streamlit as st

from store.errors import SesatlasError

SECTION = "webrtc"
"""The table of ``secrets.toml``; its keys are those of ``NAMES``."""
NAMES = {
    "stun": "SESATLAS_STUN",
    "turn": "SESATLAS_TURN",
    "turn_username": "SESATLAS_TURN_USERNAME",
    "turn_credential": "SESATLAS_TURN_CREDENTIAL",
}
"""The settings, and the environment variables that go before them. Addresses may be several, with commas between."""
SCHEMES = {"stun": ("stun:", "stuns:"), "turn": ("turn:", "turns:")}

Server = dict[str, str | list[str]]


class IceError(SesatlasError):
    """The settings name servers that cannot be used."""


def servers() -> list[Server]:
    """As ``RTCConfiguration.iceServers`` wants them; none where nothing is set.

    Raises
    ------
    IceError
        An address of another kind, or a TURN server without its name and password.
    """
    return of({name: os.environ.get(variable, "") for name, variable in NAMES.items()}, _secrets())


def of(environment: Mapping[str, str], secrets: Mapping[str, str]) -> list[Server]:
    """As :func:`servers`, of settings that are given; an empty one counts as not set."""
    told = {name: (environment.get(name) or secrets.get(name) or "").strip() for name in NAMES}
    stun, turn = (_addresses(kind, told[kind]) for kind in SCHEMES)
    found: list[Server] = [{"urls": stun}] if stun else []
    if turn:
        missing = [NAMES[name] for name in ("turn_username", "turn_credential") if not told[name]]
        if missing:
            raise IceError(
                f"A TURN server is set, but not {' and '.join(missing)}; expected both, as a TURN server lets nobody "
                "in without. Set them, or take the server away."
            )
        found.append({"urls": turn, "username": told["turn_username"], "credential": told["turn_credential"]})
    return found


def _addresses(kind: str, told: str) -> list[str]:
    addresses = [one.strip() for one in told.split(",") if one.strip()]
    for address in addresses:
        if not address.startswith(SCHEMES[kind]) or len(address) <= len(kind) + 2:
            raise IceError(
                f"{NAMES[kind]} (or `{kind}` in secrets.toml) names '{address}'; expected an address such as "
                f"'{kind}:{kind}.example.org:3478'."
            )
    return addresses


def _secrets() -> Mapping[str, str]:
    if not st.secrets.load_if_toml_exists() or SECTION not in st.secrets:
        return {}
    return {name: str(value) for name, value in st.secrets[SECTION].items()}
