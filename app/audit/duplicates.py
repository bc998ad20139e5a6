"""Clips with the same sound, in pairs, to hear side by side."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from app.audit import data
from app.audit.data import Audit
from app.cache import snapshot
from app.ui import escape, show
from pipeline.audit.duplicates import Aligned
from pipeline.audit.report import DUPLICATES
from pipeline.fields import with_role

PAIRS = 8
"""Pairs a page: each carries two sounds along."""
KINDS = {"exact": "the same bytes", "near": "the same sound"}
SAME_DB = 0.5


def draw(audit: Audit) -> None:
    """The pairs, a page at a time, and all of them as a table."""
    if audit.pairs.empty:
        st.success(audit.summaries[DUPLICATES], icon=":material/check_circle:")
        st.caption(audit.caption())
        return
    clips = snapshot.clips(audit.name).set_index("clip_id", drop=False)
    pairs = with_clips(audit.pairs, clips)
    pages = math.ceil(len(pairs) / PAIRS)
    number = 1
    if pages > 1:
        number = st.number_input(f"Page (of {pages})", 1, pages, key="audit_pairs_page", width=140)
    for place, pair in pairs.iloc[(number - 1) * PAIRS : number * PAIRS].iterrows():
        with st.container(border=True, key=f"audit_pair_{place}"):
            _pair(audit, clips, pair)
    st.caption(
        "A fingerprint of the spectrum finds copies that were shifted, attenuated or re-encoded "
        f"(Haitsma and Kalker 2002). {audit.caption(len(pairs), 'pair')} among {audit.clips:,} clips"
    )
    with st.expander("All pairs as a table", icon=":material/table:"):
        st.dataframe(pairs, hide_index=True, key="audit_pairs_table")
        show.download(pairs, f"{audit.name}_duplicates")


def with_clips(pairs: pd.DataFrame, clips: pd.DataFrame) -> pd.DataFrame:
    """The pairs with the labels of both clips, and their folds and splits where the collection has any."""
    columns = ["label", *(one for one in ("fold", "split") if clips[one].notna().any())]
    ends = {
        f"{end}_{one}": clips[one].reindex(pairs[end]).to_numpy()
        for end in ("first", "second")
        for one in columns
    }
    return pairs.assign(**ends)


def _pair(audit: Audit, clips: pd.DataFrame, pair: pd.Series) -> None:
    first, second = clips.loc[pair["first"]], clips.loc[pair["second"]]
    st.markdown(f"**{KINDS[pair['kind']].capitalize()}**: {remarks(pair, first, second)}")
    for place, clip in zip(st.columns(2), (first, second), strict=True):
        with place:
            _clip(audit, clip)
    lag_s = float(pair["lag_s"])
    aligned = data.alignment(audit.dataset, first, second, lag_s) if pair["kind"] == "near" else None
    st.caption(measured(pair, first, second, aligned))


def _clip(audit: Audit, clip: pd.Series) -> None:
    st.markdown(escape.code(clip["relative_path"]))
    sound = data.sound(audit.dataset, clip)
    if sound is None:
        st.caption(":orange[This recording can no longer be read.]")
    else:
        st.audio(sound, format="audio/mp3")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(" · ".join(map(escape.markdown, where(clip))), width="content")
        here = {"dataset": clip["dataset"], "clip": clip["clip_id"]}
        st.page_link(
            "../pages/similar.py",
            label="Similar",
            icon=":material/hearing:",
            query_params=here,
            width="content",
        )


def where(clip: pd.Series) -> list[str]:
    """A clip's label, speaker, sentence, and side of the split."""
    facts = [str(clip[column]) for column in with_role("heading", clip.index) if pd.notna(clip[column])]
    if pd.notna(clip["fold"]):
        facts.append(f"fold {clip['fold']:.0f}")
    if pd.notna(clip["split"]):
        facts.append(str(clip["split"]).upper())
    return facts


def remarks(pair: pd.Series, first: pd.Series, second: pd.Series) -> str:
    """Whether the labels of a pair differ, and whether it is on two sides of the split; Markdown."""
    found = []
    if pd.notna(first["label"]) and first["label"] != second["label"]:
        labels = [escape.markdown(clip["label"]) for clip in (first, second)]
        found.append(f":orange[two labels, {labels[0]} and {labels[1]}]")
    for column, what in (("fold", "folds {:.0f} and {:.0f}"), ("split", "{} and {}")):
        if pd.notna(first[column]) and pd.notna(second[column]) and first[column] != second[column]:
            sides = escape.markdown(what.format(first[column], second[column]))
            found.append(f":orange[on two sides of the split, {sides}]")
    return ", ".join(found) or "same label, same side of the split"


def measured(pair: pd.Series, first: pd.Series, second: pd.Series, aligned: Aligned | None) -> str:
    """How similar two clips are, and how one differs from the other, in words."""
    if pair["kind"] == "exact":
        return "The files are identical, byte for byte."
    words = [
        f"Fingerprint similarity {pair['similarity']:.2f} (0 chance, 1 identical) over {pair['shared_s']:.1f} s"
    ]
    lag_s = float(pair["lag_s"]) if aligned is None else aligned.lag_s
    if abs(lag_s) < 0.0005:
        words.append("not shifted")
    else:
        words.append(f"the second starts {abs(lag_s):.3f} s {'later' if lag_s > 0 else 'earlier'}")
    louder_db = float(second["rms_dbfs"] - first["rms_dbfs"])
    if abs(louder_db) >= SAME_DB:
        words.append(f"it is {abs(louder_db):.1f} dB {'louder' if louder_db > 0 else 'quieter'} overall")
    if aligned is not None:
        words.append(f"aligned, their samples correlate by {aligned.correlation:.2f}")
    return f"{'; '.join(words)}."
