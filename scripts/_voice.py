"""The section of docs/RESULTS.md on the voice network: its card, as the store has it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pandas as pd
from _tables import lines, percent

from app.voice.card import VOICES
from pipeline.networks.voice_card_rows import DATASET
from store.reader import Reader

PARTS = ("validation", "test")


def voice(reader: Reader) -> Iterator[str]:
    """Both parts of the card side by side; nothing where the store has no card."""
    found = reader.experiments(DATASET)
    rows = {
        part: found[found["protocol"] == part].iloc[0] for part in PARTS if part in set(found["protocol"])
    }
    if not rows:
        return
    content = json.loads(next(iter(rows.values()))["parameters"])
    yield "\n## The voice network (ECAPA-TDNN): female-like or male-like\n"
    yield from _made(content)
    for row in rows.values():
        yield f"- **{row['protocol_title'].capitalize()}**: {row['protocol_summary']}"
    yield ""
    metrics = {part: reader.experiment_metrics(str(row["experiment_id"])) for part, row in rows.items()}
    yield from _overall(rows, metrics)
    for title, kind in (("condition", "condition"), ("sex", "class"), ("dialect", "dialect")):
        yield from _by(title, kind, metrics)
    yield from _references()
    yield from (f"- {note}" for note in next(iter(rows.values()))["notes"])


def _made(content: dict[str, object]) -> Iterator[str]:
    recipe, over = content["recipe"], content["over_seeds"]
    assert isinstance(recipe, dict) and isinstance(over, dict)
    seeds, speakers = content["seeds"], content["speakers"]
    assert isinstance(seeds, list) and isinstance(speakers, dict)
    yield (
        f"C = {recipe['network']['width']}, {content['parameters']:,} parameters, trained {content['made']} on "
        f"{content['device']}; seed {content['seed']} of {len(seeds)} is kept, by its log loss on validation. "
        f"Temperature {content['temperature']:.3f}. To repeat it: `python -m pipeline train gender`.\n"
    )
    head = ["part", "corpus", "clips", "female", "male speakers"]
    yield from lines(head, [
        [part, one["title"], str(one["clips"]), str(one["female"]), str(one["male"])]
        for part, corpora in speakers.items() for one in corpora
    ])  # fmt: skip
    yield f"\nOver the {len(seeds)} seeds, on validation (mean ± standard deviation; the seed was chosen by these):\n"
    yield from lines(["measure", "mean", "±"], [
        [name.replace("_", " "), f"{one['mean']:.3f}", f"{one['spread']:.3f}"] for name, one in over.items()
    ])  # fmt: skip
    yield ""


def _overall(rows: dict[str, pd.Series], metrics: dict[str, pd.DataFrame]) -> Iterator[str]:
    head = ["part", "n", "errors", "accuracy %", "95 %", "speakers", "95 % by bootstrap over speakers",
            "speakers correct by majority (95 %)", "by mean logit (95 %)", "balanced %", "log loss",
            "ECE %"]  # fmt: skip
    table = []
    for part, row in rows.items():
        wide = _wide(metrics[part], "speakers")
        wrong = round(row["clips"] * (1 - row["accuracy"]))
        by_rule = [
            f"{wide.loc[rule, 'speakers'] - wide.loc[rule, 'errors']:.0f} of {wide.loc[rule, 'speakers']:.0f} "
            f"({percent(wide.loc[rule, 'accuracy_low'])} to {percent(wide.loc[rule, 'accuracy_high'])})"
            for rule in ("majority", "mean_logit")
        ]
        bootstrap = wide.loc["bootstrap"]
        table.append([
            part, str(row["clips"]), str(wrong), percent(row["accuracy"], 2),
            f"{percent(row['accuracy_low'])} to {percent(row['accuracy_high'])}", str(row["groups"]),
            f"{percent(bootstrap['accuracy_low'])} to {percent(bootstrap['accuracy_high'])}", *by_rule,
            percent(row["balanced_accuracy"]), f"{row['log_loss']:.3f}", percent(row["ece"]),
        ])  # fmt: skip
    yield from lines(head, table)


def _by(title: str, kind: str, metrics: dict[str, pd.DataFrame]) -> Iterator[str]:
    """A row a name, the parts beside each other: accuracy with its interval, or recall and F1 of a sex."""
    wide = {part: _wide(found, kind) for part, found in metrics.items()}
    wide = {part: one for part, one in wide.items() if len(one)}
    if not wide:
        return
    names = dict.fromkeys(name for one in wide.values() for name in one.index)
    yield ""
    yield from lines(
        [title, *(f"{part}: {_measures(kind)}" for part in wide)],
        [[name, *(_cell(one, name, kind) for one in wide.values())] for name in names],
    )


def _measures(kind: str) -> str:
    return "recall %, F1 %" if kind == "class" else "accuracy % (95 %), n"


def _cell(wide: pd.DataFrame, name: str, kind: str) -> str:
    if name not in wide.index:
        return ""
    one = wide.loc[name]
    if kind == "class":
        return f"{percent(one['recall'])}, {percent(one['f1'])}"
    between = f"{percent(one['accuracy_low'])} to {percent(one['accuracy_high'])}"
    return f"{percent(one['accuracy'])} ({between}), {one['clips']:.0f}"


def _wide(metrics: pd.DataFrame, kind: str) -> pd.DataFrame:
    own = metrics[metrics["kind"] == kind]
    return own.pivot(index="name", columns="metric", values="value").reindex(own["name"].unique())


def _references() -> Iterator[str]:
    yield "\nPublished results, not measured here:\n"
    yield from lines(["method", "accuracy %", "on", "note"], [
        [f"[{one.what}]({one.link})" if one.link else one.what, percent(one.accuracy, 2), one.on, one.note]
        for one in VOICES
    ])  # fmt: skip
    yield (
        "\nThese are on other, larger parts of TIMIT than the sample tested above: mind the width of its interval when "
        "comparing.\n"
    )
