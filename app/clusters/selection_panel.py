"""The picked clips: to hear from the medoid to the rim, to compare with the rest, to save and to take along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.express as px
import streamlit as st
from numpy.typing import NDArray

from app import permissions
from app.cache import snapshot
from app.clusters import playlist, selection
from app.ui import clip, clip_table, filters, show
from pipeline.inputs import FeatureMatrix
from store import export

MOST_EXACT = 4_000
"""Up to this many clips the medoid is exact: every two are compared, in about a second."""
BLOCK = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """
    Attributes
    ----------
    indices : intp, shape (n,)
        Rows of the values, the medoid first.
    distances : float32, shape (n,)
        Euclidean distance of each of them to the medoid, in the same order: never falling.
    exact : bool
        False where the clip nearest the mean stands in for the medoid.
    """

    indices: NDArray[np.intp]
    distances: NDArray[np.float32]
    exact: bool

    @property
    def summary(self) -> str:
        """What the first clip is, in a sentence."""
        if self.exact:
            return (
                "The first clip is the medoid: of all, the one with the least summed distance to the others."
            )
        return f"The first clip is the one nearest the mean: a medoid is sought among at most {MOST_EXACT:,} clips."


def listening_order(values: NDArray[np.float32]) -> Order:
    """Rank clips by their distance to the medoid (Kaufman and Rousseeuw 1990, Finding Groups in Data).

    Parameters
    ----------
    values : float32, shape (n, d)
        A row a clip, of the clips to listen to only; standardised.
    """
    if not len(values):
        return Order(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.float32), True)
    exact = len(values) <= MOST_EXACT
    medoid = int((_summed_distances(values) if exact else _to(values, values.mean(axis=0))).argmin())
    distances = _to(values, values[medoid])
    ranked = distances.copy()
    ranked[medoid] = -1  # before its own duplicates
    indices = np.argsort(ranked, kind="stable")
    return Order(indices, distances[indices].astype(np.float32), exact)


def _to(values: NDArray[np.float32], point: NDArray[np.float32]) -> NDArray[np.float64]:
    distances: NDArray[np.float64] = np.linalg.norm(values.astype(np.float64) - point, axis=1)
    return distances


def _summed_distances(values: NDArray[np.float32]) -> NDArray[np.float64]:
    # |a - b|^2 = |a|^2 + |b|^2 - 2ab: a matrix product, many times faster than difference by difference.
    # Centred first, or two clips far from the origin would lose the digits in which they differ.
    centred = values.astype(np.float64) - values.mean(axis=0, dtype=np.float64)  # (n, d)
    squares = np.square(centred).sum(axis=1)  # (n,)
    sums = np.empty(len(centred))
    for start in range(0, len(centred), BLOCK):
        part = slice(start, start + BLOCK)
        squared = squares[part, None] + squares - 2 * (centred[part] @ centred.T)  # (block, n)
        sums[part] = np.sqrt(np.maximum(squared, 0)).sum(axis=1)
    # The same sums, but for rounding, are a tie, and the first clip wins it on every machine.
    return np.round(sums, 6)


def by_column(
    values: NDArray[np.float32], columns: Sequence[str], chosen: NDArray[np.bool_], most: int = 12
) -> pd.DataFrame:
    """The columns in which the chosen clips differ most from the rest.

    Parameters
    ----------
    values : float32, shape (n, d)
        Standardised, so that differences of all columns are of one size: standard deviations.
    columns : sequence of str
        Their names.
    chosen : bool, shape (n,)

    Returns
    -------
    DataFrame
        ``column``, ``difference`` (mean of the chosen less mean of the rest, divided by the pooled
        standard deviation: Cohen 1988, d), ``chosen`` and ``rest`` (the means), largest difference first.
    """
    inside, outside = values[chosen].astype(float), values[~chosen].astype(float)
    if not len(inside) or not len(outside):
        return pd.DataFrame(columns=["column", "difference", "chosen", "rest"])
    freedom = max(len(values) - 2, 1)
    spread = np.sqrt((_squares(inside) + _squares(outside)) / freedom)  # (d,)
    means = inside.mean(axis=0), outside.mean(axis=0)
    difference = (means[0] - means[1]) / np.maximum(spread, 1e-6)
    first = np.argsort(-np.abs(difference), kind="stable")[:most]
    table = {"column": np.asarray(columns, dtype=object), "difference": difference}
    table |= {"chosen": means[0], "rest": means[1]}
    return pd.DataFrame({name: column[first] for name, column in table.items()})


def by_label(labels: pd.Series, chosen: NDArray[np.bool_]) -> pd.DataFrame:
    """How many of each label are chosen, and which share of that label: ``label``, ``clips``, ``of``, ``share``."""
    names = labels.astype("string").fillna("no label")
    whole = names.value_counts()
    inside = names[chosen].value_counts()
    table = pd.DataFrame({"clips": inside, "of": whole.reindex(inside.index)})
    table["share"] = table["clips"] / table["of"]
    return table.rename_axis("label").reset_index()


def _squares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return ((values - values.mean(axis=0)) ** 2).sum(axis=0)


NOTHING = (
    "Nothing is picked. Draw round a group in the 2-D cloud with the lasso or the box, click an entry of the "
    "legend, a cell of *Labels x clusters* or a branch of the condensed tree, or load a saved selection below."
)


def draw(
    dataset: pd.Series,
    clips: pd.DataFrame,
    given: FeatureMatrix,
    chosen: NDArray[np.bool_] | None,
    positions: pd.DataFrame,
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
    positions : DataFrame
        What the picture adds to an exported row: position and cluster, in the same order.
    """
    name = str(dataset["dataset"])
    if chosen is None:
        st.info(NOTHING, icon=":material/lasso_select:")
        selection.load_box(name, clips["clip_id"].tolist())
        return
    ids = clips["clip_id"].tolist()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"{int(chosen.sum()):,} of {len(chosen):,} clips", anchor=False, width="content")
        st.button("Let go", on_click=selection.put, args=(name, ids, None), icon=":material/deselect:")
        st.button(
            "The others", on_click=selection.put, args=(name, ids, ~chosen), icon=":material/invert_colors:"
        )
        _exports(dataset, clips[chosen], given.values[chosen], positions[chosen])
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
    selection.save_form(name, clips["clip_id"][chosen].tolist(), marks)
    selection.load_box(name, ids)


def _listen(
    dataset: str, clips: pd.DataFrame, values: NDArray[np.float32], chosen: NDArray[np.bool_]
) -> Sequence[str]:
    order = listening_order(values[chosen])
    st.caption(
        "From the most typical clip, the medoid, to the rim; all at one loudness (ITU-R BS.1770). "
        + order.summary
    )
    ids = clips["clip_id"].to_numpy()[chosen][order.indices].tolist()
    return playlist.draw(f"{dataset}:picked", dataset, ids, order.distances, key="picked_list")


def _compare(clips: pd.DataFrame, given: FeatureMatrix, chosen: NDArray[np.bool_]) -> None:
    """What sets the picked clips apart from all others."""
    labels = by_label(clips["label"], chosen)
    columns = by_column(given.values, given.columns, chosen)
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
    dataset: pd.Series, clips: pd.DataFrame, values: NDArray[np.float32], positions: pd.DataFrame
) -> None:
    rows = pd.concat([clips.reset_index(drop=True), positions.reset_index(drop=True)], axis=1)
    name = str(dataset["dataset"])

    def playlist_file() -> bytes:
        # Made when asked for: of 100,000 clips it takes longer than a page may.
        paths = [clip.recording(row, dataset["path"]) for _, row in clips.iterrows()]
        titles = [clip.heading(row) for _, row in clips.iterrows()]
        return export.to_m3u(paths, clips["duration_s"].tolist(), titles, name)

    files: dict[str, tuple[str, Callable[[], bytes]]] = {
        "CSV": ("csv", lambda: export.to_csv(rows)),
        "Parquet": ("parquet", lambda: export.to_parquet(rows)),
        "Embedding Projector (TSV)": ("zip", lambda: export.to_projector(name, values, rows)),
    }
    if permissions.may_change():  # it names folders of the machine that runs this
        files["Playlist (M3U)"] = ("m3u8", playlist_file)
    with st.popover("Export", icon=":material/download:"):
        for title, (ending, data) in files.items():
            file = f"sesatlas_{name}_snapshot{snapshot.current().number}.{ending}"
            st.download_button(
                title, data=data, file_name=file, key=f"export_{ending}", width="stretch", on_click="ignore"
            )
