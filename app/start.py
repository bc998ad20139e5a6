"""The start page, and the store's state in the sidebar of every page, which notices a new snapshot by itself."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import permissions
from app.builds import panel, process, waiting
from app.cache import snapshot, tables
from app.error_boundary import error_boundary
from app.ui import escape, filters, show, thumbnail
from pipeline.projections import METHODS
from store.errors import SesatlasError

ABOUT = (
    "An atlas of audio collections: see, hear, cluster, question and model what is in them. "
    "A pipeline measures every clip once and keeps the numbers in a feature store; the pages here read them."
)
WAYS_ON = {
    "explore": ("Explore it", ":material/bar_chart:"),
    "clusters": ("See its space", ":material/bubble_chart:"),
}
BRING = """
python -m pipeline build --dataset esc50=PATH        # environmental sounds: PATH holds audio/ and meta/esc50.csv
python -m pipeline build --dataset timit=PATH        # speech: PATH holds TRAIN/ and TEST/
python -m pipeline build --dataset librispeech=PATH  # read speech: PATH holds one of its parts or more
python -m pipeline build --dataset folder=PATH       # any folder of recordings; sub-folders are the labels
"""


def page() -> None:
    st.title("Sesatlas", anchor=False)
    st.markdown(ABOUT)
    if snapshot.store().current() is None:
        _empty()
        return
    with st.container():  # always one, so that what is below it stays where it is
        panel.progress()
        panel.resume_button()
    datasets = snapshot.datasets()
    titles = filters.titles(datasets)
    for first in range(0, len(datasets), 3):
        columns = st.columns(3)
        for column, (_, dataset) in zip(columns, datasets.iloc[first : first + 3].iterrows(), strict=False):
            with column:
                _card(dataset, titles[str(dataset["dataset"])])
    _last_build()
    if not permissions.may_change():
        return
    with st.expander("Bring recordings of your own", icon=":material/library_add:", expanded=False):
        _bring()


def admits() -> bool:
    """Whether this reader may see the pages; who may not is shown how to log in, or what is wrong, and nothing else."""
    with error_boundary("Log in"):
        if permissions.is_admitted():
            return True
        st.title("Sesatlas", anchor=False)
        st.markdown(ABOUT)
        permissions.draw_log_in()
    return False


def _empty() -> None:
    if panel.at_work():
        st.markdown(
            "**The first build is at work.** The clips will be here as soon as they are measured; pictures, "
            "clusterings and experiments follow one by one, while you look around."
        )
        panel.progress()
    elif process.failure(snapshot.store()):
        st.warning(
            "The store is still empty, for the build did not come to its end.", icon=":material/error:"
        )
        panel.progress()
        panel.resume_button()
        st.caption("`python -m pipeline doctor` looks for what is wrong on this machine.")
    elif permissions.may_change():
        _invite()
    else:
        st.info("The store is empty: nothing has been measured yet.", icon=":material/info:")
    if not permissions.may_change():
        return
    st.markdown("**Or begin with recordings of your own**, in a terminal or on the Pipeline page:")
    _bring()


def _invite() -> None:
    st.info("The store is empty: nothing has been measured yet.", icon=":material/info:")
    st.markdown(
        "**Try it now.** The demo synthesises two small collections on this machine, about 400 clips of "
        "environmental sounds and of voices, and measures them: you can see and hear them within half a minute or "
        "so, and analyses follow while you look. It needs no network."
    )
    panel.start_button("Build the demo", ["--dataset", "demo"], primary=True)
    panel.progress()  # such as why it could not begin


def _bring() -> None:
    st.code(BRING.strip(), language="bash")
    st.caption(
        "`python -m pipeline fetch esc50` downloads ESC-50 (about 600 MB). TIMIT is licensed: "
        "`python -m pipeline fetch timit` says how to get it. Paths are remembered: a plain "
        "`python -m pipeline build` refreshes everything."
    )


def _card(dataset: pd.Series, title: str) -> None:
    with st.container(border=True, height="stretch"):
        st.subheader(escape.markdown(title), anchor=False)
        show.synthetic_mark(bool(dataset["synthetic"]))
        _picture(dataset)
        many, of_what = int(dataset["classes"]), str(dataset["label_name"])
        numbers = {"clips": f"{int(dataset['clips']):,}", "hours": f"{dataset['hours']:.2f}"}
        if dataset["speakers"]:
            numbers["speakers"] = str(int(dataset["speakers"]))
        else:
            numbers["classes"] = str(many)
        with st.container(horizontal=True, gap="large"):
            for name, number in numbers.items():
                st.metric(name, number, width="content")
        classes = f"{escape.markdown(of_what)} ({many} {'class' if many == 1 else 'classes'})"
        st.caption(f"Label: {classes} · {escape.markdown(dataset['licence'])}")
        for note in dataset["notes"]:
            st.caption(escape.sentence(note))
        if dataset["failures"]:
            failed = show.counted(int(dataset["failures"]), "file")
            st.caption(f":orange[{failed} failed]: the Pipeline page lists them.")
        with st.container(horizontal=True):
            for page, (label, icon) in WAYS_ON.items():
                here = {"dataset": str(dataset["dataset"])}
                st.page_link(f"../pages/{page}.py", label=label, icon=icon, query_params=here)


def _picture(dataset: pd.Series) -> None:
    """The collection's cloud, small and still; or what it waits for."""
    with st.container():  # always one, so that what is below it stays where it is
        dark = st.context.theme.type == "dark"
        colours = tuple(st.get_option(f"theme.{'dark' if dark else 'light'}.chartCategoricalColors"))
        found = thumbnail.draw(str(dataset["dataset"]), colours)
        if found is None:
            hopeless = not dataset["clips"] or len(tables.gaps(str(dataset["dataset"])))
            waiting.line("pca", "" if hopeless else "No picture yet: a build on the Pipeline page makes one.")
            return
        picture, method = found
        title = METHODS[method].title
        st.image(
            picture,
            width="stretch",
            alt=f"The {int(dataset['clips']):,} clips of {dataset['title']} as points, laid out by {title} of all "
            f"views together, coloured by {dataset['label_name']}",
        )


def _last_build() -> None:
    finished = snapshot.builds().dropna(subset=["finished_at", "snapshot"])
    if finished.empty:  # the first one is at work, and has published a part
        return
    last = finished.iloc[0]
    st.markdown(
        f"Built {pd.Timestamp(last['finished_at']):%d %B %Y, %H:%M} as snapshot {int(last['snapshot'])}: "
        f"{int(last['clips']):,} clips, {show.counted(int(last['failed']), 'file')} failed."
    )


LOOK_S = 2.0
UNREADABLE = 0
"""In place of a snapshot's number; they begin with 1."""


def sidebar() -> None:
    """Draw the state of the store, and keep it up to date while the page is open."""
    with st.sidebar:
        current, at_work = _seen()
        # Of this run, not of this moment: what is published in between is drawn by the next run.
        _state(snapshot.pinned() or current, at_work)
        permissions.draw_reader()


def _seen() -> tuple[int | None, bool]:
    """The current snapshot's number, None for an empty store; and whether a build is at work."""
    run = process.latest(snapshot.store())
    at_work = run is not None and run.running
    try:
        current = snapshot.store().current()
    except SesatlasError:
        return UNREADABLE, at_work
    return (current.number if current else None), at_work


@st.fragment(run_every=LOOK_S)
def _state(drawn: int | None, at_work: bool) -> None:
    # The page was drawn from snapshot `drawn`. Once another one is current, or a build has begun or ended,
    # all of it is drawn anew.
    if _seen() != (drawn, at_work):
        st.rerun()
    run = process.latest(snapshot.store())
    if run and run.running:
        st.progress(run.share, text=escape.markdown(process.describe(run)))
        left = process.time_left(run)
        if left:
            st.caption(escape.markdown(left))
    if drawn is None:
        st.caption("The store is empty.")
        return
    try:
        _facts()
    except SesatlasError:  # the page itself says which and why
        st.caption(":orange[The store cannot be read.]")


def _facts() -> None:
    datasets = snapshot.datasets()
    synthetic = int(datasets.loc[datasets["synthetic"], "clips"].sum())
    total = int(datasets["clips"].sum())
    shown = snapshot.current()
    try:
        at = f", {shown.published_at:%d %b %Y, %H:%M}"
    except FileNotFoundError:  # deleted since; the next one is on its way here
        at = ""
    st.caption(f"**Snapshot {shown.number}**{at}")
    st.caption(
        f"{show.counted(total, 'clip')} in {show.counted(len(datasets), 'collection')}"
        + (f", {synthetic:,} synthetic" if synthetic else "")
    )
    failed = int(datasets["failures"].sum())
    if failed:
        st.caption(f":orange[{show.counted(failed, 'file')} failed]: see Pipeline")
