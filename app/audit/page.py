"""The audit of a collection: a sentence on each part, then the chosen part in full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from app.audit import charts, data, duplicates, label_issues
from app.audit.data import Audit
from app.builds import waiting
from app.cache import snapshot
from app.error_boundary import error_boundary
from app.ui import escape, show
from pipeline.audit.confounds import telling
from pipeline.audit.leakage import KIND_WORDS, Effect
from pipeline.audit.report import (
    BALANCE,
    DUPLICATES,
    FACTS,
    LABEL_ISSUES,
    LEAKAGE,
    LEAKAGE_OWN,
    NOT_AUDITED,
    REMOVAL,
    SPLIT,
)

NOT_YET = (
    "This collection has not been audited in this snapshot. Start a build on the Pipeline page: it looks for "
    "duplicates, leakage, label issues and labels that recording facts give away."
)
PART = "audit_part"
RENAMED = {"Label doubts": "Label issues"}
GOOD, LOOK, UNKNOWN = ":green[:material/check_circle:]", ":orange[:material/error:]", ":gray[:material/help:]"
LEAKS = {"kind": "shared", "value": "value", "sides": "sides", "clips": "clips", "removed": "clips to remove"}
REMOVED = {"clip_id": "clip", "label": "label", "side": "side", "kind": "shares", "value": "value"}
FACTS_NOTE = (
    "A random forest sees only these facts of each recording. Where they predict the label, a classifier can do so "
    "too, without having learned what the class sounds like."
)


def recording_facts(audit: Audit) -> None:
    """How well each recording fact predicts the label, and all together."""
    st.markdown(audit.summaries[FACTS])
    table = audit.facts
    figure = charts.facts(table, "Predicting the label from recording facts alone")
    note = f"{FACTS_NOTE} {audit.caption(int(table['clips'].iloc[0]))}{_classifier(audit)}"
    show.chart(figure, table, f"{audit.name}_facts", caption=note)


def _classifier(audit: Audit) -> str:
    if audit.experiment is None:
        return ""
    balanced = float(audit.experiment["balanced_accuracy"])
    return f". The classifier with the lowest log loss has {balanced:.1%} balanced accuracy."


def balance(audit: Audit) -> None:
    """Clips by label and side."""
    st.markdown(audit.summaries[BALANCE])
    cells = audit.balance
    figure = charts.balance(cells, "Clips by label and side")
    labels = cells["label"].nunique()
    more = (
        f"Shown are the {charts.MOST_LABELS} least even of {labels:,} labels. "
        if labels > charts.MOST_LABELS
        else ""
    )
    note = (
        f"{more}Blue cells hold more clips than an even spread would, orange ones fewer. "
        f"{audit.caption(int(cells['clips'].sum()))}"
    )
    show.chart(figure, cells, f"{audit.name}_balance", caption=note)
    uneven = cells[cells["verdict"] != "even"]
    if len(uneven):
        with st.expander(f"{show.counted(len(uneven), 'cell')} far from even", icon=":material/balance:"):
            st.dataframe(uneven, hide_index=True, key="audit_uneven")


def leakage(audit: Audit) -> None:
    """What both sides of the split share, the clips to remove, and the accuracy with and without them."""
    st.markdown(audit.summaries[LEAKAGE])
    if LEAKAGE_OWN in audit.summaries:
        st.markdown(audit.summaries[LEAKAGE_OWN])
    if len(audit.leaks):
        table = audit.leaks.replace({"kind": KIND_WORDS}).rename(columns=LEAKS)
        st.dataframe(table, hide_index=True, key="audit_leaks", height=min(320, 38 + 35 * len(table)))
        st.caption(audit.caption(len(table), "leak"))
        show.download(audit.leaks, f"{audit.name}_leaks")
    if len(audit.removed):
        _removed(audit)
    st.subheader("Accuracy without them", anchor=False)
    st.markdown(audit.summaries[REMOVAL])
    if audit.experiment is not None and audit.unleaked is not None:
        _accuracy(audit, audit.experiment, audit.unleaked)


def _removed(audit: Audit) -> None:
    labels = snapshot.clips(audit.name).set_index("clip_id")["label"]
    table = audit.removed.assign(label=labels.reindex(audit.removed["clip_id"]).to_numpy())[list(REMOVED)]
    with st.expander(
        f"{show.counted(len(table), 'clip')} to remove so that nothing leaks", icon=":material/content_cut:"
    ):
        st.dataframe(
            table.rename(columns=REMOVED),
            hide_index=True,
            key="audit_removed",
            height=min(320, 38 + 35 * len(table)),
        )
        show.download(table, f"{audit.name}_removed")


def _accuracy(audit: Audit, before: pd.Series, after: pd.Series) -> None:
    effect = data.removal(str(before["experiment_id"]), str(after["experiment_id"]))
    table = intervals(effect, len(audit.removed))
    figure = charts.removal(table, f"Accuracy on the {effect.clips:,} clips tested both times")
    notes = list(audit.notes[REMOVAL])
    note = (
        f"95% intervals (Wilson 1927). On all its clips the first reaches {before['accuracy']:.1%} "
        f"(n = {before['clips']:,}), the second {after['accuracy']:.1%} (n = {after['clips']:,})."
    )
    show.chart(
        figure,
        table,
        f"{audit.name}_unleaked",
        caption=" ".join([*notes[:1], note, audit.caption(effect.clips)]),
    )


def intervals(effect: Effect, removed: int) -> pd.DataFrame:
    """``when``, ``accuracy``, ``low``, ``high``, ``clips``: before, then after."""
    rows = [
        ("all clips", effect.before, effect.before_interval),
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
    """One part on the page: its name in the store, and what draws it."""

    part: str
    draw: Callable[[Audit], None]


SECTIONS = {
    "Duplicates": Section(DUPLICATES, duplicates.draw),
    "Leakage": Section(LEAKAGE, leakage),
    "Label issues": Section(LABEL_ISSUES, label_issues.draw),
    "Recording facts": Section(FACTS, recording_facts),
    "Balance": Section(BALANCE, balance),
}


def draw(dataset: pd.Series) -> None:
    """Draw the audit of a collection, a row of :func:`app.cache.snapshot.datasets`."""
    audit = data.load(dataset)
    if audit is None:
        waiting.draw("audit", NOT_YET, ":material/fact_check:")
        return
    sentence_of_split, *more = audit.notes[SPLIT]
    st.caption(f"{escape.markdown(dataset['title'])}: {sentence_of_split}")
    for title, section in SECTIONS.items():
        st.markdown(f"{sign(audit, section.part)} **{title}.** {sentence(audit, section.part)}")
    st.caption(audit.caption())
    if more:
        with st.expander(f"The split that was audited: {audit.protocol}", icon=":material/call_split:"):
            for note in more:
                st.markdown(note)
    _sections(dataset)


@st.fragment
def _sections(dataset: pd.Series) -> None:
    """The chosen part in full: a click in it redraws it alone."""
    with error_boundary("Audit"):
        audit = data.load(dataset)
        if audit is None:
            return
        if PART not in st.session_state and st.query_params.get(PART) in RENAMED:  # a link from before
            st.session_state[PART] = RENAMED[st.query_params[PART]]
        chosen = st.segmented_control(
            "Part of the audit",
            list(SECTIONS),
            default="Duplicates",
            required=True,
            key=PART,
            bind="query-params",
            label_visibility="collapsed",
        )
        section = SECTIONS[str(chosen)]
        notes = audit.notes[section.part]
        if NOT_AUDITED in notes:
            st.info(audit.summaries[section.part], icon=":material/help:")
            return
        section.draw(audit)
        for note in notes:
            st.caption(note)


def sentence(audit: Audit, part: str) -> str:
    """What a part found, in a sentence; for leakage, with its effect on the accuracy."""
    summary = audit.summaries[part]
    if part == LEAKAGE and audit.experiment is not None and audit.unleaked is not None:
        effect = data.removal(str(audit.experiment["experiment_id"]), str(audit.unleaked["experiment_id"]))
        return f"{summary} Accuracy {effect.before:.1%} with them, {effect.after:.1%} without."
    return summary


def sign(audit: Audit, part: str) -> str:
    """An icon: nothing found, something found, or not audited."""
    if NOT_AUDITED in audit.notes[part]:
        return UNKNOWN
    return LOOK if part in worth_a_look(audit) else GOOD


def worth_a_look(audit: Audit) -> set[str]:
    """The parts that found something."""
    facts = audit.facts
    given_away = len(facts) and telling(facts, facts["chance"].iloc[0], facts["clips"].iloc[0]) is not None
    seen = {
        DUPLICATES: len(audit.pairs) > 0,
        LEAKAGE: len(audit.removed) > 0,
        LABEL_ISSUES: bool(audit.label_issues["issue"].any()),
        FACTS: bool(given_away),
        BALANCE: bool((audit.balance["verdict"] != "even").any()),
    }
    return {part for part, yes in seen.items() if yes}
