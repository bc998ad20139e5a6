"""The audit of a collection: a line a part that a stranger understands, then each part in full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from app import error_boundary
from app.audit import charts, duplicates, label_issues
from app.builds import waiting
from app.cache import audited, snapshot
from app.cache.audited import Found
from app.ui import show
from pipeline.audit.confounds import telling
from pipeline.audit.leakage import WORDS, Effect
from pipeline.audit.report import (
    BALANCE,
    DOUBTS,
    DUPLICATES,
    FACTS,
    LEAKAGE,
    LEAKAGE_OWN,
    NOT_AUDITED,
    REMOVAL,
    SPLIT,
)

NOT_YET = (
    "This collection has not been audited in this snapshot. Start a build on the Pipeline page: it looks for "
    "duplicates, leakage, doubtful labels and labels that the recording gives away."
)
GOOD, LOOK, UNKNOWN = ":green[:material/check_circle:]", ":orange[:material/error:]", ":gray[:material/help:]"
TIES = {"kind": "what", "value": "which", "sides": "on", "clips": "clips", "removed": "would go for it alone"}
REMOVED = {"clip_id": "clip", "label": "label", "side": "side", "kind": "tied by", "value": "to"}
WHAT = (
    "A random forest is given nothing but these facts of each recording. Where one names the label, a classifier "
    "can too, without having learned what it sounds like."
)


def recording_facts(found: Found) -> None:
    """Balanced accuracy of each fact, and of all together."""
    st.markdown(found.summaries[FACTS])
    table = found.facts
    figure = charts.facts(table, "The label by facts of the recording alone")
    told = f"{WHAT} {found.caption(int(table['clips'].iloc[0]))}{_classifier(found)}"
    show.chart(figure, table, f"{found.name}_facts", caption=told)


def _classifier(found: Found) -> str:
    if found.experiment is None:
        return ""
    balanced = float(found.experiment["balanced_accuracy"])
    return f". The classifier with the lowest log loss has {balanced:.1%} balanced accuracy."


def balance(found: Found) -> None:
    """Clips by label and side."""
    st.markdown(found.summaries[BALANCE])
    cells = found.balance
    figure = charts.balance(cells, "Clips by label and side")
    labels = cells["label"].nunique()
    more = (
        f"Drawn are the {charts.MOST_LABELS} least even of {labels:,} labels. "
        if labels > charts.MOST_LABELS
        else ""
    )
    told = (
        f"{more}Blue cells hold more clips than an even spread would, orange ones fewer. "
        f"{found.caption(int(cells['clips'].sum()))}"
    )
    show.chart(figure, cells, f"{found.name}_balance", caption=told)
    uneven = cells[cells["verdict"] != "even"]
    if len(uneven):
        with st.expander(f"{show.counted(len(uneven), 'cell')} far from even", icon=":material/balance:"):
            st.dataframe(uneven, hide_index=True, key="audit_uneven")


def leakage(found: Found) -> None:
    """The ties, the clips to do without, and the accuracy with and without them."""
    st.markdown(found.summaries[LEAKAGE])
    if LEAKAGE_OWN in found.summaries:
        st.markdown(found.summaries[LEAKAGE_OWN])
    if len(found.leaks):
        table = found.leaks.replace({"kind": WORDS}).rename(columns=TIES)
        st.dataframe(table, hide_index=True, key="audit_leaks", height=min(320, 38 + 35 * len(table)))
        st.caption(found.caption(len(table), "leak"))
        show.download(found.leaks, f"{found.name}_leaks")
    if len(found.removed):
        _removed(found)
    st.subheader("Accuracy without them", anchor=False)
    st.markdown(found.summaries[REMOVAL])
    if found.experiment is not None and found.unleaked is not None:
        _accuracy(found, found.experiment, found.unleaked)


def _removed(found: Found) -> None:
    labels = snapshot.clips(found.name).set_index("clip_id")["label"]
    table = found.removed.assign(label=labels.reindex(found.removed["clip_id"]).to_numpy())[list(REMOVED)]
    with st.expander(
        f"Without {show.counted(len(table), 'clip')} nothing crosses", icon=":material/content_cut:"
    ):
        st.dataframe(
            table.rename(columns=REMOVED),
            hide_index=True,
            key="audit_removed",
            height=min(320, 38 + 35 * len(table)),
        )
        show.download(table, f"{found.name}_removed")


def _accuracy(found: Found, before: pd.Series, after: pd.Series) -> None:
    effect = audited.removal(str(before["experiment_id"]), str(after["experiment_id"]))
    table = intervals(effect, len(found.removed))
    figure = charts.removal(table, f"Accuracy on the {effect.clips:,} clips tested both times")
    notes = list(found.notes[REMOVAL])
    told = (
        f"95% intervals by Wilson 1927. On all its clips the first has {before['accuracy']:.1%} "
        f"(n = {before['clips']:,}), the second {after['accuracy']:.1%} (n = {after['clips']:,})."
    )
    show.chart(
        figure,
        table,
        f"{found.name}_unleaked",
        caption=" ".join([*notes[:1], told, found.caption(effect.clips)]),
    )


def intervals(effect: Effect, removed: int) -> pd.DataFrame:
    """``when``, ``accuracy``, ``low``, ``high``, ``clips``: before, then after."""
    rows = [
        ("every clip", effect.before, effect.before_interval),
        (f"without {show.counted(removed, 'clip')}", effect.after, effect.after_interval),
    ]
    return pd.DataFrame(
        [
            {"when": when, "accuracy": share, "low": each.low, "high": each.high, "clips": effect.clips}
            for when, share, each in rows
        ]
    )


@dataclass(frozen=True)
class Section:
    """One part on the page: its title, which part's sentence stands for it, and what draws it."""

    part: str
    draw: Callable[[Found], None]


SECTIONS = {
    "Duplicates": Section(DUPLICATES, duplicates.draw),
    "Leakage": Section(LEAKAGE, leakage),
    "Label doubts": Section(DOUBTS, label_issues.draw),
    "Recording facts": Section(FACTS, recording_facts),
    "Balance": Section(BALANCE, balance),
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
            st.info(found.summaries[section.part], icon=":material/help:")
            return
        section.draw(found)
        for note in notes:
            st.caption(note)


def sentence(found: Found, part: str) -> str:
    """What a part found, in a line; leakage with what it did to the accuracy."""
    told = found.summaries[part]
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
        DOUBTS: bool(found.label_issues["issue"].any()),
        FACTS: bool(given_away),
        BALANCE: bool((found.balance["verdict"] != "even").any()),
    }
    return {part for part, yes in seen.items() if yes}
