"""What libraries write is caught, by file, from Python and from below it; nothing else is lost."""

from __future__ import annotations

import logging
import os
import warnings
from contextlib import closing

from pipeline.runtime.noise import MAX_CHARACTERS, MAX_LINES, Noise
from pipeline.runtime.workers import on_all_cores


def test_each_file_has_its_own_lines(capfd) -> None:
    with Noise() as noise:
        os.write(2, b"Note: Trying to resync...\nNote: Trying to resync...\n\n")
        warnings.warn("divide by zero", RuntimeWarning, stacklevel=1)
        assert noise.take() == ("RuntimeWarning: divide by zero", "Note: Trying to resync...")
        assert noise.take() == ()
        os.write(
            2, b"\xff of the next\tfile\n" + b"x" * 1_000 + b"\n" + b"\n".join(b"%d" % n for n in range(99))
        )
        lines = noise.take()
        assert lines[0] == "� of the next file"
        assert len(lines) == MAX_LINES and max(map(len, lines)) == MAX_CHARACTERS
    os.write(2, b"after it\n")
    assert capfd.readouterr() == ("", "after it\n")


def test_one_within_another_takes_what_is_its_own(capfd) -> None:
    with Noise() as outer:
        with Noise() as inner:
            os.write(2, b"inner\n")
            assert inner.take() == ("inner",)
        os.write(2, b"outer\n")
        assert outer.take() == ("outer",)
    assert capfd.readouterr().err == ""


def test_what_is_for_developers_is_no_warning() -> None:
    with Noise() as noise:
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        warnings.warn("soon", FutureWarning, stacklevel=1)
        assert noise.take() == ()


def test_a_process_without_standard_error(monkeypatch) -> None:
    def closed(_: int) -> int:
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(os, "dup", closed)
    with Noise() as noise:
        warnings.warn("heard all the same", RuntimeWarning, stacklevel=1)
        assert noise.take() == ("RuntimeWarning: heard all the same",)


def noisy(number: int) -> int:
    os.write(2, b"a library in a worker\n")
    return number


def test_workers_are_quiet(capfd, caplog) -> None:
    with caplog.at_level(logging.INFO), closing(on_all_cores(noisy, [(1,), (2,)], 2)) as results:
        assert sorted(results) == [1, 2]
    assert caplog.messages == ["noisy: a library in a worker"] * 2
    assert capfd.readouterr().err == ""
