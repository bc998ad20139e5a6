"""The scores of the clips as columns of Explore's table: numbers such as how unlike all others a clip is."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from app.builds import waiting
from app.cache import snapshot, tables
from app.ui import clip_table, escape, filters
from pipeline.fields import Field
from pipeline.inputs import ALL

NOT_YET = "There are no scores of these clips yet: the next build on the Pipeline page computes them."


def with_scores(selection: filters.Selection) -> tuple[filters.Selection, dict[str, Field]]:
    """Draw the box that chooses a view; the clips with a column for each score of it, and what these columns are.

    A column has the name that stands in the URL when the table is sorted by it: ``score:knn_distance:mfcc``.
    """
    rows = tables.scores(selection.name)
    if rows.empty:
        waiting.line("scores", NOT_YET)
        return selection, {}
    view = _choose_view(selection.name, rows)
    mine = rows[rows["view"] == view]
    for reason in mine["reason"].dropna().unique():
        st.caption(f"The scores of this view: {escape.sentence(reason)}")
    values = tables.clip_scores(selection.name, view)
    fields, columns = {}, {}
    for _, row in mine[mine["reason"].isna()].iterrows():
        name = f"score:{row['score']}:{view}"
        fields[name] = field_of(row)
        columns[name] = selection.clips["clip_id"].map(values[row["score"]])
    return replace(selection, clips=selection.clips.assign(**columns)), fields


def field_of(row: pd.Series) -> Field:
    """A row of ``scores`` as a column of a table."""
    unit = "" if row["unit"] == "1" else str(row["unit"])
    return Field(title=str(row["title"]), kind="number", unit=unit, format=str(row["format"]))


def _choose_view(dataset: str, rows: pd.DataFrame) -> str:
    titles = snapshot.views().set_index("view")["title"].to_dict() | {ALL: "All views together"}
    views = [view for view in titles if view in set(rows["view"])]
    requested = st.query_params.get(clip_table.SORT, "").rpartition(":")[2]
    if requested in views and "view" not in st.session_state and "view" not in st.query_params:
        st.session_state["view"] = requested
    about = rows.drop_duplicates("score")
    return str(
        st.selectbox(
            "Scores of",
            views,
            format_func=titles.__getitem__,
            key="view",
            bind="query-params",
            width=360,
            help="\n\n".join(
                f"**{row.title}**: {row.description} {row.source}." for row in about.itertuples()
            ),
        )
    )
