"""The clips behind a cell of the confusion matrix: a list with players, and one clip beside its nearest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.cache import snapshot
from app.experiments import charts, confusion, summary, training_clips
from app.experiments.confusion import ALL, Cell
from app.experiments.summary import ShownExperiment
from app.ui import clip as listen
from app.ui import clip_table, show
from pipeline.audio.decode import AudioError, to_wav_bytes
from pipeline.networks.exposure import NEVER_MET, VALIDATED

LIST = "mistakes"
CLIP, AUTOPLAY, DRAWN = "clip", "error_autoplay", "error_drawn"
LIKELIEST = 5
EXPOSURE = {
    NEVER_MET: "never met its {unit}",
    VALIDATED: "did not learn from its {unit}, but was chosen and calibrated on such clips",
}
"""What a network that learned elsewhere had to do with a clip's unit, such as its speaker, by the clip's fold."""


def of_cell(table: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    """The clips of a cell, row or column, or all errors; errors the most confident first, others the least.

    Parameters
    ----------
    table : DataFrame
        ``truth``, ``predicted`` and ``confidence``, a row a tested clip.
    cell : tuple of str
        Actual and predicted class; ``ALL`` stands for any class, and then only errors are meant.
    """
    actual, predicted = cell
    correct = table["truth"] == table["predicted"]
    if actual == predicted and actual != ALL:
        return table[correct & (table["truth"] == actual)].sort_values("confidence", kind="stable")
    kept = ~correct
    kept &= (table["truth"] == actual) | (actual == ALL)
    kept &= (table["predicted"] == predicted) | (predicted == ALL)
    return table[kept].sort_values("confidence", ascending=False, kind="stable")


def heading(cell: Cell, rows: int) -> str:
    """What a list of ``rows`` clips holds."""
    actual, predicted = cell
    noun = "clip" if rows == 1 else "clips"
    if cell == (ALL, ALL):
        return f"{rows:,} errors, the most confident first" if rows != 1 else "The one error"
    if actual == predicted:
        return f"{rows:,} {noun} of {actual} classified correctly, the least confident first"
    if predicted == ALL:
        return f"{rows:,} {noun} of {actual} misclassified"
    if actual == ALL:
        return f"{rows:,} {noun} misclassified as {predicted}"
    return f"{rows:,} {noun} of {actual} misclassified as {predicted}"


def draw(shown: ShownExperiment) -> None:
    """The matrix, the clips of its chosen cell, and the chosen clip beside the nearest training clips."""
    predictions = shown.predictions
    table = predictions.table

    def pick(cell: Cell) -> None:
        confusion.put(cell)
        st.session_state[clip_table.page_key(LIST)] = 1
        rows = of_cell(table, cell)
        if cell != (ALL, ALL) and len(rows):
            choose(str(rows["clip_id"].iloc[0]))
        else:
            st.query_params.pop(CLIP, None)

    counts = confusion.table(predictions.truth, predictions.predicted, predictions.classes)
    target = shown.names.target(str(shown.experiment["target"]))
    title = f"{target.capitalize()}: actual against predicted"
    cell = confusion.draw(counts, title, key="confusion", caption=shown.source, on_pick=pick)
    _clips(shown, of_cell(table, cell), cell)


def _clips(shown: ShownExperiment, rows: pd.DataFrame, cell: Cell) -> None:
    st.subheader(heading(cell, len(rows)), anchor=False)
    clip_id = chosen(shown)
    left, right = st.columns([3, 2])
    with left:
        _list(shown, rows, clip_id)
    with right:
        if clip_id is not None:
            draw_clip(shown, clip_id)
        elif len(rows):
            st.info(
                "Click a row to hear its clip and see how it was classified.",
                icon=":material/touch_app:",
            )
    if clip_id is not None:
        draw_nearest(shown, clip_id)


def _list(shown: ShownExperiment, rows: pd.DataFrame, chosen: str | None) -> None:
    if rows.empty:
        st.caption("There are no clips here.")
        return
    known = rows.set_index("clip_id")
    unit = shown.experiment["unit"]
    elsewhere = summary.elsewhere(shown.experiment)
    fold = f"{unit} was" if elsewhere else "tested in"
    clip_table.draw_ids(
        summary.clips_of(shown.dataset),
        rows["clip_id"].tolist(),
        lambda part, clips: _cells(known.loc[part], clips, fold),
        chosen=chosen,
        on_choose=choose,
        key=LIST,
    )
    beside = f"clips of other {unit}s" if elsewhere else "training clips"
    st.caption(f"▶ plays a row; a click on it shows the clip beside the nearest {beside}.")


def _cells(part: pd.DataFrame, clips: pd.DataFrame, fold: str) -> pd.DataFrame:
    columns = {
        "actual": part["truth"].to_numpy(),
        "predicted": part["predicted"].to_numpy(),
        "confidence": [show.percent(one) for one in part["confidence"]],
    }
    for column in ("speaker", "sentence"):
        if clips[column].notna().any():
            columns[column] = clips[column].fillna("").to_numpy()
    columns[fold] = part["fold"].to_numpy()
    columns["clip"] = clip_table.short(part.index.tolist())
    return pd.DataFrame(columns, dtype="string")


def choose(clip_id: str) -> None:
    """Show this clip, and play it."""
    st.query_params[CLIP] = clip_id
    st.session_state[AUTOPLAY] = clip_id
    st.session_state[DRAWN] = False


def rest() -> None:
    """Play nothing automatically until a clip is chosen again; call it when the whole page is drawn.

    Not as soon as the player has been drawn: what stands around it may be drawn again at once, and silence it.
    """
    if st.session_state.get(DRAWN):
        st.session_state.pop(AUTOPLAY, None)


def chosen(shown: ShownExperiment) -> str | None:
    """The clip that the address names, if this dataset has it."""
    named = st.query_params.get(CLIP)
    return named if named in set(snapshot.clips(shown.name)["clip_id"]) else None


def draw_clip(shown: ShownExperiment, clip_id: str) -> None:
    """What the clip is and how it was classified, with its player and links to other pages."""
    draw_player(summary.clips_of(shown.dataset).loc[[clip_id]].iloc[0])
    likeliest = _likeliest(shown, clip_id)
    if likeliest is None:
        st.info("This clip was not tested: it was only used for training.", icon=":material/school:")
        return
    row = _row(shown, clip_id)
    st.markdown(describe(row, likeliest, shown.experiment))
    figure = charts.probabilities(likeliest.head(LIKELIEST), "Predicted classes")
    show.chart(figure, likeliest, "clip_probabilities", caption=shown.source)


def draw_player(clip: pd.Series) -> None:
    """What a clip is, its player, and links to other pages; a row of :func:`app.experiments.summary.clips_of`."""
    clip_id = str(clip["clip_id"])
    st.markdown(f"**{listen.heading(clip)}**")
    st.caption(f"`{clip_id}`")
    _player(clip, autoplay=st.session_state.get(AUTOPLAY) == clip_id)
    st.session_state[DRAWN] = True
    with st.container(horizontal=True):
        for page, (label, icon) in listen.PAGES.items():
            here = {"dataset": str(clip["dataset"]), "clip": clip_id}
            st.page_link(f"../pages/{page}.py", label=label, icon=icon, query_params=here)


def describe(row: pd.Series, likeliest: pd.DataFrame, experiment: pd.Series) -> str:
    """Actual and predicted class of a clip, and what the model that predicted had to do with it."""
    elsewhere = summary.elsewhere(experiment)
    if elsewhere:
        truth = f"It is recorded as **{row['truth']}**"
        by = f"by {elsewhere.noun}, which {EXPOSURE[str(row['fold'])].format(unit=experiment['unit'])}"
    else:
        truth = f"It is **{row['truth']}**"
        by = f"by the model tested in {row['fold']}, which never learned from it"
    if row["truth"] == row["predicted"]:
        return (
            f"{truth} and was classified correctly with {show.percent(row['confidence'])} confidence, {by}."
        )
    probability = float(likeliest.set_index("name")["probability"][row["truth"]])
    return (
        f"{truth} and was classified as **{row['predicted']}** with {show.percent(row['confidence'])} confidence, "
        f"{by}; {row['truth']} had {show.percent(probability)}."
    )


def draw_nearest(shown: ShownExperiment, clip_id: str) -> None:
    """The nearest training clips of the actual class, and of the predicted one or the runner-up."""
    likeliest = _likeliest(shown, clip_id)
    if likeliest is not None:
        row = _row(shown, clip_id)
        other = str(next(name for name in likeliest["name"] if name != row["truth"]))
        training_clips.draw(shown, row, other, choose)


def _row(shown: ShownExperiment, clip_id: str) -> pd.Series:
    table = shown.predictions.table
    return table.loc[table["clip_id"] == clip_id].iloc[0]


def _likeliest(shown: ShownExperiment, clip_id: str) -> pd.DataFrame | None:
    """``name`` and ``probability`` of every class, the likeliest first; None for a clip that was not tested."""
    at = np.flatnonzero(shown.predictions.table["clip_id"].to_numpy() == clip_id)
    if not len(at):
        return None
    table = pd.DataFrame(
        {"name": shown.predictions.classes, "probability": shown.predictions.probabilities[at[0]]}
    )
    return table.sort_values("probability", ascending=False, kind="stable", ignore_index=True)


def _player(clip: pd.Series, *, autoplay: bool) -> None:
    try:
        samples, rate_hz = snapshot.samples(str(listen.recording(clip)), str(clip["content_hash"]))
    except AudioError as error:
        st.warning(f"This recording cannot be played. {error}", icon=":material/hearing_disabled:")
        return
    st.audio(to_wav_bytes(samples, rate_hz), format="audio/wav", autoplay=autoplay)
