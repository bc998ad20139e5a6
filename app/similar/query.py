"""What is looked for on the Similar page: a clip that is picked or linked to, or a recording of one's own."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.cache import snapshot
from app.similar.search import Query, twin
from app.ui import address, escape, show, upload
from app.ui.clip import heading, recording
from pipeline.audio.decode import AudioError, to_wav_bytes
from store.errors import SesatlasError

CLIP, FILE, MICROPHONE = "A clip", "A file of mine", "My microphone"
MOST_OPTIONS = 2_000
"""A longer list makes the page slow to arrive; a box that narrows it down comes before it then."""
SHOWN_OPTIONS = 200
BOX = "similar_clip_box"


def choose(dataset: str) -> Query | None:
    """Draw the choice of a clip, a file or the microphone; the query once there is one.

    The clip is kept in ``?clip=``.
    """
    source = st.segmented_control(
        "Look for what sounds like",
        [CLIP, FILE, MICROPHONE],
        default=CLIP,
        required=True,
        key="of",
        bind="query-params",
    )
    if source == CLIP:
        return _clip(dataset)
    return _own(upload.from_file() if source == FILE else upload.from_microphone())


def take(clip_id: str) -> None:
    """Go on from this clip, whatever collection it is of. For callbacks: before the page is drawn."""
    dataset = str(snapshot.clip(clip_id)["dataset"])
    st.session_state[address.key_of("dataset")] = st.query_params["dataset"] = dataset
    st.session_state["of"] = CLIP
    _put(clip_id)


def is_known(clip_id: str) -> bool:
    """Whether the store holds this clip; if not, that is said in its place."""
    try:
        snapshot.clip(clip_id)
    except SesatlasError as error:
        st.caption(f":orange[{escape.sentence(error)}]")
        return False
    return True


def _put(clip_id: str) -> None:
    st.query_params["clip"] = clip_id
    st.query_params.pop("hit", None)


def _clip(dataset: str) -> Query | None:
    clips = snapshot.clips(dataset).set_index("clip_id", drop=False)
    if clips.empty:
        st.info("This collection holds no clip: each of its files failed, and the Pipeline page says why.")
        return None
    named = st.query_params.get("clip")
    chosen = named if named in clips.index else clips.index[0]
    if named and named.startswith(f"{dataset}/") and named != chosen:
        st.caption(f":orange[The store holds no clip {escape.code(named)}; below is another one.]")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = _narrowed(clips, str(chosen))
        st.session_state[BOX] = chosen  # the address says what is chosen, also when it has just changed
        st.selectbox(
            "Clip",
            names.index.tolist(),
            format_func=names.to_dict().__getitem__,
            key=BOX,
            on_change=lambda: _put(st.session_state[BOX]),
            help="Type any part of its label or its name.",
        )
    clip = snapshot.clip(str(chosen))
    _player(clip)
    label = str(clip["label"]) if pd.notna(clip["label"]) else None
    return Query(heading(clip), str(clip["content_hash"]), label, clip_id=str(chosen))


def _narrowed(clips: pd.DataFrame, chosen: str) -> pd.Series:
    """What each clip is called in the list, the chosen one among them, however many there are."""
    paths = clips["relative_path"].astype("string")
    names = (clips["label"].astype("string") + " · " + paths).fillna(paths)
    if len(names) <= MOST_OPTIONS:
        return names
    part = st.text_input("Part of its label or name", key="similar_find", width=260)
    found = names[names.str.contains(part.strip(), case=False, regex=False)]
    st.caption(f"{show.counted(len(found), 'clip')}, the first {SHOWN_OPTIONS} in the list")
    found = found.iloc[:SHOWN_OPTIONS]
    return found if chosen in found.index else pd.concat([names.loc[[chosen]], found])


def _player(clip: pd.Series) -> None:
    try:
        samples, rate_hz = snapshot.samples(str(recording(clip)), str(clip["content_hash"]))
    except AudioError as error:
        st.caption(f":orange[This recording cannot be played. {escape.sentence(error)}]")
    else:
        st.audio(to_wav_bytes(samples, rate_hz), format="audio/wav")


def _own(sent: upload.Upload | None) -> Query | None:
    if sent is None:
        return None
    facts = sent.description.facts
    st.caption(
        f"{facts.duration_s:.2f} s · {facts.sample_rate_hz:,} Hz · {show.counted(facts.channels, 'channel')} · "
        f"{escape.markdown(facts.codec)} · peak {facts.peak_dbfs:.1f} dBFS"
    )
    query = Query(sent.name, sent.description.content_hash, description=sent.description)
    already = twin(query)
    if already:
        st.info(
            f"This very recording is in the store already: {escape.code(already)}.",
            icon=":material/content_copy:",
        )
    return query
