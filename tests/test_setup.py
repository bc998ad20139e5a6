"""The way from a bare folder to a served page, and what goes wrong on it: one clear line, exit code 2."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store.snapshots import Store

# All the names that setup.sh looks for, and what else it needs besides the shell's own commands.
PYTHONS = ("python3", "python3.13", "python3.12", "python3.11", "python")
TOOLS = (
    "sh",
    "dirname",
    "cat",
    "cksum",
    "tr",
    "grep",
    "sed",
    "head",
    "tail",
    "cut",
    "df",
    "awk",
    "rm",
    "mkdir",
    "tee",
)


def executable(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


@pytest.fixture
def project(tmp_path: Path, repo_root: Path) -> Path:
    """A folder with the set-up scripts and one harmless requirement; its path holds a space."""
    folder = tmp_path / "a project"
    shutil.copytree(repo_root / "scripts", folder / "scripts")
    # pip itself: there is nothing to download.
    (folder / "requirements.txt").write_text("pip\n")
    (folder / "pyproject.toml").write_text("")
    return folder


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without what an outer make, pip or virtual environment put there."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MAKE", "PIP_", "PYTEST_", "COV_", "STREAMLIT_"))
        and name not in {"MFLAGS", "PORT", "HEADLESS", "PYTHON", "PYTHONPATH", "VIRTUAL_ENV", "ARGS"}
    }
    return kept | changes


def run(project: Path, script: str = "setup.sh", **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", f"scripts/{script}"],
        cwd=project,
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def assert_one_line(result: subprocess.CompletedProcess[str], *said: str) -> None:
    assert result.returncode == 2, result
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    for words in said:
        assert words in result.stderr


def python_of_venv(project: Path, answer_to_pip: str) -> None:
    """A ``.venv`` whose Python does what is asked of it, but for pip: there it prints and fails."""
    executable(
        project / ".venv/bin/python",
        f'case "$*" in\n*"pip install"*) printf "%s\\n" "{answer_to_pip}"; exit 1 ;;\n'
        f'*) exec "{sys.executable}" "$@" ;;\nesac',
    )
    (project / ".venv/pyvenv.cfg").touch()


def test_no_python_at_all(project: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in TOOLS:
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    assert_one_line(run(project, PATH=str(tools)), "needs Python 3.11 or newer", "apt-get install")
    assert not (project / ".venv").exists()


def test_only_old_pythons(project: Path, tmp_path: Path) -> None:
    for name in PYTHONS:
        executable(
            tmp_path / "old" / name, 'case "$1" in --version) echo Python 3.9.18 ;; *) echo 3 9 ;; esac'
        )
    result = run(project, PATH=f"{tmp_path / 'old'}:{os.environ['PATH']}")
    assert_one_line(result, "needs Python 3.11 or newer", "python3 is 3.9")


def test_the_named_python_is_none(project: Path) -> None:
    assert_one_line(run(project, PYTHON="/nowhere/python3.12"), "PYTHON=/nowhere/python3.12 does not run")


def test_no_venv_module(project: Path, tmp_path: Path) -> None:
    executable(tmp_path / "bin/python3", 'case "$*" in *ensurepip*) exit 1 ;; *) echo 3 11 ;; esac')
    result = run(project, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert_one_line(result, "no venv module", "python3-venv")


def test_something_else_is_named_venv(project: Path) -> None:
    (project / ".venv").mkdir()
    (project / ".venv/thesis.txt").write_text("years of work")
    assert_one_line(run(project), ".venv", "move it away")
    assert (project / ".venv/thesis.txt").exists()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "The disk is full"),
        ("NewConnectionError: Temporary failure in name resolution", "cannot reach its package index"),
        (
            "ERROR: No matching distribution found for torch==2.13.0",
            "No matching distribution found for torch",
        ),
        ("Killed", "no reason given"),
    ],
)
def test_pip_fails(project: Path, answer: str, said: str) -> None:
    python_of_venv(project, answer)
    result = run(project)
    assert_one_line(result, said, ".venv/setup.log")
    assert answer in (project / ".venv/setup.log").read_text()


def locked(project: Path, head: str | None = None) -> None:
    """A lock of this very Python, or of what ``head`` says."""
    version = ".".join(map(str, sys.version_info[:2]))
    head = head or f"# Python {version} {platform.system()} {platform.machine()}"
    (project / "requirements.lock").write_text(f"{head}\nx==1 --hash=sha256:00\n")


def python_that_installs(project: Path, refusal: str = "") -> None:
    """A ``.venv`` that notes what pip is asked for, and with ``refusal`` says so and fails for what has hashes."""
    fail = f'printf "%s\\n" "{refusal}"; exit 1' if refusal else "exit 0"
    executable(
        project / ".venv/bin/python",
        f'case "$*" in\n*"pip install"*) echo "$@" >>asked; case "$*" in *require-hashes*) {fail} ;; esac ;;\n'
        f'*) exec "{sys.executable}" "$@" ;;\nesac',
    )
    (project / ".venv/pyvenv.cfg").touch()


@pytest.mark.parametrize(
    ("head", "refusal", "ends"),
    [
        (None, "", ["--require-hashes -r requirements.lock", "--no-deps --no-build-isolation -e ."]),
        ("# Python 2.7 Linux x86_64", "", ["-r requirements.txt"]),
        (
            None,
            "ERROR: No matching distribution found for torch==2.13.0+cpu",
            ["--require-hashes -r requirements.lock", "-r requirements.txt"],
        ),
    ],
)
def test_the_lock_is_used_where_it_fits(
    project: Path, head: str | None, refusal: str, ends: list[str]
) -> None:
    locked(project, head)
    python_that_installs(project, refusal)
    result = run(project)
    assert (result.returncode, result.stderr) == (0, ""), result
    asked = (project / "asked").read_text().splitlines()
    assert len(asked) == len(ends)
    assert all(line.endswith(end) for line, end in zip(asked, ends, strict=True)), asked
    assert run(project).stdout == "", "the second time there is nothing to do"
    locked(project, "# Python 2.7 Linux x86_64\n# another")
    assert "Installing" in run(project).stdout, "a changed lock is installed"


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "names by its hash"),
        ("NewConnectionError: Temporary failure in name resolution", "cannot reach its package index"),
        ("ERROR: something else", "could not be installed: something else"),
    ],
)
def test_a_lock_that_fails_is_not_passed_over(project: Path, refusal: str, said: str) -> None:
    """Least of all where a file is another one than was locked."""
    locked(project)
    python_that_installs(project, refusal)
    assert_one_line(run(project), said)
    assert "requirements.txt" not in (project / "asked").read_text()


def test_from_no_network_to_a_repaired_environment(project: Path) -> None:
    venv = project / ".venv"
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]
    (project / "requirements.txt").write_text("sesatlas-needs-this==1\n")
    no_network = {
        "PYTHON": sys.executable,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": f"http://127.0.0.1:{closed}/simple",
        # At least one: pip names the network only when it tries again.
        "PIP_RETRIES": "1",
    }
    assert_one_line(run(project, **no_network), "cannot reach its package index", ".venv/setup.log")

    (project / "requirements.txt").write_text("pip\n")
    result = run(project, **no_network)
    assert (result.returncode, result.stderr) == (0, ""), result
    assert result.stdout.endswith(".venv is ready.\n")
    assert run(project, PYTHON="/nowhere").stdout == "", "the second time there is nothing to do"

    (project / "requirements.txt").write_text("pip>=20\n")
    assert "Installing" in run(project, **no_network).stdout, "a changed requirement is installed"

    (venv / ".unfinished").touch()
    (venv / "left-over").touch()
    (venv / ".ready").unlink()
    assert run(project, **no_network).returncode == 0
    assert not (venv / "left-over").exists(), "an interrupted set-up is made anew"
    assert (venv / ".ready").exists()

    moved = project.rename(project.with_name("moved"))
    result = run(moved, **no_network)
    assert "Making .venv" in result.stdout, "an environment does not survive a move"


@pytest.mark.parametrize("port", ["web", "0", "70000", "-1"])
def test_port_is_none(project: Path, port: str) -> None:
    python_of_venv(project, "")
    assert_one_line(run(project, "run.sh", PORT=port), f"PORT={port} is no port")


def test_port_is_taken(project: Path) -> None:
    python_of_venv(project, "")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = run(project, "run.sh", PORT=str(port))
    assert_one_line(result, f"Port {port} is taken", "make run PORT=")


def working_tree(repo_root: Path, target: Path) -> Path:
    """What a fresh clone holds: the tracked files, and those that git would track."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repo_root,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (repo_root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(repo_root / name, target / name)
    return target


@pytest.fixture
def checkout(repo_root: Path, tmp_path: Path) -> Iterator[Path]:
    """Where ``make run`` is tried: in CI a fresh clone with no .venv, elsewhere this very folder.

    A fresh one costs minutes and gigabytes; ``SESATLAS_FRESH=1`` asks for it.
    """
    if not (os.environ.get("CI") or os.environ.get("SESATLAS_FRESH")):
        if not (repo_root / ".venv/.ready").exists():
            pytest.skip("no finished .venv here: `make setup` first, or SESATLAS_FRESH=1 for a fresh clone")
        yield repo_root
        return
    if not (repo_root / ".git").exists() or not shutil.which("git"):
        pytest.skip("a fresh clone needs git and a git repository")
    folder = working_tree(repo_root, tmp_path / "fresh clone")
    yield folder
    shutil.rmtree(folder)


def answer(url: str) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return str(response.read().decode())
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


@contextlib.contextmanager
def made_run(checkout: Path, store: Path, log: Path) -> Iterator[str]:
    """``make run`` until its page is served: the page's address. In the end it is stopped as by Ctrl-C."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with log.open("w") as output:
        make = subprocess.Popen(
            ["make", "run", f"PORT={port}", "HEADLESS=1"],
            cwd=checkout,
            env=environment(
                SESATLAS_STORE=str(store), SESATLAS_RECORDINGS=str(store.with_name("recordings"))
            ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def served() -> bool:
        assert make.poll() is None, f"make run has ended:\n{log.read_text()[-4000:]}"
        return answer(f"{url}/_stcore/health") == "ok"

    try:
        wait_for(served, 1100, log)  # a fresh clone installs everything first
        yield url
    finally:
        # The whole group, as a terminal does, so that no server outlives the test.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(make.pid, signal.SIGINT)
        try:
            make.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(make.pid, signal.SIGKILL)
            make.wait()
    assert answer(f"{url}/_stcore/health") is None
    assert "Traceback" not in log.read_text()


def wait_for(there: Callable[[], object], seconds: float, log: Path) -> None:
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline, f"still waiting:\n{log.read_text()[-4000:]}"
        time.sleep(0.2)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_make_run_opens_the_page_and_builds_the_demo_behind_it(checkout: Path, tmp_path: Path) -> None:
    store, log = Store(tmp_path / "a store"), tmp_path / "make.log"
    with made_run(checkout, store.root, log) as url:
        assert '<div id="root">' in (answer(url) or "")
        assert not (store.root / "CURRENT").exists(), "the page is there before the build is done"
        wait_for(store.is_building, 60, log)
    assert "is built behind the page" in log.read_text()
    # make itself may end before the build has put away what it had.
    wait_for(lambda: not store.is_building(), 60, log)
    assert not (store.root / "CURRENT").exists()

    with made_run(checkout, store.root, log):
        assert "it goes on behind the page" in log.read_text()
        wait_for((store.root / "CURRENT").exists, 600, log)
    wait_for(lambda: not store.is_building(), 60, log)


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_told_from_the_background(repo_root: Path, scheme: str) -> None:
    theme = tomllib.loads((repo_root / ".streamlit/config.toml").read_text())["theme"][scheme]
    for background in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
        assert contrast(theme["textColor"], background) >= 7
        assert contrast(theme["linkColor"], background) >= 4.5
        for colour in (theme["primaryColor"], *theme["chartCategoricalColors"]):
            assert contrast(colour, background) >= 3, (colour, background)
    for name in ("chartCategoricalColors", "chartSequentialColors", "chartDivergingColors"):
        assert len(set(theme[name])) == 10, f"Streamlit ignores {name} of any other length"
