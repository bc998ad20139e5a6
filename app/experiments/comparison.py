"""Two experiments side by side: is one better, and which clips does only one of them get right?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from app.cache import tables
from app.experiments import leaderboard, selection, summary
from app.experiments.summary import Names
from app.ui import address, clip, clip_table, show
from pipeline.classify.significance import Comparison, compare

FIRST, SECOND, CLIP, AUTOPLAY = "first", "second", "clip", "compared_autoplay"


def draw(dataset: pd.Series, run: Callable[[], None]) -> None:
    """Draw the two boxes, McNemar's test and the two lists of clips."""
    name, names = str(dataset["dataset"]), summary.names_of(dataset)
    experiments = tables.experiments(name)
    if experiments.empty:
        selection.explain_none(dataset, run)
        return
    board = leaderboard.of_target(experiments, selection.target(experiments, names))
    if len(board) < 2:
        st.info("There is only one experiment on this target. Run another to compare them.")
        return
    board = board.set_index("experiment_id", drop=False)
    first, second = _choose(board, names)
    if first == second:
        st.info(
            "Both are the same experiment. Choose a different second one.",
            icon=":material/compare_arrows:",
        )
        return
    predictions = (tables.predictions(first).table, tables.predictions(second).table)
    found = compare(*predictions)
    _verdict(found, summary.source(dataset, board.loc[[first]].iloc[0]))
    _clips(dataset, found, predictions)


def _verdict(found: Comparison, source: str) -> None:
    points = abs(100 * found.difference)
    difference = (
        f"The first is {points:.1f} percentage points {'more' if found.difference > 0 else 'less'} accurate."
    )
    st.markdown(f"**{found.sentence}** {difference if found.difference else 'They are equally accurate.'}")
    st.caption(f"{source} Compared on the {found.clips:,} clips that both were tested on.")
    _table(found)


def _clips(dataset: pd.Series, found: Comparison, predictions: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """The clips that only one of the two gets right, and the chosen clip in full."""
    lists = {FIRST: found.only_first, SECOND: found.only_second}
    for place, (which, ids) in zip(st.columns(2), lists.items(), strict=True):
        with place:
            st.subheader(f"Only the {which} is correct: {show.counted(len(ids), 'clip')}", anchor=False)
            _list(dataset, ids, *predictions, key=f"only_{which}")
    clip_id = st.query_params.get(CLIP)
    if clip_id in set(predictions[0]["clip_id"]):
        st.divider()
        clip.clip_in_full(str(clip_id), autoplay=st.session_state.pop(AUTOPLAY, None) == clip_id)


def _choose(board: pd.DataFrame, names: Names) -> tuple[str, str]:
    options = board.index.tolist()
    titles = {str(one): f"{names.of(row)}, {show.percent(row['accuracy'])}" for one, row in board.iterrows()}
    linked = st.query_params.get(selection.EXPERIMENT)
    first = str(linked if linked in options else leaderboard.first(board))
    listening = board[summary.listens(board)].index
    second = next((one for one in [*listening, *options] if one != first), first)
    chosen = []
    with st.container(horizontal=True):
        for parameter, title, default in ((FIRST, "First", first), (SECOND, "Second", second)):
            chosen.append(
                address.choice(
                    st.selectbox, title, options, parameter=parameter, titles=titles, first=default
                )
            )
    return chosen[0], chosen[1]


def _table(found: Comparison) -> None:
    st.table(
        pd.DataFrame(
            [[found.both_right, len(found.only_first)], [len(found.only_second), found.both_wrong]],
            index=["first correct", "first wrong"],
            columns=["second correct", "second wrong"],
        ),
        width="content",
    )
    if found.statistic is not None and found.chi_squared is not None:
        st.caption(
            f"McNemar's test: exact p = {found.exact:.3g}; with Edwards's correction chi-squared = "
            f"{found.statistic:.2f}, p = {found.chi_squared:.3g}. Compare many pairs, and some will "
            "differ by chance."
        )


def _list(
    dataset: pd.Series, ids: Sequence[str], first: pd.DataFrame, second: pd.DataFrame, *, key: str
) -> None:
    if not ids:
        st.caption("None.")
        return
    one, two = first.set_index("clip_id"), second.set_index("clip_id")

    def cells(part: list[str], clips: pd.DataFrame) -> pd.DataFrame:
        columns = {
            "actual": one.loc[part, "truth"].to_numpy(),
            "first predicts": _predicted(one.loc[part]),
            "second predicts": _predicted(two.loc[part]),
            "clip": clip_table.short(part),
        }
        return pd.DataFrame(columns, dtype="string")

    clips = summary.clips_of(dataset)
    clip_table.draw_ids(clips, ids, cells, chosen=st.query_params.get(CLIP), on_choose=choose, key=key)


def _predicted(rows: pd.DataFrame) -> list[str]:
    return [
        f"{name} ({show.percent(confidence)})"
        for name, confidence in zip(rows["predicted"], rows["confidence"], strict=True)
    ]


def choose(clip_id: str) -> None:
    """Show this clip, and play it."""
    st.query_params[CLIP] = clip_id
    st.session_state[AUTOPLAY] = clip_id
