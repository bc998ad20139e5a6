"""Labels, names, notes and addresses that are Markdown and HTML: every page shows their characters."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.message import Message
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from tests.pages.conftest import Page

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
JOINER = "\u2060"
ADDRESS = "x` ]![z](http://evil.example/z.png) **PWN** :red[PWN] $PWN$ <b>PWN</b> :smile: `"
PARAMETERS = ("clip", "hit", "clustering", "experiment", "saved", "picked", "projection", "view", "snapshot", "sort",
              "show", "section", "target", "first", "second", "part", "audit_part", "true", "said", "detail", "old",
              "colour", "by", "of", "metric", "measured", "voice")  # fmt: skip
CLIP = "hostile/<b>PWN<b> 1.wav"
VISITS: list[tuple[str, dict[str, str]]] = [
    ("home", {}),
    *(("explore", {"show": show}) for show in ("Balance", "Recordings", "Features", "Clips")),
    *(
        ("clusters", {"section": section})
        for section in (
            "Clip",
            "Picked clips",
            "Labels x clusters",
            "Condensed tree",
            "How far to believe it",
        )
    ),
    ("clusters", {"saved": "![s](http://evil.example/s.png) **PWN**", "section": "Picked clips"}),
    ("clusters", {"section": "Clip", "clip": CLIP}),
    ("explore", {"show": "Clips", "clip": CLIP}),
    ("similar", {"clip": CLIP, "hit": "hostile/**PWN** [l](evil.example) 0.wav"}),
    *(("models", {"detail": part}) for part in ("Errors", "Classes", "Curves", "Folds", "Columns", "About")),
    ("models", {"detail": "Errors", "clip": CLIP}),
    ("models", {"target": "speaker"}),
    ("models", {"part": "Compare"}),
    *(
        ("models", {"part": "Audit", "audit_part": part})
        for part in ("Duplicates", "Leakage", "Label issues", "Recording facts", "Balance")
    ),
    ("models", {"part": "Run"}),
    ("live", {}),
    ("live", {"live_way": "Recording or file"}),
    ("pipeline", {}),
]
# Protocol buffers of Streamlit's elements, and which of their fields are Markdown.
MARKDOWN = {"body", "label", "help", "text", "caption", "value", "delta", "content", "tooltip"}
NOT_MARKDOWN = {
    "Selectbox": {"value", "raw_value"}, "MultiSelect": {"value", "raw_values"}, "TextInput": {"value"},
    "Code": {"code_text", "body"}, "Exception": set(),
}  # fmt: skip
TAG = re.compile(r"<(?!(?:br|/?b|/?extra)>)[^>]*>")


def texts(message: Message) -> Iterator[str]:
    """The Markdown in an element, in whatever of its parts."""
    markdown = MARKDOWN - NOT_MARKDOWN.get(message.DESCRIPTOR.name, set())
    for field, value in message.ListFields():
        for one in [value] if isinstance(value, str | int | float | bytes | Message) else value:
            if isinstance(one, Message):
                yield from texts(one)
            elif isinstance(one, str) and field.name in markdown:
                yield one


def pieces(source: str) -> Iterator[str]:
    """What stands within ``:orange[...]`` and around it: such a part ends at its bracket, code or not."""
    found = re.search(r"(?<!\\)(?:\\\\)*:(?:orange|green|gray|gray-badge|violet)\[", source)
    if found is None:
        yield source
        return
    depth, at = 1, found.end()
    while at < len(source) and depth:
        if source[at] == "\\":
            at += 1
        else:
            depth += {"[": 1, "]": -1}.get(source[at], 0)
        at += 1
    yield source[: found.start()]
    yield source[found.end() : at - 1]
    yield from pieces(source[at:])


def live(source: str) -> list[str]:
    """What of a text from ``hostile_folder.py``, or of ``ADDRESS``, would act on the page."""
    found = []
    for piece in pieces(source):
        without_code = re.sub(r"(?<![`\\])(`+)(?!`).*?(?<!`)\1(?!`)", "", piece)
        if re.search(r"(?<!\\)(?:\\\\)*(?::red\[|\$)", without_code):
            found.append(f"a colour or a formula: {piece}")
        for token in READER.parse(piece):
            for one in (token, *(token.children or [])):
                target = str(one.attrGet("href") or one.attrGet("src") or "")
                if one.type in ("html_inline", "html_block") or "evil" in target or "PWN" in target:
                    found.append(f"{one.type} {target or one.content}")
                if one.type == "text":
                    if re.search(r"(?<!\*\*)(?<!# )(?<![\[/>$,])PWN", one.content):
                        found.append(f"not as it is written: {one.content}")
                    if re.search(r":(smile|material/bomb):|https?://evil|www\.evil", one.content):
                        found.append(f"replaced by Streamlit: {one.content}")
    return found


def check(page: Page) -> None:
    assert [error.message for error in page.at.exception] == []
    tree: Any = page.at._tree
    found = []
    for element in tree:
        proto = getattr(element, "proto", None)
        if isinstance(proto, Message):
            found += [(text, live(text)) for text in texts(proto)]
    for table in page.at.table:
        cells = [str(one) for row in table.value.reset_index().to_numpy() for one in row]
        found += [(text, live(text)) for text in cells]
    assert not [one for one in found if one[1]]
    for chart in page.at.get("plotly_chart"):
        spec = json.loads(chart.proto.spec)
        tags = [tag for text in _strings(spec) for tag in TAG.findall(text)]
        assert not tags, tags


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize(("page", "query"), VISITS)
def test_hostile_data_are_characters(
    open_page: Callable[..., Page], hostile_store: Path, page: str, query: dict[str, str]
) -> None:
    shown = open_page(
        hostile_store,
        page,
        **({} if page in ("home", "live", "pipeline") else {"dataset": "hostile"}),
        **query,
    )
    check(shown)


@pytest.mark.parametrize("page", ["home", "explore", "clusters", "similar", "models", "live", "pipeline"])
def test_hostile_addresses_are_characters(
    open_page: Callable[..., Page], hostile_store: Path, page: str
) -> None:
    """One at a time where a page says that it does not know a value, and all at once."""
    for value in (ADDRESS, f"hostile/{ADDRESS}", f"hostile.{ADDRESS}"):
        check(open_page(hostile_store, page, dataset="hostile", **dict.fromkeys(PARAMETERS, value)))
    for name in ("clustering", "experiment", "clip", "hit", "saved", "picked", "snapshot"):
        for value in (ADDRESS, f"hostile/{ADDRESS}", f"hostile.{ADDRESS}"):
            check(open_page(hostile_store, page, dataset="hostile", **{name: value}))
    check(open_page(hostile_store, page, dataset=ADDRESS))


def test_the_check_sees_what_it_is_for() -> None:
    for text in ("![z](http://evil.example)", "[l](http://evil.example)", "**PWN**", ":red[PWN]", "<b>PWN</b>",
                 ":orange[no `x]![z](http://evil.example/z.png)`]", ":smile:", "www.evil.example"):  # fmt: skip
        assert live(text), text
