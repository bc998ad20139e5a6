"""The clips a person has picked: kept in the session, and in the link for whoever it is sent to."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app import bits
from store.errors import SesatlasError

LONGEST_LINK = 1_500
"""Characters of a picked set in a URL; a longer one has to be saved under a name to be linked to."""
KEY, PARAMETER = "picked", "picked"


def mask(dataset: str, clip_ids: Sequence[str]) -> NDArray[np.bool_] | None:
    """Which of ``clip_ids`` are picked, bool, shape ``(n,)``; None where nothing is.

    The first time in a session it is read from ``?picked=``.
    """
    if KEY not in st.session_state:
        st.session_state[KEY] = (dataset, _from_link(clip_ids))
    owner, ids = st.session_state[KEY]
    found = np.isin(np.asarray(clip_ids, dtype=object), list(ids)) if owner == dataset and ids else None
    return found if found is not None and found.any() else None


def put(dataset: str, clip_ids: Sequence[str], chosen: NDArray[np.bool_] | None) -> None:
    """Pick these and no others; None or an empty mask lets all go."""
    if chosen is None or not chosen.any():
        st.session_state[KEY] = (dataset, frozenset())
        st.query_params.pop(PARAMETER, None)
        return
    st.session_state[KEY] = (dataset, frozenset(np.asarray(clip_ids, dtype=object)[chosen].tolist()))
    text = f"{_stamp(clip_ids)}.{bits.encode(chosen)}"
    if len(text) <= LONGEST_LINK:
        st.query_params[PARAMETER] = text
    else:
        st.query_params.pop(PARAMETER, None)


def is_linked() -> bool:
    """Whether the picked clips stand in the URL; many, in no order, would make it too long."""
    return PARAMETER in st.query_params


def _from_link(clip_ids: Sequence[str]) -> frozenset[str]:
    text = st.query_params.get(PARAMETER, "")
    if not text:
        return frozenset()
    stamp, _, encoded = text.partition(".")
    try:
        if stamp != _stamp(clip_ids):
            raise SesatlasError("The clips picked in this link are of another state of the collection.")
        chosen = bits.decode(encoded, len(clip_ids))
    except SesatlasError as error:
        st.warning(f"{error} Nothing is picked now.", icon=":material/link_off:")
        st.query_params.pop(PARAMETER, None)
        return frozenset()
    return frozenset(np.asarray(clip_ids, dtype=object)[chosen].tolist())


def _stamp(clip_ids: Sequence[str]) -> str:
    """Bits mean clips by their place: in another list of clips they would mean other clips."""
    return hashlib.sha256("\n".join(clip_ids).encode()).hexdigest()[:6]
