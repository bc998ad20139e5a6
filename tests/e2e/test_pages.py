"""Every page in a real browser: light and dark, wide and narrow, with its charts drawn and nothing amiss."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Scheme, View

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

ROOT = Path(__file__).resolve().parents[2]
WINDOWS = {"wide": (1440, 900), "narrow": (420, 900)}
LOOKS: tuple[tuple[Scheme, str], ...] = (
    ("dark", "narrow"),
    ("light", "narrow"),
    ("light", "wide"),
    ("dark", "wide"),
)


def scripts() -> dict[str, Path]:
    """Name -> script, of every page. The start page is the entry itself."""
    pages = {path.stem: path for path in sorted((ROOT / "pages").glob("[!_]*.py"))}
    return {"home": ROOT / "app" / "Home.py"} | pages


def draws_charts(script: Path) -> bool:
    """Whether the page asks ``app`` for charts: then it must show some on a filled store."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    names = [
        alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    ]
    modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return any("charts" in name for name in names + modules)


def address(name: str) -> str:
    return "/" if name == "home" else f"/{name}"


def check(view: View, name: str) -> list[str]:
    problems = view.look()
    if draws_charts(scripts()[name]) and not view.page.locator(".stPlotlyChart").count():
        problems.append("the page imports charts and shows none")
    return problems


@pytest.mark.parametrize("name", scripts())
def test_page_is_drawn_without_an_error(open_view: Callable[..., View], screenshots: Path, name: str) -> None:
    """Opened on a phone at night, then by day, and in a wide window by day and at night."""
    view = open_view("dark", *WINDOWS["narrow"])
    view.open(address(name))
    for scheme, window in LOOKS:
        view.wear(scheme, *WINDOWS[window])
        view.screenshot(screenshots / f"{name}-{scheme}-{window}.png")
        problems = check(view, name)
        assert not problems, "\n".join(["", f"{scheme}, {window}:", *problems])


@pytest.mark.parametrize("name", scripts())
def test_every_section_of_a_page(open_view: Callable[..., View], screenshots: Path, name: str) -> None:
    view = open_view("light", *WINDOWS["wide"])
    view.open(address(name))
    for scheme, window in (("light", "wide"), ("dark", "narrow")):
        view.wear(scheme, *WINDOWS[window])
        for section in view.sections():
            view.go_to(section)
            part = section.lower().replace(" ", "-")
            view.screenshot(screenshots / f"{name}-section-{part}-{scheme}-{window}.png")
            problems = view.look()
            assert not problems, "\n".join(["", f"in {section}, {scheme}, {window}:", *problems])
