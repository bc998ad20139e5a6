"""The results of a collection: who tells its classes best, beside what others report; then one experiment in full."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from app import error_boundary
from app.cache import tables
from app.experiments import charts, errors, leaderboard, selection, summary
from app.experiments.sections import SECTIONS
from app.experiments.summary import Names, Seen, names_of, source
from app.ui import address, show

DRAWN = 15
"""Experiments in the chart; the table above it has all."""
PLAIN = {summary.CHANCE: "chance", summary.MAJORITY: "majority", summary.FACTS_ALONE: "recording facts"}


def draw(dataset: pd.Series, run: Callable[[], None]) -> None:
    """Draw the leaderboard and the experiment chosen in it; ``run`` leads to the form for a new one."""
    name, names = str(dataset["dataset"]), names_of(dataset)
    experiments = tables.experiments(name)
    if experiments.empty:
        selection.say_why_not(dataset, run)
        return
    target = selection.target(experiments, names)
    board = leaderboard.of_target(experiments, target)
    if board.empty:
        st.info("Of this target only experiments without leaked clips were made. Build again.")
        return
    st.caption(
        f"{dataset['title']}: {leaderboard.protocols(board)} Tick a row to see the experiment in full below."
    )
    chosen = selection.experiment(experiments, board, name, names)
    measured = summary.guesses(experiments, target)
    with st.expander("Side by side, with their intervals", icon=":material/bar_chart:"):
        _side_by_side(dataset, board, names, measured)
    selection.draw_gaps(name)
    errors.rest()
    if chosen is not None:
        row = experiments[experiments["experiment_id"] == chosen].iloc[0]
        st.divider()
        full(Seen(dataset, row, names, measured))


def _side_by_side(dataset: pd.Series, board: pd.DataFrame, names: Names, measured: dict[str, float]) -> None:
    listening = board[summary.listens(board)]
    here, elsewhere = leaderboard.apart(board)
    best = (here if len(here) else board).iloc[0]
    known = leaderboard.published(dataset, best)
    left, right = st.columns([3, 2]) if known else (st.container(), None)
    with left:
        shown = listening.head(DRAWN)
        if shown.empty:
            st.caption("Only baselines were measured.")
        else:
            table = accuracy_table(shown, names)
            lines = {PLAIN[way]: accuracy for way, accuracy in measured.items()}
            lines |= {f"{one.what} (reference)": one.accuracy for one in known}
            figure = charts.accuracies(table, lines, "Accuracies with their intervals")
            some = f" The best {DRAWN} of {len(listening)}." if len(listening) > DRAWN else ""
            if shown["grouped_low"].notna().any():
                some += f" Intervals know that clips of one {shown['unit'].iloc[0]} are alike."
            if len(here) and len(elsewhere):
                row = elsewhere.iloc[0]
                some += f" The voice network: {row['protocol_title']}, n = {row['clips']:,}."
            show.chart(figure, table, "accuracies", caption=f"{source(dataset, best)}{some}")
    if right is not None:
        with right:
            _references(known, best)


def accuracy_table(experiments: pd.DataFrame, names: Names) -> pd.DataFrame:
    """What the chart of accuracies is drawn from: ``name``, ``accuracy``, ``low``, ``high``."""
    return pd.DataFrame(
        {
            "name": [names.of(row) for _, row in experiments.iterrows()],
            "accuracy": experiments["accuracy"].to_numpy(),
            "low": [summary.bounds(row)[0] for _, row in experiments.iterrows()],
            "high": [summary.bounds(row)[1] for _, row in experiments.iterrows()],
        }
    )


def _references(known: list[leaderboard.Reference], best: pd.Series) -> None:
    st.markdown(f"**{known[0].of} in print: reference, not measured here**")
    table = leaderboard.published_table(known)
    st.dataframe(
        table[["method", "accuracy %"]],
        hide_index=True,
        column_config={"accuracy %": st.column_config.NumberColumn(format="%.1f")},
        key="references",
    )
    other = "" if best["clips"] == known[0].clips else (
        f" They are of all {known[0].clips:,} clips, ours of the {best['clips']:,} that are here: not the same test."
    )  # fmt: skip
    st.caption(f"Source: [{known[0].source}]({known[0].link}), by the official folds.{other}")


@st.fragment
def full(seen: Seen) -> None:
    """One experiment: what it is worth in a sentence, and a part of it; a click draws these anew, and no more."""
    with error_boundary.told("Models"):
        _full(seen)
    address.write()


def _full(seen: Seen) -> None:
    row = seen.experiment
    st.header(seen.names.of(row), anchor=False)
    folds = len(seen.metrics("fold"))
    st.markdown(f"{summary.headline(row, folds)} {summary.beside(seen.measured)}")
    doubt = summary.warning(row, seen.measured)
    if doubt:
        st.warning(doubt, icon=":material/casino:")
    flattered = summary.flattered(seen.told.table["fold"]) if summary.is_voice(row) else ""
    if flattered:
        st.caption(f":orange[{flattered}]")
    known = leaderboard.published(seen.dataset, row)
    if known:
        st.caption(leaderboard.published_sentence(known))
    section = st.segmented_control(
        "What to see of it",
        list(SECTIONS),
        default="Errors",
        required=True,
        key="detail",
        bind="query-params",
        label_visibility="collapsed",
    )
    SECTIONS[section](seen)
