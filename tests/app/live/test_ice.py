"""ICE servers: none unless set, and what is wrong with a setting in words."""

from __future__ import annotations

import pytest

from app.live.ice import NAMES, IceError, of, servers

TURN = {"turn": "turn:relay.example.org:3478", "turn_username": "ses", "turn_credential": "secret"}


def test_nothing_is_asked_unless_it_is_set() -> None:
    assert of({}, {}) == [] == of({"stun": " "}, {"turn": ""})


def test_the_environment_goes_before_the_secrets() -> None:
    found = of({"stun": "stun:a.org:1, stuns:b.org:2"}, {"stun": "stun:c.org:3", **TURN})
    assert found == [
        {"urls": ["stun:a.org:1", "stuns:b.org:2"]},
        {"urls": ["turn:relay.example.org:3478"], "username": "ses", "credential": "secret"},
    ]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"stun": "a.org:3478"}, "SESATLAS_STUN.*'a.org:3478'.*stun:stun.example.org"),
        ({"stun": "turn:a.org"}, "SESATLAS_STUN"),
        (TURN | {"turn": "https://a.org"}, "SESATLAS_TURN .*'https://a.org'"),
        ({"turn": TURN["turn"]}, "SESATLAS_TURN_USERNAME and SESATLAS_TURN_CREDENTIAL"),
        (TURN | {"turn_credential": ""}, "not SESATLAS_TURN_CREDENTIAL"),
    ],
)
def test_a_setting_that_cannot_work_is_told(told: dict[str, str], said: str) -> None:
    for environment, secrets in ((told, {}), ({}, told)):
        with pytest.raises(IceError, match=said):
            of(environment, secrets)


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in NAMES.values():
        monkeypatch.delenv(variable, raising=False)
    assert servers() == []
    monkeypatch.setenv("SESATLAS_STUN", "stun:a.org:1")
    assert servers() == [{"urls": ["stun:a.org:1"]}]
