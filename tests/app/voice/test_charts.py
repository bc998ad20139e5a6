"""Figures of the voice network: each condition in its group and place, each interval where it belongs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.experiments import charts as experiment_charts
from app.voice import charts, sections
from app.voice.charts import CHANNEL, DURATION, NOISE

NAMES = ["clean", "noise 0 dB", "noise 20 dB", "0.5 s", "3 s", "opus 16 kbit/s", "telephone"]


def measured(accuracy: float, names: list[str] = NAMES) -> pd.DataFrame:
    """Each condition a hundredth worse than the one before."""
    shares = [accuracy - place / 100 for place in range(len(names))]
    rows = {"name": names, "clips": 100.0, "errors": [100 * (1 - one) for one in shares], "accuracy": shares}
    return pd.DataFrame(rows).assign(
        accuracy_low=[one - 0.05 for one in shares], accuracy_high=[one + 0.01 for one in shares]
    )


@pytest.mark.parametrize(
    ("name", "group", "words"),
    [
        ("noise 10 dB", NOISE, "10 dB"),
        ("noise -5 dB", NOISE, "-5 dB"),
        ("0.5 s", DURATION, "0.5 s"),
        ("opus 16 kbit/s", CHANNEL, "opus 16 kbit/s"),
        ("under water", CHANNEL, "under water"),
    ],
)
def test_where_a_condition_stands(name: str, group: str, words: str) -> None:
    assert charts.placed(name)[:2] == (group, words)


def test_every_group_begins_with_clean_clips_and_goes_from_mild_to_hard() -> None:
    table = charts.condition_table({"strangers": measured(0.98)})
    there = {group: rows["condition"].tolist() for group, rows in table.groupby("group", sort=False)}
    assert there == {
        NOISE: ["no noise", "20 dB", "0 dB"],
        DURATION: ["whole clip", "3 s", "0.5 s"],
        CHANNEL: ["as recorded", "opus 16 kbit/s", "telephone"],
    }
    clean = table[table["condition"].isin(charts.FIRST.values())]
    assert clean["accuracy"].tolist() == [0.98] * 3
    assert table.set_index("condition").loc["0.5 s", "low"] == pytest.approx(0.95 - 0.05)


def test_without_noises_there_is_no_group_of_them() -> None:
    table = charts.condition_table({"strangers": measured(0.98, ["clean", "1 s", "room"])})
    assert set(table["group"]) == {DURATION, CHANNEL}
    assert charts.condition_table({}).empty


def test_two_groups_of_speakers_stand_beside_each_other() -> None:
    table = charts.condition_table({"strangers": measured(0.98), "others": measured(0.9)})
    figure = charts.conditions(table, "title")
    names = list(figure.layout.yaxis.ticktext)
    assert [trace.name for trace in figure.data] == ["strangers", "others"]
    for trace, accuracy in zip(figure.data, (0.98, 0.9), strict=True):
        at = [place for place, told in enumerate(trace.customdata) if told[0] == "20 dB"]
        (place,) = at
        assert round(trace.y[place]) == names.index("20 dB")
        assert trace.x[place] == pytest.approx(accuracy - 0.02)
        assert trace.error_x["array"][place] == pytest.approx(0.01)
        assert trace.error_x["arrayminus"][place] == pytest.approx(0.05)
    first, second = (next(y for y in trace.y if y is not None) for trace in figure.data)
    assert first < second  # above: the axis points downwards
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert figure.layout.xaxis.range[0] < table["low"].min()


def test_lines_join_what_has_an_order_and_nothing_else() -> None:
    trace = charts.conditions(charts.condition_table({"one": measured(0.98)}), "title").data[0]
    told = [row[0] for row in trace.customdata]
    assert told[:4] == ["no noise", "20 dB", "0 dB", None]
    after = told[told.index("as recorded") :]
    assert all(one is None for one in after[1::2])


def test_the_hardest_is_said_of_the_first_group_of_speakers() -> None:
    table = charts.condition_table({"strangers": measured(0.98), "others": measured(0.5)})
    told = sections.hardest(table)
    assert told.startswith("On whole clips as recorded, accuracy is **98.0%**")
    assert "96.0% (noise: 20 dB)" in told and "94.0% (duration: 3 s)" in told
    even = table.assign(accuracy=0.9)
    assert sections.hardest(even).endswith("and no condition lowers it.")


def test_the_epoch_that_was_kept_is_starred_for_each_seed() -> None:
    rows = [
        {"fold": f"seed {seed}", "epoch": epoch, "metric": metric, "value": seed + epoch / 10}
        for seed in (0, 1)
        for epoch in (1, 2, 3)
        for metric in ("validation_loss", "train_loss")
    ]
    history = pd.DataFrame(rows)
    figure = experiment_charts.epochs(history, ["train_loss", "validation_loss"], "title", "loss")
    seeds = [{"seed": 0, "best_epoch": 2}, {"seed": 1, "best_epoch": 3}]
    star = charts.with_kept(figure, history, "validation_loss", seeds).data[-1]
    assert star.name == "epoch kept"
    assert list(star.x) == [2, 3] and np.allclose(star.y, [0.2, 1.3])
