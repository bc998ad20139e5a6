"""A component's JavaScript as modules: each with a scope of its own, fetched once and kept by the browser.

Streamlit gives each component one script. That script, :data:`LOADER`, imports the module that the component's data
name as ``module``; it and all that it imports are served as they are, but for the addresses in their imports.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from app.cache import sounds
from store.errors import SesatlasError

LOADER = """export default async (component) => {
  const module = await import(new URL(component.data.module, document.baseURI));
  return module.default(component);
};"""
NONE: Mapping[str, str] = MappingProxyType({})

_COMMENT = r"//[^\n]*|/\*.*?\*/"
_FROM = rf"(?:[^\"'`;/]|{_COMMENT})*"
_HEAD = re.compile(
    rf"\s+|{_COMMENT}|[\"']use strict[\"'];?"
    rf"|(?:import\b(?!\s*[(.])|export\b(?=\s*[*{{])){_FROM}(?P<quote>[\"'])(?P<file>[^\"'\n]+)(?P=quote)\s*;?",
    re.DOTALL,
)
"""What may stand above a module's code: blanks, comments, imports and what is exported from other modules."""


class BundleError(SesatlasError):
    """A module imports what is not there, or itself."""


def url(entry: Path, key: str, *, generated: Mapping[str, str] = NONE) -> str:
    """Offer a module and all that it imports to the browser; the address of the module.

    Parameters
    ----------
    entry : Path
        The module. What it imports is named relative to it, and stands above its code.
    key : str
        Who shows it, unique on the page.
    generated : mapping of str to str
        Text of modules that are no files, by the name by which they are imported, e.g. ``"./fixed.js"``.

    Raises
    ------
    BundleError
        A file is missing, or modules import each other in a circle.
    """
    return _offer(entry.resolve(), key, generated, {}, ())


def _offer(
    file: Path, key: str, generated: Mapping[str, str], offered: dict[Path, str], above: tuple[Path, ...]
) -> str:
    if file in offered:
        return offered[file]
    if file in above:
        raise BundleError(f"{file.name} imports itself, by way of {', '.join(one.name for one in above)}.")
    text, places = _read(file)
    for start, end in reversed(places):
        name = text[start:end]
        if name in generated:
            address = sounds.url(generated[name].encode(), sounds.SCRIPT, f"{key}.{name}")
        else:
            address = _offer((file.parent / name).resolve(), key, generated, offered, (*above, file))
        text = text[:start] + address + text[end:]
    offered[file] = sounds.url(text.encode(), sounds.SCRIPT, f"{key}.{file.parent.name}.{file.stem}")
    return offered[file]


@cache
def _read(file: Path) -> tuple[str, list[tuple[int, int]]]:
    """The text of a module, and where in it the names of those stand that it imports."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise BundleError(f"There is no module {file}; look at who imports it.") from error
    places, at = [], 0
    while found := _HEAD.match(text, at):
        at = found.end()
        if found["file"]:
            places.append(found.span("file"))
    return text, places
