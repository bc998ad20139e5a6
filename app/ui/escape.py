"""What comes from data or from an address, shown as the characters that it is: in Markdown, and in Plotly's figures.

A label, a file name, a note or a value of the address may hold ``![x](http://...)``, ``<a href=...>`` or
``:smile:``. Streamlit would make an image, a link or a picture of it, and the browser would fetch what it names.
Everything that is not written in this program passes through here before it is put into a sentence or a label.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

_BREAK = "\N{WORD JOINER}"
"""Invisible and without width. Some of what Streamlit replaces it finds after a backslash has done its work."""
_SYNTAX = re.compile(r"[\\`*~\[\]<>$&|]|(?<![^\W_])_|_(?![^\W_])|:(?=[A-Za-z:])")
_BLOCK = re.compile(r"^(?:(?P<mark>[-+#=])|(?P<number>\d{1,9})(?P<after>[.)]))")
_LATER = re.compile(
    r"(?i)(?P<scheme>https?:)(?=//)|(?P<www>www)(?=\.)|(?P<at>)(?=@[-\w])"
    r"|(?P<colon>:)(?=[-+\w/]+:)"
    r"|(?<!\S)(?P<sign><->|->|<-|--|>=|<=|~=)(?!\S)"
)
"""Addresses, which become links; ``:name:``, a picture or an icon; and signs that Streamlit draws as one character."""
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)


def markdown(value: object) -> str:
    """The characters of a value as Markdown on one line, which shows them and does nothing else.

    For ``st.markdown``, alerts, captions, headings, tables, and the labels, options and tooltips of widgets.
    """
    text = _LATER.sub(_broken, _on_one_line(value))
    text = _SYNTAX.sub(r"\\\g<0>", text)
    return _BLOCK.sub(_block, text)


def _broken(found: re.Match[str]) -> str:
    if found["sign"]:
        return found["sign"][0] + _BREAK + found["sign"][1:]
    return found[0] + _BREAK


def _block(found: re.Match[str]) -> str:
    return f"\\{found['mark']}" if found["mark"] else f"{found['number']}\\{found['after']}"


def code(value: object) -> str:
    """As :func:`markdown`, in the letters of code: for names of clips and files, and for values of the address.

    With brackets in it the letters stay as they are: within ``:orange[...]`` they would end the colour, code or not.
    """
    text = _on_one_line(value)
    if "[" in text or "]" in text:
        return markdown(text)
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if not text or text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{space}{text}{space}{fence}"


def table(values: Mapping[str, object]) -> dict[str, str]:
    """Names and values for ``st.table``, whose cells are Markdown."""
    return {markdown(name): markdown(value) for name, value in values.items()}


def sentence(value: object) -> str:
    """A whole sentence that may hold data, such as an error's: what stands between backticks is code, the rest text."""
    text = _lines(value)
    parts, at = [], 0
    for found in _CODE.finditer(text):
        parts += [_around(text[at : found.start()]), code(found[2].strip())]
        at = found.end()
    return "".join([*parts, _around(text[at:])]).strip()


def _around(text: str) -> str:
    before = text[: len(text) - len(text.lstrip())]
    after = text[len(text.rstrip()) :] if text.strip() else ""
    return f"{before and ' '}{markdown(text)}{after and ' '}"


def _on_one_line(value: object) -> str:
    return " ".join(_lines(value).split())


def _lines(value: object) -> str:
    return "".join(_shown(one) for one in str(value))


def _shown(character: str) -> str:
    """What cannot be seen, or turns the letters round it, does not reach the page as it is."""
    if character in _TURNING or unicodedata.category(character) == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    return " " if unicodedata.category(character) in ("Cc", "Zl", "Zp") else character


_OWN_TAGS = re.compile(r"&lt;(br|/?b|/?extra)&gt;")
"""What hover texts of ours and of Plotly Express use."""
_TEMPLATES = frozenset({"hovertemplate", "texttemplate"})
_PLOTLY_SYNTAX = re.compile(r"[<>&]|%\{|[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def plotly(value: object) -> str:
    """The characters of a value for Plotly, which takes some of HTML, and ``%{...}`` in what it shows on hover."""
    text = str(value)
    if _PLOTLY_SYNTAX.search(text) is None:
        return text
    return html.escape(_lines(text), quote=False).replace("%{", "&#37;{")


def figure(made: go.Figure) -> go.Figure:
    """A copy of the figure with all its strings escaped, but for the tags of the hover texts.

    Labels, names of files and values are names of traces, categories, ticks, titles, texts and custom data. Figures
    are made of them as they are; this stands where figures are handed to Streamlit, and nowhere else.
    """
    found = made.to_dict()
    for trace in found.get("data", ()):
        for template in _TEMPLATES & trace.keys():
            trace[template] = _template(trace[template], str(trace.get("name") or ""))
    return go.Figure(_escaped(found))


def _template(template: Any, name: str) -> Any:
    """A hover text. Plotly Express writes the trace's name into it, which is data."""
    if not isinstance(template, str):
        return template
    parts = re.split(f"={re.escape(name)}(?=<)", template) if name else [template]
    return f"={plotly(name)}".join(_OWN_TAGS.sub(r"<\1>", html.escape(part, quote=False)) for part in parts)


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return plotly(value)
    if isinstance(value, Mapping):
        if "bdata" in value:  # numbers, in base64
            return value
        return {name: one if name in _TEMPLATES else _escaped(one) for name, one in value.items()}
    if isinstance(value, np.ndarray):
        return _escaped(value.tolist()) if value.dtype.kind in "OU" else value
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_escaped(one) for one in value]
    return value
