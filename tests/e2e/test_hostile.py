"""A store whose owner would like to reach its readers, in a real browser: nothing is fetched, linked or formatted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Dashboard, View

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

ADDRESS = "x` ]![z](http://evil.example/z.png) **PWN** :red[PWN] $PWN$ <b>PWN</b> `"
VISITS: tuple[tuple[str, dict[str, str]], ...] = (
    ("", {}),
    *(("explore", {"show": show}) for show in ("Balance", "Clips")),
    ("explore", {"clip": f"hostile/{ADDRESS}", "show": "Clips"}),
    *(("clusters", {"section": section}) for section in ("Picked clips", "Labels x clusters")),
    ("clusters", {"saved": ADDRESS}),
    ("clusters", {"clustering": f"hostile.{ADDRESS}"}),
    ("clusters", {"saved": "![s](http://evil.example/s.png) **PWN**", "section": "Picked clips"}),
    ("similar", {}),
    ("similar", {"clip": f"hostile/{ADDRESS}", "hit": ADDRESS}),
    *(("models", {"detail": part}) for part in ("Errors", "Classes", "Curves")),
    ("models", {"experiment": f"hostile.{ADDRESS}"}),
    *(
        ("models", {"part": "Audit", "audit_part": part})
        for part in ("Duplicates", "Label issues", "Balance")
    ),
    ("pipeline", {"snapshot": ADDRESS}),
)
# Links and pictures to elsewhere; and PWN alone in what Markdown, HTML, Streamlit or Plotly would make of it.
ACTING = """() => {
    // Links of ours to a clip on another page have its name in their query.
    const elsewhere = address => new URL(address, document.baseURI).host !== location.host;
    const all = [...document.querySelectorAll('*')], found = [];
    for (const one of all) {
        for (const name of ['href', 'src', 'xlink:href', 'srcset'])
            if ((one.getAttribute(name) ?? '').includes('evil') && elsewhere(one.getAttribute(name)))
                found.push(one.outerHTML.slice(0, 200));
        const own = one.textContent.trim();
        if (own === 'PWN' && one.children.length === 0) found.push(one.outerHTML.slice(0, 200));
        if (one.matches('.katex, .stMarkdownColoredText') && own.includes('PWN') && own.length < 8)
            found.push(one.outerHTML.slice(0, 200));
    }
    return found;
}"""


@pytest.fixture(scope="module")
def hostile_dashboard(
    serving: Callable[..., Any], hostile_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    with serving(hostile_store, tmp_path_factory.mktemp("hostile")) as served:
        yield served


@pytest.mark.parametrize("page", dict.fromkeys(page for page, _ in VISITS))
def test_nothing_of_it_acts(windows: Callable[..., View], hostile_dashboard: Dashboard, page: str) -> None:
    view, shown = windows(hostile_dashboard), ""
    for query in [query for name, query in VISITS if name == page]:
        there = query if page in ("", "pipeline") else {"dataset": "hostile"} | query
        view.open(f"/{page}?{urlencode(there)}")
        assert view.look() == [], (page, query)
        assert view.page.evaluate(ACTING) == [], (page, query)
        shown += view.page.evaluate("document.body.textContent")
    # In letters it is there; on Home and Pipeline only where no test can read it, in a picture and in tables.
    assert "PWN" in shown or page in ("", "pipeline")
