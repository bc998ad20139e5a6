"""One tested clip: what it was taken for, its sound, and the nearest clips that the model had learned from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.cache import snapshot
from app.experiments import bars, training_clips
from app.experiments import seen as experiment_seen
from app.experiments import summary as words
from app.experiments.seen import Seen
from app.ui import clip as listen
from app.ui import show
from pipeline.audio.decode import AudioError, to_wav_bytes
from pipeline.networks.exposure import NEVER_MET, VALIDATED

CLIP, HEARD, DRAWN = "clip", "mistake_heard", "mistake_drawn"
LIKELIEST = 5
MET = {
    NEVER_MET: "never met its speaker",
    VALIDATED: "did not learn from its speaker, though it was chosen and calibrated by such clips",
}
"""What the voice network had to do with who speaks, by the fold that the store tells."""


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


def draw(seen: Seen, clip_id: str) -> None:
    """What the clip is, what it was taken for and how surely, with its player and the ways to other pages."""
    hear(experiment_seen.clips_of(seen.dataset).loc[[clip_id]].iloc[0])
    likeliest = _likeliest(seen, clip_id)
    if likeliest is None:
        st.info("This clip was not tested: it was only learned from.", icon=":material/school:")
        return
    row = _row(seen, clip_id)
    st.markdown(in_words(row, likeliest, voice=words.is_voice(seen.experiment)))
    figure = bars.probabilities(likeliest.head(LIKELIEST), "What it was taken for")
    show.chart(figure, likeliest, "clip_probabilities", caption=seen.source)


def hear(clip: pd.Series) -> None:
    """What a clip is, its player, and the ways to other pages; a row of :func:`app.experiments.seen.clips_of`."""
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
        return f"{truth} and told right with {words.percent(row['confidence'])}, {by}."
    given = float(likeliest.set_index("name")["probability"][row["truth"]])
    return (
        f"{truth} and was taken for **{row['predicted']}** with "
        f"{words.percent(row['confidence'])}, {by}; {row['truth']} was given {words.percent(given)}."
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
