"""The clips behind a cell of the confusion matrix: a list with players, one of them beside its neighbours."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.cache import snapshot
from app.experiments import charts, confusion, summary, training_clips
from app.experiments.confusion import ALL, Cell
from app.experiments.summary import Seen
from app.ui import clip as listen
from app.ui import clip_table, show
from pipeline.audio.decode import AudioError, to_wav_bytes
from pipeline.networks.exposure import NEVER_MET, VALIDATED

LIST = "mistakes"
CLIP, HEARD, DRAWN = "clip", "mistake_heard", "mistake_drawn"
LIKELIEST = 5
MET = {
    NEVER_MET: "never met its speaker",
    VALIDATED: "did not learn from its speaker, though it was chosen and calibrated by such clips",
}
"""What the voice network had to do with who speaks, by the fold that the store tells."""


def of_cell(table: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    """The clips of a cell, row or column, or all errors; wrong ones the surest first, right ones the least sure.

    Parameters
    ----------
    table : DataFrame
        ``truth``, ``predicted`` and ``confidence``, a row a tested clip.
    cell : tuple of str
        What it is and what it was taken for; ``ALL`` stands for any class, and then only errors are meant.
    """
    true, said = cell
    right = table["truth"] == table["predicted"]
    if true == said and true != ALL:
        return table[right & (table["truth"] == true)].sort_values("confidence", kind="stable")
    kept = ~right
    kept &= (table["truth"] == true) | (true == ALL)
    kept &= (table["predicted"] == said) | (said == ALL)
    return table[kept].sort_values("confidence", ascending=False, kind="stable")


def heading(cell: Cell, rows: int) -> str:
    """What a list of ``rows`` clips holds."""
    true, said = cell
    noun = "clip" if rows == 1 else "clips"
    if cell == (ALL, ALL):
        return f"{rows:,} errors, the most confident first" if rows != 1 else "The one error"
    if true == said:
        return f"{rows:,} {noun} of {true} told right, the least sure first"
    if said == ALL:
        return f"{rows:,} {noun} of {true} taken for something else"
    if true == ALL:
        return f"{rows:,} {noun} wrongly taken for {said}"
    return f"{rows:,} {noun} of {true} taken for {said}"


def draw(seen: Seen) -> None:
    """The matrix, the clips of its chosen cell, and the chosen clip beside what was learned from."""
    told = seen.told
    table = told.table

    def pick(cell: Cell) -> None:
        confusion.put(cell)
        st.session_state[clip_table.page_key(LIST)] = 1
        rows = of_cell(table, cell)
        if cell != (ALL, ALL) and len(rows):
            choose(str(rows["clip_id"].iloc[0]))
        else:
            st.query_params.pop(CLIP, None)

    counts = confusion.table(told.truth, told.predicted, told.classes)
    title = f"{seen.names.target(str(seen.experiment['target'])).capitalize()}: what was taken for what"
    cell = confusion.draw(counts, title, key="confusion", caption=seen.source, on_pick=pick)
    _clips(seen, of_cell(table, cell), cell)


def _clips(seen: Seen, rows: pd.DataFrame, cell: Cell) -> None:
    st.subheader(heading(cell, len(rows)), anchor=False)
    clip_id = chosen(seen)
    left, right = st.columns([3, 2])
    with left:
        _list(seen, rows, clip_id)
    with right:
        if clip_id is not None:
            draw_clip(seen, clip_id)
        elif len(rows):
            st.info(
                "Click a row to hear its clip and to see what it was compared with.",
                icon=":material/touch_app:",
            )
    if clip_id is not None:
        draw_nearest(seen, clip_id)


def _list(seen: Seen, rows: pd.DataFrame, chosen: str | None) -> None:
    if rows.empty:
        st.caption("No clip lies here.")
        return
    known = rows.set_index("clip_id")
    voice = summary.is_voice(seen.experiment)
    fold = "its speaker was" if voice else "tested in"
    clip_table.draw_ids(
        summary.clips_of(seen.dataset),
        rows["clip_id"].tolist(),
        lambda part, clips: _cells(known.loc[part], clips, fold),
        chosen=chosen,
        on_choose=choose,
        key=LIST,
    )
    beside = "the nearest of other speakers" if voice else "what the model had learned from"
    st.caption(f"▶ plays a row; a click on it shows the clip beside {beside}.")


def _cells(part: pd.DataFrame, clips: pd.DataFrame, fold: str) -> pd.DataFrame:
    told = {
        "it is": part["truth"].to_numpy(),
        "taken for": part["predicted"].to_numpy(),
        "sure": [summary.percent(one) for one in part["confidence"]],
    }
    for column in ("speaker", "sentence"):
        if clips[column].notna().any():
            told[column] = clips[column].fillna("").to_numpy()
    told[fold] = part["fold"].to_numpy()
    told["clip"] = clip_table.short(part.index.tolist())
    return pd.DataFrame(told, dtype="string")


def choose(clip_id: str) -> None:
    """Show this clip, and play it."""
    st.query_params[CLIP] = clip_id
    st.session_state[HEARD] = clip_id
    st.session_state[DRAWN] = False


def rest() -> None:
    """Play nothing by itself any more until a clip is chosen again; call it when the whole page is drawn.

    Not as soon as the player has been drawn: what stands around it may be drawn again at once, and silence it.
    """
    if st.session_state.get(DRAWN):
        st.session_state.pop(HEARD, None)


def chosen(seen: Seen) -> str | None:
    """The clip that the address names, if this dataset has it."""
    named = st.query_params.get(CLIP)
    return named if named in set(snapshot.clips(seen.name)["clip_id"]) else None


def draw_clip(seen: Seen, clip_id: str) -> None:
    """What the clip is, what it was taken for and how surely, with its player and the ways to other pages."""
    hear(summary.clips_of(seen.dataset).loc[[clip_id]].iloc[0])
    likeliest = _likeliest(seen, clip_id)
    if likeliest is None:
        st.info("This clip was not tested: it was only learned from.", icon=":material/school:")
        return
    row = _row(seen, clip_id)
    st.markdown(in_words(row, likeliest, voice=summary.is_voice(seen.experiment)))
    figure = charts.probabilities(likeliest.head(LIKELIEST), "What it was taken for")
    show.chart(figure, likeliest, "clip_probabilities", caption=seen.source)


def hear(clip: pd.Series) -> None:
    """What a clip is, its player, and the ways to other pages; a row of :func:`app.experiments.summary.clips_of`."""
    clip_id = str(clip["clip_id"])
    st.markdown(f"**{listen.heading(clip)}**")
    st.caption(f"`{clip_id}`")
    _player(clip, autoplay=st.session_state.get(HEARD) == clip_id)
    st.session_state[DRAWN] = True
    with st.container(horizontal=True):
        for page, (label, icon) in listen.PAGES.items():
            here = {"dataset": str(clip["dataset"]), "clip": clip_id}
            st.page_link(f"../pages/{page}.py", label=label, icon=icon, query_params=here)


def in_words(row: pd.Series, likeliest: pd.DataFrame, *, voice: bool = False) -> str:
    """What it is, what it was taken for, and by which model; ``voice`` where that is the voice network."""
    by = f"by the model tested in {row['fold']}, which never learned from it"
    if voice:
        by = f"by the voice network, which {MET[str(row['fold'])]}"
    truth = f"It is recorded as **{row['truth']}**" if voice else f"It is **{row['truth']}**"
    if row["truth"] == row["predicted"]:
        return f"{truth} and told right with {summary.percent(row['confidence'])}, {by}."
    given = float(likeliest.set_index("name")["probability"][row["truth"]])
    return (
        f"{truth} and was taken for **{row['predicted']}** with "
        f"{summary.percent(row['confidence'])}, {by}; {row['truth']} was given {summary.percent(given)}."
    )


def draw_nearest(seen: Seen, clip_id: str) -> None:
    """The nearest training clips of the true class, and of the one it was taken for or nearly was."""
    likeliest = _likeliest(seen, clip_id)
    if likeliest is not None:
        row = _row(seen, clip_id)
        other = str(next(name for name in likeliest["name"] if name != row["truth"]))
        training_clips.draw(seen, row, other, choose)


def _row(seen: Seen, clip_id: str) -> pd.Series:
    table = seen.told.table
    return table.loc[table["clip_id"] == clip_id].iloc[0]


def _likeliest(seen: Seen, clip_id: str) -> pd.DataFrame | None:
    """``name`` and ``probability`` of every class, the likeliest first; None for a clip that was not tested."""
    at = np.flatnonzero(seen.told.table["clip_id"].to_numpy() == clip_id)
    if not len(at):
        return None
    told = pd.DataFrame({"name": seen.told.classes, "probability": seen.told.probabilities[at[0]]})
    return told.sort_values("probability", ascending=False, kind="stable", ignore_index=True)


def _player(clip: pd.Series, *, autoplay: bool) -> None:
    try:
        samples, rate_hz = snapshot.samples(str(listen.recording(clip)), str(clip["content_hash"]))
    except AudioError as error:
        st.warning(f"This recording cannot be played. {error}", icon=":material/hearing_disabled:")
        return
    st.audio(to_wav_bytes(samples, rate_hz), format="audio/wav", autoplay=autoplay)
