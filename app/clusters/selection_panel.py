"""The picked clips: to hear from the medoid to the rim, to compare with the rest, to save and to take along."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import plotly.express as px
import streamlit as st
from numpy.typing import NDArray

from app.cache import snapshot
from app.clusters import listening_order, playlist, saved, selection, standing_out
from app.ui import clip, clip_table, filters, show
from pipeline.inputs import Input
from store import export_selection

NOTHING = (
    "Nothing is picked. Draw round a group in the 2-D cloud with the lasso or the box, click an entry of the "
    "legend, a cell of *Labels x clusters* or a branch of the condensed tree, or load a saved selection below."
)


def draw(
    dataset: pd.Series,
    clips: pd.DataFrame,
    given: Input,
    chosen: NDArray[np.bool_] | None,
    told: pd.DataFrame,
) -> None:
    """Draw all that can be done with the picked clips.

    Parameters
    ----------
    dataset : Series
    clips : DataFrame
        Every clip, a row each, in the order of ``given``.
    given : Input
        The standardised vectors of the view that is shown.
    chosen : bool, shape (n,), or None
    told : DataFrame
        What the picture adds to an exported row: position and cluster, in the same order.
    """
    name = str(dataset["dataset"])
    if chosen is None:
        st.info(NOTHING, icon=":material/lasso_select:")
        saved.load_box(name, clips["clip_id"].tolist())
        return
    ids = clips["clip_id"].tolist()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"{int(chosen.sum()):,} of {len(chosen):,} clips", anchor=False, width="content")
        st.button("Let go", on_click=selection.put, args=(name, ids, None), icon=":material/deselect:")
        st.button(
            "The others", on_click=selection.put, args=(name, ids, ~chosen), icon=":material/invert_colors:"
        )
        _exports(dataset, clips[chosen], given.values[chosen], told[chosen])
    if not selection.is_linked():
        st.caption(":orange[Too many for the link. Save them under a name to send it.]")
    how = st.segmented_control(
        "Do what with them",
        ["Listen", "Compare", "Table"],
        default="Listen",
        required=True,
        key="with_picked",
        label_visibility="collapsed",
    )
    marks = _listen(name, clips, given.values, chosen) if how == "Listen" else ()
    if how == "Compare":
        _compare(clips, given, chosen)
    if how == "Table":
        clip_table.draw(filters.Selection(dataset, clips[chosen], len(clips)), below=False)
    saved.save_form(name, clips["clip_id"][chosen].tolist(), marks)
    saved.load_box(name, ids)


def _listen(
    dataset: str, clips: pd.DataFrame, values: NDArray[np.float32], chosen: NDArray[np.bool_]
) -> Sequence[str]:
    order = listening_order.order(values[chosen])
    st.caption(
        "From the most typical clip, the medoid, to the rim; all at one loudness (ITU-R BS.1770). "
        + order.told
    )
    ids = clips["clip_id"].to_numpy()[chosen][order.indices].tolist()
    return playlist.draw(f"{dataset}:picked", dataset, ids, order.distances, key="picked_list")


def _compare(clips: pd.DataFrame, given: Input, chosen: NDArray[np.bool_]) -> None:
    """What sets the picked clips apart from all others."""
    labels = standing_out.by_label(clips["label"], chosen)
    columns = standing_out.by_column(given.values, given.columns, chosen)
    left, right = st.columns(2)
    with left:
        figure = px.bar(labels[::-1], x="clips", y="label", orientation="h")
        figure.update_layout(title=f"Their labels (n = {int(chosen.sum()):,})", height=420)
        figure.update_yaxes(title=None, type="category")
        show.chart(figure, labels, "picked_labels")
    with right:
        if columns.empty:
            st.info("All clips are picked: there is nothing to compare them with.")
            return
        figure = px.bar(columns[::-1], x="difference", y="column", orientation="h")
        figure.update_layout(title="Columns in which they differ most", height=420)
        figure.update_xaxes(title="difference of means, in standard deviations (Cohen's d)")
        figure.update_yaxes(title=None)
        show.chart(figure, columns, "picked_columns")


def _exports(
    dataset: pd.Series, clips: pd.DataFrame, values: NDArray[np.float32], told: pd.DataFrame
) -> None:
    rows = pd.concat([clips.reset_index(drop=True), told.reset_index(drop=True)], axis=1)
    name = str(dataset["dataset"])

    def playlist_file() -> bytes:
        # Made when asked for: of 100,000 clips it takes longer than a page may.
        paths = [clip.recording(pd.Series({**row, "root": dataset["path"]})) for _, row in clips.iterrows()]
        titles = [clip.heading(row) for _, row in clips.iterrows()]
        return export_selection.to_m3u(paths, clips["duration_s"].tolist(), titles, name)

    files: dict[str, tuple[str, Callable[[], bytes]]] = {
        "CSV": ("csv", lambda: export_selection.to_csv(rows)),
        "Parquet": ("parquet", lambda: export_selection.to_parquet(rows)),
        "Playlist (M3U)": ("m3u8", playlist_file),
        "Embedding Projector (TSV)": ("zip", lambda: export_selection.to_projector(name, values, rows)),
    }
    with st.popover("Export", icon=":material/download:"):
        for title, (ending, data) in files.items():
            file = f"sesatlas_{name}_snapshot{snapshot.current().number}.{ending}"
            st.download_button(
                title, data=data, file_name=file, key=f"export_{ending}", width="stretch", on_click="ignore"
            )
