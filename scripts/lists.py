"""``make lists``: the table in README of what can grow, written from the registries.

``tests/test_readme.py`` fails where the two differ, so a new entry needs this script and no typing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a script's own folder comes first on the path, not the project

from pipeline.build.stages import STAGES  # noqa: E402 - the path comes first
from pipeline.classify import CLASSIFIERS  # noqa: E402
from pipeline.clusterings import CLUSTERERS  # noqa: E402
from pipeline.datasets import DATASETS  # noqa: E402
from pipeline.features import VIEWS  # noqa: E402
from pipeline.networks import NETWORKS  # noqa: E402
from pipeline.projections import METHODS  # noqa: E402
from pipeline.scores import SCORES  # noqa: E402

README = ROOT / "README.md"
BEGIN, END = "<!-- written by `make lists` -->", "<!-- end -->"
REGISTRIES: tuple[tuple[str, str, Mapping[str, object]], ...] = (
    ("collections", "pipeline/datasets", DATASETS),
    ("views", "pipeline/features", VIEWS),
    ("networks", "pipeline/networks", NETWORKS),
    ("projections", "pipeline/projections", METHODS),
    ("clusterings", "pipeline/clusterings", CLUSTERERS),
    ("classifiers", "pipeline/classify", CLASSIFIERS),
    ("scores", "pipeline/scores", SCORES),
    ("stages of a build", "pipeline/build", STAGES),
)
"""What an entry is called, the folder that lists it, and the entries, each with a ``title``."""


def table(registries: Iterable[tuple[str, str, Mapping[str, object]]] = REGISTRIES) -> str:
    """The table as Markdown."""
    rows = [
        f"| {what} | {'; '.join(str(getattr(entry, 'title', name)) for name, entry in entries.items())} | `{folder}` |"
        for what, folder, entries in registries
    ]
    return "\n".join(["| | | listed in |", "|---|---|---|", *rows])


def with_lists(text: str) -> str:
    """``text`` with the table between the two marks written anew. Raises ``ValueError`` without the marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"README.md has no {BEGIN!r} followed by {END!r}; put them where the table belongs.")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    README.write_text(with_lists(README.read_text(encoding="utf-8")), encoding="utf-8")
