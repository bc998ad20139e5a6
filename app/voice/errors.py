"""Every clip that the voice network misclassified when it was made: a click plays it where the store has it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.cache import snapshot
from app.experiments.charts import probabilities
from app.experiments.errors import CLIP, choose, draw_player
from app.experiments.summary import clips_of
from app.ui import clip_table, escape, show
from app.ui.show import percent
from app.voice import sections, summary
from app.voice.card import SpeakerGroup, VoiceNetwork

LIST = "voice_errors"


def errors(network: VoiceNetwork) -> None:
    """Draw the list, and beside it the clip that is chosen."""
    group = sections.choose(network)
    table = misclassified(group.predictions.table)
    st.subheader(
        show.counted(len(table), "error") + (", the most confident first" if len(table) > 1 else ""),
        anchor=False,
    )
    if table.empty:
        st.markdown(f"Every one of the {group.experiment['clips']:,} clips was classified correctly.")
        st.caption(group.source)
        return
    clips = here(table["clip_id"].tolist())
    linked = st.query_params.get(CLIP)
    chosen = table[table["clip_id"] == linked]
    left, right = st.columns([3, 2])
    with left:
        _list(network, table, clips, str(linked) if len(chosen) else None)
        st.caption(
            f"{group.source} {len(clips):,} of the {len(table):,} are in this store and can be played."
        )
    with right:
        if len(chosen):
            _clip(network, group, chosen.iloc[0], clips)
        else:
            st.info(
                "Click a row to hear its clip and see how confident the network was.",
                icon=":material/touch_app:",
            )


def misclassified(table: pd.DataFrame) -> pd.DataFrame:
    """The misclassified clips, the most confident first: ``clip_id``, ``truth``, ``predicted``, ``confidence``."""
    rows = table[table["truth"] != table["predicted"]]
    return rows.sort_values("confidence", ascending=False, kind="stable", ignore_index=True)


def here(clip_ids: list[str]) -> pd.DataFrame:
    """Those of some clips that the store has, by their id, as :func:`app.experiments.summary.clips_of` gives them."""
    names = {str(one).split("/", 1)[0] for one in clip_ids}
    datasets = snapshot.datasets()
    found = [
        clips[clips.index.isin(clip_ids)]
        for _, dataset in datasets[datasets["dataset"].isin(names)].iterrows()
        for clips in [clips_of(dataset)]
    ]
    return pd.concat(found) if found else pd.DataFrame(columns=["clip_id", "content_hash"])


def _list(network: VoiceNetwork, table: pd.DataFrame, clips: pd.DataFrame, chosen: str | None) -> None:
    known = table.set_index("clip_id")

    def cells(ids: list[str], _: pd.DataFrame) -> pd.DataFrame:
        rows = known.loc[ids]
        columns = {
            "recorded as": rows["truth"].to_numpy(),
            "predicted": [summary.sounds(one) for one in rows["predicted"]],
            "confidence": [percent(one) for one in rows["confidence"]],
            "corpus": [corpus(network, one) for one in ids],
            "clip": clip_table.short(ids),
        }
        return pd.DataFrame(columns, dtype="string")

    clip_table.draw_ids(
        clips, table["clip_id"].tolist(), cells, chosen=chosen, on_choose=choose, key=LIST
    )  # fmt: skip


def corpus(network: VoiceNetwork, clip_id: str) -> str:
    """The title of the corpus that a clip is of."""
    name = clip_id.split("/", 1)[0]
    return network.titles.get(name, name)


def _clip(network: VoiceNetwork, group: SpeakerGroup, row: pd.Series, clips: pd.DataFrame) -> None:
    clip_id = str(row["clip_id"])
    if clip_id in clips.index:
        draw_player(clips.loc[[clip_id]].iloc[0])
    else:
        st.markdown(f"**{escape.markdown(clip_table.short([clip_id])[0])}**")
        title = escape.markdown(corpus(network, clip_id))
        st.info(
            f"This clip is of {title}, which is not in this store: add that corpus on the Pipeline page to hear it.",
            icon=":material/hearing_disabled:",
        )
    st.markdown(describe(row))
    table = pd.DataFrame(
        {
            "name": [f"{summary.sounds(sex)} voice" for sex in (row["predicted"], row["truth"])],
            "probability": [row["confidence"], 1.0 - row["confidence"]],
        }
    )
    figure = probabilities(table, "Predicted classes")
    show.chart(figure, table, "voice_clip", caption=group.source)


def describe(row: pd.Series) -> str:
    """What is recorded of the speaker, and what the network predicted."""
    return (
        f"The corpus records its speaker as **{escape.markdown(row['truth'])}**; the network classified it as a "
        f"**{escape.markdown(summary.sounds(row['predicted']))}** voice with {percent(row['confidence'])} confidence."
    )
