"""The Clusters and Similar pages in a real browser: how long until something is seen or heard, and how many bytes.

    python benchmarks/clusters_page.py [--clips 100000] [--repeats 5] [--built STORE]

Headless Chromium without a graphics card, on the machine that serves: so the painting takes the server's
cores. First the 400 clips of ESC-10 where ../shared/data is there, else the demo; then 2,000 and 100,000
synthetic clips (see _synthetic_store.py). Every time ends when the last pixel is drawn, not when it is asked
for. --built takes a store of `python -m pipeline build` instead of building one. Needs chromium.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import joblib
import pandas as pd
from _browser import ROOT, Window, chromium, launched, served, window
from _corpus import esc10
from _synthetic_store import DATASET, VIEWS, Spec, make
from rich.console import Console
from rich.table import Table

from pipeline.clusterings import CLUSTERERS
from store.reader import Reader
from store.snapshots import Store

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ABSENT = "Nothing to measure: this needs Playwright and Chromium (Debian: apt-get install chromium)."
ALL_VIEWS = "All views together"
COLOURS = ("Fold", "Level (RMS)", "Category", "Cluster", "Trustworthiness of each point")
MIDDLE = 2_000
CLICKS = 12
SAME_MS = 4_000
"""A slider that has moved the clusters shows it within this; else it has given the same ones."""
LASSO_PX = 45


@dataclass(slots=True)
class Row:
    """Something a person waits for, the milliseconds of each time, and how long it may take."""

    what: str
    clips: int
    target_ms: float | None = None
    ms: list[float] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        if self.target_ms is None or not self.ms:
            return ""
        worst, median = max(self.ms), statistics.median(self.ms)
        told = "met" if worst < self.target_ms else "median met" if median < self.target_ms else "NOT MET"
        return f"< {self.target_ms:,.0f}: {told}"


@dataclass(slots=True)
class Measured:
    """Times, and the bytes that a window received, by what for."""

    rows: list[Row] = field(default_factory=list)
    bytes: list[tuple[str, int, Counter[str]]] = field(default_factory=list)

    def row(self, what: str, clips: int, target_ms: float | None = None) -> Row:
        self.rows.append(Row(what, clips, target_ms))
        return self.rows[-1]


@dataclass(frozen=True, slots=True)
class Shown:
    """A dataset that is served, and how many clips it has."""

    url: str
    dataset: str
    clips: int

    def address(self, page: str, **query: str) -> str:
        return f"{self.url}/{page}?{urlencode({'dataset': self.dataset, **query})}"


@contextmanager
def clusters(browser: Browser, shown: Shown, **query: str) -> Iterator[tuple[Window, float]]:
    """A fresh window onto the page, and the milliseconds until its clouds were painted."""
    with window(browser, shown.url) as opened:
        opened.page.goto(shown.address("clusters", **query), wait_until="commit")
        painted = opened.until("true", painted=True)
        if painted is None:
            raise RuntimeError("the clouds were not painted; look at dashboard.log in the store")
        yield opened, painted


def first_paints(measured: Measured, browser: Browser, shown: Shown, view: str, repeats: int) -> None:
    """A visitor whose browser knows nothing; of the server first cold, then warm."""
    cold = measured.row(f"first paint, {view}, server just started", shown.clips)
    warm = measured.row(f"first paint, {view}", shown.clips, 3_000)
    for number in range(repeats + 1):
        with clusters(browser, shown, view=view) as (opened, painted):
            (warm if number else cold).ms.append(painted)
            opened.settle()
            taken = opened.taken()
    measured.bytes.append((f"first load, {view}", shown.clips, taken))


def colours(measured: Measured, opened: Window, clips: int) -> None:
    """Each colour is chosen in the box; the first of them sends what the browser does not have yet."""
    row = measured.row("colour change to painted", clips, 1_000)
    for name in (*COLOURS, *COLOURS):
        opened.settle()
        opened.taken()
        before = opened.page.evaluate("bench.cloud().data.colouring.codes")
        if not opened.choose("Colour by", name):  # such as a fold, which the demo has not
            continue
        changed = f"bench.cloud().data.colouring.codes !== {before!r}"
        took = opened.since("clicked", changed, painted=True, patience_ms=20_000)
        if took is not None:
            row.ms.append(took)
            opened.settle()
            measured.bytes.append((f"colour change to {name}", clips, opened.taken()))


def clicks(measured: Measured, opened: Window, clips: int) -> None:
    """Points of the 3-D cloud, then of the 2-D one; the first click opens the loudspeaker as well."""
    first = measured.row("first click to sound", clips, 300)
    later = measured.row("click to sound", clips, 300)
    done = measured.row("click to all that is told of the clip", clips)
    for number, scene in enumerate([0] * (CLICKS // 2) + [1] * (CLICKS // 2)):
        opened.settle()
        opened.taken()
        point = opened.page.evaluate(f"bench.open({scene}, 1, {7919 * number + 3})")[0]
        opened.page.mouse.click(point["x"], point["y"])
        if opened.until("bench.root().dataset.playing", patience_ms=30_000) is None:
            continue
        (later if number else first).ms.append(
            float(opened.page.evaluate("bench.root().dataset.clickToSoundMs"))
        )
        took = opened.since("released", "bench.idle()")
        done.ms += [] if took is None else [took]
        opened.settle()
        measured.bytes.append(("click", clips, opened.taken()))


def lassos(measured: Measured, browser: Browser, shown: Shown, repeats: int) -> None:
    """A ring round some points of the 2-D cloud, until the table below tells of them."""
    row = measured.row("lasso to table", shown.clips)
    with clusters(browser, shown, section="Picked clips") as (opened, _):
        opened.settle()
        count = "0"
        for number in range(repeats + 1):
            point = opened.page.evaluate(f"bench.open(1, 1, {number + 11})")[0]
            if not number:
                opened.page.locator('[data-tool="lasso"]').last.click()
            ring = [(point["x"] + LASSO_PX * math.cos(at / 4), point["y"] + LASSO_PX * math.sin(at / 4))
                    for at in range(26)]  # fmt: skip
            opened.page.mouse.move(*ring[0])
            opened.page.mouse.down()
            for place in ring[1:]:
                opened.page.mouse.move(*place)
            opened.page.mouse.up()
            took = opened.since("released", "bench.listed()")
            before, count = count, opened.page.evaluate("bench.root().dataset.selected")
            if number and count != before:  # as many as before would seem to be listed at once
                row.ms += [] if took is None else [took]
            elif not number:  # the table is one of three ways to look at picked clips
                opened.page.get_by_role("radio", name="Table").click()
            opened.settle()


def reclusterings(measured: Measured, browser: Browser, shown: Shown, view: str, repeats: int) -> None:
    """One step of a slider after the other, in the view's own space, until the new clusters are painted.

    Streamlit waits a fifth of a second for the next step before it tells of one; that is counted.
    """
    with clusters(browser, shown, view=view, colour="Cluster") as (opened, _):
        opened.settle()
        opened.page.get_by_text("Try other parameters").click()
        opened.page.get_by_text("Cluster with other parameters").click()
        for clusterer in CLUSTERERS.values():
            opened.settle()
            opened.choose("Method", clusterer.title)
            row = measured.row(f"slider to painted, {clusterer.title}, {view}", shown.clips, 1_000)
            for number in range(3 * repeats):
                opened.settle()
                before = opened.page.evaluate("bench.cloud().data.clusters?.codes ?? ''")
                sliders = opened.page.get_by_role("slider")
                sliders.nth(number % sliders.count()).focus()
                opened.page.keyboard.press("ArrowRight")
                changed = f"(bench.cloud().data.clusters?.codes ?? '') !== {before!r}"
                took = opened.since("keyed", changed, painted=True, patience_ms=SAME_MS)
                row.ms += [] if took is None else [took]
                if len(row.ms) >= repeats:
                    break


def searches(measured: Measured, browser: Browser, shown: Shown, views: dict[str, str], repeats: int) -> None:
    """What the Similar page itself says its exact search took, of clip after clip of the synthetic store."""
    for metric in ("Cosine", "Euclidean"):
        for view, columns in views.items():
            row = measured.row(f"Similar: search, {columns} columns, {metric}", shown.clips, 100)
            for number in range(repeats + 1):
                clip = f"{DATASET}/audio/{number * 7_919 % shown.clips:07d}.wav"
                with window(browser, shown.url) as opened:
                    address = shown.address("similar", view=view, metric=metric, clip=clip)
                    opened.page.goto(address, wait_until="commit")
                    told = opened.page.get_by_text(re.compile("by exact search in")).inner_text()
                    opened.settle()
                if number:  # the first one waits for the index, which is not what is asked
                    row.ms.append(float(re.findall(r"in ([\d,]+) ms", told)[0].replace(",", "")))


def built(root: Path, corpus: Path | None) -> Table:
    """Build the store of the recordings, or of the demo; how long each stage took."""
    source = "demo" if corpus is None else f"esc50={corpus}"
    command = [sys.executable, "-m", "pipeline", "build", "--json", "--store", str(root), "--dataset", source]
    told = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout
    events = [json.loads(line) for line in told.splitlines()]
    at = [(event, datetime.fromisoformat(event["time"])) for event in events]
    analysing = [time for event, time in at if event["event"] == "analysing"]
    marks = [at[0][1], analysing[0], analysing[-1], at[-1][1]]
    drawn = Table(title=f"python -m pipeline build, {joblib.cpu_count()} cores, seconds on the clock")
    for heading in ("stage", "s"):
        drawn.add_column(heading, justify="left" if heading == "stage" else "right")
    names = ("scan and extraction", "projections and clusterings of all views", "ranking and publishing")
    for name, begin, end in zip(names, marks, marks[1:], strict=False):
        drawn.add_row(name, f"{(end - begin).total_seconds():.1f}")
    drawn.add_row("all", f"{(marks[-1] - marks[0]).total_seconds():.1f}", end_section=True)
    return drawn


def work(store: Store) -> Table:
    """What each method took, summed over all views and settings, as the store tells it."""
    snapshot = store.current()
    if snapshot is None:
        raise RuntimeError("the build published no snapshot")
    drawn = Table(title="Seconds of work by method, over all views, as the store tells them")
    for heading in ("", "method", "results", "s"):
        drawn.add_column(heading, justify="right" if heading in ("results", "s") else "left")
    with Reader(snapshot.path) as reader:
        names = reader.datasets()["dataset"]
        tables = {
            "projections": pd.concat([reader.projections(name) for name in names]),
            "clusterings, scores, stability": pd.concat([reader.clusterings(name) for name in names]),
        }
    for what, table in tables.items():
        for method, seconds in table.groupby("method")["seconds"]:
            drawn.add_row(what, str(method), str(len(seconds)), f"{seconds.sum():.1f}")
        drawn.add_section()
    return drawn


def times(rows: Sequence[Row]) -> Table:
    drawn = Table(title="Milliseconds in headless Chromium, painted by the same cores that serve")
    for heading in ("", "clips", "n", "median", "min", "max", "target"):
        drawn.add_column(heading, justify="left" if heading in ("", "target") else "right")
    for row in rows:
        numbers = [f"{of(row.ms):,.0f}" for of in (statistics.median, min, max)] if row.ms else ["-"] * 3
        drawn.add_row(row.what, f"{row.clips:,}", str(len(row.ms)), *numbers, row.verdict)
    return drawn


def sizes(taken: Sequence[tuple[str, int, Counter[str]]]) -> Table:
    """The median over the repeats of what was received."""
    drawn = Table(title="Kilobytes that the browser received, median")
    for heading in ("", "clips", "n", "arrays and sounds", "what Streamlit says", "Streamlit's own program"):
        drawn.add_column(heading, justify="right" if heading else "left")
    groups: dict[tuple[str, int], list[Counter[str]]] = {}
    for what, clips, bytes_ in taken:
        groups.setdefault((what, clips), []).append(bytes_)
    for (what, clips), found in groups.items():
        kinds = [statistics.median(one[kind] for one in found) for kind in ("media", "page", "program")]
        drawn.add_row(what, f"{clips:,}", str(len(found)), *(f"{kind / 1000:,.1f}" for kind in kinds))
    return drawn


def look(measured: Measured, browser: Browser, store: Store, repeats: int, task: str) -> None:
    """Serve a store and measure on it what ``task`` asks: ``real``, ``middle`` or ``large``."""
    snapshot = store.current()
    if snapshot is None:
        raise RuntimeError(f"{store.root} holds no snapshot")
    with Reader(snapshot.path) as reader:
        first = reader.datasets().iloc[0]
    with served(store.root) as url:
        shown = Shown(url, str(first["dataset"]), int(first["clips"]))
        wide = Spec("wide", VIEWS["wide"]).title if task != "real" else ALL_VIEWS
        if task != "middle":
            first_paints(measured, browser, shown, ALL_VIEWS, repeats)
            with clusters(browser, shown) as (opened, _):
                colours(measured, opened, shown.clips)
            with clusters(browser, shown, view=wide) as (opened, _):
                clicks(measured, opened, shown.clips)
            lassos(measured, browser, shown, repeats)
        if task != "large":
            reclusterings(measured, browser, shown, wide, repeats)
        if task == "large":
            views = {Spec(name, VIEWS[name]).title: str(VIEWS[name]) for name in ("narrow", "wide")}
            searches(measured, browser, shown, views | {ALL_VIEWS: str(sum(VIEWS.values()))}, repeats)


def main() -> None:
    """Parse the command line, run, print the tables."""
    parser = argparse.ArgumentParser(description="The Clusters and Similar pages, in a browser.")
    parser.add_argument("--clips", type=int, default=100_000, help="of the large synthetic store")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--built", type=Path, help="a store with ESC-10 in it, in place of building one")
    options = parser.parse_args()
    console, path, measured = Console(), chromium(), Measured()
    if path is None:
        console.print(ABSENT)
        return
    with tempfile.TemporaryDirectory() as temporary, launched(path) as browser:
        root = Path(temporary)
        real = options.built or root / "real"
        if options.built is None:
            with esc10(None) as corpus:
                console.print(built(real, corpus))
        console.print(work(Store(real)))
        look(measured, browser, Store(real), options.repeats, "real")
        for task, clips in (("middle", MIDDLE), ("large", options.clips)):
            make(root / task, clips)
            look(measured, browser, Store(root / task), options.repeats, task)
    console.print(times(measured.rows))
    console.print(sizes(measured.bytes))


if __name__ == "__main__":
    main()
