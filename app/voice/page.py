"""The voice network that this store uses: what it is, how it was made, and how well it does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app.builds import waiting
from app.cache import tables
from app.error_boundary import error_boundary
from app.experiments.charts import epochs
from app.experiments.errors import rest
from app.experiments.sections import recipe
from app.ui import escape, show
from app.ui.show import percent
from app.voice import card, charts, errors, sections, summary
from app.voice.card import VALIDATION, VOICES, SpeakerGroup, VoiceNetwork
from models.voice_card import WEIGHTS

NOT_YET = (
    "This snapshot has no card of a voice network: it was built before there was one. Build again on the Pipeline "
    "page: every build writes it, whatever recordings there are."
)
CORPORA: dict[Any, Any] = {
    "clips": st.column_config.NumberColumn("clips", format="localized"),
    "female": st.column_config.NumberColumn("female", help="Number of speakers.", format="localized"),
    "male": st.column_config.NumberColumn("male", help="Number of speakers.", format="localized"),
}
AGAIN = "python -m pipeline train gender"
CURVES = {
    "Loss by epoch": ("loss (nats)", ("train_loss", "validation_loss"), "validation_loss"),
    "Accuracy by epoch": ("accuracy", ("train_accuracy", "validation_accuracy"), "validation_accuracy"),
    "Validation: whole and degraded clips": (
        "accuracy", ("validation_accuracy_whole", "validation_accuracy_degraded"), None,
    ),
    "Learning rate by epoch": ("learning rate", ("learning_rate",), None),
}  # fmt: skip
"""Title: unit, metrics, and on which of them the epoch that was kept is starred."""

METRICS = {
    "validation_accuracy_whole": "accuracy, whole clean clips",
    "validation_accuracy_degraded": "accuracy, degraded clips",
    "validation_accuracy": "accuracy, both together",
    "validation_loss": "loss (nats)",
}
"""What was measured of each seed on the validation speakers, in the order to show it."""


def draw() -> None:
    """Draw it all, from the card that the build has written."""
    network = card.load()
    if network is None:
        waiting.draw("experiments", NOT_YET, ":material/record_voice_over:")
        return
    _head(network)
    rest()
    st.divider()
    _sections()


def _head(network: VoiceNetwork) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("Female-like or male-like: the voice network", anchor=False, width="content")
        st.badge("shipped" if network.shipped else "trained here", icon=":material/package_2:", color="blue")
        st.badge("measured elsewhere", icon=":material/travel_explore:", color="orange")
    st.markdown(summary.what(network.content))
    if summary.untested(network):
        st.warning(summary.untested(network), icon=":material/rule:")
    for place, group in zip(st.columns(len(network.groups)), network.groups, strict=True):
        with place:
            _group(group)
    st.markdown(summary.seeds(network.content))
    st.dataframe(network.corpora, hide_index=True, column_config=CORPORA, key="voice_corpora")
    with st.expander("Published results, not measured here", icon=":material/menu_book:"):
        st.markdown(summary.references(VOICES))
    st.caption(
        "Female and male are numbers of speakers. All figures below come from the network's card: they were measured "
        "on these corpora when it was made, and their recordings need not be in this store. The classes are the sex or "
        "gender that each corpus records of a speaker; the network does not know who anybody is, nor how they see "
        "themselves."
    )


def _group(group: SpeakerGroup) -> None:
    row = group.experiment
    wrong = round((1 - row["accuracy"]) * row["clips"])
    speakers = summary.named(group.metrics("speakers")).get("majority")
    with st.container(border=True):
        st.markdown(f"**{escape.markdown(group.title.capitalize())}.** {summary.headline(group)}")
        with st.container(horizontal=True):
            st.metric("Accuracy", percent(row["accuracy"]))
            st.metric("Errors", f"{wrong:,} of {row['clips']:,}")
            if speakers:
                correct = int(speakers["speakers"] - speakers["errors"])
                count = f"{correct:,} of {int(speakers['speakers']):,}"
                st.metric("Speakers", count, help="Classified correctly by the majority of their clips.")
            st.metric("ECE", percent(row["ece"]), help="Expected calibration error (Naeini et al. 2015).")


def training(network: VoiceNetwork) -> None:
    """Draw the seeds in a table and each curve."""
    shares = [title for name, title in METRICS.items() if "accuracy" in name]
    config = {name: st.column_config.NumberColumn(format="percent") for name in shares}
    digits = {name: st.column_config.NumberColumn(format="%.3f") for name in ("loss (nats)", "temperature")}
    minutes = {"minutes": st.column_config.NumberColumn(format="%.1f")}
    st.dataframe(
        seed_table(network.content), hide_index=True, column_config=config | digits | minutes,
        key="voice_seeds",
    )  # fmt: skip
    group = network.group(VALIDATION)
    history = tables.history(str(group.experiment["experiment_id"])) if group else pd.DataFrame()
    if history.empty or group is None:
        st.info("The card of this network has no learning curves.", icon=":material/info:")
        return
    note = (
        f"{group.source} Training clips are degraded anew each time, which makes them harder. Star: the epoch with the "
        "lowest validation loss, which is kept."
    )
    for title, (unit, names, starred) in CURVES.items():
        metrics = [one for one in names if one in set(history["metric"])]
        if not metrics:
            continue
        rows = history[history["metric"].isin(metrics)]
        figure = epochs(rows, metrics, title, unit)
        if starred in metrics:
            figure = charts.with_kept(figure, history, str(starred), network.content["seeds"])
        name = f"voice_{'_'.join(title.lower().replace(',', '').split()[:4])}"
        show.chart(figure, rows, name, caption=note if starred else group.source)


def seed_table(made: Mapping[str, Any]) -> pd.DataFrame:
    """A row a seed: whether it is kept, its epochs, temperature, minutes and validation."""
    rows = [
        {
            "seed": one["seed"],
            "kept": "kept" if one["seed"] == made["seed"] else "",
            **{title: one["validation"].get(name) for name, title in METRICS.items()},
            "epoch kept": one["best_epoch"],
            "epochs": one["epochs"],
            "temperature": one["temperature"],
            "minutes": one["seconds"] / 60,
        }
        for one in made["seeds"]
    ]
    return pd.DataFrame(rows)


def about(network: VoiceNetwork) -> None:
    """The card's own sentences, what it is made of, and its recipe."""
    st.markdown("**What it knows and does not know**")
    st.markdown("\n".join(f"- {escape.sentence(sentence)}" for sentence in network.content["says"]))
    for note in notes(network):
        st.caption(f":orange[{escape.sentence(note)}]")
    st.markdown("**The network**")
    st.table(escape.table(facts(network)), border="horizontal")
    st.markdown("**The recipe, the same for all seeds**")
    st.dataframe(recipe(network.content["recipe"]), hide_index=True, key="voice_recipe")
    st.caption(f"`{AGAIN}` trains it again on the corpora of this store; see `--help` for its options.")


def notes(network: VoiceNetwork) -> list[str]:
    """Notes that the card's own sentences lack."""
    own = [str(note) for note in network.first.experiment["notes"]]
    return [note for note in own if note not in network.content["says"]]


def facts(network: VoiceNetwork) -> dict[str, str]:
    """All that is known of how it was made, by name."""
    made, row = network.content, network.first.experiment
    versions = json.loads(str(row["versions"]) or "{}")
    named = {
        "weights": WEIGHTS,
        "sha256 of the weights": str(made["weights"]),
        "where from": "shipped with Sesatlas" if network.shipped else "trained into this store",
        "parameters": f"{made['parameters']:,}",
        "classes": ", ".join(row["classes"]),
        "calibration": f"temperature {made['temperature']:.3f} (Guo et al. 2017), fitted on the validation speakers",
        "seed": f"{made['seed']}, of {len(made['seeds'])} trained",
        "made": f"{made['made']} on {made['device']}",
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }
    return {name: value for name, value in named.items() if value}


SECTIONS = {
    "Conditions": sections.conditions,
    "Speakers": sections.speakers,
    "Dialects": sections.dialects,
    "Calibration": sections.calibration,
    "Training": training,
    "Errors": errors.errors,
    "About": about,
}


@st.fragment
def _sections() -> None:
    """The chosen section: a click in it draws it anew, and nothing else."""
    with error_boundary("Voice"):
        network = card.load()
        if network is None:
            return
        section = st.segmented_control(
            "Section",
            list(SECTIONS),
            default="Conditions",
            required=True,
            key="voice",
            bind="query-params",
            label_visibility="collapsed",
        )
        SECTIONS[str(section)](network)
