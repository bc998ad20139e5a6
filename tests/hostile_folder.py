"""Recordings whose labels, names, speakers and texts are Markdown and HTML: ``hostile_folder.py FOLDER [STORE]``.

Drawn as they are, they would make the browser of whoever looks fetch from ``evil.example``, or write ``PWN`` in bold,
in colour or as a formula. With a store, some of its clips are saved under such a name.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import soundfile

from store.annotations import Selection, save_selection
from store.reader import Reader
from store.snapshots import Store

LABELS = (
    "![z](http://evil.example/PWN.png)",
    '<a href="http://evil.example">PWN</a><img src="http://evil.example/h.png">',
    "`**PWN**` :red[PWN] $PWN$ http://evil.example",
    "]![y](http://evil.example/y.png) :material/bomb: :smile: www.evil.example",
)
NAMES = ("**PWN** [l](evil.example) {}.wav", "<b>PWN<b> {}.wav", "a]![n](data:,PWN) ` {}.wav")
SPEAKER, TEXT, AGE = "**PWN**] {}", "# PWN\n\n- [l](http://evil.example) <script>PWN</script>", "**PWN**"
SELECTION, NOTE = "![s](http://evil.example/s.png) **PWN**", "[n](http://evil.example) :red[PWN]"
CLIPS, RATE_HZ = 24, 8_000


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(CLIPS):
        label = number % len(LABELS)
        name = NAMES[number % len(NAMES)].format(number)
        hz = 300 * (label + 1) + 5 * (
            number if number != CLIPS - 1 else CLIPS - 5
        )  # the last sounds as one before
        seconds = np.arange(RATE_HZ // 2) / RATE_HZ
        noise = 0.01 * np.random.default_rng(hz).standard_normal(len(seconds))
        soundfile.write(folder / name, 0.3 * np.sin(2 * np.pi * hz * seconds) + noise, RATE_HZ)
        rows.append((name, LABELS[label], SPEAKER.format(number % 8), TEXT, AGE))
    broken = NAMES[0].format("broken")
    (folder / broken).write_bytes(b"no recording")
    rows.append((broken, LABELS[0], SPEAKER.format(0), TEXT, AGE))
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("path", "label", "speaker", "text", "age"), *rows])


def save(store: Store) -> None:
    current = store.current()
    assert current is not None
    with Reader(current.path) as reader:
        ids = tuple(reader.clips("hostile")["clip_id"].head(5))
    one = Selection(name=SELECTION, dataset="hostile", clip_ids=ids, snapshot=current.number, note=NOTE)
    save_selection(store, one)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        save(Store(Path(sys.argv[2])))
    else:
        main(Path(sys.argv[1]))
