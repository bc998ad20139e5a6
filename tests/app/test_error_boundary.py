"""Whatever goes wrong is a sentence of the right colour, and what nobody foresaw is in the log."""

from __future__ import annotations

import pytest
import streamlit as st

from app.cache.snapshot import EmptyStoreError
from app.error_boundary import error_boundary
from pipeline.inputs import InputError
from store.errors import SesatlasError


@pytest.fixture(autouse=True)
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(st, "info", lambda text, **_: told.append(("info", text)))
    monkeypatch.setattr(st, "error", lambda text, **_: told.append(("error", text)))
    return told


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (EmptyStoreError("Nothing is here."), "info"),
        (InputError("Nothing is here."), "info"),
        (SesatlasError("Nothing is here."), "error"),
    ],
)
def test_what_was_foreseen_says_what_it_is(said: list[tuple[str, str]], error: Exception, kind: str) -> None:
    with error_boundary("Clusters"):
        raise error
    assert said == [(kind, "Nothing is here.")]


def test_what_was_not_is_a_sentence_and_a_traceback_in_the_log(
    said: list[tuple[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    with error_boundary("Clusters"):
        raise ZeroDivisionError("a secret path")
    ((kind, text),) = said
    assert kind == "error" and "doctor" in text and "secret" not in text
    assert "Clusters" in caplog.text and "a secret path" in caplog.text


def test_streamlits_own_ways_to_end_a_run_pass() -> None:
    from streamlit.runtime.scriptrunner import StopException

    with pytest.raises(StopException), error_boundary("Clusters"):
        raise StopException


def test_where_nothing_goes_wrong_nothing_is_said(said: list[tuple[str, str]]) -> None:
    with error_boundary("Clusters"):
        pass
    assert said == []
