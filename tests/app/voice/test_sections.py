"""Speakers, errors and seeds of the voice network, each row in words."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest

from app.voice import errors, page, sections
from app.voice.card import VoiceNetwork

NAN = math.nan


def test_every_speaker_the_hardest_first() -> None:
    told = pd.DataFrame(
        {
            "name": ["a/1", "a/2", "b/3"],
            "clips": [10.0, 4.0, 2.0],
            "right": [10.0, 2.0, 2.0],
            "male": [0.0, 1.0, 1.0],
            "majority_male": [0.0, NAN, 1.0],
            "mean_logit_male": [0.0, 0.0, 1.0],
        }
    )
    table = sections.speaker_table(told)
    assert table["speaker"].tolist() == ["a/2", "a/1", "b/3"]
    assert table.loc[0, ["recorded as", "by majority", "by mean"]].tolist() == [
        "male",
        "neither",
        "female-like",
    ]
    assert table.loc[1, ["recorded as", "by majority", "by mean"]].tolist() == [
        "female",
        "female-like",
        "female-like",
    ]
    assert table["accuracy"].tolist() == [0.5, 1, 1]
    assert table.loc[1, "low"] == pytest.approx(0.7225, abs=1e-4)  # Wilson's, of 10 of 10
    assert sections.speaker_table(told.head(0)).empty


def test_speakers_of_a_card_that_tells_only_how_many_were_right() -> None:
    table = sections.speaker_table(pd.DataFrame({"name": ["a"], "clips": [3.0], "right": [1.0]}))
    assert table.loc[0, ["recorded as", "by majority", "by mean"]].tolist() == ["", "neither", ""]


def test_wrong_clips_the_surest_first() -> None:
    table = pd.DataFrame(
        {
            "clip_id": ["a/x", "a/y", "a/z"],
            "truth": ["male", "female", "male"],
            "predicted": ["female", "female", "female"],
            "confidence": [0.6, 0.99, 0.9],
        }
    )
    wrong = errors.misclassified(table)
    assert wrong["clip_id"].tolist() == ["a/z", "a/x"]
    told = errors.describe(wrong.iloc[0])
    assert "records its speaker as **male**" in told and "**female-like** voice with 90.0%" in told


def test_a_clip_is_of_the_corpus_its_id_begins_with() -> None:
    network = cast(VoiceNetwork, SimpleNamespace(titles={"timit": "TIMIT"}))
    assert errors.corpus(network, "timit/DR1/x.wav") == "TIMIT"
    assert errors.corpus(network, "other/x.wav") == "other"


def test_a_row_a_seed() -> None:
    made: dict[str, Any] = {
        "seed": 2,
        "seeds": [
            {"seed": 1, "validation": {"validation_loss": 0.5}, "best_epoch": 3, "epochs": 9, "temperature": 0.8,
             "seconds": 90.0},
            {"seed": 2, "validation": {"validation_loss": 0.4, "validation_accuracy": 0.9}, "best_epoch": 4,
             "epochs": 9, "temperature": 0.7, "seconds": 60.0},
        ],
    }  # fmt: skip
    table = page.seed_table(made)
    assert table["kept"].tolist() == ["", "kept"] and table["minutes"].tolist() == [1.5, 1.0]
    assert table["loss (nats)"].tolist() == [0.5, 0.4]
    assert table["accuracy, both together"].isna().tolist() == [True, False]
