"""The audit on its page: what a person reads, hears and marks, on a small store with known faults."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import soundfile
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.audit import duplicates, label_issues
from app.audit import page as audit
from app.components.clip_rows import clip_rows
from pipeline.audit import stage
from pipeline.audit.duplicates import Aligned
from pipeline.audit.leakage import effect
from pipeline.build.build import Options, build
from pipeline.build.stages import STAGES
from pipeline.classify.significance import wilson
from pipeline.experiments import stage as experiments_stage
from pipeline.experiments.spec import ExperimentSpec
from pipeline.features import VIEWS
from pipeline.sources import parse
from pipeline.stage import Run, State
from store import publishing
from store.annotations import Mark, load_marks, marks_path, save_mark
from store.snapshots import Store
from store.writer import Writer

RATE_HZ = 16_000
COPIED, COPY = "1-2000-A-0.wav", "3-3000-A-0.wav"
HEADER = ("filename", "fold", "target", "category", "esc10", "src_file", "take")


def _noise(seed: int) -> np.ndarray:
    """Two seconds of noise, each seed with a colour and bursts of its own; odd ones brighter."""
    random = np.random.default_rng(seed)
    n = 2 * RATE_HZ
    colour = random.normal(size=8) if seed % 2 else np.abs(random.normal(size=8))
    made = np.convolve(random.normal(size=n), colour, mode="same") * np.repeat(
        random.uniform(0.05, 1, 20), n // 20
    )
    return 0.3 * made / np.abs(made).max()


def _write(root: Path) -> Path:
    """Thirteen clips in three folds: one is in fold 3 what another is in fold 1, at half the level."""
    (root / "audio").mkdir(parents=True)
    (root / "meta").mkdir()
    names = [(seed, f"{seed // 2 % 3 + 1}-{2000 + seed}-A-{seed % 2}.wav") for seed in range(12)]
    with (root / "meta" / "esc50.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEADER)
        for seed, name in [*names, (0, COPY)]:
            soundfile.write(root / "audio" / name, _noise(seed) * (0.5 if name == COPY else 1), RATE_HZ)
            fold, source, take, target = name.removesuffix(".wav").split("-")
            table.writerow([name, fold, target, ("dog", "rooster")[int(target)], "True", source, take])
    return root


def _one(dataset: str, clips: pd.DataFrame, views: Any) -> Iterator[ExperimentSpec]:
    yield ExperimentSpec(dataset=dataset, target="label", method="logistic", views=tuple(views))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with an audit, and in its first snapshot without."""
    place = tmp_path_factory.mktemp("audited")
    store, views = Store(place / "store"), {name: VIEWS[name] for name in ("dynamics", "spectral")}
    root = _write(place / "ESC-50-master")
    build(store, parse([f"esc50={root}"]), lambda event: None, Options(n_jobs=1, views=views, analyses=False))
    publishing.begin(store)
    with Writer(store.staging):
        pass  # brings the tables up to date
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiments_stage, "grid", _one)
        STAGES["experiments"].run(Run(State(store.root, views), store.staging))
    stage.audit(Run(State(store.root, views), store.staging))
    publishing.publish(store, store.next_number())
    return store.root


@pytest.fixture
def links(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Where the links of the page lead: outside the whole app there are no other pages."""
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(st, "page_link", lambda page, **given: told.append({"page": page} | given))
    return told


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the table of clips is drawn from; it shows nothing without a browser."""
    told: dict[str, Any] = {}
    real = clip_rows._component

    def telling(**call: Any) -> Any:
        told.update(call["data"])
        return real(**call)

    monkeypatch.setattr(clip_rows, "_component", telling)
    return told


def _page() -> None:
    from app.audit import page as tab
    from app.cache import snapshot

    tab.draw(snapshot.datasets().iloc[0])


@pytest.fixture
def copied(kept: Path, tmp_path: Path) -> Path:
    """A copy of the store, whose marks and tables a test may change."""
    import shutil

    return Path(shutil.copytree(kept, tmp_path / "store"))


@pytest.fixture
def opened(
    copied: Path, links: list[dict[str, Any]], rows: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., AppTest]:
    """``opened(part)``: the tab as a person sees it who chooses that part."""
    monkeypatch.setenv("SESATLAS_STORE", str(copied))

    def open_one(part: str = "Duplicates") -> AppTest:
        at = AppTest.from_function(_page, default_timeout=60)
        at.query_params["audit_part"] = part
        return _sound(at.run())

    return open_one


def _sound(at: AppTest) -> AppTest:
    assert [one.message for one in at.exception] == [] and [one.value for one in at.error] == []
    return at


def _text(at: AppTest) -> str:
    kinds = ("subheader", "markdown", "caption", "info", "success", "warning")
    return "\n".join(str(one.value) for kind in kinds for one in at.get(kind))


def _change(store: Path, *statements: str) -> None:
    """Change the published snapshot, as no build would."""
    current = Store(store).current()
    assert current is not None
    with duckdb.connect(str(current.path)) as con:
        for statement in statements:
            con.execute(statement)


def test_each_part_has_a_line_with_a_verdict_and_the_page_says_what_it_is_about(opened) -> None:
    at = opened()
    said = [one.value for one in at.markdown[:5]]
    assert at.caption[0].value.startswith("ESC-50: The 3 official folds: 13 clips of 2 classes")
    assert [title in line for title, line in zip(audit.SECTIONS, said, strict=True)] == [True] * 5
    assert said[0].startswith(audit.LOOK) and "1 pair of clips holds the same sound" in said[0]
    assert said[1].startswith(audit.LOOK) and "Accuracy " in said[1] and " without." in said[1]
    assert "ESC-50 · snapshot 2 · official folds · n = 13 clips" in [one.value for one in at.caption]
    assert "The 3 official folds: 13 clips of 2 classes" in _text(at)


def test_a_snapshot_without_an_audit_says_what_to_do(opened, copied) -> None:
    Store(copied).use(1)
    at = opened()
    assert [one.value for one in at.info] == [audit.NOT_YET] and "Pipeline page" in audit.NOT_YET
    assert not at.get("button_group")


def test_a_pair_has_two_players_and_what_sets_it_apart(opened, links) -> None:
    at = opened()
    assert len(at.get("audio")) == 2
    said = _text(at)
    assert (
        "on two sides of the split, folds 1 and 3" in said
        and f"`audio/{COPY}`" in said
        and f"`audio/{COPIED}`" in said
    )
    assert "not shifted; it is 6.0 dB quieter overall; aligned, their samples correlate by 1.00" in said
    assert [link["query_params"]["clip"] for link in links] == [
        f"esc50/audio/{COPIED}",
        f"esc50/audio/{COPY}",
    ]
    table = at.dataframe[0].value
    assert table[["first_fold", "second_fold"]].to_numpy().tolist() == [[1, 3]]
    assert table["first_label"].tolist() == ["dog"]


def test_a_pair_whose_recording_has_gone_is_still_told(opened, kept) -> None:
    path = kept.parent / "ESC-50-master" / "audio" / COPY
    sound = path.read_bytes()
    path.unlink()
    forget_sounds()  # an earlier test may have played it, and what was played once plays on
    try:
        at = opened()
        assert len(at.get("audio")) == 1 and "This recording can no longer be read." in _text(at)
    finally:
        path.write_bytes(sound)
        forget_sounds()


def forget_sounds() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


def test_leakage_names_the_tie_the_clip_and_both_accuracies(opened) -> None:
    at = opened("Leakage")
    leaks, removed, numbers = [one.value for one in at.dataframe]
    assert leaks.to_numpy().tolist() == [["duplicate group", f"esc50/audio/{COPIED}", "1, 3", 2, 1]]
    assert removed["clip"].tolist() == [f"esc50/audio/{COPY}"]
    assert numbers["when"].tolist() == ["all clips", "without 1 clip"] and set(numbers["clips"]) == {12}
    assert ((numbers["low"] <= numbers["accuracy"]) & (numbers["accuracy"] <= numbers["high"])).all()
    assert "McNemar's exact test" in _text(at) and "(n = 13), the second" in _text(at)
    assert "snapshot 2 · official folds · n = 12 clips" in _text(at)


def test_facts_and_balance_are_drawn_with_their_numbers(opened) -> None:
    at = opened("Recording facts")
    assert "together" in at.dataframe[0].value["fact"].tolist()
    assert "by chance" in _text(at) or "beats guessing" in _text(at)
    assert "balanced accuracy." in _text(at)
    cells = opened("Balance").dataframe[0].value
    assert cells["clips"].sum() == 13 and len(cells) == 6


def test_a_mark_is_stored_at_once_and_the_next_clip_comes_up(opened, copied, rows) -> None:
    at = opened("Label issues")
    order = [row["id"] for row in rows["rows"]]
    assert len(order) == 13 and rows["chosen"] == order[0] and all(row["sound"] for row in rows["rows"])
    _sound(at.button(key="audit_doubt").click().run())
    stored = load_marks(Store(copied), "esc50")
    assert {name: (one.mark, one.snapshot) for name, one in stored.items()} == {order[0]: ("doubt", 2)}
    assert rows["chosen"] == order[1] and rows["rows"][0]["cells"].count("questioned") == 1
    _sound(at.button(key="audit_keep").click().run())
    assert load_marks(Store(copied), "esc50")[order[1]].mark == "keep"
    assert "**1** kept, **1** questioned, **11** not marked." in _text(at)
    _sound(at.button(key="audit_Previous").click().run())
    assert rows["chosen"] == order[1]
    _sound(at.button(key="audit_clear").click().run())
    assert list(load_marks(Store(copied), "esc50")) == [order[0]] and rows["chosen"] == order[1]


def test_marks_are_there_again_in_a_new_session_and_only_the_questioned_are_downloaded(
    opened, copied, rows
) -> None:
    opened("Label issues")
    first, second, third = [(row["id"], row["cells"][1]) for row in rows["rows"][:3]]
    for (clip_id, label), mark in ((first, "doubt"), (second, "keep"), (third, "doubt")):
        save_mark(Store(copied), "esc50", Mark(clip_id=clip_id, mark=mark, label=label, snapshot=1))
    at = opened("Label issues")
    assert "**1** kept, **2** questioned" in _text(at)
    assert rows["chosen"] == rows["rows"][3]["id"]
    assert len(at.get("download_button")) == 1


def test_a_mark_of_another_label_counts_for_nothing_and_is_told(opened, copied, rows) -> None:
    opened("Label issues")
    clip_id = rows["rows"][0]["id"]
    for name in (clip_id, "esc50/audio/gone.wav"):
        save_mark(Store(copied), "esc50", Mark(clip_id=name, mark="doubt", label="cow", snapshot=1))
    at = opened("Label issues")
    assert "2 marks of clips that are gone or have another label since." in _text(at)
    assert "**0** kept, **0** questioned" in _text(at)


def test_damaged_marks_are_told_and_not_written_over(opened, copied) -> None:
    path = marks_path(Store(copied), "esc50")
    path.parent.mkdir()
    path.write_text("no JSON")
    at = opened("Label issues")
    assert any("holds no marks" in one.value for one in at.warning)
    _sound(at.button(key="audit_doubt").click().run())
    assert sum("holds no marks" in one.value for one in at.warning) == 2 and path.read_text() == "no JSON"


def test_a_part_that_could_not_be_audited_says_why_in_place_of_its_figures(opened, copied) -> None:
    _change(
        copied,
        "update audit_parts set summary = 'There is no label.', notes = ['This part could not be audited.']",
        "update audit_parts set summary = 'no split' where part = 'split'",
        *(
            f"delete from audit_{name}"
            for name in ("pairs", "leaks", "removed", "label_issues", "facts", "balance")
        ),
        "update audits set experiment_id = null",
        "delete from experiments",
    )
    for part in audit.SECTIONS:
        at = opened(part)
        assert [one.value for one in at.info] == ["There is no label."]
        assert [one.value.startswith(audit.UNKNOWN) for one in at.markdown[:5]] == [True] * 5


def test_nothing_found_is_said_to_be_good(opened, copied) -> None:
    _change(copied, "delete from audit_pairs", "delete from audit_removed", "delete from audit_leaks",
            "update audit_label_issues set issue = false", "update audit_facts set balanced_accuracy = chance",
            "delete from experiments where subset = 'unleaked'")  # fmt: skip
    for part in audit.SECTIONS:
        at = opened(part)
        assert [one.value.startswith(audit.GOOD) for one in at.markdown[:5]] == [True] * 5


def test_the_table_of_accuracies_has_each_beside_its_own_interval() -> None:
    said = pd.DataFrame({"clip_id": list("abcd"), "truth": "x", "predicted": ["x", "x", "x", "y"]})
    table = audit.intervals(effect(said, said.assign(predicted="x")), 2)
    assert table["when"].tolist() == ["all clips", "without 2 clips"]
    assert table["accuracy"].tolist() == [0.75, 1.0]
    for row, right in zip(table.itertuples(), (3, 4), strict=True):
        assert (row.low, row.high, row.clips) == (wilson(right, 4).low, wilson(right, 4).high, 4)


CLIP = {"label": "dog", "speaker": None, "sentence": None, "fold": 1, "split": None, "rms_dbfs": -20.0}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "same label, same side of the split"),
        ({"label": "cat"}, ":orange[two labels, dog and cat]"),
        (
            {"fold": 4, "label": "cat"},
            ":orange[two labels, dog and cat], :orange[on two sides of the split, folds 1 and 4]",
        ),
        ({"fold": np.nan, "label": "dog"}, "same label, same side of the split"),
    ],
)
def test_what_is_remarkable_about_a_pair(changed: dict[str, Any], said: str) -> None:
    pair = pd.Series({"kind": "near"})
    assert duplicates.remarks(pair, pd.Series(CLIP), pd.Series(CLIP | changed)) == said


@pytest.mark.parametrize(
    ("lag_s", "louder_db", "laid", "said"),
    [
        (0.0, 0.0, None, "over 3.0 s; not shifted."),
        (-0.511, 0.2, None, "the second starts 0.511 s earlier."),
        (0.511, -12.0, Aligned(0.5, -0.9, 2.0), "the second starts 0.500 s later; it is 12.0 dB quieter "
         "overall; aligned, their samples correlate by -0.90."),
    ],
)  # fmt: skip
def test_what_was_done_to_a_copy_in_words(
    lag_s: float, louder_db: float, laid: Aligned | None, said: str
) -> None:
    pair = pd.Series({"kind": "near", "similarity": 0.7, "lag_s": lag_s, "shared_s": 3.0})
    other = pd.Series(CLIP | {"rms_dbfs": CLIP["rms_dbfs"] + louder_db})
    assert duplicates.measured(pair, pd.Series(CLIP), other, laid).endswith(said)


class Counted(str):
    """A clip's id that counts how often it is hashed."""

    hashed = 0

    def __hash__(self) -> int:
        Counted.hashed += 1
        return super().__hash__()


def test_joining_marks_looks_at_each_clip_a_few_times_only() -> None:
    ids = [Counted(f"c/{number}.wav") for number in range(500)]
    marks = {one: Mark(clip_id=one, mark="keep", label="dog", snapshot=1) for one in ids}
    Counted.hashed = 0
    table = pd.DataFrame({"clip_id": pd.Series(ids, dtype=object), "given": "dog"})
    joined, obsolete = label_issues.join_marks(table, marks)
    assert obsolete == 0 and (joined["mark"] == "keep").all()
    assert Counted.hashed <= 10 * len(ids)


def test_pairs_name_the_side_that_their_collection_has() -> None:
    pairs = pd.DataFrame({"first": ["a"], "second": ["b"]})
    clips = pd.DataFrame({"label": None, "fold": np.nan, "split": ["train", "test"]}, index=["a", "b"])
    table = duplicates.with_clips(pairs, clips)
    assert table[["first_split", "second_split"]].to_numpy().tolist() == [["train", "test"]]
    assert "first_fold" not in table


def test_a_link_from_before_leads_to_the_label_issues(opened: Callable[..., AppTest]) -> None:
    at = opened("Label doubts")
    assert "not marked." in _text(at)
