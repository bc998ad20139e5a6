"""How an experiment was made, in words; what its learning curve says; how it is asked for."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from app.experiments import run, sections
from pipeline.cli.main import parser
from pipeline.experiments.spec import ExperimentSpec


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ({"mfcc + mel": {"C": 10.0, "sharpness": 1.23456}}, "C = 10, sharpness = 1.235"),
        ({"mfcc": {"k": 5}, "mel": {"k": 9}}, "mfcc: k = 5; mel: k = 9"),
        ({"epochs": 12, "rate": 0.001}, "epochs = 12, rate = 0.001"),
        ({}, ""),
        ("early", "early"),
    ],
)
def test_what_a_fold_chose(blocks: object, said: str) -> None:
    table = sections.chosen_parameters(json.dumps({"fold 1": blocks}))
    assert table.to_dict("records") == [{"name": "fold 1", "chosen": said}]


def test_an_experiment_without_parameters_has_no_row() -> None:
    assert list(sections.chosen_parameters("")) == ["name", "chosen"]
    assert sections.chosen_parameters("{}").empty


def test_what_the_end_of_a_learning_curve_says() -> None:
    rising = pd.DataFrame({"clips": [50, 100], "accuracy": [0.5, 0.6], "train_accuracy": [1, 1]})
    assert "from 50.0% to 60.0%: more clips would probably help." in sections.growth(rising).replace(
        "goes from", "from"
    )
    flat = rising.assign(accuracy=[0.6, 0.6])
    assert sections.growth(flat).endswith("help little.")
    assert sections.growth(rising.head(1)) == ""


def test_the_command_line_reads_what_the_page_asks_for() -> None:
    wanted = ExperimentSpec(
        dataset="pets", target="sex", method="knn", views=("mfcc", "mel"), combination="vote", seed=4
    )
    words = ["learn", *run.arguments(wanted)]
    options = parser(words).parse_args(words)
    told = (options.dataset, options.target, options.method, options.views, options.combination, options.seed)
    assert told == ("pets", "sex", "knn", "mfcc,mel", "vote", 4)


def test_a_recipe_in_rows() -> None:
    table = sections.recipe({"batch": 32, "crop_s": [0.5, 3.0], "train_on": [], "network": {"n_mels": 80}})
    assert table.to_numpy().tolist() == [
        ["network", "n mels", "80"],
        ["training", "batch", "32"],
        ["training", "crop s", "0.5, 3"],
        ["training", "train on", "none"],
    ]
