"""Who may import whom, and the few other rules that keep the rooms apart.

The checker reads source texts only: it imports nothing, so it also sees imports inside functions and
works where torch is not installed. What it checks is listed in CONTRIBUTING.md.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePosixPath

import pytest

MAY_IMPORT = {
    "store": {"store"},
    "models": {"models"},
    "pipeline": {"pipeline", "store", "models"},
    "app": {"app", "pipeline", "store", "models"},
    "pages": {"app"},
}
OURS = set(MAY_IMPORT)
# A library, and the modules (or packages with all below them) that alone may import it.
KEPT_TO = {
    "streamlit": ("app", "pages"),
    "streamlit_webrtc": ("app", "pages"),
    "duckdb": ("store",),
    "torch": ("models", "pipeline/networks/voice_embedder", "pipeline/train"),
    "torchaudio": ("models", "pipeline/networks/voice_embedder", "pipeline/train"),
}
CACHES = {"cache_data", "cache_resource"}
CACHES_BELONG_TO = PurePosixPath("app/cache")
SQL_BELONGS_TO = PurePosixPath("store")
SQL = re.compile(
    r"\s*(SELECT\s.+\sFROM\s|INSERT\s+INTO\s|UPDATE\s.+\sSET\s|DELETE\s+FROM\s|(CREATE|DROP|ALTER)\s+(TABLE|VIEW|INDEX)\s"
    r"|WITH\s+\w+\s+AS\s*\(|ATTACH\s|COPY\s.+\sTO\s)",
    re.DOTALL,
)
LONGEST_PAGE = 99


def imported(tree: ast.AST, path: PurePosixPath) -> Iterator[tuple[int, str]]:
    """Line and dotted name of each import, at any depth; relative ones in full."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.parts[: len(path.parts) - node.level] if node.level else ()
            base = ".".join([*package, *filter(None, [node.module])])
            # `from . import x` names no module: each x may be one.
            yield from ((node.lineno, f"{base}.{alias.name}".lstrip(".")) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            match node.args:
                case [ast.Constant(value=str(name)), *_]:
                    yield node.lineno, name


def import_breaches(tree: ast.AST, path: PurePosixPath) -> Iterator[str]:
    room = path.parts[0]
    module = path.with_suffix("").as_posix()
    for line, name in imported(tree, path):
        root = name.split(".")[0]
        if root in OURS and root not in MAY_IMPORT[room]:
            allowed = ", ".join(sorted(MAY_IMPORT[room]))
            yield f"{path}:{line}: {room} imports {name}; of ours it may import only {allowed}"
        homes = KEPT_TO.get(root, (module,))
        if not any(module == home or module.startswith(f"{home}/") for home in homes):
            yield f"{path}:{line}: imports {root}, which is kept to {', '.join(homes)}"


def call_breaches(tree: ast.AST, path: PurePosixPath) -> Iterator[str]:
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        names: list[str] = []
        match node:
            case ast.Call(func=ast.Name(id="print")):
                yield f"{path}:{line}: print; a module logs, a command line uses its console"
            case ast.Attribute(attr=name):
                names = [name]
            case ast.ImportFrom(module="streamlit"):
                names = [alias.name for alias in node.names]
        for name in names:
            if name in CACHES and CACHES_BELONG_TO not in path.parents:
                yield f"{path}:{line}: {name}; every cache is in {CACHES_BELONG_TO}"


def sql_breaches(tree: ast.AST, path: PurePosixPath) -> Iterator[str]:
    if SQL_BELONGS_TO in path.parents:
        return
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if SQL.match(text):
                yield f"{path}:{node.lineno}: SQL; every statement is in {SQL_BELONGS_TO}"


def dependencies(sources: Mapping[PurePosixPath, str]) -> dict[str, set[str]]:
    """Which of the given modules each of them imports, at any depth: dotted names."""
    trees = {_dotted(path): (ast.parse(source), path) for path, source in sources.items()}
    found: dict[str, set[str]] = {}
    for module, (tree, path) in trees.items():
        names = {name for _, name in imported(tree, path)}
        # `from a.b import c` names a.b.c, which is a module or something in the module a.b.
        modules = {name if name in trees else name.rpartition(".")[0] for name in names}
        found[module] = modules & trees.keys() - {module}
    return found


def package_of(module: str, sources: Iterable[PurePosixPath]) -> str:
    """The package that holds the module. A module that lies right in a room stands for itself."""
    is_package = any(_dotted(path) == module and path.stem == "__init__" for path in sources)
    package = module if is_package else module.rpartition(".")[0]
    return package if "." in package else module


def circle(edges: Mapping[str, set[str]]) -> list[str]:
    """One circle, from a name round to itself, or nothing."""
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def package_edges(sources: Mapping[PurePosixPath, str]) -> dict[str, set[str]]:
    home = {_dotted(path): package_of(_dotted(path), sources) for path in sources}
    edges: dict[str, set[str]] = {}
    for module, others in dependencies(sources).items():
        edges.setdefault(home[module], set()).update(home[other] for other in others)
    return {package: others - {package} for package, others in edges.items()}


def _dotted(path: PurePosixPath) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def file_breaches(source: str, path: PurePosixPath) -> Iterator[str]:
    lines = len(source.splitlines())
    if path.parts[0] == "pages" and lines > LONGEST_PAGE:
        yield f"{path}: {lines} lines; a page has at most {LONGEST_PAGE}, the rest belongs in app"
    # Streamlit puts app/ first on sys.path, so what lies right in it hides modules of the same name.
    if path.parts[0] == "app" and len(path.parts) > 1:
        name = PurePosixPath(path.parts[1]).stem
        if name in OURS | {"tests"} | sys.stdlib_module_names:
            yield f"{path}: while the dashboard runs, `import {name}` would find this instead"


def breaches(source: str, path: PurePosixPath) -> list[str]:
    """Every rule that the module ``path``, relative to the repository, breaks: one line each."""
    tree = ast.parse(source)
    return [
        *import_breaches(tree, path),
        *call_breaches(tree, path),
        *sql_breaches(tree, path),
        *file_breaches(source, path),
    ]


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_rooms_keep_to_the_rules(repo_root: Path, room: str) -> None:
    modules = sorted((repo_root / room).rglob("*.py"))
    assert modules, f"no module in {room}/: was it renamed?"
    found = [
        line
        for module in modules
        for line in breaches(
            module.read_text(encoding="utf-8"), PurePosixPath(module.relative_to(repo_root).as_posix())
        )
    ]
    assert not found, "\n".join(["", *found])


@pytest.fixture(scope="module")
def sources(repo_root: Path) -> dict[PurePosixPath, str]:
    """The text of every module in the rooms, by its path from the repository."""
    modules = (path for room in sorted(MAY_IMPORT) for path in (repo_root / room).rglob("*.py"))
    return {
        PurePosixPath(path.relative_to(repo_root).as_posix()): path.read_text(encoding="utf-8")
        for path in modules
    }


def test_packages_form_no_circle(sources: dict[PurePosixPath, str]) -> None:
    assert circle(package_edges(sources)) == []


def test_modules_form_no_circle(sources: dict[PurePosixPath, str]) -> None:
    assert circle(dependencies(sources)) == []


def test_a_planted_circle_is_found() -> None:
    texts = {
        PurePosixPath("app/ui/charts.py"): "def f():\n    from app.live import session",
        PurePosixPath("app/live/session.py"): "from app.live.queue import Queue",
        PurePosixPath("app/live/queue.py"): "import app.ui.colours",
        PurePosixPath("app/ui/colours.py"): "",
    }
    assert circle(dependencies(texts)) == []
    assert set(circle(package_edges(texts))) == {"app.ui", "app.live"}


def test_a_module_in_a_room_stands_for_itself() -> None:
    texts = {
        PurePosixPath("pipeline/clips.py"): "",
        PurePosixPath("pipeline/inputs.py"): "from pipeline.build import plan",
        PurePosixPath("pipeline/build/plan.py"): "from pipeline.clips import Clip",
        PurePosixPath("pipeline/build/__init__.py"): "",
    }
    assert circle(package_edges(texts)) == []
    texts[PurePosixPath("pipeline/clips.py")] = "from pipeline.build import plan"
    assert set(circle(package_edges(texts))) == {"pipeline.clips", "pipeline.build"}


@pytest.mark.parametrize(
    ("path", "source", "said"),
    [
        ("store/reader.py", "import pipeline.clips", "store imports pipeline.clips"),
        ("store/reader.py", "from models import frontend", "store imports models.frontend"),
        (
            "models/vad.py",
            "def f():\n    from store.reader import matrix",
            "models imports store.reader.matrix",
        ),
        (
            "pipeline/build/build.py",
            "import importlib\nimportlib.import_module('app.ui.charts')",
            "pipeline imports app",
        ),
        ("pipeline/datasets/esc50.py", "from ... import app", "pipeline imports app"),
        ("pages/explore.py", "from store import reader", "pages imports store"),
        ("pages/explore.py", "from pages import models", "pages imports pages"),
        (
            "pipeline/build/build.py",
            "import streamlit as st",
            "imports streamlit, which is kept to app, pages",
        ),
        ("models/stream.py", "from streamlit_webrtc import webrtc_streamer", "imports streamlit_webrtc"),
        ("app/cache/snapshot.py", "import duckdb", "imports duckdb, which is kept to store"),
        ("pipeline/features/mfcc.py", "def f():\n    import torch.nn as nn", "imports torch"),
        ("pipeline/embeddings.py", "import torch", "imports torch"),
        ("pipeline/trained.py", "__import__('torchaudio')", "imports torchaudio"),
        ("app/ui/filters.py", "import streamlit as st\n@st.cache_data\ndef f(): ...", "cache_data"),
        ("pages/explore.py", "from streamlit import cache_resource", "cache_resource"),
        ("app/cache.py", "import streamlit as st\n@st.cache_data\ndef f(): ...", "cache_data"),
        ("app/explore/features.py", "query = 'SELECT clip_id\\nFROM clips'", "SQL"),
        ("pipeline/audit/stage.py", "db.execute('DELETE FROM audits WHERE dataset = ?')", "SQL"),
        ("store/writer.py", "if True:\n    print('x')", "print"),
        ("pages/explore.py", "x = 1\n" * 100, "100 lines"),
        ("app/pipeline.py", "", "`import pipeline`"),
        ("app/models/__init__.py", "", "`import models`"),
        ("app/select.py", "", "`import select`"),
    ],
)
def test_a_planted_breach_is_found(path: str, source: str, said: str) -> None:
    found = breaches(source, PurePosixPath(path))
    assert len(found) == 1
    assert said in found[0]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("store/reader.py", "import duckdb\nfrom store.errors import StoreError\nfrom . import snapshots"),
        ("models/ecapa/network.py", "import torch\nfrom torch import nn"),
        (
            "pipeline/networks/voice_embedder.py",
            "import torch\nfrom models import gender\nfrom store import reader",
        ),
        ("pipeline/train/loop.py", "def f():\n    import torch"),
        ("pipeline/features/mfcc.py", "from .view import View\nfrom ..clips import Clip"),
        (
            "app/cache/snapshot.py",
            "import streamlit as st\nfrom store import reader\n@st.cache_data\ndef f(): ...",
        ),
        ("app/components/click.py", "import streamlit as st\nfrom pipeline import build"),
        ("app/cache/sounds.py", "import streamlit as st\n@st.cache_resource\ndef f(): ..."),
        ("store/reader.py", "query = 'SELECT clip_id FROM clips'"),
        ("app/live/session.py", "'Select one of the recordings from the list'"),
        ("pages/explore.py", "import streamlit as st\nfrom app import charts\n" + "x = 1\n" * 97),
        ("pipeline/__main__.py", "from rich.console import Console\nConsole().print('x')"),
    ],
)
def test_what_is_allowed_passes(path: str, source: str) -> None:
    assert breaches(source, PurePosixPath(path)) == []
