"""What a build tells has one form for every listener."""

from __future__ import annotations

import io
import json
from dataclasses import fields

import pytest
from rich.console import Console

from pipeline import events
from pipeline.console import Lines, Silent, Terminal, plain

KEYS = {
    "started": {"build_id", "datasets", "resumed"},
    "preparing": {"dataset"},
    "scanned": {"dataset", "clips", "problems", "notes"},
    "planned": {"to_extract", "unchanged", "updated", "reused", "removed", "failed"},
    "progress": {"done", "total", "failed", "clips_per_s", "left_s"},
    "listening": {"done", "total", "dataset", "seconds"},
    "analysing": {"done", "total", "dataset", "view", "seconds"},
    "learning": {"done", "total", "dataset", "experiment", "seconds"},
    "auditing": {"done", "total", "dataset", "seconds"},
    "finished": {
        *{"status", "build_id", "snapshot", "added", "updated", "removed", "failed"},
        *{"vectors_computed", "vectors_reused", "analysed", "learned", "audited", "seconds", "collections"},
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
    events.Listening(0, 9),
    events.Listening(4, 9, NASTY, 1.5),
    events.Analysing(0, 3),
    events.Analysing(1, 3, "esc50", "all", 2.5),
    events.Analysing(3, 3, NASTY, "mfcc", 9.5),
    events.Learning(0, 4),
    events.Learning(0.5, 4, NASTY, "knn on mfcc", 1.5),
    events.Auditing(1, 1, NASTY, 2.5),
    events.Finished("published", "b", 7, 1, 2, 3, 4, 5, 6, 3, 7, 1, 0.5, [COLLECTION]),
    events.Finished("unchanged", "b", 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5, [COLLECTION]),
    events.Stopped(NASTY),
]


def test_the_keys_of_an_event_do_not_change() -> None:
    kinds = {kind.__name__.lower(): {field.name for field in fields(kind)} for kind in events.Event.__args__}
    assert kinds == KEYS
    assert list(events.STAGES) == ["listening", "analysing", "learning", "auditing"]
    assert all(stage.doing and stage.unit for stage in events.STAGES.values())


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_an_event_is_one_line_of_json(event) -> None:
    file = io.StringIO()
    with Lines(file) as tell:
        tell(event)
    (line,) = file.getvalue().splitlines()
    told = json.loads(line)
    assert set(told) == {"event", "time"} | KEYS[told["event"]]
    assert line.isascii()


@pytest.mark.parametrize("on_a_terminal", [True, False])
def test_the_terminal_shows_names_as_they_are(on_a_terminal) -> None:
    file = io.StringIO()
    options = {"highlight": False, "markup": False, "emoji": False, "soft_wrap": True, "color_system": None}
    console = Console(file=file, force_terminal=on_a_terminal, width=160, **options)
    with Terminal(console) as tell:
        for event in EXAMPLES:
            tell(event)
    told = file.getvalue()
    assert f"{NASTY}: 6 clips found, 2 files with a problem" in told
    assert "Going on with the build that was interrupted." in told
    assert "6 to extract, 1 unchanged, 2 with new labels or dates, 3 known by their content, 4 gone" in told
    assert (
        "Snapshot 7: 1 added, 2 updated, 3 removed, 4 failed; 5 vectors computed, 6 reused; "
        "3 views projected and clustered, 7 experiments made, 1 collections audited (0.5 s)." in told
    )
    assert "Nothing has changed: snapshot 7 is up to date, 0 vectors computed" in told
    # The bars: nothing for a file.
    assert ("clips/s" in told) == on_a_terminal
    assert (f"{NASTY} mfcc" in told) == on_a_terminal
    assert ("listening for voices" in told) == on_a_terminal


def test_each_stage_has_a_bar_of_its_own() -> None:
    """A build in which nothing is extracted, nothing analysed, or both, ends with no bar left behind."""
    for first, second in ((0, 3), (6, 0), (6, 3), (0, 0)):
        console = Console(file=io.StringIO(), force_terminal=True, width=120, color_system=None)
        display = Terminal(console)
        with display as tell:
            if first:
                tell(events.Progress(first, first, 0, 10.0, 0.0))
                assert display.bar.tasks[0].total == first
            tell(events.Analysing(0, second))
            if second:
                tell(events.Analysing(1, second, "esc50", "mfcc", 1.0))
                (task,) = display.bar.tasks
                assert (task.completed, task.total, task.fields["told"]) == (1, second, "esc50 mfcc")
            else:
                assert not display.bar.tasks
            tell(EXAMPLES[-2])
            assert not display.bar.tasks
        assert not display.bar.live.is_started


def test_our_own_console_reads_no_markup(capsys) -> None:
    plain().print(NASTY)
    assert capsys.readouterr().out.strip() == NASTY


def test_silence(capsys) -> None:
    with Silent() as tell:
        for event in EXAMPLES:
            tell(event)
    assert capsys.readouterr() == ("", "")


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
    with pytest.raises(type(error)), events.end_told(heard.append):
        raise error
    assert said in heard[0].reason
