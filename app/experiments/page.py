"""The results of a collection: its leaderboard beside what others report, then one experiment in full."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from app.cache import tables
from app.error_boundary import error_boundary
from app.experiments import charts, errors, leaderboard, selection, summary
from app.experiments.sections import SECTIONS
from app.experiments.summary import Names, ShownExperiment, names_of, source
from app.ui import address, escape, show

DRAWN = 15
"""Experiments in the chart; the table above it has all."""
PLAIN = {summary.CHANCE: "chance", summary.MAJORITY: "majority", summary.FACTS_ALONE: "recording facts"}


def draw(dataset: pd.Series, run: Callable[[], None]) -> None:
    """Draw the leaderboard and the experiment chosen in it; ``run`` leads to the form for a new one."""
    name, names = str(dataset["dataset"]), names_of(dataset)
    experiments = tables.experiments(name)
    if experiments.empty:
        selection.explain_none(dataset, run)
        return
    target = selection.target(experiments, names)
    board = leaderboard.of_target(experiments, target)
    if board.empty:
        st.info("This target only has experiments without leaked clips. Build again for the rest.")
        return
    st.caption(
        f"{escape.markdown(dataset['title'])}: {leaderboard.protocols(board)} Tick a row to see that experiment below."
    )
    chosen = selection.experiment(experiments, board, name, names)
    measured = summary.baselines(experiments, target)
    with st.expander("Accuracies with 95% intervals", icon=":material/bar_chart:"):
        _side_by_side(dataset, board, names, measured)
    selection.draw_gaps(name)
    errors.rest()
    if chosen is not None:
        row = experiments[experiments["experiment_id"] == chosen].iloc[0]
        st.divider()
        full(ShownExperiment(dataset, row, names, measured))


def _side_by_side(dataset: pd.Series, board: pd.DataFrame, names: Names, measured: dict[str, float]) -> None:
    listening = board[summary.listens(board)]
    here, elsewhere = leaderboard.apart(board)
    best = (here if len(here) else board).iloc[0]
    known = leaderboard.published(dataset, best)
    left, right = st.columns([3, 2]) if known else (st.container(), None)
    with left:
        drawn = listening.head(DRAWN)
        if drawn.empty:
            st.caption("There are only baselines so far.")
        else:
            table = accuracy_table(drawn, names)
            lines = {PLAIN[name]: accuracy for name, accuracy in measured.items()}
            lines |= {f"{one.what} (published)": one.accuracy for one in known}
            figure = charts.accuracies(table, lines, "Accuracy and 95% interval")
            some = f" The {DRAWN} most accurate of {len(listening)}." if len(listening) > DRAWN else ""
            if drawn["grouped_low"].notna().any():
                some += f" Intervals take all clips of a {drawn['unit'].iloc[0]} as one."
            for _, row in elsewhere.drop_duplicates("method").iterrows() if len(here) else ():
                protocol = escape.markdown(row["protocol_title"])
                some += f" {summary.method(row['method'])}: {protocol}, n = {row['clips']:,}."
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
    st.markdown(f"**Published results on {known[0].of}, not measured here**")
    table = leaderboard.published_table(known)
    st.dataframe(
        table[["method", "accuracy %"]],
        hide_index=True,
        column_config={"accuracy %": st.column_config.NumberColumn(format="%.1f")},
        key="references",
    )
    other = "" if best["clips"] == known[0].clips else (
        f" They are on all {known[0].clips:,} clips, ours on the {best['clips']:,} in this store: not the same test."
    )  # fmt: skip
    st.caption(f"Source: [{known[0].source}]({known[0].link}), with the official folds.{other}")


@st.fragment
def full(shown: ShownExperiment) -> None:
    """One experiment: its accuracy in a sentence, and one section; a click redraws only these."""
    with error_boundary("Models"):
        _full(shown)
    address.write()


def _full(shown: ShownExperiment) -> None:
    row = shown.experiment
    st.header(escape.markdown(shown.names.of(row)), anchor=False)
    folds = len(shown.metrics("fold"))
    st.markdown(f"{summary.headline(row, folds)} {summary.baseline_sentence(shown.measured)}")
    warning = summary.warning(row, shown.measured)
    if warning:
        st.warning(warning, icon=":material/casino:")
    caution = summary.selection_caution(row, shown.predictions.table["fold"])
    if caution:
        st.caption(f":orange[{caution}]")
    known = leaderboard.published(shown.dataset, row)
    if known:
        st.caption(leaderboard.published_sentence(known))
    section = st.segmented_control(
        "Section",
        list(SECTIONS),
        default="Errors",
        required=True,
        key="detail",
        bind="query-params",
        label_visibility="collapsed",
    )
    SECTIONS[section](shown)
