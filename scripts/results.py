"""Write docs/RESULTS.md from the current snapshot of the store: every figure with what is needed to repeat it.

Run by `make results`. The figures of the store are read, none is typed; the few that are in no store, such as
those of features that nobody would build a store for, are computed here by the same functions.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd

sys.path.insert(
    0, str(Path(__file__).resolve().parent)
)  # python -P, or another folder, would not find _tables

from _tables import audit, experiments, literature, means_table, network
from _voice import voice

from pipeline.sources import store_root
from store.errors import SesatlasError
from store.reader import Reader, open_current
from store.snapshots import Store

HERE = Path(__file__).resolve().parent.parent
TARGET = HERE / "docs" / "RESULTS.md"
ESC_10 = 10
REPORTED = {"esc50": "ESC-10 or ESC-50", "timit": "TIMIT"}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--store", type=Path, default=store_root())
    parser.add_argument("--out", type=Path, default=TARGET)
    options = parser.parse_args()
    try:
        found = open_current(Store(options.store))
        if found is None:
            raise SesatlasError(
                f"{options.store} holds no snapshot. Build first: `python -m pipeline build`."
            )
        current, opened = found
        with opened as reader:
            text = "\n".join(document(reader, current.number)) + "\n"
    except SesatlasError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def document(reader: Reader, number: int) -> Iterator[str]:
    yield from _head(reader, number)
    datasets = reader.datasets().set_index("dataset")
    for name, title in REPORTED.items():
        found = [one for one, row in datasets.iterrows() if row["reader"] == name]
        if not found:
            yield f"\n## {title}\n\nNot in the store that this was written from."
        for one in found:
            yield from _dataset(reader, str(one), datasets.loc[one])
    yield from voice(reader)


def _head(reader: Reader, number: int) -> Iterator[str]:
    yield "# Results\n"
    yield "Written by `make results`; do not edit it by hand. To repeat it:\n"
    yield "```sh"
    sources = " ".join(f"--dataset {row['reader']}=PATH" for row in reader.rows("all_datasets"))
    yield f"python -m pipeline build {sources}"
    yield "python -m pipeline train esc   # the network; some minutes a fold and core"
    yield "python -m pipeline train gender --dataset ravdess=PATH --dataset emodb=PATH --dataset timit=PATH \\"
    yield "    --dataset esc50=PATH       # only to train the voice network again: its weights are shipped"
    yield "python -m pipeline build       # takes the networks' results into the store"
    yield "make results"
    yield "```\n"
    yield (
        f"{date.today():%Y-%m-%d}, {_processor()}, {os.cpu_count()} cores, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}, snapshot {number}. Intervals are Wilson's, 95 %, "
        "each clip taken as one trial; where clips share a speaker or a source, the wider interval by group stands "
        "beside it. The spread is the standard deviation over the folds. ECE: expected calibration error."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"


def _dataset(reader: Reader, name: str, row: pd.Series) -> Iterator[str]:
    table = reader.experiments(name)
    ten = row["reader"] == "esc50" and int(row["classes"]) == ESC_10
    title = "ESC-10" if ten else str(row["title"])
    yield f"\n## {title}: {int(row['clips']):,} clips\n"
    if table.empty:
        yield "No experiment: build without `--no-analyses`."
        return
    for target in dict.fromkeys(table["target"]):
        of_target = table[(table["target"] == target) & (table["subset"] == "all")]
        heading = row["label_name"] if target == "label" else target
        yield f"### {str(heading).capitalize()}\n"
        yield f"{of_target.iloc[0]['protocol_summary']}\n"
        yield from experiments(of_target)
        if target == "label" and row["reader"] == "esc50":
            yield from network(reader, of_target)
            yield from means_table(reader, name)
            yield from literature(row, of_target.iloc[0])
    yield from audit(reader, name)


if __name__ == "__main__":
    raise SystemExit(main())
