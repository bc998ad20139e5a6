"""Explore: what a collection holds, by class and by number, down to the single clip."""

from __future__ import annotations

import streamlit as st

from app.explore import features, scores
from app.ui import charts, clip, clip_table, filters, show


def balance(selection: filters.Selection) -> None:
    facets = selection.facets()
    if not facets:
        st.info(
            "Nothing is known that would distinguish these clips. Sub-folders or a CSV beside the recordings would "
            "give them labels.",
            icon=":material/label_off:",
        )
        return
    left, right = st.columns(2)
    by = left.selectbox(
        "Count clips by", list(facets), format_func=facets.__getitem__, key="by", bind="query-params"
    )
    others = ["none", *(name for name in facets if name != by)]
    split = right.selectbox(
        "Split the bars by",
        others,
        format_func=lambda one: facets.get(one, "nothing"),
        key="split_by",
        bind="query-params",
    )
    colour = None if split == "none" else split
    title = f"{selection.dataset['title']}: clips by {facets[by].lower()} (n = {len(selection.clips):,})"
    figure = charts.class_balance(selection.clips, by, colour, title)
    figure.update_layout(legend_title_text=facets.get(colour or ""))
    show.chart(figure, charts.balance_table(selection.clips, by, colour), "class_balance")


def recordings(selection: filters.Selection) -> None:
    fields = selection.fields("histogram")
    same = [column for column in fields if selection.clips[column].nunique() == 1]
    with st.container(horizontal=True, gap="large"):
        for column in same:
            value = f"{selection.clips[column].iloc[0]:,.6g} {fields[column].axis_unit}"
            st.metric(
                fields[column].title, value, width="content", help="The same in all clips of the selection."
            )
    places = st.columns(2)
    for number, column in enumerate(column for column in fields if column not in same):
        field, values = fields[column], selection.clips[column]
        with places[number % 2]:
            figure = charts.histogram(values, field.title, field.axis_unit)
            show.chart(figure, charts.histogram_table(values), column)


def clips(selection: filters.Selection) -> None:
    chosen = clip_table.draw(*scores.with_scores(selection))
    if chosen:
        st.divider()
        clip.clip_in_full(chosen)


SECTIONS = {
    "Balance": balance,
    "Recordings": recordings,
    "Features": features.draw,
    "Clips": clips,
}

st.title("Explore", anchor=False)
selection = filters.choose()
show.synthetic_mark(bool(selection.dataset["synthetic"]))
section = st.segmented_control(
    "Show",
    list(SECTIONS),
    default="Balance",
    required=True,
    key="show",
    bind="query-params",
    label_visibility="collapsed",
)
if not selection.total:
    st.info(
        "This collection holds no clip: each of its files failed, and the Pipeline page says why.",
        icon=":material/error:",
    )
elif selection.clips.empty:
    st.info("No clip passes these filters. Take one of them away.", icon=":material/filter_alt_off:")
else:
    st.caption(f"{len(selection.clips):,} of {selection.total:,} clips")
    SECTIONS[section](selection)
