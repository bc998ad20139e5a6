"""A label that a fact gives away is told, one that none does is chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.audit.confounds import TOGETHER, confounds, most_frequent, summary
from pipeline.audit.splits import AuditError
from pipeline.classify.baselines import NEVER_RIGHT

pytestmark = pytest.mark.xdist_group("esc10")


def clips(n: int = 120, **columns) -> pd.DataFrame:
    random = np.random.default_rng(1)
    made = {
        "clip_id": [f"c{number}" for number in range(n)],
        "label": random.choice(["a", "b", "c"], n),
        "fold": np.arange(n) % 4 + 1,
        "duration_s": random.uniform(1, 5, n),
        "rms_dbfs": random.normal(-20, 5, n),
        "bandwidth_hz": random.normal(8000, 500, n),
    }
    return pd.DataFrame(made | columns)


def test_a_band_limited_class_is_given_away_by_bandwidth():
    table = clips()
    table.loc[table["label"] == "b", "bandwidth_hz"] = 4000.0
    result = confounds(table)
    assert result.telling is not None and result.telling["fact"] == "bandwidth_hz"
    assert result.telling["balanced_accuracy"] > 0.6
    assert "Most is given away by bandwidth" in summary(result)
    assert NEVER_RIGHT not in summary(result) and NEVER_RIGHT in summary(replace(result, majority=0.0))
    assert result.chance == pytest.approx(1 / 3)


def test_facts_that_say_nothing_are_near_chance():
    alone = confounds(clips(400)).table
    assert (alone["balanced_accuracy"] < 0.45).all()


def test_the_folds_are_kept_apart():
    """Each fold has a duration of its own a label: across folds, it says nothing."""
    table = clips(400)
    number = pd.factorize(table["label"])[0]
    table["duration_s"] = (number + table["fold"]) % 3 + 10.0 * table["fold"]
    result = confounds(table, facts=["duration_s"])
    assert result.table["balanced_accuracy"].max() < 0.5


def test_a_codec_counts_and_a_constant_fact_is_told():
    table = clips(codec=None, channels=1)
    table["codec"] = np.where(table["label"] == "a", "MP3", "WAV PCM_16")
    result = confounds(table)
    assert result.table["fact"].tolist()[0] in ("codec", TOGETHER)
    assert any("left out: channels" in note for note in result.notes)


def test_predict_sees_training_rows_only_and_may_be_ones_own():
    seen = []

    def predict(training, labels, tested):
        seen.append((len(training), len(labels), len(tested)))
        return most_frequent(training, labels, tested)

    result = confounds(clips(), predict=predict)
    assert set(seen) == {(90, 90, 30)}
    assert result.table["accuracy"].nunique() == 1
    assert result.table["accuracy"][0] == result.majority
    assert result.telling is None and "No single fact" in summary(result)


def test_of_train_and_test_only_test_is_tested():
    table = clips(fold=None, split=["train", "train", "test"] * 40)
    result = confounds(table)
    assert result.clips == 40 and len(result.predicted) == 40


def test_gaps_are_filled():
    table = clips()
    table.loc[:9, "rms_dbfs"] = np.nan
    table.loc[10, "rms_dbfs"] = -np.inf
    assert len(confounds(table).table) == 4


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (clips(label="a"), "have 1 label between"),
        (clips(label=None), "have 0 labels between"),
        (clips(fold=1), "on one side"),
        (clips()[:1], "There is 1 clip"),
        (clips()[["clip_id", "label", "fold"]], "nothing to predict from"),
        (clips().drop(columns="label"), "no column label"),
    ],
)
def test_bad_input_is_a_sentence(table, words):
    with pytest.raises(AuditError, match=words):
        confounds(table)


def test_the_real_clips_facts_beat_the_majority(esc10):
    result = confounds(esc10.clips)
    together = result.table.set_index("fact").loc[TOGETHER]
    assert result.majority <= 0.1
    assert together["accuracy"] > 0.2
