"""What is on both sides of the split, which clips would have to go, and what the accuracy is without them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.audit import charts
from app.cache import audited, snapshot
from app.cache.audited import Found
from app.ui import show
from pipeline.audit.leakage import WORDS, Effect
from pipeline.audit.report import LEAKAGE, LEAKAGE_OWN, REMOVAL

TIES = {"tie": "what", "value": "which", "sides": "on", "clips": "clips", "removed": "would go for it alone"}
REMOVED = {"clip_id": "clip", "label": "label", "side": "side", "tie": "tied by", "value": "to"}


def draw(found: Found) -> None:
    """The ties, the clips to do without, and the accuracy with and without them."""
    st.markdown(found.told[LEAKAGE])
    if LEAKAGE_OWN in found.told:
        st.markdown(found.told[LEAKAGE_OWN])
    if len(found.ties):
        table = found.ties.replace({"tie": WORDS}).rename(columns=TIES)
        st.dataframe(table, hide_index=True, key="audit_ties", height=min(320, 38 + 35 * len(table)))
        st.caption(found.caption(len(table), "tie"))
        show.download(found.ties, f"{found.name}_ties")
    if len(found.removed):
        _removed(found)
    st.subheader("Accuracy without them", anchor=False)
    st.markdown(found.told[REMOVAL])
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
