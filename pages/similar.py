"""Similar: what sounds like a clip, or like a recording of one's own."""

from __future__ import annotations

import streamlit as st

from app.cache import snapshot
from app.similar import cloud, search
from app.similar import query as similar_query
from app.ui import address, clip, escape, filters, show

HERE, EVERYWHERE = "This collection", "All collections"


def settings(dataset: str) -> tuple[str, str, str]:
    """The view, the metric and how far to look."""
    views = show.view_order([*snapshot.views(dataset)["view"], search.ALL])
    titles = show.view_titles(views)
    view = address.choice(st.selectbox, "View", views, parameter="view", titles=titles, remember=False)
    metric = st.segmented_control(
        "Distance",
        list(search.METRICS),
        default="Cosine",
        required=True,
        key="metric",
        bind="query-params",
    )
    scope = st.segmented_control(
        "Look through",
        [HERE, EVERYWHERE],
        default=HERE,
        required=True,
        key="scope",
        bind="query-params",
        disabled=len(snapshot.datasets()) == 1,
    )
    return view, metric, scope


def look(clip_id: str) -> None:
    st.query_params["hit"] = clip_id


def hear(clip_id: str) -> None:
    look(clip_id)
    st.session_state["similar_heard"] = clip_id


def results(query: search.Query, dataset: str, view: str, metric: str, scope: str) -> None:
    """The neighbours, the cloud, and the clip that was clicked in either."""
    found = search.search(query, None if scope == EVERYWHERE else dataset, view, metric)
    if found.hits.empty:
        st.info("There is no other clip to compare this one with.", icon=":material/info:")
        return
    left, right = st.columns([3, 2])
    with left:
        st.markdown(search.agreement(found.hits["label"].tolist(), query.label))
        st.caption(
            f"The {len(found.hits)} nearest of {found.clips:,} clips, by exact search in "
            f"{found.seconds * 1000:.0f} ms, all columns on one scale."
        )
        search.draw_hits(found.hits, st.query_params.get("hit"), look, key="similar_rows")
        st.caption("▶ plays a row, a click on it or on a point of the cloud shows the clip in full below.")
    with right:
        # The cloud is of this collection; another search only where the first has looked farther.
        near = search.search(query, dataset, view, metric).hits if scope == EVERYWHERE else found.hits
        cloud.draw(query, near, dataset, view, hear)
    hit, played = st.query_params.get("hit"), st.session_state.pop("similar_heard", None)
    if hit and similar_query.is_known(hit):
        st.divider()
        st.button(
            "Look for what sounds like this one",
            icon=":material/hearing:",
            on_click=similar_query.take,
            args=[hit],
        )
        clip.clip_in_full(hit, autoplay=hit == played)


st.title("Similar", anchor=False)
with st.container(horizontal=True, vertical_alignment="bottom"):
    collection = filters.choose_dataset()
    view, metric, scope = settings(str(collection["dataset"]))
show.synthetic_mark(bool(collection["synthetic"]))
query = similar_query.choose(str(collection["dataset"]))
if query is not None:
    try:
        results(query, str(collection["dataset"]), view, metric, scope)
    except search.InputError as error:  # such as a collection of one clip: nobody's fault
        st.info(escape.sentence(error), icon=":material/info:")
