"""The command line: what it says, where it says it, and how it ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import duckdb
import numpy as np
import pyarrow.dataset as ds
import pytest
import soundfile

from pipeline.classify import CLASSIFIERS
from pipeline.classify.classifier import COMBINATIONS
from pipeline.cli.main import COMMANDS, parser
from pipeline.cli.parser import PROGRAM
from pipeline.networks import NETWORKS
from pipeline.sources import PROJECT
from store.export import FORMATS
from store.snapshots import Store

SLOW_TO_IMPORT = (
    *("numpy", "scipy", "sklearn", "numba", "librosa", "soundfile", "joblib", "umap", "openTSNE"),
    *("torch", "torchaudio", "safetensors", "pandas", "pyarrow", "duckdb", "rich"),
)


def test_every_command_explains_itself(run) -> None:
    code, told, _ = run("--help")
    assert code == 0 and all(name in told for name in COMMANDS)
    for name in COMMANDS:
        code, told, _ = run(name, "--help")
        assert code == 0 and "--store PATH" in told and "--verbose" in told


@pytest.mark.parametrize(
    "words",
    [[], *([name] for name in COMMANDS), *(["snapshots", one] for one in ("list", "diff", "use", "delete")),
     *(["train", network.command] for network in NETWORKS.values())],
    ids=" ".join,
)  # fmt: skip
def test_every_help_has_examples_that_can_be_typed(run, words) -> None:
    """Each is read by the parser; what stands behind # explains it."""
    code, told, _ = run(*words, "--help")
    assert code == 0
    _, _, examples = told.partition("examples:\n")
    lines = [line.partition("#")[0].split() for line in examples.splitlines()]
    assert lines and all(line[:3] == PROGRAM.split() for line in lines)
    for _, _, _, *example in lines:
        assert example[: len(words)] == words or "list" in words
        if example[0] != "COMMAND":
            assert parser(example).parse_args(example)


def test_alone_it_says_how_to_begin(run) -> None:
    code, told, faults = run()
    assert (code, faults) == (0, "") and told == run("--help")[1]
    assert told.startswith("usage:") and "build --dataset demo" in told


def test_the_version(run) -> None:
    code, told, _ = run("--version")
    assert code == 0 and re.fullmatch(r"Sesatlas [\w .;`-]+\n", told)


@pytest.mark.parametrize(
    ("words", "usage", "said"),
    [
        (["biuld"], "[-h]", "no command 'biuld'; there are: build, fetch.*Did you mean build[?]"),
        (["--stroe", "x", "build"], "build", "no option --stroe. Did you mean --store[?]"),
        (["--jobs", "2", "build"], "build", "--jobs stands before the command; expected it after"),
        (["build", "--datset", "esc50=x"], "build", "no option --datset. Did you mean --dataset[?]"),
        (["build", "--datset=esc50=x"], "build", "no option --datset. Did you mean --dataset[?]"),
        (["learn", "--dataset", "x", "--methd", "knn"], "learn", "no option --methd. Did you mean --method[?]"),
        (["export", "--formt", "csv", "OUT"], "export", "no option --formt. Did you mean --format[?]"),
        (["status", "-x"], "status", "no option -x"),
        (["status", "esc50"], "status", "'esc50' is not expected here"),
        (["snapshots", "usee", "1"], "snapshots", "no command 'usee'.* Did you mean use[?]"),
        (["snapshots", "use", "1", "--stroe", "x"], "snapshots use", "no option --stroe. Did you mean --store[?]"),
        (["snapshots", "use", "1" * 5_000], "snapshots use", "is no snapshot; expected a number"),
        (["snapshots", "use", "-1"], "snapshots use", "is no snapshot; expected a number"),
        (["train", "genre"], "train", "no command 'genre'; there are: esc, gender. Did you mean gender[?]"),
        (["train", "esc", "--epoch", "x"], "train esc", "'x' cannot be used; expected a whole number from 1"),
        (["learn", "--dataset", "x", "--method", "knn", "--seed", "9" * 20], "learn", "cannot be a seed"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)  # fmt: skip
def test_what_is_misspelt_shows_the_usage_of_its_command(run, words, usage, said) -> None:
    code, told, faults = run(*words)
    assert (code, told) == (2, "") and faults.startswith(f"usage: python -m pipeline {usage}")
    assert re.search(said, faults) and len(faults) < 1_500
    help_of = "" if usage == "[-h]" else f" {usage}"
    assert faults.endswith(f"`python -m pipeline{help_of} --help` explains each option and has examples.\n")


@pytest.mark.parametrize("place", ["before", "after"])
def test_the_store_is_named_before_the_command_or_after_it(run, filled, tmp_path, place) -> None:
    store = ["--store", filled.root.rename(tmp_path / "moved")]
    words = [*store, "snapshots", "list"] if place == "before" else ["snapshots", "list", *store]
    assert run(*words)[1].count("MB") == 2


@pytest.mark.parametrize("name", [None, *COMMANDS])
def test_help_waits_for_no_library(name, repo_root) -> None:
    """Python itself, argparse and what the help is about; ``learn`` alone lists a registry that has numpy."""
    code = (
        "import sys; sys.argv = sys.argv[:1] + sys.argv[2:]; import pipeline.cli.main as cli\n"
        "try: cli.main()\n"
        "finally: sys.stderr.write(' '.join(sys.modules))"
    )
    words = [*([name] if name else []), "--help"]
    line = [sys.executable, "-c", code, "-", *words]
    done = subprocess.run(line, capture_output=True, text=True, cwd=repo_root, timeout=60, check=True)
    assert done.stdout.startswith("usage: python -m pipeline")
    slow = {*SLOW_TO_IMPORT, "pipeline.build.build"} - ({"numpy"} if name == "learn" else set())
    assert not slow & set(done.stderr.split())


def test_help_lists_what_there_is(run) -> None:
    assert all(name in run("export", "--help")[1] for name in FORMATS)
    told = run("learn", "--help")[1]
    assert all(name in told for name in [*CLASSIFIERS, *COMBINATIONS])
    assert "--thorough" in run("build", "--help")[1]


@pytest.mark.parametrize("words", [[], ["--thorough"]])
def test_a_build_is_thorough_when_asked(run, monkeypatch, words) -> None:
    seen = []
    monkeypatch.setattr("pipeline.build.build.build", lambda *given: seen.append(given[-1]))
    assert run("build", *words)[0] == 0
    assert [options.thorough for options in seen] == [bool(words)]


def test_a_build_on_the_command_line(run, esc50, builder) -> None:
    code, told, faults = run("build", "--jobs", 1, "--dataset", f"esc50={esc50.root}")
    assert (code, faults) == (0, "")
    assert "esc50: 6 clips found" in told and "Snapshot 1: 6 added" in told
    code, told, _ = run("build", "--jobs", 1)
    assert code == 0 and "Nothing has changed: snapshot 1 is up to date, 0 vectors computed" in told


def test_quiet_says_nothing(run, esc50, builder) -> None:
    assert run("build", "--quiet", "--jobs", 1, "--dataset", f"esc50={esc50.root}") == (0, "", "")
    builder.store.staging.write_bytes(b"damaged")
    assert run("build", "--quiet", "--jobs", 1) == (0, "", "")


def test_quiet_is_quiet_and_a_warning_names_its_file(command, tmp_path) -> None:
    """What libraries write of a file whose middle is damaged."""
    path = tmp_path / "mine" / "noisy.mp3"
    path.parent.mkdir()
    soundfile.write(path, 0.3 * np.sin(np.arange(88_200) * 0.05), 44_100)
    content = bytearray(path.read_bytes())
    content[2_000:2_400] = bytes(number * 37 % 256 for number in range(400))
    path.write_bytes(content)
    words = ("build", "--jobs", "2", "--dataset", f"folder={path.parent}", "--store")
    done = command(*words, tmp_path / "one", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = command(*words, tmp_path / "two")
    assert done.returncode == 0
    assert all(line.startswith("WARNING") and "mine/noisy.mp3: " in line for line in done.stderr.splitlines())


@pytest.mark.parametrize("name", COMMANDS)
def test_a_stopped_command_says_what_is_left(run, monkeypatch, name) -> None:
    def stopped(_: object) -> int:
        raise KeyboardInterrupt

    words = {
        "learn": ["--dataset", "x", "--method", "knn"],
        "export": ["x"],
        "fetch": ["x"],
        "train": ["esc"],
    }
    monkeypatch.setattr(COMMANDS[name], "run", stopped)
    code, told, faults = run(name, *words.get(name, []))
    assert (code, told) == (130, "") and faults.startswith("Stopped.") and len(faults.splitlines()) == 1
    assert ("is kept" in faults or "are kept" in faults) == (name in ("build", "fetch", "train"))


def test_json_is_one_event_a_line(run, esc50) -> None:
    code, told, faults = run("build", "--json", "--jobs", 1, "--dataset", f"esc50={esc50.root}")
    assert (code, faults) == (0, "")
    events = [json.loads(line) for line in told.splitlines()]
    assert [event["event"] for event in events][:3] == ["started", "scanned", "planned"]
    assert events[-1]["event"] == "finished" and events[-1]["collections"][0]["clips"] == 6
    esc50.root.rename(esc50.root.with_name("away"))
    code, told, faults = run("build", "--json")
    assert code == 2 and [json.loads(line)["event"] for line in told.splitlines()] == ["started", "stopped"]
    assert len(faults.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--dataset", "esc50=/nowhere"], "/nowhere is not there"),
        (["--dataset", "esc51=/x"], "no known dataset; there are: demo"),
        (["--dataset", "esc51=/x"], "Did you mean esc50?"),
        (["--dataset", "/my/folder"], "Give --dataset folder=/my/folder for recordings of your own"),
        (["/my/folder"], "Give --dataset folder=/my/folder for recordings of your own"),
        (["--dataset", "/my/own folder"], "Give --dataset 'folder=/my/own folder'"),
        (["--dataset", "/a=b"], "Give --dataset folder=/a=b"),
        (["--dataset", ".."], "Give --dataset folder=.. for"),
        (["--dataset", "esc50"], "names no folder"),
        (["--dataset", "folder:timit=/x"], "another kind of dataset"),
        (["--forget", "esc50"], "cannot be forgotten; the store holds: nothing"),
        ([], "There is nothing to build yet"),
    ],
)
def test_what_cannot_be_built_is_one_line_and_2(run, builder, words, said) -> None:
    code, told, faults = run("build", "--quiet", *words)
    assert (code, told) == (2, "") and said in faults and len(faults.splitlines()) == 1
    assert builder.store.current() is None and not builder.store.is_building()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--keep", "0"], "'0' snapshots cannot be kept; expected a whole number from 1"),
        (["--keep", "x"], "'x' snapshots cannot be kept"),
        (["--jobs", "0"], "'0' processes cannot work; expected 1 or more, or -1"),
        (["--jobs", "two"], "'two' processes cannot work"),
        (["--quiet", "--json"], "not allowed with"),
    ],
)
def test_what_cannot_be_meant_is_refused(run, words, said) -> None:
    code, _, faults = run("build", *words)
    assert code == 2 and said in faults and "Traceback" not in faults


def test_status_in_words(run, filled) -> None:
    code, told, _ = run("status")
    assert code == 0 and "Snapshot 2 of" in told and "mfcc (300)" in told and "1 files failed." in told
    assert "1 added, 0 updated, 0 removed, 1 failed" in told
    listed, state = run("status", "--failures")[1], json.loads(run("status", "--json")[1])
    # As wide as what is in it: where there is no terminal, a program reads it.
    assert "audio/1-9001-A-0.wav" in listed and state["failures"][0]["reason"] in listed
    assert state["datasets"][0]["path"] in listed
    with duckdb.connect(str(filled.current().path)) as con:
        con.execute("update datasets set notes = ['list.csv is not used.', 'Left out: \x1b[2J.']")
    dataset = json.loads(run("status", "--json")[1])["datasets"][0]
    assert dataset["notes"] == ["list.csv is not used.", "Left out: \x1b[2J."]
    told = run("status")[1]
    assert f"{dataset['dataset']}: list.csv is not used.\n" in told and r"Left out: \x1b[2J." in told
    assert "1-9001-A-0.wav" in run("status", "--failures")[1]
    assert "no sound" not in run("status", "--failures")[2]
    with filled.lock():
        assert "A build is at work" in run("status")[1]


def test_status_as_json(run, filled) -> None:
    code, told, _ = run("status", "--json")
    state = json.loads(told)
    assert code == 0 and set(state) == {
        *{"store", "snapshot", "published_at", "building", "last_build", "datasets", "views", "failures"}
    }
    assert (state["snapshot"], state["building"], state["last_build"]["added"]) == (2, False, 1)
    assert (state["datasets"][0]["clips"], state["datasets"][0]["synthetic"]) == (7, False)
    assert state["failures"][0]["relative_path"] == "audio/1-9001-A-0.wav"


def test_an_empty_store_says_how_to_fill_it(run) -> None:
    for words in (["status"], ["export", "x"]):
        code, told, faults = run(*words)
        assert (code, told) == (2, "") and "python -m pipeline build" in faults
    assert run("snapshots")[:2] == (0, "No snapshot yet. Run `python -m pipeline build`.\n")
    code, _, faults = run("snapshots", "use", 1)
    assert code == 2 and "no snapshot 1" in faults


def test_looking_makes_no_store(run, tmp_path) -> None:
    for words in (["status"], ["snapshots"], ["snapshots", "use", 1], ["snapshots", "delete", 1], ["doctor"]):
        run(*words, "--store", tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_snapshots_are_listed_compared_chosen_and_deleted(run, filled) -> None:
    code, told, _ = run("snapshots", "list")
    assert code == 0 and told.count("MB") == 2
    assert next(line for line in told.splitlines() if "current" in line).split()[1] == "2"
    code, told, _ = run("snapshots", "diff", 1, 2)
    assert code == 0 and "esc50/audio/1-2000-A-0.wav" in told and "new failure" in told
    assert run("snapshots", "use", 1)[:2] == (0, "Snapshot 1 is the current one now.\n")
    assert filled.current().number == 1
    code, _, faults = run("snapshots", "delete", 1)
    assert code == 2 and "current one and stays" in faults
    assert run("snapshots", "delete", 2, "--store", filled.root)[:2] == (0, "Snapshot 2 is deleted.\n")
    for words in (["delete", 2], ["use", 2], ["diff", 1, 2]):
        code, _, faults = run("snapshots", *words)
        assert code == 2 and "no snapshot 2 in this store; there are: 1." in faults
    with filled.lock():
        code, _, faults = run("snapshots", "use", 1)
        assert code == 2 and "Another build" in faults


def test_snapshots_that_hold_the_same(run, filled) -> None:
    shutil.copyfile(filled.snapshot(2).path, filled.at(3).path)
    assert run("snapshots", "diff", 2, 3)[:2] == (0, "Snapshots 2 and 3 hold the same.\n")


NO_POINTERS = ("000009\n", "seven", "1" * 5_000, None)


@pytest.mark.parametrize("word", NO_POINTERS, ids=["nowhere", "letters", "digits", "missing"])
def test_a_pointer_to_nowhere_is_a_sentence_everywhere(run, esc50, filled, tmp_path, word) -> None:
    """Every command says how to go back, and nothing is deleted."""
    (filled.root / "CURRENT").unlink() if word is None else (filled.root / "CURRENT").write_text(word)
    learn = ["learn", "--dataset", "esc50", "--method", "knn"]
    build = ["build", "--keep", 1, "--dataset", f"esc50={esc50.root}"]
    delete = ["snapshots", "delete", 1]
    for words in (["status"], ["export", tmp_path / "out"], learn, build, delete, ["train", "esc"]):
        code, told, faults = run(*words)
        assert (code, told) == (2, "") and faults.count("\n") == 1, (words, faults)
        assert "snapshots use NUMBER` with one of: 1, 2." in faults and len(faults) < 400
    code, told, _ = run("doctor")
    assert code == 1 and "snapshots use NUMBER` with one of: 1, 2." in told
    assert [snapshot.number for snapshot in filled.snapshots()] == [1, 2]
    assert run("snapshots", "use", 2)[0] == 0 and run("build", "--keep", 1)[0] == 0


def test_a_pointer_to_nowhere_is_still_listed_around(run, filled) -> None:
    (filled.root / "CURRENT").write_text("000009\n")
    code, told, faults = run("snapshots")
    assert code == 2 and told.count("MB") == 2 and "with one of: 1, 2." in faults
    assert run("snapshots", "use", 2)[0] == 0 and run("status")[0] == 0


def test_export(run, filled, tmp_path) -> None:
    code, told, _ = run("export", tmp_path / "out", "--view", "mfcc")
    assert (code, told) == (0, f"2 files of snapshot 2 in {tmp_path / 'out'}\n")
    assert ds.dataset(tmp_path / "out" / "clips", partitioning="hive").count_rows() == 7
    code, _, faults = run("export", tmp_path / "out")
    assert code == 2 and "is not empty" in faults
    (tmp_path / "file").touch()
    code, _, faults = run("export", tmp_path / "file" / "below")
    assert code == 2 and "cannot be written: Not a directory" in faults and len(faults.splitlines()) == 1


def test_a_process_of_its_own_ends_in_one_line(command, esc50) -> None:
    done = command("build", "--dataset", "esc50=/nowhere")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and "Traceback" not in done.stderr
    assert command("status").returncode == 2


def test_nobody_reads_the_output_any_more(command, esc50, tmp_path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    line = [
        sys.executable,
        "-m",
        "pipeline",
        "build",
        "--no-analyses",
        "--json",
        "--jobs",
        "1",
        "--dataset",
        f"esc50={esc50.root}",
    ]
    env = os.environ | {"SESATLAS_STORE": str(tmp_path / "store")}
    done = subprocess.run(line, stdout=writing, stderr=subprocess.PIPE, text=True, env=env, cwd=PROJECT)
    os.close(writing)
    assert done.returncode == 2 and done.stderr == "Stopped: nobody reads the output any more.\n"
    assert not Store(tmp_path / "store").is_building()
