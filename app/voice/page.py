"""The voice network that this store listens with: what it is, how it was made, and how far to believe it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app import error_boundary
from app.builds import waiting
from app.cache import tables
from app.experiments.charts import epochs
from app.experiments.errors import rest
from app.experiments.sections import recipe
from app.experiments.summary import percent
from app.ui import show
from app.voice import card, charts, errors, sections, summary
from app.voice.card import VALIDATION, VOICES, Network, Part
from models.voice_card import WEIGHTS

NOT_YET = (
    "This snapshot holds no card of a voice network: it was built before there was one. Build again on the Pipeline "
    "page: that writes it, whatever recordings there are."
)
CORPORA: dict[Any, Any] = {
    "clips": st.column_config.NumberColumn("clips", format="localized"),
    "female": st.column_config.NumberColumn("female", help="Speakers.", format="localized"),
    "male": st.column_config.NumberColumn("male", help="Speakers.", format="localized"),
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
    network = card.found()
    if network is None:
        waiting.draw("experiments", NOT_YET, ":material/record_voice_over:")
        return
    _head(network)
    rest()
    st.divider()
    _sections()


def _head(network: Network) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("Female-like or male-like: the voice network", anchor=False, width="content")
        st.badge("shipped" if network.shipped else "trained here", icon=":material/package_2:", color="blue")
        st.badge("measured elsewhere", icon=":material/travel_explore:", color="orange")
    st.markdown(summary.what(network.made))
    if summary.untested(network):
        st.warning(summary.untested(network), icon=":material/rule:")
    for place, part in zip(st.columns(len(network.parts)), network.parts, strict=True):
        with place:
            _part(part)
    st.markdown(summary.seeds(network.made))
    st.dataframe(network.corpora, hide_index=True, column_config=CORPORA, key="voice_corpora")
    with st.expander("In print: what others report, not measured here", icon=":material/menu_book:"):
        st.markdown(summary.references(VOICES))
    st.caption(
        "Female and male: so many speakers. All figures below are the network's card: they were measured on these "
        "corpora when it was made, and none of their recordings need be in this store. The classes are the sex or "
        "gender that each corpus' makers recorded of a speaker; the network does not know who anybody is, nor how "
        "they see themselves."
    )


def _part(part: Part) -> None:
    row = part.experiment
    wrong = round((1 - row["accuracy"]) * row["clips"])
    told = summary.named(part.metrics("speakers")).get("majority")
    with st.container(border=True):
        st.markdown(f"**{part.title.capitalize()}.** {summary.good(part)}")
        with st.container(horizontal=True):
            st.metric("Accuracy", percent(row["accuracy"]))
            st.metric("Errors", f"{wrong:,} of {row['clips']:,}")
            if told:
                right = f"{int(told['speakers'] - told['errors']):,} of {int(told['speakers']):,}"
                st.metric("Speakers", right, help="Told right by the majority of their clips.")
            st.metric("ECE", percent(row["ece"]), help="Expected calibration error (Naeini et al. 2015).")


def training(network: Network) -> None:
    """Draw the seeds in a table and each curve."""
    shares = [title for name, title in METRICS.items() if "accuracy" in name]
    config = {name: st.column_config.NumberColumn(format="percent") for name in shares}
    digits = {name: st.column_config.NumberColumn(format="%.3f") for name in ("loss (nats)", "temperature")}
    minutes = {"minutes": st.column_config.NumberColumn(format="%.1f")}
    st.dataframe(
        seed_table(network.made), hide_index=True, column_config=config | digits | minutes,
        key="voice_seeds",
    )  # fmt: skip
    part = network.part(VALIDATION)
    history = tables.history(str(part.experiment["experiment_id"])) if part else pd.DataFrame()
    if history.empty or part is None:
        st.info("The card of this network tells no learning curves.", icon=":material/info:")
        return
    note = (
        f"{part.source} Training clips are degraded anew each time, so fewer of them are told right. Star: the epoch "
        "of least validation loss, which is kept."
    )
    for title, (unit, wanted, starred) in CURVES.items():
        metrics = [one for one in wanted if one in set(history["metric"])]
        if not metrics:
            continue
        rows = history[history["metric"].isin(metrics)]
        figure = epochs(rows, metrics, title, unit)
        if starred in metrics:
            figure = charts.with_kept(figure, history, str(starred), network.made["seeds"])
        name = f"voice_{'_'.join(title.lower().replace(',', '').split()[:4])}"
        show.chart(figure, rows, name, caption=note if starred else part.source)


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


def about(network: Network) -> None:
    """The card's own words, what it is made of, and its recipe."""
    st.markdown("**What it knows, and what it does not**")
    st.markdown("\n".join(f"- {sentence}" for sentence in network.made["says"]))
    for note in notes(network):
        st.caption(f":orange[{note}]")
    st.markdown("**The network**")
    st.table(facts(network), border="horizontal")
    st.markdown("**The recipe, the same for all seeds**")
    st.dataframe(recipe(network.made["recipe"]), hide_index=True, key="voice_recipe")
    st.caption(
        f"`{AGAIN}` trains it anew on the corpora of this store; see `--help` for what can be asked of it."
    )


def notes(network: Network) -> list[str]:
    """What there is to note beside what the card says."""
    own = [str(note) for note in network.first.experiment["notes"]]
    return [note for note in own if note not in network.made["says"]]


def facts(network: Network) -> dict[str, str]:
    """What there is to know, by name."""
    made, row = network.made, network.first.experiment
    versions = json.loads(str(row["versions"]) or "{}")
    told = {
        "weights": f"`{WEIGHTS}`",
        "sha256 of the weights": f"`{made['weights']}`",
        "where from": "shipped with Sesatlas" if network.shipped else "trained into this store",
        "parameters": f"{made['parameters']:,}",
        "classes": ", ".join(row["classes"]),
        "calibration": f"temperature {made['temperature']:.3f} (Guo et al. 2017), found on the validation speakers",
        "seed": f"{made['seed']}, of {len(made['seeds'])} trained",
        "made": f"{made['made']} on {made['device']}",
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }
    return {name: value for name, value in told.items() if value}


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
    with error_boundary.told("Voice"):
        network = card.found()
        if network is None:
            return
        section = st.segmented_control(
            "What to see of the voice network",
            list(SECTIONS),
            default="Conditions",
            required=True,
            key="voice",
            bind="query-params",
            label_visibility="collapsed",
        )
        SECTIONS[str(section)](network)
