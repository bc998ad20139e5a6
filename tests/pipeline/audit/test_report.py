"""Which ties count, what is said of those that do not, and how each part is put into words and rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.audit import report
from pipeline.audit.report import NOT_AUDITED, Part, guarded
from pipeline.audit.splits import AuditError, split_of


def _clips(**columns: object) -> pd.DataFrame:
    told = {
        "clip_id": [f"d/{number}" for number in range(8)],
        "label": ["sad", "sad", "glad", "glad"] * 2,
        "fold": [1] * 4 + [2] * 4,
        "sentence": ["yes", "no"] * 4,
        "speaker": None,
        "source": None,
        "split": None,
    }
    frame = pd.DataFrame(told | columns)
    return frame.assign(content_hash=frame["clip_id"])


def test_sentences_that_everybody_reads_are_listed_and_cost_no_clip() -> None:
    part, result = report.leakage_part(split_of(_clips()), None)
    assert "sentence" not in report.kinds_counted(_clips())
    assert result.removed.empty and part.found["audit_removed"].empty
    assert set(part.found["audit_leaks"]["value"]) == {"yes", "no"}
    assert any(note.startswith("2 sentences are on two sides as well") for note in part.notes)


def test_sentences_count_where_what_is_said_tells_the_label() -> None:
    clips = _clips(label=["go", "go", "stop", "stop"] * 2, sentence=["walk", "run", "halt", "stay"] * 2)
    assert "sentence" in report.kinds_counted(clips)
    part, result = report.leakage_part(split_of(clips), None)
    assert len(result.removed) == 4 and not any("as well" in note for note in part.notes)


def test_sentences_that_are_the_label_must_be_on_both_sides() -> None:
    assert "sentence" not in report.kinds_counted(_clips(label=["yes", "no"] * 4))


def test_sentences_said_once_tell_nothing_of_a_tie() -> None:
    assert "sentence" not in report.kinds_counted(_clips(sentence=list("abcdefgh")))


def test_a_speaker_who_is_to_be_recognised_is_no_leak() -> None:
    clips = _clips(label=["ann", "bob"] * 4, speaker=["s1", "s2"] * 4)
    assert "speaker" not in report.kinds_counted(clips)
    assert "speaker" in report.kinds_counted(_clips(speaker=["s1", "s2"] * 4, sentence=None))


def test_folds_that_we_drew_are_said_to_part_nothing_by_construction() -> None:
    clips = _clips(fold=None, speaker=["a", "b", "a", "b", "c", "d", "c", "d"])
    found = split_of(clips)
    part, result = report.leakage_part(found, None)
    assert found.drawn and result.removed.empty
    assert "no speaker is in two of them: that none crosses is no finding" in part.notes[0]


def test_the_datasets_own_train_and_test_are_looked_at_beside_drawn_folds() -> None:
    speakers = ["a", "b", "a", "b", "c", "d", "c", "d"]
    clips = _clips(fold=None, speaker=speakers, split=["train"] * 3 + ["test"] * 5)
    part = report.own_leakage_part(split_of(clips), None)
    assert part.summary.startswith(
        "Across the dataset's own TRAIN and TEST: on two sides of the split: 1 speaker."
    )
    ties = part.found["audit_leaks"]
    assert ties[ties["kind"] == "speaker"][["value", "sides"]].to_numpy().tolist() == [["b", "test, train"]]
    assert "audit_removed" not in part.found


def test_only_exact_copies_are_told_where_nothing_was_heard() -> None:
    part, _ = report.duplicates_part(_clips(), None, ["too many"])
    assert (part.summary, part.notes) == ("No two files are equal byte for byte.", ("too many",))
    assert report.duplicates_part(_clips(), np.full((8, 2, 256), 2**32 - 1, dtype=np.uint32), [])[
        0
    ].summary == ("No two clips hold the same sound.")


def test_recordings_that_cannot_be_read_are_named() -> None:
    assert report.unread_notes([]) == []
    (note,) = report.unread_notes(["It is gone.", "It is gone.", "It is empty."])
    assert note == "3 recordings could not be read and compared by sound: It is gone. It is empty."


def test_rows_of_facts_and_balance_fit_the_stores_tables() -> None:
    clips = _clips(rms_dbfs=[-10.0, -10.1, -40.0, -40.1] * 2, fold=[1, 1, 1, 1, 2, 2, 2, 2])
    facts = report.facts_part(split_of(clips)).found["audit_facts"]
    assert facts.set_index("fact").loc["rms_dbfs", "balanced_accuracy"] == 1
    assert set(facts["chance"]) == {0.5} and set(facts["clips"]) == {8}
    cells = report.balance_part(split_of(clips)).found["audit_balance"]
    assert cells["clips"].tolist() == [2, 2, 2, 2] and set(cells["verdict"]) == {"even"}


@pytest.mark.parametrize("error", [AuditError("There is no label."), ZeroDivisionError("oops")])
def test_whatever_a_part_meets_becomes_its_reason(error: Exception) -> None:
    def fail() -> Part:
        raise error

    part = guarded("facts", fail)
    assert part.notes == (NOT_AUDITED,) and str(error) in part.summary and part.name == "facts"


def test_a_request_to_stop_is_no_reason_to_go_on() -> None:
    def fail() -> Part:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        guarded("facts", fail)
