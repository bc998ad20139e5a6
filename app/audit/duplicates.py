"""Clips that hold the same sound, two by two, to hear side by side."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from app.cache import audited, snapshot
from app.cache.audited import Found
from app.ui import show
from pipeline.audit.duplicates import Aligned
from pipeline.audit.report import DUPLICATES

PAIRS = 8
"""Pairs a page: each carries two sounds along."""
KINDS = {"exact": "the same bytes", "near": "the same sound"}
SAME_DB = 0.5


def draw(found: Found) -> None:
    """The pairs, a page at a time, and all of them as a table."""
    if found.pairs.empty:
        st.success(found.summaries[DUPLICATES], icon=":material/check_circle:")
        st.caption(found.caption())
        return
    clips = snapshot.clips(found.name).set_index("clip_id", drop=False)
    pairs = _with_clips(found.pairs, clips, str(found.balance["side"].iloc[0]) if len(found.balance) else "")
    pages = math.ceil(len(pairs) / PAIRS)
    number = 1
    if pages > 1:
        number = st.number_input(f"Page (of {pages})", 1, pages, key="audit_pairs_page", width=140)
    for place, pair in pairs.iloc[(number - 1) * PAIRS : number * PAIRS].iterrows():
        with st.container(border=True, key=f"audit_pair_{place}"):
            _pair(found, clips, pair)
    st.caption(
        "A fingerprint of the spectrum's ups and downs finds a copy that was moved, turned down or encoded anew "
        f"(Haitsma and Kalker 2002). {found.caption(len(pairs), 'pair')} among {found.clips:,} clips"
    )
    with st.expander("All pairs as a table", icon=":material/table:"):
        st.dataframe(pairs, hide_index=True, key="audit_pairs_table")
        show.download(pairs, f"{found.name}_duplicates")


def _with_clips(pairs: pd.DataFrame, clips: pd.DataFrame, side: str) -> pd.DataFrame:
    """The pairs with both clips' labels, and their folds or splits."""
    column = "split" if side in ("train", "test") else "fold"
    table = pairs.copy()
    for end in ("first", "second"):
        table[f"{end}_label"] = clips["label"].reindex(table[end]).to_numpy()
        table[f"{end}_{column}"] = clips[column].reindex(table[end]).to_numpy()
    return table


def _pair(found: Found, clips: pd.DataFrame, pair: pd.Series) -> None:
    first, second = clips.loc[pair["first"]], clips.loc[pair["second"]]
    st.markdown(f"**{KINDS[pair['kind']].capitalize()}**: {told(pair, first, second)}")
    for place, clip in zip(st.columns(2), (first, second), strict=True):
        with place:
            _clip(found, clip)
    lag_s = float(pair["lag_s"])
    laid = audited.aligned(found.dataset, first, second, lag_s) if pair["kind"] == "near" else None
    st.caption(measured(pair, first, second, laid))


def _clip(found: Found, clip: pd.Series) -> None:
    st.markdown(f"`{clip['relative_path']}`")
    sound = audited.sound(found.dataset, clip)
    if sound is None:
        st.caption(":orange[This recording cannot be read any more.]")
    else:
        st.audio(sound, format="audio/mp3")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(" · ".join(where(clip)), width="content")
        here = {"dataset": clip["dataset"], "clip": clip["clip_id"]}
        st.page_link(
            "../pages/similar.py",
            label="Similar",
            icon=":material/hearing:",
            query_params=here,
            width="content",
        )


def where(clip: pd.Series) -> list[str]:
    """A clip's label and side, and who speaks what."""
    told = [str(clip[column]) for column in ("label", "speaker", "sentence") if pd.notna(clip[column])]
    if pd.notna(clip["fold"]):
        told.append(f"fold {clip['fold']:.0f}")
    if pd.notna(clip["split"]):
        told.append(str(clip["split"]).upper())
    return told


def told(pair: pd.Series, first: pd.Series, second: pd.Series) -> str:
    """What is remarkable about a pair: on which sides it is, and whether the labels agree."""
    words = []
    if pd.notna(first["label"]) and first["label"] != second["label"]:
        words.append(f":orange[two labels, {first['label']} and {second['label']}]")
    for column, what in (("fold", "folds {:.0f} and {:.0f}"), ("split", "{} and {}")):
        if pd.notna(first[column]) and pd.notna(second[column]) and first[column] != second[column]:
            words.append(f":orange[on two sides, {what.format(first[column], second[column])}]")
    return ", ".join(words) or "one label, one side"


def measured(pair: pd.Series, first: pd.Series, second: pd.Series, laid: Aligned | None) -> str:
    """How alike two clips are, and what was done to one of them, in words."""
    if pair["kind"] == "exact":
        return "Byte for byte the same file."
    words = [
        f"Fingerprints agree to {pair['similarity']:.2f} (0 chance, 1 equal) over {pair['shared_s']:.1f} s"
    ]
    lag_s = float(pair["lag_s"]) if laid is None else laid.lag_s
    if abs(lag_s) < 0.0005:
        words.append("not moved")
    else:
        words.append(f"the second {'later' if lag_s > 0 else 'earlier'} by {abs(lag_s):.3f} s")
    louder_db = float(second["rms_dbfs"] - first["rms_dbfs"])
    if abs(louder_db) >= SAME_DB:
        words.append(f"{abs(louder_db):.1f} dB {'louder' if louder_db > 0 else 'softer'} as a whole")
    if laid is not None:
        words.append(f"laid over each other, their samples correlate by {laid.correlation:.2f}")
    return f"{'; '.join(words)}."
