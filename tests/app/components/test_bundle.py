"""Modules arrive as they are written, whatever their text, each with a scope of its own."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cache import sounds
from app.components import bundle
from app.components.cloud import cloud
from app.components.monitor import monitor

AWKWARD = {
    "main.js": """/* import { nothing } from "./nowhere.js"; "quoted" */
// import { nobody } from "./nowhere.js";
import {
  one, // of "several" lines: don't
  two as deux,
}
  from './deep/one.js';
import * as all from "./deep/one.js"; import three from "./three.js"
import "./effect.js";
export { four } from "./three.js";
import { FIXED } from "./fixed.js";

const name = "main";
const text = `
import { five } from "./nowhere.js";
export const six = 6;
`;
export default function () {
  return [one, deux, all.name, three, FIXED.seven, globalThis.effect, name, text.length, /import "x"/.test(text)];
}
""",
    "deep/one.js": """import { four } from "../three.js";
const name_ = "one"; // the same names in each module
const value = 1;
export const one = value, two = value + 1 + four - four;
export { name_ as name };
""",
    "three.js": """'use strict';
const value = 3;
export const four = 4;
export default value;""",
    "effect.js": "globalThis.effect = import.meta.url.endsWith('.mjs');",
}


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What is offered to the browser, by address: here, files that Node can import."""
    texts: dict[str, str] = {}

    def url(data: bytes, mime: str, key: str) -> str:
        assert mime == sounds.SCRIPT
        file = tmp_path / f"{hashlib.sha256(data).hexdigest()[:12]}.mjs"
        file.write_bytes(data)
        texts[str(file)] = data.decode()
        return str(file)

    monkeypatch.setattr(sounds, "url", url)
    return texts


@pytest.fixture
def written(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    def write(texts: dict[str, str]) -> Path:
        for name, text in texts.items():
            file = tmp_path / "source" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return tmp_path / "source" / next(iter(texts))

    return write


def test_only_addresses_of_imports_are_changed(
    served: dict[str, str], written: Callable[[dict[str, str]], Path]
) -> None:
    entry = written(AWKWARD)
    address = bundle.url(entry, "k", generated={"./fixed.js": "export const FIXED = { seven: 7 };"})
    assert len(served) == 5, "each module once"
    found = served[address]
    for own in served:
        found = found.replace(own, "@")
    plain = AWKWARD["main.js"]
    head, code = plain.split("\n\n", 1)
    for name in ("'./deep/one.js'", '"./deep/one.js"', '"./three.js"', '"./effect.js"', '"./fixed.js"'):
        head = head.replace(f" {name}", f" {name[0]}@{name[0]}")
    assert found == f"{head}\n\n{code}"


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not here")
def test_they_run(served: dict[str, str], written: Callable[[dict[str, str]], Path]) -> None:
    address = bundle.url(
        written(AWKWARD), "k", generated={"./fixed.js": "export const FIXED = { seven: 7 };"}
    )
    script = (
        f"import({json.dumps(address)}).then((it) => console.log(JSON.stringify([it.default(), it.four])))"
    )
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, timeout=60, check=True)
    length = len(AWKWARD["main.js"].split("`")[1])
    assert json.loads(done.stdout) == [[1, 2, "one", 3, 7, True, "main", length, False], 4]


def test_other_bytes_have_another_address_also_of_who_imports_them(
    served: dict[str, str], written: Callable[[dict[str, str]], Path]
) -> None:
    entry = written({"main.js": 'import "./a.js";\n', "a.js": "1;"})
    first = bundle.url(entry, "k")
    assert bundle.url(entry, "k") == first
    bundle._read.cache_clear()
    written({"main.js": 'import "./a.js";\n', "a.js": "2;"})
    assert bundle.url(entry, "k") != first


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ({"main.js": 'import "./gone.js";'}, "no module .*gone.js"),
        ({"main.js": 'import "./a.js";', "a.js": 'import "./main.js";'}, "main.js imports itself"),
    ],
)
def test_what_cannot_be_served_is_said(
    written: Callable[[dict[str, str]], Path], texts: dict[str, str], why: str
) -> None:
    with pytest.raises(bundle.BundleError, match=why):
        bundle.url(written(texts), "k")


@pytest.mark.parametrize(("folder", "generated"), [(cloud.FOLDER, {}), (monitor.FOLDER, {"./fixed.js": ""})])
def test_every_module_of_a_component_is_served_and_writes_no_html(
    served: dict[str, str], folder: Path, generated: dict[str, str]
) -> None:
    bundle.url(folder / "main.js", "k", generated=generated)
    for file in folder.glob("*.js"):
        code = file.read_text(encoding="utf-8").rpartition('.js";\n')[2]
        assert any(text.endswith(code) for text in served.values()), f"nobody imports {file.name}"
    # A label may be called "<img onerror=...>": nothing may be taken for HTML.
    assert all("innerHTML" not in text and "insertAdjacentHTML" not in text for text in served.values())
