"""What a build tells has one form for every listener."""

from __future__ import annotations

import io
import json
from dataclasses import fields

import pytest

from pipeline.cli.console import Lines
from pipeline.runtime import events

KEYS = {
    "started": {"build_id", "datasets", "resumed"},
    "preparing": {"dataset"},
    "scanned": {"dataset", "clips", "problems", "notes"},
    "planned": {"to_extract", "unchanged", "updated", "reused", "removed", "failed"},
    "progress": {"done", "total", "failed", "clips_per_s", "left_s"},
    "stageprogress": {"stage", "title", "unit", "done", "total", "dataset", "item", "left_s"},
    "published": {"snapshot", "stage"},
    "stages": {"left", "titles"},
    "finished": {
        *{"status", "build_id", "snapshot", "added", "updated", "removed", "failed"},
        *{"vectors_computed", "vectors_reused", "stages", "seconds", "collections"},
    },
    "stopped": {"reason"},
}
COLLECTION = events.Collection("esc50", 6, 0.5, 2, 0, 1)
NASTY = "[/bold] :smile: [red]x[/red] ü"
EXAMPLES = [
    events.Started("b", ["esc50"], True),
    events.Preparing(NASTY),
    events.Scanned(NASTY, 6, 2, [NASTY]),
    events.Planned(6, 1, 2, 3, 4, 5),
    events.Progress(3, 6, 1, 10.0, 0.3),
    events.Progress(6, 6, 1, 10.0, 0.0),
    events.StageProgress("clusterings", "clusterings", "views", 1.5, 14, NASTY, "mfcc", 3.5),
    events.Published(7, "clusterings"),
    events.Stages({"clusterings": 12.5}, {"clusterings": "clusterings"}),
    events.Finished("published", "b", 7, 1, 2, 3, 4, 5, 6, {"pca": 3}, 0.5, [COLLECTION]),
    events.Finished("unchanged", "b", 7, 0, 0, 0, 0, 0, 0, {}, 0.5, [COLLECTION]),
    events.Stopped(NASTY),
]


def test_the_keys_of_an_event_do_not_change() -> None:
    kinds = {kind.__name__.lower(): {field.name for field in fields(kind)} for kind in events.Event.__args__}
    assert kinds == KEYS


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_an_event_is_one_line_of_json(event) -> None:
    file = io.StringIO()
    with Lines(file) as tell:
        tell(event)
    (line,) = file.getvalue().splitlines()
    told = json.loads(line)
    assert set(told) == {"event", "time"} | KEYS[told["event"]]
    assert line.isascii()


def test_the_log_has_every_event_and_only_the_last_logs_stay(tmp_path) -> None:
    for number in range(events.LOGS_KEPT + 5):
        (tmp_path / f"2026-{number:03d}.jsonl").touch()
    heard: list[events.Event] = []
    with events.logged(tmp_path, "2027-000", heard.append) as tell:
        tell(EXAMPLES[0])
        # Whole lines, at once: a page reads along.
        assert json.loads((tmp_path / "2027-000.jsonl").read_text())["event"] == "started"
    assert heard == EXAMPLES[:1]
    logs = sorted(tmp_path.glob("*.jsonl"))
    assert len(logs) == events.LOGS_KEPT and logs[-1].stem == "2027-000" and logs[0].stem == "2026-006"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyboardInterrupt(), "Stopped on request"),
        (ValueError("a word"), "a word"),
        (MemoryError(), "MemoryError"),
        (SystemExit(3), "3"),
    ],
)
def test_every_end_is_told(error, said) -> None:
    heard: list[events.Event] = []
    with pytest.raises(type(error)), events.end_reported(heard.append):
        raise error
    assert said in heard[0].reason
