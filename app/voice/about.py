"""What the voice network knows and does not know, and how it was made, so that it can be made again."""

from __future__ import annotations

import json

import streamlit as st

from app.experiments import about as experiment_about
from app.voice.card import Network
from models.voice_card import WEIGHTS

AGAIN = "python -m pipeline train gender"


def about(network: Network) -> None:
    """The card's own words, what it is made of, and its recipe."""
    st.markdown("**What it knows, and what it does not**")
    st.markdown("\n".join(f"- {sentence}" for sentence in network.made["says"]))
    for note in notes(network):
        st.caption(f":orange[{note}]")
    st.markdown("**The network**")
    st.table(facts(network), border="horizontal")
    st.markdown("**The recipe, the same for all seeds**")
    st.dataframe(experiment_about.recipe(network.made["recipe"]), hide_index=True, key="voice_recipe")
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
