"""Labels to doubt, one at a time and as a list, with a mark for each that is stored at once."""

from __future__ import annotations

import hashlib

import pandas as pd
import streamlit as st

from app.audit import duplicates
from app.cache import audited, snapshot, sounds
from app.cache.audited import Found
from app.components.clip_rows.clip_rows import clip_rows
from app.ui import show
from pipeline.audit.report import DOUBTS
from store.annotations import DOUBT, KEEP, Mark, delete_mark, load_marks, save_mark
from store.errors import SesatlasError

FIRST = 50
"""How many of the most doubtful are listed, each with its player."""
COLUMNS = {
    "rank": ("rank", "{:,}"),
    "given": ("given", "{}"),
    "suggested": ("suggested", "{}"),
    "mark": ("mark", "{}"),
    "self_confidence": ("probability of the given", "{:.1%}"),
    "issue": ("taken for wrong", "{}"),
    "name": ("clip", "{}"),
}
FAULT = "audit_marks_fault"


def draw(found: Found) -> None:
    """One clip to judge, the first fifty, and what was marked so far."""
    st.markdown(found.summaries[DOUBTS])
    table = with_marks(found)
    place = place_to_judge(found.name, table)
    with st.container(border=True, key="audit_one_doubt"):
        _clip(found, table, place)
    _counts(found, table)
    _rows(found, table.head(FIRST), place)
    st.caption(
        f"The {min(FIRST, len(table))} labels of the lowest margin: the probability of the given label less that of "
        "the best other one. ▶ plays a row, a click on it brings it up above. "
        f"*Taken for wrong*: by confident learning (Northcutt et al. 2021). {found.caption(len(table), 'tested clip')}"
    )


def _clip(found: Found, table: pd.DataFrame, place: int) -> None:
    row = table.iloc[place]
    clip = snapshot.clips(found.name).set_index("clip_id", drop=False).loc[row["clip_id"]]
    mark = f" :gray-badge[{row['mark']}]" if row["mark"] else ""
    st.markdown(
        f"**{place + 1:,} of {len(table):,}**: labelled **{row['given']}**, sounds like **{row['suggested']}** to the "
        f"model{mark}"
        if row["given"] != row["suggested"]
        else f"**{place + 1:,} of {len(table):,}**: labelled **{row['given']}**, and the model agrees{mark}"
    )
    sound = audited.sound(found.dataset, clip)
    if sound is None:
        st.warning("This recording cannot be read any more.", icon=":material/hearing_disabled:")
    else:
        st.audio(sound, format="audio/mp3")
    _buttons(found, table, place)
    with st.container(horizontal=True, vertical_alignment="center"):
        words = [f"`{clip['relative_path']}`", *duplicates.where(clip)[1:], confidence(row)]
        st.caption(" · ".join(words), width="content")
        here = {"dataset": found.name, "clip": row["clip_id"]}
        st.page_link(
            "../pages/similar.py",
            label="Similar",
            icon=":material/hearing:",
            query_params=here,
            width="content",
        )
    if st.session_state.get(FAULT):
        st.warning(st.session_state.pop(FAULT), icon=":material/bookmark_remove:")


def confidence(row: pd.Series) -> str:
    """How probable the given label is to the model, in words."""
    taken = ", taken for wrong" if row["issue"] else ""
    return f"the given label has {row['self_confidence']:.1%}{taken}"


def _buttons(found: Found, table: pd.DataFrame, place: int) -> None:
    row = table.iloc[place]
    with st.container(horizontal=True):
        _mark_button(found, table, place, KEEP, "Keep the label", ":material/check:")
        _mark_button(found, table, place, DOUBT, "Doubt it", ":material/flag:")
        st.button(
            "Clear", key="audit_clear", icon=":material/backspace:", disabled=not row["mark"],
            on_click=clear, args=(found.name, row["clip_id"]),
        )  # fmt: skip
        _step(found, table, place - 1, "Previous", ":material/chevron_left:")
        _step(found, table, place + 1, "Next", ":material/chevron_right:")


def _mark_button(found: Found, table: pd.DataFrame, place: int, word: str, label: str, icon: str) -> None:
    st.button(
        label, key=f"audit_{word}", icon=icon,
        type="primary" if table["mark"].iloc[place] == word else "secondary",
        on_click=put_mark, args=(found.name, table, place, word),
    )  # fmt: skip


def _step(found: Found, table: pd.DataFrame, to: int, label: str, icon: str) -> None:
    there = 0 <= to < len(table)
    st.button(
        label, key=f"audit_{label}", icon=icon, disabled=not there,
        on_click=choose, args=(found.name, table["clip_id"].iloc[to] if there else ""),
    )  # fmt: skip


def _counts(found: Found, table: pd.DataFrame) -> None:
    doubted = table[table["mark"] == DOUBT]
    kept = int((table["mark"] == KEEP).sum())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"Marked so far: **{kept:,}** to keep, **{len(doubted):,}** to doubt; "
            f"**{len(table) - kept - len(doubted):,}** without a mark.",
            width="content",
        )
        if len(doubted):
            show.download(doubted, f"{found.name}_doubted")


def _rows(found: Found, table: pd.DataFrame, chosen: int) -> None:
    clips = snapshot.clips(found.name).set_index("clip_id", drop=False)
    there = table.assign(
        name=clips["relative_path"].reindex(table["clip_id"]).to_numpy(), issue=_yes(table["issue"])
    )
    cells = pd.DataFrame(
        {title: [form.format(one) for one in there[column]] for column, (title, form) in COLUMNS.items()},
        dtype="string",
    )
    # The rows tell the browser by their clips alone whether they are others: after a mark they must be.
    state = hashlib.sha256("\n".join(table["mark"]).encode()).hexdigest()[:12]
    clip_rows(
        cells,
        table["clip_id"].tolist(),
        [_sound(found, clips.loc[clip_id], place) for place, clip_id in enumerate(table["clip_id"])],
        chosen=str(table["clip_id"].iloc[chosen]) if chosen < len(table) else None,
        on_choose=lambda clip_id: choose(found.name, clip_id),
        key=f"audit_doubt_rows_{state}",
    )


def _sound(found: Found, clip: pd.Series, place: int) -> str | None:
    sound = audited.sound(found.dataset, clip)
    return None if sound is None else sounds.url(sound, "audio/mpeg", f"audit_doubt_{place}")


def _yes(issue: pd.Series) -> list[str]:
    return ["yes" if one else "" for one in issue]


def with_marks(found: Found) -> pd.DataFrame:
    """The doubts with ``mark`` and ``marked_at``, empty where there is none; a changed label bears none."""
    try:
        given = load_marks(snapshot.store(), found.name)
    except SesatlasError as error:
        st.warning(str(error), icon=":material/bookmark_remove:")
        given = {}
    table = found.label_issues
    own = [
        given[clip_id] if clip_id in given and given[clip_id].label == label else None
        for clip_id, label in zip(table["clip_id"], table["given"], strict=True)
    ]
    stale = sum(one.clip_id not in {mark.clip_id for mark in own if mark} for one in given.values())
    if stale:
        st.caption(
            f":orange[{show.counted(stale, 'mark')} of clips that are gone or have another label since.]"
        )
    return table.assign(
        mark=[one.mark if one else "" for one in own],
        marked_at=[f"{one.marked_at:%Y-%m-%d %H:%M}" if one else "" for one in own],
    )


def place_to_judge(dataset: str, table: pd.DataFrame) -> int:
    """Which row is to be judged: the one that was clicked, else the first without a mark."""
    ids = table["clip_id"].tolist()
    kept = st.session_state.get(_key(dataset))
    if kept in ids:
        return ids.index(kept)
    return next((place for place, mark in enumerate(table["mark"]) if not mark), 0)


def put_mark(dataset: str, table: pd.DataFrame, place: int, word: str) -> None:
    """Store a mark, and go on to the next clip that has none."""
    row = table.iloc[place]
    one = Mark(clip_id=row["clip_id"], mark=word, label=row["given"], snapshot=snapshot.current().number)
    try:
        save_mark(snapshot.store(), dataset, one)
    except SesatlasError as error:
        st.session_state[FAULT] = str(error)
        return
    later = table.iloc[place + 1 :]
    left = later[later["mark"] == ""]
    choose(dataset, str((left if len(left) else table.iloc[[place]])["clip_id"].iloc[0]))


def clear(dataset: str, clip_id: str) -> None:
    """Take a mark away; the clip stays in view."""
    try:
        delete_mark(snapshot.store(), dataset, clip_id)
    except SesatlasError as error:
        st.session_state[FAULT] = str(error)
    choose(dataset, clip_id)


def choose(dataset: str, clip_id: str) -> None:
    """Bring a clip up to be judged."""
    st.session_state[_key(dataset)] = clip_id


def _key(dataset: str) -> str:
    return f"audit_doubt_at_{dataset}"
