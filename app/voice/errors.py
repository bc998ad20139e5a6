"""Every clip that the voice network told wrong when it was made: a click plays it where the store has it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.cache import snapshot
from app.experiments.charts import probabilities
from app.experiments.errors import CLIP, choose, hear
from app.experiments.summary import clips_of, percent
from app.ui import clip_table, show
from app.voice import sections, summary
from app.voice.card import Network, Part

LIST = "voice_errors"


def errors(network: Network) -> None:
    """Draw the list, and beside it the clip that is chosen."""
    part = sections.choose(network)
    table = wrong(part.told.table)
    st.subheader(
        show.counted(len(table), "error") + (", the surest first" if len(table) > 1 else ""), anchor=False
    )
    if table.empty:
        st.markdown(f"Every one of the {part.experiment['clips']:,} clips was told right.")
        st.caption(part.source)
        return
    clips = here(table["clip_id"].tolist())
    asked = st.query_params.get(CLIP)
    chosen = table[table["clip_id"] == asked]
    left, right = st.columns([3, 2])
    with left:
        _list(network, table, clips, str(asked) if len(chosen) else None)
        st.caption(f"{part.source} {len(clips):,} of the {len(table):,} are in this store and can be heard.")
    with right:
        if len(chosen):
            _clip(network, part, chosen.iloc[0], clips)
        else:
            st.info(
                "Click a row to hear its clip and to see how sure the network was.",
                icon=":material/touch_app:",
            )


def wrong(table: pd.DataFrame) -> pd.DataFrame:
    """The clips that are told wrong, the surest first: ``clip_id``, ``truth``, ``predicted``, ``confidence``."""
    rows = table[table["truth"] != table["predicted"]]
    return rows.sort_values("confidence", ascending=False, kind="stable", ignore_index=True)


def here(clip_ids: list[str]) -> pd.DataFrame:
    """Those of some clips that the store has, by their id, as :func:`app.experiments.summary.clips_of` gives them."""
    wanted = {str(one).split("/", 1)[0] for one in clip_ids}
    datasets = snapshot.datasets()
    found = [
        clips[clips.index.isin(clip_ids)]
        for _, dataset in datasets[datasets["dataset"].isin(wanted)].iterrows()
        for clips in [clips_of(dataset)]
    ]
    return pd.concat(found) if found else pd.DataFrame(columns=["clip_id", "content_hash"])


def _list(network: Network, table: pd.DataFrame, clips: pd.DataFrame, chosen: str | None) -> None:
    known = table.set_index("clip_id")

    def cells(part: list[str], _: pd.DataFrame) -> pd.DataFrame:
        rows = known.loc[part]
        told = {
            "recorded as": rows["truth"].to_numpy(),
            "sounded": [summary.sounds(one) for one in rows["predicted"]],
            "sure": [percent(one) for one in rows["confidence"]],
            "of": [corpus(network, one) for one in part],
            "clip": clip_table.short(part),
        }
        return pd.DataFrame(told, dtype="string")

    clip_table.draw_ids(
        clips, table["clip_id"].tolist(), cells, chosen=chosen, on_choose=choose, key=LIST
    )  # fmt: skip


def corpus(network: Network, clip_id: str) -> str:
    """The title of the corpus that a clip is of."""
    name = clip_id.split("/", 1)[0]
    return network.titles.get(name, name)


def _clip(network: Network, part: Part, row: pd.Series, clips: pd.DataFrame) -> None:
    clip_id = str(row["clip_id"])
    if clip_id in clips.index:
        hear(clips.loc[[clip_id]].iloc[0])
    else:
        st.markdown(f"**{clip_table.short([clip_id])[0]}**")
        st.info(
            f"This clip is of {corpus(network, clip_id)}, which is not in this store: add that corpus on the Pipeline "
            "page to hear it.",
            icon=":material/hearing_disabled:",
        )
    st.markdown(in_words(row))
    told = pd.DataFrame(
        {
            "name": [f"{summary.sounds(sex)} voice" for sex in (row["predicted"], row["truth"])],
            "probability": [row["confidence"], 1.0 - row["confidence"]],
        }
    )
    figure = probabilities(told, "What it sounded like to the network")
    show.chart(figure, told, "voice_clip", caption=part.source)


def in_words(row: pd.Series) -> str:
    """What was recorded of the speaker, and what the network heard."""
    return (
        f"The corpus records its speaker as **{row['truth']}**; to the network it was a "
        f"**{summary.sounds(row['predicted'])}** voice with {percent(row['confidence'])}."
    )
