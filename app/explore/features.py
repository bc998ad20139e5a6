"""The features of a selection: one column by class, two against each other, many by correlation."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.cache import snapshot
from app.ui import charts, filters, show

MOST_COLUMNS = 40
"""A correlation map of more columns than this can no longer be read; it shows the means over time then."""


def draw(selection: filters.Selection) -> None:
    """The three feature charts, each with the boxes that choose what it shows."""
    views = snapshot.views(selection.name).set_index("view", drop=False)
    name = st.selectbox(
        "View",
        views.index.tolist(),
        format_func=lambda one: views.loc[one, "title"],
        key="view",
        bind="query-params",
    )
    view = views.loc[name]
    st.caption(" · ".join(word for word in (view["source"], view["notes"]) if word))
    facets = selection.facets()
    _by_class(selection, view, facets)
    _against(selection, view, facets)
    _correlation(selection, view)


def _by_class(selection: filters.Selection, view: pd.Series, facets: dict[str, str]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = st.selectbox("Column", list(view["columns"]), key="column", bind="query-params")
        by = _facet("By", facets, "feature_by")
        kind = st.segmented_control(
            "As", ["violin", "box"], default="violin", required=True, key="kind", bind="query-params"
        )
    columns = ["clip_id", *([by] if by else []), column]
    frame = _with(selection, view, [column])[columns].dropna()
    if frame.empty:
        st.info(f"No clip of this selection has a value in {column}.", icon=":material/info:")
        return
    unit = axis(view, column)
    if by is None:
        figure = charts.distribution(frame.assign(all="all clips"), column, "all", kind, column, unit)
    else:
        title = f"{column} by {facets[by].lower()} (n = {len(frame):,})"
        figure = charts.distribution(frame, column, by, kind, title, unit)
    show.chart(figure, frame, f"{column}_by_{by}", caption=_caption(selection, frame))


def _facet(label: str, facets: dict[str, str], key: str) -> str | None:
    """The box that chooses a facet; no box where nothing tells the clips apart."""
    if not facets:
        return None
    return str(
        st.selectbox(label, list(facets), format_func=facets.__getitem__, key=key, bind="query-params")
    )


def _against(selection: filters.Selection, view: pd.Series, facets: dict[str, str]) -> None:
    columns = list(view["columns"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        x = st.selectbox("Across", columns, key="x", bind="query-params")
        y = st.selectbox("Up", columns, index=min(1, len(columns) - 1), key="y", bind="query-params")
        colour = _facet("Colour", facets, "colour")
    shown = [*dict.fromkeys([x, y]), *([colour] if colour else [])]
    frame = _with(selection, view, list(dict.fromkeys([x, y]))).dropna(subset=shown)
    if colour:
        frame = frame.astype({colour: "string"}).sort_values(colour)
    figure = charts.against(frame, x, y, colour, f"{y} against {x} (n = {len(frame):,})")
    figure.update_xaxes(title=axis(view, x)).update_yaxes(title=axis(view, y))
    figure.update_layout(legend_title_text=facets[colour] if colour else None)
    show.chart(figure, frame[["clip_id", *shown]], "against", caption=_caption(selection, frame))


def _correlation(selection: filters.Selection, view: pd.Series) -> None:
    found = snapshot.matrix(selection.name, view["view"])
    # By pandas: NumPy compares texts one with all, which takes half a minute for 100,000 clips.
    kept = pd.Index(found.clip_ids).isin(selection.clips["clip_id"])
    names = list(found.columns)
    if len(names) > MOST_COLUMNS:
        means = [one for one in names if one.endswith("_mean")]
        names = means[:MOST_COLUMNS]
    places = [found.columns.index(one) for one in names]
    table = charts.correlation_table(found.values[kept][:, places], names)
    figure = charts.correlation(
        table, f"Correlation of {len(names)} columns of {view['title']} (n = {kept.sum():,})"
    )
    left_out = len(found.columns) - len(names)
    caption = (
        f"Shown are means over time; {left_out} of {len(found.columns)} columns are left out."
        if left_out
        else ""
    )
    show.chart(figure, table.reset_index(names="column"), "correlation", caption=caption)


def _with(selection: filters.Selection, view: pd.Series, columns: list[str]) -> pd.DataFrame:
    """The selection's clips with columns of a view beside their labels."""
    frame = selection.clips
    values = {one: snapshot.column(selection.name, view["view"], one) for one in columns}
    return frame.assign(**{one: frame["clip_id"].map(series) for one, series in values.items()})


def _caption(selection: filters.Selection, frame: pd.DataFrame) -> str:
    notes = []
    missing = len(selection.clips) - len(frame)
    if missing:
        notes.append(f"{missing:,} clips have no value here.")
    if len(frame) > charts.MOST_POINTS:
        notes.append(f"A fixed random sample of {charts.MOST_POINTS:,} clips is drawn.")
    return " ".join(notes)


def axis(view: pd.Series, column: str) -> str:
    """A column's axis title with its unit."""
    unit = dict(zip(view["columns"], view["units"], strict=True))[column]
    return column if unit in ("1", "") else f"{column} ({unit})"
