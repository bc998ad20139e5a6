"""Which target and experiment are shown: boxes that follow the address, links and the browser's back."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from app import permissions
from app.builds import waiting
from app.cache import snapshot, tables
from app.experiments import leaderboard
from app.experiments.summary import Names
from app.ui import address, escape, show
from pipeline.experiments.spec import targets
from pipeline.fields import with_role

EXPERIMENT, TARGET = "experiment", "target"
FOLLOWED = "experiment_followed"


def target(experiments: pd.DataFrame, names: Names) -> str:
    """The target, chosen from a box where there are several; a link to an experiment sets it."""
    there = set(experiments["target"])
    options = [*with_role("target", there), *sorted(there - set(with_role("target")))]
    own = _of_a_link(experiments)
    if own is not None:
        st.query_params[TARGET] = own
    titles = {one: names.target(one) for one in options}
    return address.choice(
        st.segmented_control, "Target", options, parameter=TARGET, titles=titles, alone=False, required=True
    )


def _of_a_link(experiments: pd.DataFrame) -> str | None:
    """The target of the experiment in the address, if not this page but a link has put it there."""
    linked = st.query_params.get(EXPERIMENT)
    if linked in (None, address.kept(EXPERIMENT), st.session_state.get(FOLLOWED)):
        return None
    st.session_state[FOLLOWED] = linked  # once: after that a person may choose another target
    own = experiments.loc[experiments["experiment_id"] == linked, "target"]
    return str(own.iloc[0]) if len(own) else None


def experiment(experiments: pd.DataFrame, board: pd.DataFrame, dataset: str, names: Names) -> str | None:
    """Draw the leaderboard; the chosen experiment, which is kept in ``?experiment=``.

    Parameters
    ----------
    experiments, board : DataFrame
        All of the dataset, and those to compare: see :func:`app.experiments.leaderboard.of_target`.
    """
    # From another page: as it was left.
    linked = address.asked(EXPERIMENT, remember="dataset" not in st.query_params)
    mine = experiments[experiments["target"].isin(board["target"])]
    if linked and linked not in set(experiments["experiment_id"]) and linked.startswith(f"{dataset}."):
        st.caption(
            f":orange[This snapshot has no experiment {escape.code(linked)}; the most accurate one is shown.]"
        )
    known = linked if linked in set(mine["experiment_id"]) else leaderboard.first(board)
    chosen = leaderboard.draw(board, names, known, key=address.table_key(EXPERIMENT, linked))
    if chosen:
        address.keep(EXPERIMENT, chosen)
    return chosen


def explain_none(dataset: pd.Series, run: Callable[[], None]) -> None:
    """Say why a collection has no experiments, and what to do; ``run`` leads to the form."""
    name = str(dataset["dataset"])
    clips = snapshot.clips(name)
    held = show.counted(len(clips), "clip")
    if not targets(clips):
        label = clips["label"].dropna().unique()
        why = (
            f"every labelled clip is labelled '{escape.markdown(label[0])}'"
            if len(label)
            else "no clip is labelled"
        )
        st.info(
            f"There is nothing to classify in these {held}: that takes at least two classes, and {why}. "
            "Add recordings with other labels, each class in a folder of its own.",
            icon=":material/model_training:",
        )
        return
    gaps = tables.experiment_gaps(name)
    if gaps.empty:
        waiting.draw(
            "experiments",
            f"No experiment has been run on these {held} yet. Start a build on the Pipeline page: it trains every "
            "classifier on every view. Or run a single experiment here.",
            ":material/model_training:",
        )
        if permissions.may_change():
            st.button("Run an experiment", on_click=run, icon=":material/play_arrow:")
        return
    st.info(
        f"No experiment could be run on these {held}. {escape.sentence(gaps['reason'].value_counts().index[0])}",
        icon=":material/model_training:",
    )
    draw_gaps(name)


def draw_gaps(dataset: str) -> None:
    """The experiments that could not be run on a collection, and why."""
    gaps = tables.experiment_gaps(dataset)
    if len(gaps):
        with st.expander(
            f"{show.counted(len(gaps), 'experiment')} could not be run", icon=":material/block:"
        ):
            st.dataframe(gaps[["target", "what", "reason"]], hide_index=True)
