"""Whatever goes wrong becomes a sentence: around each page, and around each fragment, which runs alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from app.builds import process, waiting
from app.cache.snapshot import EmptyStoreError
from app.ui import escape
from pipeline.inputs import InputError
from store.errors import SesatlasError

log = logging.getLogger(__name__)


@contextmanager
def error_boundary(what: str) -> Iterator[None]:
    """Say what happened in ``what``, in place of a traceback."""
    try:
        yield
    except EmptyStoreError as error:
        waiting.draw(process.CLIPS, escape.sentence(error))
    except InputError as error:
        st.info(escape.sentence(error), icon=":material/info:")
    except SesatlasError as error:
        st.error(escape.sentence(error), icon=":material/error:")
    except Exception:
        log.exception("The page %s failed", what)
        st.error(
            "This page failed for a reason nobody has foreseen. Reload it; if it fails again, the terminal that "
            "runs Sesatlas shows the details, and `python -m pipeline doctor` says what is wrong with the store.",
            icon=":material/error:",
        )
