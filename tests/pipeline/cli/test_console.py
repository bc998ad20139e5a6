"""What a build writes: bars that fit a narrow terminal, lines in a log, and a summary."""

from __future__ import annotations

import io
import json
import logging
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from pipeline.cli import console, main
from pipeline.cli.console import EVERY_S, Lines, Log, Silent, Terminal, plain
from pipeline.runtime import events, progress

CONTROLS = "\x1b[31mred\x1b[2J \x07 \u202egnp new\nline"
SPELLED = r"\x1b[31mred\x1b[2J \x07 \u202egnp new\nline"
NASTY = "[/bold] :smile: [red]x[/red] ü"
COLLECTION = events.Collection("esc50", 400, 0.56, 10, 0, 1)


def finished(**changes: object) -> events.Finished:
    stages = {"pca": 8, "pictures": 14, "clusterings": 0, "audit": 1}
    event = events.Finished("published", "b", 7, 1, 2, 3, 4, 5, 6, stages, 0.5, [COLLECTION])
    return replace(event, **changes)


def stage(done: float, total: int = 14, **more: object) -> events.StageProgress:
    return events.StageProgress("clusterings", "clusterings", "views", done, total, **more)


EXAMPLES = [
    events.Started("b", ["esc50"], True),
    events.Preparing(NASTY),
    events.Scanned(NASTY, 6, 2, [NASTY]),
    events.Planned(6, 1, 2, 3, 4, 5),
    events.Progress(3, 6, 1, 10.0, 0.3),
    events.Progress(6, 6, 1, 10.0, 0.0),
    events.Stages({"clusterings": 3.5}, {"clusterings": "clusterings"}),
    events.Published(5, "clips"),
    stage(0),
    stage(1.5, dataset="esc50", item="all", left_s=90.0),
    stage(14, dataset=NASTY, item="mfcc"),
    events.Published(6, "clusterings"),
    finished(),
    finished(status="unchanged"),
    events.Stopped(NASTY),
]


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def opened(width: int = 160, *, terminal: bool = False) -> Console:
    """A console as :func:`plain` makes it, that writes into memory."""
    options = {"highlight": False, "markup": False, "emoji": False, "soft_wrap": True, "color_system": None}
    return Console(file=io.StringIO(), force_terminal=terminal, width=width, **options)


def written(own: Console) -> str:
    return own.file.getvalue()


@pytest.mark.parametrize("kind", [Terminal, Log])
def test_names_are_shown_as_they_are(kind) -> None:
    own = opened(terminal=kind is Terminal)
    with kind(own) as show:
        for event in EXAMPLES:
            show(event)
    text = written(own)
    assert f"{NASTY}: 6 clips found, 2 files with a problem" in text
    assert "Going on with the build that was interrupted." in text
    assert "6 to extract, 1 unchanged, 2 with new labels or dates, 3 known by their content, 4 gone" in text
    assert (
        "Snapshot 7: 1 added, 2 updated, 3 removed, 4 failed; 5 vectors computed, 6 reused (0.5 s)." in text
    )
    assert "Computed: pca 8, pictures 14, audit 1." in text
    assert "Snapshot 6 is published, with clusterings" in text
    assert "It was published 2 times on the way, as stages ended." in text
    assert "Nothing has changed: snapshot 7 is up to date, 0 vectors computed" in text


def test_a_log_has_a_line_when_a_stage_begins_each_ten_seconds_and_when_it_ends() -> None:
    own, clock = opened(), Clock()
    log = Log(own, clock)
    log.show(events.Planned(400, 0, 0, 0, 0, 0))
    for done in range(1, 41):
        clock.now_s += 1
        log.show(events.Progress(done * 10, 400, done // 20, 10.0, 40.0 - done))
    assert written(own).splitlines() == [
        "400 to extract",
        "extracting: 0 of 400 clips",
        "extracting: 100 of 400 clips, 30 s left (10 clips/s)",
        "extracting: 200 of 400 clips, 20 s left (10 clips/s)",
        "extracting: 300 of 400 clips, 10 s left (10 clips/s)",
        "extracting: 400 clips in 40 s, 2 failed",
    ]
    log.show(events.Published(3, "extraction"))
    for done in range(5):
        log.show(stage(done, 4, dataset="esc50", item=f"view{done}"))
        clock.now_s += 7
    assert written(own).splitlines()[6:] == [
        "Snapshot 3 is published, with extraction",
        "clusterings: 0 of 4 views",
        "clusterings: 2 of 4 views, 14 s left (esc50 · view2)",
        "clusterings: 4 views in 28 s",
    ]


def test_a_publication_ends_no_stage() -> None:
    """People see the first clips while the others are measured."""
    own, clock = opened(), Clock()
    log = Log(own, clock)
    log.show(events.Planned(400, 0, 0, 0, 0, 0))
    clock.now_s += 8
    log.show(events.Progress(100, 400, 0, 10.0, 30.0))
    log.show(events.Published(1, "clips"))
    clock.now_s += 12
    log.show(events.Progress(400, 400, 0, 20.0, 0.0))
    assert written(own).splitlines()[1:] == [
        "extracting: 0 of 400 clips",
        "Snapshot 1 is published, with clips",
        "extracting: 400 clips in 20 s",
    ]


def test_a_log_goes_on_while_no_event_comes() -> None:
    own, clock = opened(), Clock()
    log = Log(own, clock)
    log.tick()
    log.show(stage(0, 4))
    clock.now_s += 20
    log.show(stage(1, 4, left_s=200.0, dataset="esc50", item="all"))
    for _ in range(25):
        clock.now_s += 1
        log.tick()
    assert written(own).splitlines() == [
        "clusterings: 0 of 4 views",
        "clusterings: 1 of 4 views, 3 min left (esc50 · all)",
        "clusterings: 1 of 4 views, 3 min left (esc50 · all)",
        "clusterings: 1 of 4 views, 3 min left (esc50 · all)",
    ]
    clock.now_s += 180
    log.tick()
    log.show(events.StageProgress("experiments", "experiments", "experiments", 0, 24))
    clock.now_s += 10
    log.show(
        events.StageProgress("experiments", "experiments", "experiments", 1, 24, "esc50", "esc50.label.knn")
    )
    log.show(events.StageProgress("audit", "audit", "collections", 0, 1))
    assert written(own).splitlines()[4:] == [
        "clusterings: 1 of 4 views, longer than expected (esc50 · all)",
        "clusterings: 1 of 4 views in 4 min",
        "experiments: 0 of 24",
        "experiments: 1 of 24, 4 min left (esc50 · label.knn)",
        "experiments: 1 of 24 in 10 s",
        "audit: 0 of 1 collection",
    ]


def test_the_watch_of_a_log_ends_with_it(monkeypatch) -> None:
    monkeypatch.setattr(console, "LOOK_S", 0.01)
    clock = Clock()
    log = Log(opened(), clock)
    with log as show:
        show(stage(0, 4))
        for _ in range(500):
            clock.now_s += EVERY_S
            if written(log.console).count("\n") > 2:
                break
            log.over.wait(0.01)
        else:
            pytest.fail("nothing is written while no event comes")
    assert not log.watch.is_alive()


def test_nobody_reads_the_log_any_more(monkeypatch) -> None:
    """The watch meets the closed pipe; the build ends by it at its next event."""
    log = Log(opened(), Clock())
    log.show(stage(0, 4))
    log.fault = BrokenPipeError()
    with pytest.raises(BrokenPipeError):
        log.show(stage(1, 4))


def test_a_stage_with_nothing_to_do_is_not_mentioned() -> None:
    for own in (opened(), opened(terminal=True)):
        display = Terminal(own) if own.is_terminal else Log(own)
        display.show(stage(0, 0))
        display.show(events.StageProgress("audit", "audit", "collections", 0, 0))
        assert written(own) == ""


def test_each_stage_has_a_bar_of_its_own() -> None:
    own = opened(terminal=True)
    display = Terminal(own)
    with display as show:
        show(events.Progress(3, 6, 0, 10.0, 2.0))
        (task,) = display.bar.tasks
        assert task.fields["pace"].state.title == "extracting" and display.bar.live.is_started
        show(events.Progress(6, 6, 0, 10.0, 0.0))
        assert not display.bar.tasks
        show(stage(0))
        show(stage(1, dataset="esc50", item="mfcc"))
        (task,) = display.bar.tasks
        assert task.fields["pace"].state.item == "esc50 · mfcc"
        show(events.StageProgress("audit", "audit", "collections", 0, 1))
        (task,) = display.bar.tasks
        assert task.fields["pace"].state.title == "audit"
        show(finished())
        assert not display.bar.tasks
    assert not display.bar.live.is_started
    assert "clusterings ━" in written(own)


@pytest.mark.parametrize("width", [20, 30, 40, 59, 60, 80, 160])
@pytest.mark.parametrize(
    "item", ["", "mfcc_delta_delta2", "a classifier with a very long name on 12 views", "音" * 30]
)
def test_a_bar_fits_its_terminal_and_its_numbers_stay(width, item) -> None:
    clock = Clock()
    pace = progress.Pace(progress.state_of(stage(300, 400, dataset="esc50", item=item, left_s=85.0)), clock)
    clock.now_s += 5
    own = opened(width)
    own.print(progress.Bar(pace), soft_wrap=False)
    (text,) = written(own).splitlines()
    assert cell_len(text) <= width and "300/400 1:20" in text
    assert ("━" in text) == (width >= 60) or item == ""


def test_forty_columns() -> None:
    own = opened(40)
    event = stage(3, dataset="esc50", item="mfcc_delta_delta2", left_s=40.0)
    own.print(progress.Bar(progress.Pace(progress.state_of(event), Clock())), soft_wrap=False)
    (text,) = written(own).splitlines()
    assert text == "clusterings 3/14 0:40 esc50 · m…a_delta2"


@pytest.mark.parametrize("width", [30, 40, 60, 160])
def test_a_summary_fits_its_terminal(width) -> None:
    own = opened(width)
    name = "a_collection_with_a_name_of_41_characters"
    collections = [COLLECTION, replace(COLLECTION, dataset=name, clips=6300, speakers=630)]
    console._collections(finished(collections=collections), own)
    lines = written(own).splitlines()
    assert all(cell_len(text) <= width for text in lines), lines
    text = " ".join(written(own).split())
    assert ("400 clips" in text) == (width < 60)
    assert all(number in text for number in ("400", "0.56", "6300", "630"))
    assert (name in text) == (width == 160) and "a_col" in text and "ters" in text


@pytest.mark.parametrize(
    ("seconds", "words", "clock"),
    [(0, "0 s", "0:00"), (40.4, "40 s", "0:40"), (99.6, "2 min", "1:40"), (4_800, "80 min", "1:20:00"),
     (7_500, "2 h 5 min", "2:05:00")],
)  # fmt: skip
def test_durations(seconds, words, clock) -> None:
    assert (progress.duration(seconds), progress.clock_time(seconds)) == (words, clock)


@pytest.mark.parametrize(
    ("width", "short"), [(20, "mfcc_delta"), (10, "mfcc_delta"), (7, "mfc…lta"), (2, "m…"), (1, "…"), (0, "")]
)
def test_names_are_shortened_in_the_middle(width, short) -> None:
    assert progress.shorten("mfcc_delta", width) == short


def test_our_own_console_reads_no_markup(capsys) -> None:
    plain().print(NASTY)
    assert capsys.readouterr().out.strip() == NASTY


def test_control_characters_command_no_terminal(capsys) -> None:
    table = Table("file")
    table.add_row(CONTROLS)
    console = plain()
    console.width = 200
    console.print(table)
    for event in (events.Preparing(CONTROLS), events.Scanned("mine", 6, 2, [CONTROLS])):
        with Log(console) as show:
            show(event)
    out = capsys.readouterr().out
    assert out.count(SPELLED) == 3
    assert not set("\x1b\x07\u202e") & set(out)


def test_errors_and_logs_spell_them_out_as_well(capsys, tmp_path) -> None:
    assert main.main(["build", "--store", str(tmp_path / "s"), "--dataset", f"folder:mine={CONTROLS}"]) == 2
    shown = capsys.readouterr().err
    assert SPELLED in shown and not set("\x1b\x07\u202e") & set(shown)
    record = logging.LogRecord("x", logging.WARNING, "", 0, "%s", (CONTROLS,), None)
    assert main.LineFormatter("%(levelname)s %(message)s").format(record) == f"WARNING {SPELLED}"


def test_silence(capsys) -> None:
    with Silent() as show:
        for event in EXAMPLES:
            show(event)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_json_is_one_line_an_event(event) -> None:
    file = io.StringIO()
    with Lines(file) as show:
        show(event)
    (line,) = file.getvalue().splitlines()
    assert line.isascii() and json.loads(line)["event"] == type(event).__name__.lower()
