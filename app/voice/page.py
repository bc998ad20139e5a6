"""The voice network that this store listens with: what it is, how it was made, and how far to believe it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import error_boundary
from app.builds import waiting
from app.experiments import mistaken_clip
from app.experiments import summary as words
from app.voice import card, sections, speakers, summary
from app.voice.about import about
from app.voice.card import Network, Part
from app.voice.errors import errors
from app.voice.references import VOICES
from app.voice.training import training

NOT_YET = (
    "This snapshot holds no card of a voice network: it was built before there was one. Build again on the Pipeline "
    "page: that writes it, whatever recordings there are."
)
SECTIONS = {
    "Conditions": sections.conditions,
    "Speakers": speakers.speakers,
    "Dialects": speakers.dialects,
    "Calibration": sections.calibration,
    "Training": training,
    "Errors": errors,
    "About": about,
}
CORPORA: dict[Any, Any] = {
    "clips": st.column_config.NumberColumn("clips", format="localized"),
    "female": st.column_config.NumberColumn("female", help="Speakers.", format="localized"),
    "male": st.column_config.NumberColumn("male", help="Speakers.", format="localized"),
}


def draw() -> None:
    """Draw it all, from the card that the build has written."""
    network = card.found()
    if network is None:
        waiting.draw("experiments", NOT_YET, ":material/record_voice_over:")
        return
    _head(network)
    mistaken_clip.rest()
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
            st.metric("Accuracy", words.percent(row["accuracy"]))
            st.metric("Errors", f"{wrong:,} of {row['clips']:,}")
            if told:
                right = f"{int(told['speakers'] - told['errors']):,} of {int(told['speakers']):,}"
                st.metric("Speakers", right, help="Told right by the majority of their clips.")
            st.metric(
                "ECE", words.percent(row["ece"]), help="Expected calibration error (Naeini et al. 2015)."
            )


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
