"""The audit of a collection: a line a part that a stranger understands, then each part in full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from app import error_boundary
from app.audit import duplicates, label_issues, leakage
from app.audit import facts as audit_facts
from app.builds import waiting
from app.cache import audited
from app.cache.audited import Found
from pipeline.audit.confounds import telling
from pipeline.audit.report import BALANCE, DOUBTS, DUPLICATES, FACTS, LEAKAGE, NOT_AUDITED, SPLIT

NOT_YET = (
    "This collection has not been audited in this snapshot. Start a build on the Pipeline page: it looks for "
    "duplicates, leakage, doubtful labels and labels that the recording gives away."
)
GOOD, LOOK, UNKNOWN = ":green[:material/check_circle:]", ":orange[:material/error:]", ":gray[:material/help:]"


@dataclass(frozen=True)
class Section:
    """One part on the page: its title, which part's sentence stands for it, and what draws it."""

    part: str
    draw: Callable[[Found], None]


SECTIONS = {
    "Duplicates": Section(DUPLICATES, duplicates.draw),
    "Leakage": Section(LEAKAGE, leakage.draw),
    "Label doubts": Section(DOUBTS, label_issues.draw),
    "Recording facts": Section(FACTS, audit_facts.facts),
    "Balance": Section(BALANCE, audit_facts.balance),
}


def draw(dataset: pd.Series) -> None:
    """Draw the audit of a collection, a row of :func:`app.cache.snapshot.datasets`."""
    found = audited.found(dataset)
    if found is None:
        waiting.draw("audit", NOT_YET, ":material/fact_check:")
        return
    for title, section in SECTIONS.items():
        st.markdown(f"{sign(found, section.part)} **{title}.** {sentence(found, section.part)}")
    st.caption(found.caption())
    with st.expander(f"Which split it looked across: {found.protocol}", icon=":material/call_split:"):
        for note in found.notes[SPLIT]:
            st.markdown(note)
    _sections(dataset)


@st.fragment
def _sections(dataset: pd.Series) -> None:
    """The chosen part in full: a click in it draws it anew, and nothing else."""
    with error_boundary.told("Audit"):
        found = audited.found(dataset)
        if found is None:
            return
        chosen = st.segmented_control(
            "Part of the audit",
            list(SECTIONS),
            default="Duplicates",
            required=True,
            key="audit_part",
            bind="query-params",
            label_visibility="collapsed",
        )
        section = SECTIONS[str(chosen)]
        notes = found.notes[section.part]
        if NOT_AUDITED in notes:
            st.info(found.told[section.part], icon=":material/help:")
            return
        section.draw(found)
        for note in notes:
            st.caption(note)


def sentence(found: Found, part: str) -> str:
    """What a part found, in a line; leakage with what it did to the accuracy."""
    told = found.told[part]
    if part == LEAKAGE and found.experiment is not None and found.unleaked is not None:
        effect = audited.removal(str(found.experiment["experiment_id"]), str(found.unleaked["experiment_id"]))
        return f"{told} Accuracy {effect.before:.1%} with them, {effect.after:.1%} without."
    return told


def sign(found: Found, part: str) -> str:
    """Whether a person should look: nothing found, something found, or not looked for."""
    if NOT_AUDITED in found.notes[part]:
        return UNKNOWN
    return LOOK if part in worth_a_look(found) else GOOD


def worth_a_look(found: Found) -> set[str]:
    """The parts that found something."""
    facts = found.facts
    given_away = len(facts) and telling(facts, facts["chance"].iloc[0], facts["clips"].iloc[0]) is not None
    seen = {
        DUPLICATES: len(found.pairs) > 0,
        LEAKAGE: len(found.removed) > 0,
        DOUBTS: bool(found.doubts["issue"].any()),
        FACTS: bool(given_away),
        BALANCE: bool((found.balance["verdict"] != "even").any()),
    }
    return {part for part, yes in seen.items() if yes}
