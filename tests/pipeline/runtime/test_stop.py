"""A request to stop is heard, also where compiled code swallows it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from pipeline.cli.build import STOPPED
from pipeline.features import VIEWS
from pipeline.projections import METHODS
from pipeline.projections.neighbourhood import Neighbourhood
from pipeline.runtime import events, stop, workers


@pytest.fixture
def listening():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    stop.handle_signals()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    sys.unraisablehook = sys.__unraisablehook__
    stop._requested.clear()


def test_where_an_interrupt_would_kill_a_request_waits(listening) -> None:
    reached = False
    with pytest.raises(KeyboardInterrupt), stop.deferred():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.05)
        reached = True
    assert reached and stop.is_requested()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_a_picture_is_stopped_between_its_steps(listening, method: str) -> None:
    told: list[float] = []

    def tell(share: float) -> None:
        told.append(share)
        os.kill(os.getpid(), signal.SIGTERM)

    values = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)
    with pytest.raises(KeyboardInterrupt):
        METHODS[method].compute(Neighbourhood(values), 2, METHODS[method].parameters, tell)
    assert len(told) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_an_interrupt_and_is_remembered(listening, number) -> None:
    assert not stop.is_requested()
    stop.check()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
        time.sleep(5)
    assert stop.is_requested()
    with pytest.raises(KeyboardInterrupt):
        stop.check()
    stop.ignore_signals()
    os.kill(os.getpid(), number)


def test_a_swallowed_interrupt_spoils_no_clip(builder, esc50, monkeypatch, view_of, listening) -> None:
    """Numba answers an interrupt with a SystemError, which looks like a fault of the clip."""

    def compute(spectra):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        except KeyboardInterrupt:
            raise SystemError("returned a result with an exception set") from None

    with monkeypatch.context() as patch:
        patch.setitem(VIEWS, "dynamics", view_of("dynamics", compute=compute))
        with pytest.raises(KeyboardInterrupt):
            builder(f"esc50={esc50.root}")
    assert "on request" in builder.of(events.Stopped)[0].reason
    stop.handle_signals()
    done = builder(f"esc50={esc50.root}")
    assert (done.added, done.failed, done.vectors_computed) == (6, 0, 12)


def test_workers_do_not_hear_ctrl_c(listening) -> None:
    before = signal.getsignal(signal.SIGINT)
    with workers.ignoring_ctrl_c():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_that_passed_through_compiled_code_does_not_change_the_exit_code(
    tmp_path, repo_root
) -> None:
    lines = [
        "import sys",
        "from pipeline.runtime import stop",
        "stop.handle_signals()",
        "try: exec('raise KeyboardInterrupt')",
    ]
    lines += ["except KeyboardInterrupt: pass", "stop.ignore_signals()", "sys.exit(130)"]
    (tmp_path / "interrupted.py").write_text("\n".join(lines))
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-m", "interrupted"], cwd=repo_root, env=env, capture_output=True)
    assert (done.returncode, done.stderr) == (130, b"")


def test_what_a_callback_had_to_ignore_is_said_unless_it_is_an_interrupt(listening, capsys) -> None:
    class Callback:
        def __init__(self, error: type[BaseException]) -> None:
            self.error = error

        def __del__(self) -> None:
            raise self.error("in a callback")

    Callback(KeyboardInterrupt)
    assert capsys.readouterr().err == ""
    Callback(ValueError)
    assert "ValueError: in a callback" in capsys.readouterr().err


def test_ctrl_c_while_libraries_are_loaded_ends_quietly(repo_root, tmp_path) -> None:
    line = [sys.executable, "-X", "importtime", "-m", "pipeline", "build", "--store", str(tmp_path)]
    process = subprocess.Popen(line, cwd=repo_root, stderr=subprocess.PIPE, text=True)
    with process:
        assert process.stderr is not None
        for text in process.stderr:
            if text.endswith("pipeline.cli.console\n"):  # the first of what the command works with
                process.send_signal(signal.SIGINT)
                break
        faults = [text.strip() for text in process.stderr if not text.startswith("import time:")]
    assert (process.returncode, faults) == (130, [STOPPED])
