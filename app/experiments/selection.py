"""Which target and which experiment are looked at: boxes that follow the address, links and the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from app.builds import waiting
from app.cache import snapshot, tables
from app.experiments import leaderboard
from app.experiments.summary import Names
from app.ui import address, show
from pipeline.experiments.spec import TARGETS, targets

EXPERIMENT, TARGET = "experiment", "target"
BOARDS, FOLLOWED = "experiment_boards", "experiment_followed"


def following(parameter: str, options: Sequence[str], first: str) -> str:
    """The key of a box that shows what the address asks for, else what was chosen here before, else ``first``.

    Not by `bind`: that leaves a default out of the URL, and what comes first changes with each experiment.
    """
    key, written = f"{parameter}_box", f"{parameter}_written"
    asked = st.query_params.get(parameter, st.session_state.get(written))
    if asked in options and (key not in st.session_state or asked != st.session_state.get(written)):
        st.session_state[key] = asked
    if st.session_state.get(key) not in options:
        st.session_state[key] = first
    return key


def keep(parameter: str, value: str) -> str:
    """Put what was chosen into the address, and remember that it was put there."""
    st.session_state[f"{parameter}_written"] = value
    address.later(parameter, value)
    return value


def target(experiments: pd.DataFrame, names: Names) -> str:
    """The target, to be chosen where there are several; that of the experiment that a link has led to."""
    there = set(experiments["target"])
    options = [*(one for one in TARGETS if one in there), *sorted(there - set(TARGETS))]
    key = following(TARGET, options, options[0])
    own = _of_a_link(experiments)
    if own is not None:
        st.session_state[key] = own
    if len(options) > 1:
        st.segmented_control("What is learned", options, format_func=names.target, required=True, key=key)
    return keep(TARGET, str(st.session_state[key]))


def _of_a_link(experiments: pd.DataFrame) -> str | None:
    """The target of the experiment in the address, if somebody else than this page has written it there."""
    asked = st.query_params.get(EXPERIMENT)
    if asked in (None, st.session_state.get(f"{EXPERIMENT}_written"), st.session_state.get(FOLLOWED)):
        return None
    st.session_state[FOLLOWED] = asked  # once: after that a person may choose another target
    own = experiments.loc[experiments["experiment_id"] == asked, "target"]
    return str(own.iloc[0]) if len(own) else None


def experiment(experiments: pd.DataFrame, board: pd.DataFrame, dataset: str, names: Names) -> str | None:
    """Draw the leaderboard; the chosen experiment, which is kept in ``?experiment=``.

    Parameters
    ----------
    experiments, board : DataFrame
        All of the dataset, and those to compare: see :func:`app.experiments.leaderboard.of_target`.
    """
    written = f"{EXPERIMENT}_written"
    asked = st.query_params.get(EXPERIMENT)
    if asked is None and "dataset" not in st.query_params:  # from another page: as it was left
        asked = st.session_state.get(written)
    if asked != st.session_state.get(written, asked):
        # The browser's back: a table forgets which row was clicked only when it is another table.
        st.session_state[BOARDS] = st.session_state.get(BOARDS, 0) + 1
    mine = experiments[experiments["target"].isin(board["target"])]
    if asked and asked not in set(experiments["experiment_id"]) and asked.startswith(f"{dataset}."):
        st.caption(f":orange[This snapshot holds no experiment `{asked}`; the most accurate one is shown.]")
    known = asked if asked in set(mine["experiment_id"]) else leaderboard.first(board)
    chosen = leaderboard.draw(board, names, known, key=f"experiments{st.session_state.get(BOARDS, '')}")
    return keep(EXPERIMENT, chosen) if chosen else None


def say_why_not(dataset: pd.Series, run: Callable[[], None]) -> None:
    """What to do about a collection without experiments; ``run`` leads to the form."""
    name = str(dataset["dataset"])
    clips = snapshot.clips(name)
    held = show.counted(len(clips), "clip")
    if not targets(clips):
        label = clips["label"].dropna().unique()
        why = f"all that have one have '{label[0]}'" if len(label) else "none has one"
        st.info(
            f"There is nothing to learn from these {held}: to tell classes apart takes two, and of the labels {why}. "
            "Add recordings with other labels, each class in a folder of its own.",
            icon=":material/model_training:",
        )
        return
    gaps = tables.experiment_gaps(name)
    if gaps.empty:
        waiting.draw(
            "experiments",
            f"Nothing has been learned from these {held} yet. Start a build on the Pipeline page: it trains every "
            "classifier on every view. Or run one experiment here.",
            ":material/model_training:",
        )
        st.button("Run an experiment", on_click=run, icon=":material/play_arrow:")
        return
    st.info(
        f"Nothing could be learned from these {held}. {gaps['reason'].value_counts().index[0]}",
        icon=":material/model_training:",
    )
    draw_gaps(name)


def draw_gaps(dataset: str) -> None:
    """What could not be learned of a collection, and why."""
    gaps = tables.experiment_gaps(dataset)
    if len(gaps):
        with st.expander(
            f"{show.counted(len(gaps), 'experiment')} not made, and why", icon=":material/block:"
        ):
            st.dataframe(gaps[["target", "what", "reason"]], hide_index=True)
